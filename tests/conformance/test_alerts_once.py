"""I7: each (dossier, leg, kind, deadline) is raised exactly once, never early."""

from __future__ import annotations

import random
import threading
from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import delete, func, select

from consumers import alerts as raising
from consumers.alerts import Alert, act_on, alerts, sweep
from consumers.home import Home
from consumers.rebuild import open_views, rebuild
from consumers.subscription import Subscription
from consumers.transport import LogTransport
from consumers.views import all_views, view
from consumers.views.timers import TABLE as TIMERS
from engine.store import Append, Log
from schemas.envelope import Recorded, from_micros, to_micros
from tests.alerts_check import i7
from tests.appends import new_id
from tests.office import DAY, HOUR, LATER, T0, Office, opened
from tests.streams import appends, cut, walks


@pytest.fixture
def office(log: Log) -> Office:
    return Office(log, log)


# --- exactly once ------------------------------------------------------------------------


def test_timers_that_are_rebuilt_raise_nothing_twice(office: Office) -> None:
    office.received()
    opened(office)
    first = office.sweep(LATER)
    assert len(first) == 5
    rebuild(office.home, office.log, [view("timers")])
    assert office.sweep(LATER) == []


def test_sweeps_at_the_same_time_raise_each_once(log: Log) -> None:
    home: Home = log
    log.append([Append(tuple(events)) for events in cut(60)])
    open_views(home, log, all_views())
    Subscription(home, LogTransport(log), all_views()).catch_up()
    found: list[Alert] = []

    def work() -> None:
        found.extend(sweep(home, LATER, lambda due, *_: due - 8 * HOUR, batch=7))

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(found) > 60
    assert len({each.id for each in found}) == len(found)
    with home.engine.connect() as connection:
        assert {each.id for each in alerts(connection)} == {each.id for each in found}


# --- the checker ------------------------------------------------------------------------


def simulate(home: Home, log: Log, seed: int) -> tuple[list[Recorded], list[Any]]:
    """Events in the order of time, with a sweep every now and then."""
    batches = sorted(cut(40, seed), key=lambda batch: batch[0].occurred_at)
    open_views(home, log, all_views())
    follower = Subscription(home, LogTransport(log), all_views())
    rng, swept = random.Random(seed), []
    for index, batch in enumerate(batches):
        log.append([Append(tuple(batch))])
        later = batches[index + 1][0].occurred_at if index + 1 < len(batches) else None
        if later is None or rng.random() < 0.15:
            follower.catch_up()
            at = batch[0].occurred_at if later else to_micros(LATER)
            swept.append((at, sweep(home, from_micros(at), lambda due, *_: due - 8 * HOUR)))
    return [event for batch in batches for event in batch], swept


@pytest.mark.parametrize("seed", [1, 2])
def test_i7_holds(log: Log, seed: int) -> None:
    events, swept = simulate(log, log, seed)
    assert i7(events, swept) == []
    assert sum(len(found) for _, found in swept) > 60


def _raised(home: Home) -> set[tuple[object, ...]]:
    """All alerts, but for when a sweep came by."""
    with home.engine.connect() as connection:
        found = alerts(connection, limit=100_000)
    return {(each.id, each.kind, each.deadline, each.due_at, each.agency) for each in found}


def test_alerts_follow_from_the_events_not_from_who_swept_when(log: Log) -> None:
    simulate(log, log, 3)
    often = _raised(log)
    assert len(often) > 60
    for _ in range(2):
        with log.begin() as connection:
            connection.execute(delete(raising.alerts_table))
        rebuild(log, log, [view("timers")])
        sweep(log, LATER, lambda due, *_: due - 8 * HOUR, batch=7)
        assert _raised(log) == often


def test_a_finished_dossier_keeps_no_timers_once_swept(log: Log) -> None:
    log.append([Append(tuple(events)) for events in appends(walks(30, seed=5), spread=10)])
    open_views(log, log, all_views())
    Subscription(log, LogTransport(log), all_views()).catch_up()
    sweep(log, LATER, lambda due, *_: due - 8 * HOUR, batch=7)
    with log.engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(TIMERS)).scalar_one() == 0


def _leave(*_: Any) -> None:
    """Clears nothing."""


@pytest.mark.parametrize("bug", ["early", "twice", "never"])
def test_the_checker_bites(log: Log, bug: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if bug == "early":
        monkeypatch.setattr("consumers.views.timers.midnight_after", lambda due: due)
    elif bug == "twice":
        monkeypatch.setattr(raising, "alert_id", lambda *_: new_id())
        monkeypatch.setattr(raising, "_clear", _leave)
        monkeypatch.setattr(raising, "_due", _only_once_a_sweep(raising._due))
    else:
        wrong = {k: v for k, v in raising.KINDS.items() if k != "step"}
        monkeypatch.setattr(raising, "KINDS", {**wrong, "step": "leg-overdue"})
    events, swept = simulate(log, log, 1)
    assert i7(events, swept) != []


def _only_once_a_sweep(due: Any) -> Any:
    """A sweep that clears nothing would go on for ever; this one takes one batch."""

    def limited(connection: Any, at: int, batch: int) -> Any:
        return due(connection, at, batch)[: batch - 1]

    return limited


# --- acting on them ----------------------------------------------------------------------


def test_the_engine_is_asked_until_it_is_settled(office: Office) -> None:
    office.received()
    opened(office)
    office.sweep(T0 + DAY)
    asked: list[Alert] = []

    def submit(waiting: Sequence[Alert]) -> list[bool]:
        asked.extend(waiting)
        return [len(asked) > 1]

    assert act_on(office.home, submit) == 0
    assert act_on(office.home, submit) == 1
    assert act_on(office.home, submit) == 0
    assert [each.kind for each in asked] == ["handover-not-accepted"] * 2
    assert asked[0].leg == "tax"


def test_a_crash_while_acting_loses_nothing(office: Office) -> None:
    office.received()
    opened(office)
    office.sweep(T0 + DAY)

    def crash(waiting: Sequence[Alert]) -> list[bool]:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        act_on(office.home, crash)
    assert act_on(office.home, lambda waiting: [True]) == 1
