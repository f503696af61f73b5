"""Reports of a year: how long II.06a takes, that it is what the fold of the log says, and what the
places that ran this published beside it: `python -m bench reports`.

The year is that of `bench year`, played on a fresh store. LIENTHONG_BENCH_STORE names a store that
`lienthong demo` has played already; LIENTHONG_BENCH_SCALE=K plays one in K dossiers.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from datetime import UTC, date, datetime
from statistics import median
from typing import Any

from sqlalchemy import Connection, text

from app import definitions
from app.demo import SCENARIO, run_demo
from app.house import House, open_house
from app.reporting.counting import COLUMNS, Counts, counted
from app.reporting.period import Period, named
from app.reporting.register import Register, entries
from app.settings import Settings
from app.simulation.scenario import Part, Published, load_scenario
from bench.servers import sqlite_url
from schemas.envelope import Recorded, to_micros
from tests.reporting.oracle import as_table, folded

YEAR = named("2021")
TIMES = 5
MOMENT = datetime(2021, 7, 15, 5, 0, tzinfo=UTC)
"""At which the first half of the year is asked about as it was known."""


def run(scale: int | None = None) -> list[dict[str, Any]]:
    """Rows of what was measured and what was aimed at or published."""
    scale = scale or int(os.environ.get("LIENTHONG_BENCH_SCALE", "1"))
    with _store(scale) as house, house.reading() as connection:
        rows = [_row("events in the log", _events(house))]
        rows.append(_row("dossiers received in 2021", _total(counted(connection, YEAR))["c3"]))
        rows += _speed(connection)
        rows += _same(house, connection)
        rows += _published(house, connection)
    return rows


def _row(what: str, measured: Any, wanted: Any = None) -> dict[str, Any]:
    return {"what": what, "measured": measured, "aimed at or published": wanted}


@contextmanager
def _store(scale: int) -> Iterator[House]:
    there = os.environ.get("LIENTHONG_BENCH_STORE")
    if there:
        with open_house(Settings(database=there)) as house:
            yield house
        return
    with sqlite_url() as url:
        with open(os.devnull, "w") as nowhere, redirect_stdout(nowhere):
            run_demo(Settings(database=url, json=True), scale=scale)
        with open_house(Settings(database=url)) as house:
            yield house


def _events(house: House) -> int:
    with house.log.engine.connect() as connection:
        return int(connection.execute(text("SELECT count(*) FROM events")).scalar_one())


# --- speed ---


def _speed(connection: Connection) -> list[dict[str, Any]]:
    known = to_micros(MOMENT)
    half = Period(YEAR.first, named("2021-06").last)
    return [
        _row("II.06a of the year, s", _seconds(lambda: counted(connection, YEAR)), 2.0),
        _row(
            "II.06a of half the year, as known two weeks later, s",
            _seconds(lambda: counted(connection, half, known)),
            2.0,
        ),
        _row(
            "II.06a of one agency's March, s",
            _seconds(lambda: counted(connection, named("2021-03"), None, {"ub-desk"})),
            2.0,
        ),
        _row(
            "register of the year, whole, s",
            _seconds(lambda: sum(1 for _ in entries(connection, Register(YEAR)))),
        ),
    ]


def _seconds(work: Callable[[], object]) -> float:
    """The median of some runs."""
    took = []
    for _ in range(TIMES):
        begun = time.perf_counter()
        work()
        took.append(time.perf_counter() - begun)
    return round(median(took), 2)


# --- equality ---


def _same(house: House, connection: Connection) -> list[dict[str, Any]]:
    known = to_micros(MOMENT)
    half = Period(YEAR.first, named("2021-06").last)
    found = []
    for what, period, moment in (("of the year", YEAR, None), ("of half of it", half, known)):
        begun = time.perf_counter()
        wanted = folded(_streams(house), period, moment)
        seconds = round(time.perf_counter() - begun, 1)
        same = as_table(counted(connection, period, moment)) == wanted
        if not same:
            raise AssertionError(f"the report {what} is not what the fold says")
        found.append(_row(f"the same {what} by folding the log, s", seconds))
    return found


def _streams(house: House) -> Iterator[list[Recorded]]:
    after = ""
    while codes := house.log.streams(after=after, limit=1_000):
        after = codes[-1]
        for code in codes:
            yield house.log.read_stream(code)


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
