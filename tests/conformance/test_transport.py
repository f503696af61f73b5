"""Both transports, one suite: whatever brings the events, each has its effect once and in order."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event, inspect, text

from consumers import checkpoints, parking, subscription, tables
from consumers.alerts import sweep
from consumers.checkpoints import Fenced
from consumers.home import Home
from consumers.rebuild import make_tables
from consumers.subscription import Subscription
from consumers.taking_over import until_ends
from consumers.transport import Transport
from consumers.view import View
from consumers.views import all_views, custody
from schemas.envelope import Recorded, to_micros
from schemas.events import HandoverAccepted
from tests.alerts_check import i7
from tests.office import HOUR, LATER
from tests.places import PLACES
from tests.roads import PATIENCE, Road
from tests.streams import cut

A_MOMENT = 1.0
"""Seconds in which another thread comes as far as it can without us; if not, nothing is shown."""


@pytest.fixture(params=PLACES)
def place(request: pytest.FixtureRequest) -> str:
    return str(request.param)


Follow = Callable[..., Subscription]


@pytest.fixture
def following(road: Road, home: Home) -> Follow:
    """A new subscriber of the road, with a transport of his own."""

    def follow(batch: int = 100, views: list[View] | None = None) -> Subscription:
        transport = road.transport()
        make_tables(home, road.name, transport.partitions())
        if not inspect(home.engine).has_table("view_status"):
            with home.begin() as connection:
                for view in all_views():
                    tables.create(connection, view, {each.name: each.name for each in view.tables})
        return Subscription(home, transport, views or all_views(), name=road.name, batch=batch)

    return follow


def drain(feed: Subscription) -> int:
    return until_ends(feed, feed.transport)


def stepped(feed: Subscription) -> int:
    """A step that has something to do: a broker may need a moment to give what it has."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if count := feed.step():
            return count
    raise AssertionError("nothing comes")


def parked(home: Home, road: Road) -> list[Any]:
    with home.engine.connect() as connection:
        return parking.listed(connection, road.name)


# --- views and alerts --------------------------------------------------------------------


@pytest.mark.parametrize("batch", [7, 1000])
def test_views_equal_the_fold_whatever_the_batch(
    road: Road, home: Home, following: Follow, batch: int
) -> None:
    events = road.fill(8)
    assert drain(following(batch)) == len(events)
    assert road.faults(home) == []


def test_the_fold_is_checked_in_the_middle_too(road: Road, home: Home, following: Follow) -> None:
    road.fill(12)
    feed = following(37)
    for number in range(5):
        stepped(feed)
        assert road.faults(home) == [], number
    road.fill(5, prefix="b")
    drain(feed)
    assert road.faults(home) == []


def test_the_checker_bites_when_an_event_has_no_effect(
    road: Road, home: Home, following: Follow
) -> None:
    road.fill(5)
    drain(following())
    with home.begin() as connection:
        connection.execute(text("UPDATE view_register SET supplements = supplements + 1"))
    assert len(road.faults(home)) == 5


def test_alerts_are_those_of_the_events(road: Road, home: Home, following: Follow) -> None:
    events = sorted(road.add(list(cut(20))), key=lambda event: (event.occurred_at, event.version))
    drain(following())
    raised = sweep(home, LATER, lambda due, *_: due - 8 * HOUR)
    assert i7(events, [(to_micros(LATER), raised)]) == []
    assert len(raised) > 20
    assert sweep(home, LATER, lambda due, *_: due - 8 * HOUR) == []


# --- crashes and zombies -----------------------------------------------------------------


class Crash(Exception):
    pass


class Crashing:
    """A home whose transactions end in a crash, before or after their commit."""

    def __init__(self, home: Home, after_commit: bool) -> None:
        self.home = home
        self.after_commit = after_commit

    @property
    def engine(self) -> Engine:
        return self.home.engine

    def begin(self) -> AbstractContextManager[Connection]:
        return self._begin()

    @contextmanager
    def _begin(self) -> Iterator[Connection]:
        with self.home.begin() as connection:
            yield connection
            if not self.after_commit:
                raise Crash
        raise Crash


@pytest.mark.parametrize("after_commit", [False, True], ids=["before commit", "after commit"])
def test_a_crash_leaves_rows_and_cursors_together(
    road: Road, home: Home, following: Follow, after_commit: bool
) -> None:
    road.fill(10)
    feed = following(50)
    stepped(feed)
    feed.home = Crashing(home, after_commit)
    for _ in range(3):
        with pytest.raises((Crash, Fenced)):
            stepped(feed)
        assert road.faults(home) == []
    drain(following(50))
    assert road.faults(home) == []


def test_a_crash_between_rows_and_cursors_has_no_effect(
    road: Road, home: Home, following: Follow, monkeypatch: pytest.MonkeyPatch
) -> None:
    road.fill(10)
    feed = following(50)
    write = subscription.write

    def crash(*arguments: Any) -> int:
        write(*arguments)
        raise Crash

    monkeypatch.setattr(subscription, "write", crash)
    with pytest.raises(Crash):
        stepped(feed)
    monkeypatch.undo()
    with home.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM view_status")).scalar_one() == 0
    drain(feed)
    assert road.faults(home) == []


def test_zombies_are_fenced_and_write_nothing(road: Road, home: Home, following: Follow) -> None:
    road.fill(10)
    first, zombie = following(50), following(50)
    fenced = 0
    end = time.monotonic() + PATIENCE
    while behind(road, home, first.transport):
        assert time.monotonic() < end
        for each in (first, zombie):
            try:
                each.step()
            except Fenced:
                fenced += 1
                each.load()
            assert road.faults(home) == []
    assert fenced > 0


def test_two_that_run_at_once_have_each_effect_once(
    road: Road, home: Home, following: Follow
) -> None:
    road.fill(30)
    feeds = [following(20) for _ in range(2)]
    looking = road.transport()
    pause, over = threading.Event(), threading.Event()
    threads = [
        threading.Thread(target=each.run, args=(over.is_set, lambda: pause.wait(0.001) and None))
        for each in feeds
    ]
    for thread in threads:
        thread.start()
    end = time.monotonic() + PATIENCE
    while behind(road, home, looking) and time.monotonic() < end:
        time.sleep(0.02)
    over.set()
    for thread in threads:
        thread.join(PATIENCE)
    assert not behind(road, home, looking)
    assert road.faults(home) == []


def behind(road: Road, home: Home, transport: Transport) -> bool:
    with home.engine.connect() as connection:
        cursors = checkpoints.cursors(connection, road.name)
    return any(cursors[each] < end for each, end in transport.ends().items())


# --- poison ------------------------------------------------------------------------------


def poisonous(stream: str) -> list[View]:
    """All views, that of custody with a bug that one dossier meets."""
    right = custody.VIEW

    def trip(event: HandoverAccepted, seen: Recorded) -> list[Any]:
        if seen.stream == stream:
            raise ValueError("no such handover")
        return list(right.handlers[event.type](event, seen))

    wrong = View(right.name, right.version, right.tables, {})
    wrong.handlers = {**right.handlers, HandoverAccepted.type: trip}
    return [wrong if view is right else view for view in all_views()]


@pytest.mark.parametrize("batch", [6, 1000])
def test_poison_is_parked_and_others_go_on(
    road: Road, home: Home, following: Follow, batch: int
) -> None:
    events = road.fill(6)
    stream = events[0].stream
    feed = following(batch, poisonous(stream))
    drain(feed)
    waits = parked(home, road)
    first = next(e for e in events if e.stream == stream and e.type == HandoverAccepted.type)
    of_stream = [e.version for e in events if e.stream == stream]
    assert [each.version for each in waits] == [v for v in of_stream if v >= first.version]
    assert waits[0].reason == "ValueError: no such handover"
    assert waits[1].reason == f"behind version {first.version}"
    assert waits[0].event.payload == first.payload
    assert {each.dossier for each in waits} == {stream}
    # Every other dossier is complete, and this one is as it was before its poison.
    assert road.faults(home) == []
    assert feed.retry(stream) == 0
    assert following(batch).retry(stream) == len(waits)
    assert road.faults(home) == []
    assert parked(home, road) == []


def test_a_dropped_event_is_left_out_for_good(road: Road, home: Home, following: Follow) -> None:
    events = road.fill(3)
    stream = events[0].stream
    drain(following(100, poisonous(stream)))
    first, *rest = parked(home, road)
    assert following().drop(stream, first.version) == len(rest)
    [kept] = parked(home, road)
    assert (kept.version, kept.dropped) == (first.version, True)
    assert road.faults(home) == []


def test_two_that_begin_at_the_same_moment_agree_on_what_they_read(
    road: Road, home: Home, following: Follow
) -> None:
    road.fill(6)
    others: list[Subscription] = []
    another = threading.Thread(target=lambda: others.append(following()))

    def about_to_say_what_it_reads(*said: Any) -> None:
        if said[2].startswith("INSERT INTO sources") and another.ident is None:
            another.start()
            another.join(A_MOMENT)

    event.listen(home.engine, "before_cursor_execute", about_to_say_what_it_reads)
    try:
        one = following()
    finally:
        event.remove(home.engine, "before_cursor_execute", about_to_say_what_it_reads)
    if another.ident is not None:  # None over the log, which cannot be another.
        another.join(PATIENCE)
        assert len(others) == 1
    assert drain(one) == road.log.count()
    assert road.faults(home) == []
    for other in others:
        with pytest.raises(Fenced):
            stepped(other)
