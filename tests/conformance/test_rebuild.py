"""A rebuild beside the live rows: they stay readable, go on, and are switched at once."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import inspect, text

from consumers import checkpoints, rebuild, tables
from consumers.changes import Put
from consumers.fold import Poison
from consumers.home import Home
from consumers.lag import lag
from consumers.rebuild import ParkedMeanwhile, open_views
from consumers.subscription import LIVE, Subscription
from consumers.transport import LogTransport
from consumers.view import View
from consumers.views import all_views, register, status, view
from engine.store import Append, Log
from schemas import events as e
from tests.places import PLACES
from tests.streams import appends, walks
from tests.views_check import faults

MADE = [Append(tuple(events)) for events in appends(walks(120), spread=30)]


@pytest.fixture(params=PLACES)
def place(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def live(home: Home, log: Log) -> Subscription:
    log.append(MADE[:600])
    open_views(home, log, all_views())
    follower = Subscription(home, LogTransport(log), all_views(), batch=200)
    follower.catch_up()
    return follower


def table_names(home: Home) -> set[str]:
    return {name for name in inspect(home.engine).get_table_names() if name.startswith("view_")}


def indexes(home: Home) -> set[str]:
    found = inspect(home.engine)
    return {str(each["name"]) for name in table_names(home) for each in found.get_indexes(name)}


def test_a_rebuild_gives_the_same_rows(home: Home, log: Log, live: Subscription) -> None:
    told: list[int] = []
    before = table_names(home)
    count = rebuild.rebuild(home, log, all_views(), told.append)
    assert count == sum(told) == sum(len(each.events) for each in MADE[:600])
    assert faults(home, log) == []
    assert table_names(home) == before
    assert indexes(home) == {
        f"{table.name}_2_{index.name}"
        for view in all_views()
        for table in view.tables
        for index in table.indexes
    }


@pytest.mark.postgres
@pytest.mark.parametrize("place", ["postgres"])
def test_rows_that_come_live_find_room_and_those_made_in_bulk_are_packed(
    home: Home, log: Log, live: Subscription
) -> None:
    def pages() -> int:
        with home.begin() as connection:
            query = "SELECT pg_relation_size('view_status') / 8192"
            return int(connection.execute(text(query)).scalar_one())

    live_pages = pages()
    rebuild.rebuild(home, log, [status.VIEW])
    assert pages() < live_pages
    with home.engine.connect() as connection:
        query = text("SELECT reloptions FROM pg_class WHERE relname = 'view_status'")
        assert connection.execute(query).scalar_one() == ["fillfactor=50"]


def test_one_view_is_rebuilt_alone_and_goes_on_with_the_others(
    home: Home, log: Log, live: Subscription
) -> None:
    with home.begin() as connection:
        connection.execute(text("UPDATE view_status SET desk = 'elsewhere'"))
        connection.execute(text("UPDATE view_register SET unit = 'elsewhere'"))
    rebuild.rebuild(home, log, [view("status")])
    assert faults(home, log, [status.VIEW]) == []
    assert faults(home, log, [register.VIEW]) != []
    rebuild.rebuild(home, log, [view("register")])
    log.append(MADE[600:])
    live.catch_up()
    assert faults(home, log) == []


def test_a_view_far_behind_is_rebuilt_to_where_it_was(home: Home, log: Log) -> None:
    log.append(MADE)
    open_views(home, log, all_views())
    follower = Subscription(home, LogTransport(log), all_views(), batch=100)
    follower.step()
    assert rebuild.rebuild(home, log, all_views()) == 100
    assert faults(home, log) == []
    follower.catch_up()
    assert faults(home, log) == []


@pytest.mark.parametrize("in_memory", [0, 20_000])
def test_rebuilding_while_events_are_appended_and_followed(
    home: Home,
    log: Log,
    live: Subscription,
    in_memory: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rebuild, "IN_MEMORY", in_memory)
    monkeypatch.setattr(rebuild, "READ", 50)
    monkeypatch.setattr(rebuild, "CLOSE", 5)
    rest = MADE[600:]
    seen: list[int] = []
    stop = threading.Event()

    def grow() -> None:
        for start in range(0, len(rest), 10):
            log.append(rest[start : start + 10])
        stop.set()

    def read_old_rows(count: int) -> None:
        with home.engine.connect() as connection:
            query = text("SELECT count(*) FROM view_status")
            seen.append(connection.execute(query).scalar_one())

    def follow() -> None:
        pause = threading.Event()
        live.run(stop.is_set, lambda: pause.wait(0.001) and None)

    threads = [threading.Thread(target=work) for work in (grow, follow)]
    for thread in threads:
        thread.start()
    rebuild.rebuild(home, log, all_views(), read_old_rows)
    for thread in threads:
        thread.join(60)
    assert min(seen) > 0
    live.catch_up()
    assert faults(home, log) == []
    assert all(not each.behind for each in lag(home, log))


def test_a_rebuild_that_was_killed_is_done_again(
    home: Home, log: Log, live: Subscription, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(tables, "switch", killed)
    with pytest.raises(KeyboardInterrupt):
        rebuild.rebuild(home, log, all_views())
    assert faults(home, log) == []
    assert "view_status_2" in table_names(home)
    monkeypatch.undo()
    rebuild.rebuild(home, log, all_views())
    assert faults(home, log) == []
    assert not [name for name in table_names(home) if name[-1].isdigit()]


def test_a_new_version_of_a_view_replaces_its_rows(
    home: Home, log: Log, live: Subscription
) -> None:
    def shout(event: e.DossierReceived, seen: object) -> list[Put]:
        return [
            Put(each.table, each.key, {**each.columns, "unit": event.agency.upper()})
            for each in register.VIEW.handlers[event.type](event, seen)  # type: ignore
        ]

    newer = View("register", register.VIEW.version + 1, register.VIEW.tables, {})
    newer.handlers = {**register.VIEW.handlers, e.DossierReceived.type: shout}  # type: ignore
    views = [newer if each is register.VIEW else each for each in all_views()]
    assert open_views(home, log, views) == [newer]
    assert open_views(home, log, views) == []
    with home.engine.connect() as connection:
        units = set(connection.execute(text("SELECT unit FROM view_register")).scalars())
        assert checkpoints.views(connection)["register"].version == newer.version
    assert units == {"UB.DESK"}
    log.append(MADE[600:])
    Subscription(home, LogTransport(log), views).catch_up()
    assert faults(home, log, [each for each in views if each is not newer]) == []


def test_a_view_that_was_never_there_is_filled(home: Home, log: Log) -> None:
    log.append(MADE[:300])
    some = [each for each in all_views() if each.name != "custody"]
    open_views(home, log, some)
    Subscription(home, LogTransport(log), some).catch_up()
    assert [each.name for each in open_views(home, log, all_views())] == ["custody"]
    assert faults(home, log) == []


def test_a_view_that_the_program_no_longer_has_stops_nobody(home: Home, log: Log) -> None:
    """After an older program, or a newer one, has run: what it alone knew is not fed, and is whole
    again where it is known."""
    log.append(MADE[:300])
    open_views(home, log, all_views())
    Subscription(home, LogTransport(log), all_views(), fed=True).catch_up()
    some = [each for each in all_views() if each.name != "custody"]
    log.append(MADE[300:600])
    assert open_views(home, log, some) == []
    Subscription(home, LogTransport(log), some, fed=True).catch_up()
    assert [each.name for each in open_views(home, log, all_views())] == ["custody"]
    assert faults(home, log) == []


def test_what_is_parked_stays_out_of_a_rebuild(home: Home, log: Log, live: Subscription) -> None:
    stream = MADE[600].stream
    poison = View("register", 1, register.VIEW.tables, {})

    def trip(event: e.Event, seen: object) -> list[Put]:
        raise ValueError("bad")

    poison.handlers = dict.fromkeys(register.VIEW.handlers, trip) | {}  # type: ignore[arg-type]
    of_one = [each for each in MADE[600:] if each.stream == stream]
    log.append(of_one)
    views = [poison if each is register.VIEW else each for each in all_views()]
    Subscription(home, LogTransport(log), views).catch_up()
    with home.engine.connect() as connection:
        assert set(checkpoints.parked_from(connection, LIVE)) == {stream}
    with pytest.raises(Poison):
        rebuild.rebuild(home, log, [poison])
    rebuild.rebuild(home, log, all_views())
    assert faults(home, log) == []
    live.load()
    assert live.retry(stream) > 0
    assert faults(home, log) == []


def test_a_retry_in_the_middle_of_a_rebuild_is_noticed(
    home: Home, log: Log, live: Subscription, monkeypatch: pytest.MonkeyPatch
) -> None:
    parked = iter([{}, {"somebody": 3}])
    monkeypatch.setattr(checkpoints, "parked_from", lambda *_: next(parked))
    with pytest.raises(ParkedMeanwhile):
        rebuild.rebuild(home, log, all_views())
    monkeypatch.undo()
    assert faults(home, log) == []
