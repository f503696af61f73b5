"""Snapshots and alerts as they are published: the last of a key is what the view shows, each
alert is there, and what failed is sent again."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from typing import cast

import pytest
from msgspec.structs import replace

from consumers import checkpoints, parking, tables
from consumers.broker import Broker, BrokerError
from consumers.parking import park
from consumers.publish import AlertPublisher, StatusPublisher, snapshot_of
from consumers.rebuild import open_views
from consumers.subscription import Subscription
from consumers.transport import LogTransport
from consumers.views import all_views
from consumers.views.legs import legs
from consumers.views.status import status
from engine.store import Append, Log
from schemas.codec import loads
from schemas.messages import StatusSnapshot, status_message
from schemas.topics import alerts_topic, status_topic
from tests.brokers import MemoryBroker
from tests.office import DUE, Office
from tests.streams import appends, walks

STATUS, ALERTS = status_topic("ub").name, alerts_topic("ub").name


@pytest.fixture
def broker() -> MemoryBroker:
    made = MemoryBroker()
    made.create([status_topic("ub"), alerts_topic("ub")])
    return made


def test_views_are_made_where_a_relay_was_first(log: Log, broker: MemoryBroker) -> None:
    tables.open_own(log)
    codes = fill(log, 3, 4)
    open_views(log, log, all_views())
    Subscription(log, LogTransport(log), all_views()).catch_up()
    assert len(shown(log, codes)) == 3
    assert AlertPublisher(log, cast(Broker, broker), "ub").step() == 0


@pytest.fixture
def feed(log: Log) -> Callable[[], int]:
    open_views(log, log, all_views())
    return Subscription(log, LogTransport(log), all_views()).catch_up


def fill(log: Log, count: int, seed: int) -> list[str]:
    made = [Append(tuple(events)) for events in appends(walks(count, seed), spread=10)]
    log.append(made)
    return sorted({each.stream for each in made})


def compacted(broker: MemoryBroker) -> dict[str, bytes | None]:
    """What a topic keeps in the end: the last value of each key."""
    return {(each.key or b"").decode(): each.value for each in broker.topics[STATUS]}


def shown(log: Log, codes: list[str]) -> dict[str, bytes | None]:
    wanted = {}
    with log.engine.connect() as connection:
        for code in codes:
            found = status(connection, code)
            assert found is not None
            tip = log.read_stream(code)[-1]
            assert tip.version == found.version
            snapshot = snapshot_of(found, legs(connection, code), tip.hash)
            assert isinstance(snapshot, StatusSnapshot)
            wanted[code] = status_message(snapshot, "ub").value
    return wanted


def test_the_last_snapshot_of_a_dossier_is_what_the_view_shows(
    log: Log, broker: MemoryBroker, feed: Callable[[], int]
) -> None:
    publisher = StatusPublisher(log, log, cast(Broker, broker), "ub")
    codes = fill(log, 12, 1)
    assert publisher.step() == 0, "the view has not come so far"
    feed()
    while publisher.step():
        pass
    assert compacted(broker) == shown(log, codes)
    assert publisher.step() == 0
    seen = loads(compacted(broker)[codes[0]] or b"")
    assert {"code", "procedure", "state", "portal_code", "holder", "in_transit", "legs", "due",
            "clock", "version", "hash"} <= seen.keys()  # fmt: skip


def test_a_parked_dossier_is_not_waited_for_whoever_feeds_the_view(
    log: Log, broker: MemoryBroker, feed: Callable[[], int]
) -> None:
    codes = fill(log, 3, 6)
    publisher = StatusPublisher(log, log, cast(Broker, broker), "ub")
    assert publisher.step() == 0
    everything = LogTransport(log).read(dict.fromkeys(range(16), 0), 9_999)
    waiting = [park(each, "a trial") for each in everything]
    with log.begin() as connection:
        known = checkpoints.views(connection)["status"]
        checkpoints.record_view(connection, replace(known, subscription="ub.views"))
        parking.add(connection, "ub.views", waiting)
    assert publisher.step() == len(codes)
    assert broker.topics[STATUS] == [], "the view knows nothing of them"


def test_snapshots_that_do_not_arrive_are_sent_again(
    log: Log, broker: MemoryBroker, feed: Callable[[], int]
) -> None:
    codes = fill(log, 12, 2)
    feed()
    lots = random.Random(5)
    broker.fails = lambda message: lots.random() < 0.05
    publisher = StatusPublisher(log, log, cast(Broker, broker), "ub")
    failures = 0
    for _ in range(1_000):
        try:
            if publisher.step() == 0:
                break
        except BrokerError:
            failures += 1
    assert failures
    assert compacted(broker) == shown(log, codes)


def test_each_alert_is_published_under_its_own_id(log: Log, broker: MemoryBroker) -> None:
    office = Office(log, log)
    office.received()
    swept = office.sweep(DUE + timedelta(days=30))
    lost = iter([False, True])
    broker.fails = lambda message: next(lost, False)
    publisher = AlertPublisher(log, cast(Broker, broker), "ub")
    with pytest.raises(BrokerError):
        publisher.step()
    assert publisher.step() == len(swept) > 1
    assert publisher.step() == 0
    sent = broker.topics[ALERTS]
    assert len(sent) == len(swept) + 1, "one arrived before the other failed"
    by_id = {dict(each.headers)["ce_id"]: loads(each.value or b"") for each in sent}
    assert sorted((each["kind"], each["leg"]) for each in by_id.values()) == sorted(swept)
    assert {each["code"] for each in by_id.values()} == {"d-1"}
