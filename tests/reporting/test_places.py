"""The same reports from every database, fed as views are fed; and from a year that was played."""

from __future__ import annotations

from datetime import date
from itertools import groupby, product
from random import Random

import pytest

from app.house import House
from app.reporting.counting import counted
from app.reporting.period import Period, named
from consumers.home import Home
from consumers.rebuild import open_views
from consumers.subscription import Subscription
from consumers.transport import LogTransport
from consumers.views.report import VIEW
from engine.store import Append, Log
from schemas.envelope import Recorded
from tests.places import PLACES, home, log, url
from tests.reporting.oracle import as_table, folded
from tests.reporting.test_same_as_the_fold import (
    by_the_fold,
    differences,
    long_lives,
    questions_about,
)

__all__ = ["home", "log", "url"]


@pytest.fixture(params=PLACES)
def place(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_the_same_in_every_database(home: Home, log: Log) -> None:
    streams = long_lives(range(1))
    for stream in streams:
        for _, events in groupby(stream, key=lambda event: event.command_id):
            log.append([Append(tuple(events))])
    open_views(home, log, [VIEW])
    Subscription(home, LogTransport(log), [VIEW], batch=97).catch_up()
    with home.engine.connect() as connection:
        answers = by_the_fold(streams, questions_about(streams, Random(3), 6))
        assert sum(len(each.register) for each in answers)
        assert list(differences(connection, answers)) == []


@pytest.fixture(scope="module")
def year(played: House) -> list[list[Recorded]]:
    log = played.log
    return [log.read_stream(code) for code in log.streams(limit=10_000)]


def test_a_year_that_was_played(played: House, year: list[list[Recorded]]) -> None:
    ends = [stream[-1].recorded_at for stream in year]
    known = [None, *Random(4).sample(ends, 3)]
    periods = [named(text) for text in ("2021", "2021-02", "2021-Q3", "2021-12", "2025-07")]
    with played.reading() as connection:
        for period, moment in product(periods, known):
            table = as_table(counted(connection, period, moment))
            assert table == folded(year, period, moment), (period, moment)
        assert sum(each["c3"] for each in table.values()), "the last period has something"


def test_what_was_in_progress_is_carried_over(played: House) -> None:
    """Month for month, since nothing here is opened again or transferred."""
    with played.reading() as connection:
        open_: dict[object, int] = {}
        for month in range(1, 13):
            counts = {each.key: each.numbers for each in counted(
                connection, named(f"2021-{month:02d}")
            )}  # fmt: skip
            assert {key: n[3] for key, n in counts.items() if n[3]} == open_
            open_ = {key: n[8] for key, n in counts.items() if n[8]}
        assert open_


def test_a_year_is_not_the_sum_of_its_months_but_what_came_in_is(played: House) -> None:
    with played.reading() as connection:
        year = counted(connection, Period(date(2021, 1, 1), date(2021, 12, 31)))
        months = [counted(connection, named(f"2021-{month:02d}")) for month in range(1, 13)]

    def summed(counts: list, column: int) -> int:  # type: ignore[type-arg]
        return sum(each.numbers[column] for each in counts)

    for column in (1, 2, 4, 5, 6, 7):  # c4, c5, c7 to c10
        assert summed(year, column) == sum(summed(month, column) for month in months)
