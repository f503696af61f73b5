"""A report is what the fold of the log says, of any period, as known at any moment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import chain
from random import Random
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import ColumnElement, Connection, Select, and_, func, or_, select, true

from app.reporting import counting
from app.reporting.counting import counted
from app.reporting.period import Period
from app.reporting.register import Entry, Register, entries
from consumers.views import report
from schemas.envelope import Recorded, from_micros
from schemas.events import DossierStopped, LegOpened
from tests.core.scenario import procedure
from tests.core.walk import PROCEDURES, STEPS, drawn
from tests.reporting.lives import Life, viewed
from tests.reporting.oracle import Table, as_table, folded, registered
from tests.streams import appends, walks

Streams = list[list[Recorded]]
Question = tuple[Period, int | None]


class Answer(NamedTuple):
    """What the fold says to a question."""

    question: Question
    table: Table
    register: list[Entry]


def by_the_fold(streams: Streams, questions: list[Question]) -> list[Answer]:
    return [
        Answer((period, known), folded(streams, period, known), registered(streams, period, known))
        for period, known in questions
    ]


def differences(connection: Connection, answers: list[Answer]) -> Iterator[str]:
    """Where the view does not say so, too."""
    for (period, known), table, register in answers:
        asked = as_table(counted(connection, period, known))
        if asked != table:
            yield f"{period} as known at {known}: {asked} is not {table}"
        moment = None if known is None else from_micros(known)
        if list(entries(connection, Register(period, moment))) != register:
            yield f"register of {period} as known at {known}"


def same(streams: Streams, questions: list[Question]) -> None:
    with viewed(streams) as connection:
        assert list(differences(connection, by_the_fold(streams, questions))) == []


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


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(choices=st.data())
def test_whatever_happens_to_a_dossier_and_however_late_it_is_told(choices: st.DataObject) -> None:
    pick = drawn(choices.draw)
    life = Life(pick(PROCEDURES), "d-1", pick)
    steps = choices.draw(st.integers(0, STEPS))
    legs = [path for path, _ in life.procedure.legs()]
    life = life.arrives(pick(legs), steps) if legs and pick((False, True)) else life.lives(steps)
    rng = Random(choices.draw(st.integers(0, 999)))
    same([life.events], questions_about([life.events], rng, 6))


def long_lives(seeds: range = range(3)) -> Streams:
    """Of every procedure some, long enough to end, to be opened again and to end again; and of
    its legs, as another house offers them."""
    made = [
        Life(id_, f"{id_}-{seed}", Random(f"{id_} {seed}").choice).lives(STEPS + 30)
        for id_ in PROCEDURES
        for seed in seeds
    ]
    made += [
        Life(id_, f"{id_}-{seed}-{leg}", Random(f"{leg} {seed}").choice).arrives(leg, STEPS // 6)
        for id_ in PROCEDURES
        for leg, _ in procedure(id_).legs()
        for seed in seeds
    ]
    return [life.events for life in made]


def opened_elsewhere(stream: list[Recorded]) -> bool:
    """Whether a leg was opened again, at another agency than before."""
    events = [each.event() for each in stream]
    opened = {(each.leg, each.agency) for each in events if isinstance(each, LegOpened)}
    return len(opened) > len({leg for leg, _ in opened})


@pytest.fixture(scope="module")
def lives() -> Streams:
    return long_lives()


def test_long_lives(lives: Streams) -> None:
    rng = Random(1)
    same(lives, questions_about(lives, rng, 12))


def test_the_long_lives_have_everything_that_matters(lives: Streams) -> None:
    types = Counter(event.type for stream in lives for event in stream)
    for name in (
        "dossier.reopened", "leg.opened", "leg.refused", "leg.transferred", "clock.stopped",
        "clock.extended", "dossier.suspended", "dossier.resumed", "dossier.stopped",
        "dossier.refused", "result.returned",
    ):  # fmt: skip
        assert types[name], f"none of the lives has {name}"
    events = [each.event() for each in chain(*lives)]
    grounds = {each.ground for each in events if isinstance(each, DossierStopped)}
    assert {"not-taken", "ended-at-origin"} <= grounds
    assert any(map(opened_elsewhere, lives)), "no leg is opened again at another agency"
    whole = Period(date(2021, 1, 1), date(2030, 12, 31))
    columns: Counter[str] = sum(folded(lives, whole).values(), Counter())
    assert set(counting.COLUMNS) - {"c6"} <= set(columns)


def test_hundreds_of_made_up_dossiers() -> None:
    streams: dict[str, list[Recorded]] = {}
    for batch in appends(walks(400, seed=5)):
        streams.setdefault(batch[0].stream, []).extend(batch)
    made = list(streams.values())
    same(made, questions_about(made, Random(2), 4))


# --- that the comparison bites ---


@pytest.fixture(scope="module")
def answers(lives: Streams) -> list[Answer]:
    return by_the_fold(lives, questions_about(lives, Random(1), 15))


def wrong(lives: Streams, answers: list[Answer]) -> str | None:
    """The first difference, if there is one."""
    with viewed(lives) as connection:
        return next(differences(connection, answers), None)


def test_without_a_bug_there_is_no_difference(lives: Streams, answers: list[Answer]) -> None:
    assert wrong(lives, answers) is None


def test_seeded_bug_counting_from_how_things_stand_today(
    lives: Streams, answers: list[Answer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "visible", lambda *asked: true())
    assert wrong(lives, answers)


def test_seeded_bug_knowing_what_was_recorded_later(
    lives: Streams, answers: list[Answer], monkeypatch: pytest.MonkeyPatch
) -> None:
    visible = counting.visible
    monkeypatch.setattr(counting, "visible", lambda t, until, known: visible(t, until, None))
    assert wrong(lives, answers)


@pytest.mark.parametrize("name", ["_stands_still", "_end_of_whole"])
def test_seeded_bug_leaving_a_question_out(
    lives: Streams, answers: list[Answer], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    said: dict[str, Any] = {"_stands_still": ~true(), "_end_of_whole": None}
    monkeypatch.setattr(counting, name, lambda *asked: said[name])
    assert wrong(lives, answers)


@pytest.mark.parametrize(
    "type_",
    ["dossier.reopened", "leg.transferred", "clock.resumed", "clock.ended", "handover.accepted"],
)
def test_seeded_bug_a_view_that_misses_an_event(
    lives: Streams, answers: list[Answer], monkeypatch: pytest.MonkeyPatch, type_: str
) -> None:
    monkeypatch.setitem(report.VIEW.handlers, type_, lambda event, seen: [])
    assert wrong(lives, answers)


# --- what a report does not look at ---

ENOUGH = ("over", "last", "told")


def _touched(left_out: str, period: Period, known: int | None) -> Select[Any]:
    """As `counting.touched`, with one of its questions left out."""
    c = report.SPANS.c
    asked: dict[str, ColumnElement[bool]] = {"over": c.over == 0, "last": c.last >= period.since}
    if known is not None:
        asked["told"] = c.told > known
    ongoing = (question for name, question in asked.items() if name != left_out)
    return select(c.dossier).where(counting.received(period, known), or_(*ongoing))


def test_the_seeded_question_is_the_only_difference(
    lives: Streams, answers: list[Answer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "touched", lambda *asked: _touched("nothing", *asked))
    assert wrong(lives, answers) is None


@pytest.mark.parametrize("left_out", ENOUGH)
def test_seeded_bug_leaving_out_too_many_dossiers(
    lives: Streams, answers: list[Answer], monkeypatch: pytest.MonkeyPatch, left_out: str
) -> None:
    monkeypatch.setattr(counting, "touched", lambda *asked: _touched(left_out, *asked))
    assert wrong(lives, answers)


@pytest.mark.parametrize("asked", ["nothing", "not when it was told"])
def test_seeded_bug_what_was_offered_is_received(
    lives: Streams, answers: list[Answer], monkeypatch: pytest.MonkeyPatch, asked: str
) -> None:
    c = report.SPANS.c

    def received(period: Period, known: int | None) -> ColumnElement[bool]:
        taken = true() if asked == "nothing" else c.taken <= period.until
        return or_(c.begun <= period.until, and_(c.begun.is_(None), taken))

    monkeypatch.setattr(counting, "received", received)
    assert wrong(lives, answers)


def test_seeded_bug_what_is_over_stays_over(
    lives: Streams, answers: list[Answer], monkeypatch: pytest.MonkeyPatch
) -> None:
    turned = report._turned

    def once(seen: Recorded, **columns: Any) -> object:
        if seen.type == "dossier.reopened":
            del columns["over"]
        return turned(seen, **columns)

    monkeypatch.setattr(report, "_turned", once)
    assert wrong(lives, answers)


def test_a_report_does_not_look_at_what_was_finished_before_or_came_later(lives: Streams) -> None:
    """Rows that would change any report change none of another time: a year costs what happened
    in it, however many there are before and after."""
    ends = sorted(stream[-1].occurred_at for stream in lives)
    middle = from_micros(ends[len(ends) // 2]).date()
    period = Period(middle, middle + timedelta(days=20))
    of = report.TABLE.c
    with viewed(lives) as connection:
        near = set(connection.scalars(counting.touched(period, None)))
        every = set(connection.scalars(select(of.dossier).distinct()))
        assert near
        assert len(every - near) > len(every) / 4
        before = as_table(counted(connection, period))
        listed = list(entries(connection, Register(period)))
        opened = connection.scalar(select(func.max(of.opened)))
        spoilt = report.TABLE.update().where(of.dossier.in_(every - near))
        connection.execute(spoilt.values(opened=opened + 1, verdict=None, ended=None))
        assert as_table(counted(connection, period)) == before
        assert list(entries(connection, Register(period))) == listed
