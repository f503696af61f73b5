"""Reports of a year: how long II.06a takes, that it is what the fold of the log says, and what the
places that ran this published beside it: `python -m bench reports`.

The year is that of `bench year`, played on SQLite; PostgreSQL is asked about a copy of the view's
rows, which are all that a report looks at, then about the same with years of history before it.
LIENTHONG_BENCH_STORE names a folder in which the year is kept for the next run;
LIENTHONG_BENCH_SCALE=K plays one in K dossiers.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, redirect_stdout
from datetime import UTC, date, datetime
from itertools import chain, groupby, islice
from statistics import median
from typing import Any

from fastapi.testclient import TestClient
from sqlalchemy import Column, ColumnElement, Connection, literal, select, text

from app.access.principal import Principal
from app.demo import SCENARIO, run_demo
from app.desk.application import application
from app.house import House, open_house
from app.law import definitions
from app.reporting.counting import COLUMNS, DAY, Counts, counted
from app.reporting.period import Period, named
from app.reporting.register import Register, entries
from app.settings import Settings
from app.simulation.scenario import Part, Published, load_scenario
from bench.servers import filled_url, fresh_database
from consumers import tables
from consumers.home import open_home
from consumers.views.report import CODES, MINUTE, VIEW
from schemas.envelope import Recorded, to_micros
from tests.reporting.oracle import Table, as_table, folded
from tests.servers import real_postgres

YEAR = named("2021")
TIMES = 5
TARGET = 2.0
COPIED, READ, LIVES = 20_000, 5_000, 500
"""Rows of the view that are copied at a time, events that are read, dossiers that are folded."""

BEFORE = 9
"""Years of history, each a copy of the one that was played."""

MOMENT = datetime(2021, 7, 15, 5, 0, tzinfo=UTC)
"""At which the first half of the year is asked about as it was known."""


def run(scale: int | None = None) -> list[dict[str, Any]]:
    """Rows of what was measured and what was aimed at or published."""
    scale = scale or int(os.environ.get("LIENTHONG_BENCH_SCALE", "1"))
    with _store(scale) as house, house.reading() as connection:
        rows = [_row("events in the log", _events(house))]
        rows.append(_row("dossiers received in 2021", _total(counted(connection, YEAR))["c3"]))
        rows += _speed(connection, "SQLite")
        rows.append(_row("II.06a of the year on its page, s", _on_page(house), TARGET))
        with _on_postgresql(connection) as copied:
            rows += _speed(copied, "PostgreSQL")
            rows += _same(house, connection, copied)
            rows += _after_years(copied)
        rows += _published(house, connection)
    return rows


def _row(what: str, measured: Any, wanted: Any = None) -> dict[str, Any]:
    return {"what": what, "measured": measured, "aimed at or published": wanted}


@contextmanager
def _store(scale: int) -> Iterator[House]:
    def play(url: str) -> None:
        with open(os.devnull, "w") as nowhere, redirect_stdout(nowhere):
            run_demo(Settings(database=url, json=True), scale=scale)

    with filled_url(f"year-{scale}", play) as url, open_house(Settings(database=url)) as house:
        yield house


def _events(house: House) -> int:
    with house.log.engine.connect() as connection:
        return int(connection.execute(text("SELECT count(*) FROM events")).scalar_one())


# --- speed ---


def _speed(connection: Connection, store: str) -> list[dict[str, Any]]:
    known = to_micros(MOMENT)
    half = Period(YEAR.first, named("2021-06").last)
    march = named("2021-03")
    asked: list[tuple[str, Callable[[], object], float | None]] = [
        ("II.06a of the year", lambda: counted(connection, YEAR), TARGET),
        (
            "II.06a of half the year, as known two weeks later",
            lambda: counted(connection, half, known),
            TARGET,
        ),
        (
            "II.06a of one agency's March",
            lambda: counted(connection, march, None, {"ub-desk"}),
            TARGET,
        ),
        (
            "register of the year, whole",
            lambda: sum(1 for _ in entries(connection, Register(YEAR))),
            None,
        ),
    ]
    return [_row(f"{what}, {store}, s", _seconds(work), aim) for what, work, aim in asked]


def _on_page(house: House) -> float:
    """From the request to the last byte of the answer, for somebody who sees every agency."""
    app = application(house.settings, house, lambda _: Principal("-", "monitor", token=True))
    # Not entered: what runs beside the requests stays away.
    client = TestClient(app)

    def ask() -> None:
        answer = client.get("/reports", params={"form": "06a", "period": "2021"})
        assert answer.status_code == 200
        assert "reports-figures" in answer.text

    return _seconds(ask)


@contextmanager
def _on_postgresql(connection: Connection) -> Iterator[Connection]:
    """The same rows of the view in a database there."""
    with real_postgres() as server, fresh_database(server) as url, closing(open_home(url)) as home:
        with home.begin() as there:
            tables.create(there, VIEW, {each.name: each.name for each in VIEW.tables})
            for each in VIEW.tables:
                rows = connection.execute(select(each)).mappings()
                while part := rows.fetchmany(COPIED):
                    there.execute(each.insert(), [dict(row) for row in part])
        with home.engine.connect() as there:
            there.execute(text("VACUUM ANALYZE"))
            yield there


def _seconds(work: Callable[[], object]) -> float:
    """The median of some runs."""
    took = []
    for _ in range(TIMES):
        begun = time.perf_counter()
        work()
        took.append(time.perf_counter() - begun)
    return round(median(took), 2)


# --- history ---


def _after_years(copied: Connection) -> list[dict[str, Any]]:
    """What the year costs when as many as BEFORE of the same lie before it."""
    for back in range(1, BEFORE + 1):
        for table in VIEW.tables:
            earlier = [_earlier(column, back).label(column.name) for column in table.c]
            names = [column.name for column in table.c]
            copied.execute(
                table.insert().from_select(names, select(*earlier).where(_played(table)))
            )
    copied.execute(text("VACUUM ANALYZE"))
    asked: dict[str, Callable[[], object]] = {
        "II.06a of the year": lambda: counted(copied, YEAR),
        "II.06a of its March": lambda: counted(copied, named("2021-03")),
        "register of its March": lambda: list(entries(copied, Register(named("2021-03")))),
    }
    return [
        _row(f"{what} after {BEFORE} such years, PostgreSQL, s", _seconds(work))
        for what, work in asked.items()
    ]


def _played(table: Any) -> ColumnElement[bool]:
    """The rows that were played, not those of years before."""
    played: ColumnElement[bool] = ~table.c.dossier.like("before-%")
    return played


def _earlier(column: Column[Any], back: int) -> ColumnElement[Any]:
    """A column of the view as it would be so many years before."""
    minutes = back * 365 * DAY
    if column.name == "dossier":
        return literal(f"before-{back}-") + column
    if column.name in ("occurred", "recorded", "begun", "last", "told", "taken", "taken_told"):
        return column - minutes * MINUTE
    return column - minutes * CODES if column.name in ("verdict", "ended", "due") else column


# --- equality ---


def _same(house: House, here: Connection, there: Connection) -> list[dict[str, Any]]:
    """Both databases say what the fold does, or this fails."""
    known = to_micros(MOMENT)
    half = Period(YEAR.first, named("2021-06").last)
    asked = {"of the year": (YEAR, None), "of half of it": (half, known)}
    wanted: dict[str, Table] = {what: {} for what in asked}
    seconds = dict.fromkeys(asked, 0.0)
    for streams in _streams(house):
        for what, (period, moment) in asked.items():
            begun = time.perf_counter()
            for key, counts in folded(streams, period, moment).items():
                wanted[what].setdefault(key, Counter()).update(counts)
            seconds[what] += time.perf_counter() - begun
    for what, (period, moment) in asked.items():
        for connection in (here, there):
            if as_table(counted(connection, period, moment)) != wanted[what]:
                raise AssertionError(f"the report {what} is not what the fold says")
    return [
        _row(f"the same {what} by folding the log, s", round(took, 1))
        for what, took in seconds.items()
    ]


def _streams(house: House) -> Iterator[list[list[Recorded]]]:
    """Every dossier's history, many at a time."""
    events = chain.from_iterable(house.log.read_all(batch=READ))
    lives = (list(of_one) for _, of_one in groupby(events, key=lambda each: each.stream))
    while some := list(islice(lives, LIVES)):
        yield some


# --- what was published ---


def _published(house: House, connection: Connection) -> list[dict[str, Any]]:
    """Shares, so that a small scale can be held against the whole: of what was received (with
    what was carried over), and of what was resolved."""
    staff = definitions.organisation(house.settings)
    scenario = load_scenario(SCENARIO, definitions.catalogue(house.settings, staff), staff)
    rows = []
    for part in scenario.phases[0].parts:
        if part.published is not None:
            period = Period(date.fromisoformat(str(part.from_)), YEAR.last)
            counts = _total(counted(connection, period, None, set(part.desks)))
            rows += _compared(part, part.published, counts)
    return rows


def _compared(part: Part, said: Published, c: dict[str, int]) -> list[dict[str, Any]]:
    name = part.title.en
    rows = [_row(f"{name}: received", c["c3"], round(said.received))]
    if part.carried_over:
        carried = _share(part.carried_over.received, said.received)
        rows.append(_row(f"{name}: carried over, of these", _share(c["c6"], c["c3"]), carried))
    resolved = _share(said.resolved, said.received)
    rows.append(_row(f"{name}: resolved, of these", _share(c["c7"], c["c3"]), resolved))
    for word, column, share in (
        ("early", "c8", said.early),
        ("on time", "c9", said.on_time),
        ("overdue", "c10", said.overdue),
    ):
        if share is not None:
            rows.append(
                _row(f"{name}: {word}, of the resolved", _share(c[column], c["c7"]), f"{share:.2%}")
            )
    late = _share(c["c13"], c["c11"])
    return [*rows, _row(f"{name}: overdue, of those in progress", late, _share(0, 1))]


def _share(part: float, whole: float) -> str:
    return f"{part / whole:.2%}" if whole else ""


def _total(counts: list[Counts]) -> dict[str, int]:
    """Of the dossiers: legs are counted apart."""
    dossiers = [each.numbers for each in counts if each.key.kind == "dossiers"]
    return {name: sum(row[at] for row in dossiers) for at, name in enumerate(COLUMNS)}
