"""Up to which moment a sweep may go: never beyond what is on its way."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, cast

import pytest

from consumers import checkpoints, tables
from consumers.broker import Broker
from consumers.checkpoints import ViewInfo
from consumers.complete import Complete
from consumers.relay import checkpoint_of
from engine.store import Log
from schemas.envelope import SHARDS
from tests.appends import append

NOON = datetime.fromisoformat("2021-03-01T12:00:00+00:00")
MINUTE = timedelta(minutes=1)
TOPIC = "ub.dossier.events.v1"
GROUP = "ub.views"


class Topic:
    """A topic of one partition, as far as its end is asked for."""

    def __init__(self) -> None:
        self.end = 0

    def reader(self, topic: str) -> Topic:
        return self

    def ends(self) -> dict[int, int]:
        return {0: self.end}

    def close(self) -> None: ...


@pytest.fixture
def topic() -> Topic:
    return Topic()


@pytest.fixture
def complete(log: Log, topic: Topic) -> Complete:
    tables.open_own(log)
    with log.begin() as connection:
        checkpoints.start(connection, checkpoint_of(TOPIC), range(SHARDS))
        checkpoints.start(connection, GROUP, [0])
        for view in ("timers", "status"):
            checkpoints.record_view(connection, ViewInfo(view, 1, 1, GROUP))
    return Complete(log, log, cast(Broker, topic), TOPIC, {"timers", "status"})


def come_to(log: Log, subscription: str, then: dict[int, int]) -> None:
    with log.begin() as connection:
        at = checkpoints.cursors(connection, subscription)
        checkpoints.advance(connection, subscription, at, then)


def test_nothing_on_its_way_is_complete_at_once(complete: Complete) -> None:
    assert complete.up_to(NOON) == NOON
    assert complete.up_to(NOON + MINUTE) == NOON + MINUTE


def test_it_waits_for_the_relay_and_then_for_the_views(
    log: Log, topic: Topic, complete: Complete
) -> None:
    log.append([append("dossier", 2)])
    assert complete.up_to(NOON) is None, "the relay has not sent it"
    topic.end = 2
    come_to(log, checkpoint_of(TOPIC), {s: p for s, p in log.heads().items() if p})
    assert complete.up_to(NOON + MINUTE) is None, "the views have not seen it"
    log.append([append("another", 1)])
    come_to(log, GROUP, {0: 2})
    assert complete.up_to(NOON + 2 * MINUTE) == NOON, "what came later is not waited for"
    assert complete.up_to(NOON + 3 * MINUTE) is None, "nor is it passed over the next time"


def test_a_view_that_is_not_there_is_waited_for(log: Log, topic: Topic) -> None:
    tables.open_own(log)
    needs: Any = Complete(log, None, cast(Broker, topic), TOPIC, {"timers"})
    assert needs.up_to(NOON) is None


def test_a_store_that_no_relay_has_worked_on_is_not_complete(log: Log, topic: Topic) -> None:
    log.append([append("dossier", 2)])
    alone = Complete(log, log, cast(Broker, topic), TOPIC, {"timers"})
    assert alone.up_to(NOON) is None
