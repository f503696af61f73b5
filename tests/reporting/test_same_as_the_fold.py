"""A report is what the fold of the log says, of any period, as known at any moment."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import true

from app.reporting import counting
from app.reporting.counting import counted
from app.reporting.period import Period
from consumers.views import report
from schemas.envelope import Recorded, from_micros
from tests.core.walk import PROCEDURES, STEPS, drawn
from tests.reporting.lives import Life, viewed
from tests.reporting.oracle import as_table, folded
from tests.streams import appends, walks

Streams = list[list[Recorded]]
Question = tuple[Period, int | None]


def differences(streams: Streams, questions: list[Question]) -> list[str]:
    """Where the two do not agree."""
    found = []
    with viewed(streams) as connection:
        for period, known in questions:
            asked, wanted = (
                as_table(counted(connection, period, known)),
                folded(streams, period, known),
            )
            if asked != wanted:
                found.append(f"{period} as known at {known}: {asked} is not {wanted}")
    return found


def questions_about(streams: Streams, rng: Random, count: int) -> list[Question]:
    """Periods and moments from before the first event until after the last."""
    moments = [event.recorded_at for stream in streams for event in stream]
    first = from_micros(min(e.occurred_at for s in streams for e in s)).date() - timedelta(days=2)
    span = (from_micros(max(moments)).date() - first).days + 3
    found: list[Question] = [(Period(first, first + timedelta(days=span)), None)]
    for _ in range(count):
        begin, end = sorted(rng.randrange(span) for _ in range(2))
        known = rng.choice([None, rng.choice(moments), rng.choice(moments) - 1])
        days = (first + timedelta(days=begin), first + timedelta(days=end))
        found.append((Period(*days), known))
    return found


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(choices=st.data())
def test_whatever_happens_to_a_dossier_and_however_late_it_is_told(choices: st.DataObject) -> None:
    pick = drawn(choices.draw)
    life = Life(pick(PROCEDURES), "d-1", pick).lives(choices.draw(st.integers(0, STEPS)))
    rng = Random(choices.draw(st.integers(0, 999)))
    assert differences([life.events], questions_about([life.events], rng, 6)) == []


def long_lives(seeds: range = range(4)) -> Streams:
    """Of every procedure some, long enough to end, to be opened again and to end again."""
    return [
        Life(id_, f"{id_}-{seed}", Random(f"{id_} {seed}").choice).lives(2 * STEPS).events
        for id_ in PROCEDURES
        for seed in seeds
    ]


@pytest.fixture(scope="module")
def lives() -> Streams:
    return long_lives()


def test_long_lives(lives: Streams) -> None:
    rng = Random(1)
    questions = questions_about(lives, rng, 40)
    assert differences(lives, questions) == []
    assert any(known is not None for _, known in questions)


def test_the_long_lives_have_everything_that_matters(lives: Streams) -> None:
    types = Counter(event.type for stream in lives for event in stream)
    for name in (
        "dossier.reopened", "leg.opened", "leg.refused", "leg.transferred", "clock.stopped",
        "clock.extended", "dossier.suspended", "dossier.resumed", "dossier.stopped",
        "dossier.refused", "result.returned",
    ):  # fmt: skip
        assert types[name], f"none of the lives has {name}"
    whole = Period(date(2021, 1, 1), date(2030, 12, 31))
    columns: Counter[str] = sum(folded(lives, whole).values(), Counter())
    assert set(counting.COLUMNS) - {"c6"} <= set(columns)


def test_a_thousand_made_up_dossiers() -> None:
    streams: dict[str, list[Recorded]] = {}
    for batch in appends(walks(1_000, seed=5)):
        streams.setdefault(batch[0].stream, []).extend(batch)
    made = list(streams.values())
    assert differences(made, questions_about(made, Random(2), 8)) == []


# --- that the comparison bites ---


def wrong(lives: Streams) -> list[str]:
    return differences(lives, questions_about(lives, Random(1), 20))


def test_seeded_bug_counting_from_how_things_stand_today(
    lives: Streams, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "visible", lambda *asked: true())
    assert wrong(lives)


def test_seeded_bug_knowing_what_was_recorded_later(
    lives: Streams, monkeypatch: pytest.MonkeyPatch
) -> None:
    visible = counting.visible
    monkeypatch.setattr(counting, "visible", lambda t, until, known: visible(t, until, None))
    assert wrong(lives)


@pytest.mark.parametrize("name", ["_stands_still", "_end_of_whole"])
def test_seeded_bug_leaving_a_question_out(
    lives: Streams, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    answers: dict[str, Any] = {"_stands_still": ~true(), "_end_of_whole": None}
    monkeypatch.setattr(counting, name, lambda *asked: answers[name])
    assert wrong(lives)


@pytest.mark.parametrize(
    "type_", ["dossier.reopened", "leg.transferred", "clock.resumed", "clock.ended"]
)
def test_seeded_bug_a_view_that_misses_an_event(
    lives: Streams, monkeypatch: pytest.MonkeyPatch, type_: str
) -> None:
    monkeypatch.setitem(report.VIEW.handlers, type_, lambda event, seen: [])
    assert wrong(lives)
