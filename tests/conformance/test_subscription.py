"""Subscriptions: every event has its effect once, whatever crashes or comes twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import BigInteger, Column, MetaData, Table, Text, create_engine, select, text
from sqlalchemy.schema import CreateTable

from consumers import parking
from consumers.changes import Put
from consumers.home import Home, OwnHome
from consumers.lag import lag
from consumers.rebuild import open_views
from consumers.subscription import LIVE, Subscription
from consumers.transport import Delivery, LogTransport
from consumers.view import View
from consumers.views import all_views, register
from engine.store import Append, Log
from schemas.envelope import Recorded
from schemas.events import HandoverAccepted, SupplementRequested
from tests.places import PLACES
from tests.streams import appends, walks
from tests.views_check import faults


def fill(log: Log, count: int = 30, seed: int = 1) -> list[Recorded]:
    made = [Append(tuple(events)) for events in appends(walks(count, seed), spread=10)]
    log.append(made)
    return [event for each in made for event in each.events]


def following(home: Home, log: Log, batch: int = 100, views: Any = None) -> Subscription:
    open_views(home, log, all_views())
    return Subscription(home, LogTransport(log), views or all_views(), batch=batch)


@pytest.fixture(params=PLACES)
def place(request: pytest.FixtureRequest) -> str:
    return str(request.param)


# --- I6 ----------------------------------------------------------------------------------


def test_the_checker_bites_when_a_row_is_changed(log: Log) -> None:
    fill(log, 5)
    following(log, log).catch_up()
    with log.begin() as connection:
        connection.execute(text("UPDATE view_register SET supplements = supplements + 1"))
    assert len(faults(log, log)) == 5


def test_the_checker_bites_when_a_handler_is_wrong(log: Log) -> None:
    right = register.VIEW
    handlers = {SupplementRequested: lambda event, seen: []}
    wrong = View("register", 1, right.tables, {})
    wrong.handlers = {**right.handlers, **View("x", 1, (), handlers).handlers}
    fill(log, 40)
    views = [wrong if view is right else view for view in all_views()]
    following(log, log, views=views).catch_up()
    assert any("view_register" in fault for fault in faults(log, log))


def test_the_checker_bites_when_an_event_is_skipped(log: Log) -> None:
    events = fill(log, 5)
    follower = following(log, log)

    class Skips(LogTransport):
        def read(self, cursors: Mapping[int, int], limit: int) -> list[Delivery]:
            return [each for each in super().read(cursors, limit) if each.event.version != 4]

    follower.transport = Skips(log)
    follower.catch_up()
    assert len(events) > 20
    assert faults(log, log) != []


# --- a transport that repeats and skips ---------------------------------------------------


class Replayed(LogTransport):
    """Gives these events, one partition, whatever they are."""

    exact = False
    topic = "replayed"

    def __init__(self, events: list[Recorded]) -> None:
        self.events = events

    def partitions(self) -> range:
        return range(1)

    def read(self, cursors: Mapping[int, int], limit: int) -> list[Delivery]:
        start = cursors[0]
        found = self.events[start : start + limit]
        return [Delivery(0, start + n + 1, event) for n, event in enumerate(found)]


def through(home: Home, log: Log, events: list[Recorded], batch: int) -> Subscription:
    open_views(home, log, all_views())
    follower = Subscription(home, Replayed(events), all_views(), name="kafka", batch=batch)
    follower.catch_up()
    return follower


def rows(home: Home) -> dict[str, list[Any]]:
    """By table, in the order of the key. Sorted here: each database collates its own way."""
    with home.engine.connect() as connection:
        return {
            table.name: sorted(tuple(row) for row in connection.execute(select(table)))
            for view in all_views()
            for table in view.tables
        }


@pytest.fixture
def expected(log: Log, tmp_path: Path) -> Iterator[Callable[[], dict[str, list[Any]]]]:
    engines = []

    def make() -> dict[str, list[Any]]:
        engines.append(create_engine(f"sqlite:///{tmp_path / 'expected.db'}"))
        home = OwnHome(engines[-1])
        following(home, log).catch_up()
        return rows(home)

    yield make
    for each in engines:
        each.dispose()


@pytest.mark.parametrize("batch", [1, 5, 1000])
def test_duplicates_are_dropped(
    home: Home, log: Log, batch: int, expected: Callable[[], dict[str, list[Any]]]
) -> None:
    events = fill(log, 6)
    twice = [*events[:40], *events[10:60], *events[30:], *events]
    through(home, log, twice, batch)
    assert rows(home) == expected()


@pytest.mark.parametrize("batch", [1, 5, 1000])
def test_a_gap_stops_its_dossier_until_it_is_filled(
    home: Home, log: Log, batch: int, expected: Callable[[], dict[str, list[Any]]]
) -> None:
    events = fill(log, 6)
    stream = events[0].stream
    late = next(event for event in events if event.stream == stream and event.version == 5)
    without = [event for event in events if event is not late]
    follower = through(home, log, without, batch)
    with home.engine.connect() as connection:
        waiting = parking.listed(connection, "kafka")
    assert {each.dossier for each in waiting} == {stream}
    assert waiting[0].version == 6
    assert waiting[0].reason == "gap: version 5 has not come"
    follower.transport = Replayed([*without, late])
    follower.catch_up()
    with home.engine.connect() as connection:
        assert parking.listed(connection, "kafka") == []
    assert rows(home) == expected()


# --- poison ------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [1 << 70, None], ids=["too large", "missing"])
@pytest.mark.parametrize("batch", [3, 1000])
def test_a_row_that_no_table_takes_is_the_poison_of_one_event(
    home: Home, log: Log, value: int | None, batch: int
) -> None:
    events = fill(log, 6)
    stream = events[0].stream
    right = register.VIEW

    def trip(event: HandoverAccepted, seen: Recorded) -> list[Any]:
        rows = list(right.handlers[event.type](event, seen)) if event.type in right.handlers else []
        return (
            [*rows, Put(FRAGILE, (stream,), {"broken": value})] if seen.stream == stream else rows
        )

    assert HandoverAccepted.type not in right.handlers
    wrong = View(right.name, right.version, (*right.tables, FRAGILE), {})
    wrong.handlers = {**right.handlers, HandoverAccepted.type: trip}
    views = [wrong if view is right else view for view in all_views()]
    open_views(home, log, all_views())
    with home.begin() as connection:
        connection.execute(CreateTable(FRAGILE))
    Subscription(home, LogTransport(log), views, batch=batch).catch_up()
    with home.engine.connect() as connection:
        parked = parking.listed(connection, LIVE)
    first = next(e for e in events if e.stream == stream and e.type == HandoverAccepted.type)
    of_stream = [e.version for e in events if e.stream == stream]
    assert [each.version for each in parked] == [v for v in of_stream if v >= first.version]
    assert {each.dossier for each in parked} == {stream}
    assert faults(home, log) == []


FRAGILE = Table(
    "view_fragile",
    MetaData(),
    Column("dossier", Text, primary_key=True),
    Column("broken", BigInteger, nullable=False),
)


def test_an_event_of_an_unknown_type_is_poison(log: Log) -> None:
    events = fill(log, 2)
    future = [
        replace(event, type="dossier.teleported") if event.version == 3 else event
        for event in events
    ]
    through(log, log, future, 10)
    with log.engine.connect() as connection:
        reasons = {each.reason for each in parking.listed(connection, "kafka")}
    assert "UnknownEvent: event type 'dossier.teleported' is not known here" in reasons


def test_what_is_parked_holds_nothing_private(log: Log) -> None:
    events = [replace(event, private=b'{"note":"secret"}') for event in fill(log, 1)]
    through(log, log, [events[0], *events[2:]], 10)
    with log.engine.connect() as connection:
        assert all(each.event.private is None for each in parking.listed(connection, "kafka"))
        assert len(parking.listed(connection, "kafka")) == len(events) - 2


# --- lag ---------------------------------------------------------------------------------


def test_lag_is_told_per_view(home: Home, log: Log) -> None:
    events = fill(log, 5)
    follower = following(home, log, 30)
    before = lag(home, log)
    assert [each.view for each in before] == [view.name for view in all_views()]
    assert sum(before[0].behind.values()) >= 5
    newest = max(event.recorded_at for event in events)
    oldest = min(event.recorded_at for event in events)
    assert before[0].seconds == pytest.approx((newest - oldest) / 1e6)
    follower.catch_up()
    assert all(each.behind == {} and each.seconds == 0 for each in lag(home, log))
