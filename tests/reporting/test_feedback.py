"""What citizens said, counted by the view, is what a fold of the log says they said."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import groupby
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from app.reporting import comma
from app.reporting.feedback import Asked, Feedback, feedback, mean
from app.reporting.period import Period
from app.times import ZONE as LOCAL
from consumers.home import Home
from consumers.rebuild import open_views
from consumers.subscription import Subscription
from consumers.transport import LogTransport
from consumers.views import feedback as view
from consumers.views import register
from engine.store import Append, Log
from schemas import commands as c
from schemas import events as e
from schemas.envelope import Recorded, from_micros
from schemas.events import ASPECTS, GROUNDS
from tests.core import walker
from tests.core.scenario import catalogue
from tests.core.walk import PROCEDURES, STEPS, drawn
from tests.places import PLACES, home, log, url
from tests.reporting.lives import Life, viewed

__all__ = ["home", "log", "url"]

Streams = list[list[Recorded]]
VIEWS = (view.VIEW, register.VIEW)


class Speaking(Life):
    """A life after which the citizen rates, complains and is answered, or does not."""

    def speaks(self) -> Speaking:
        for _ in range(self.pick((0, 2, 5, 9))):
            self.now += timedelta(hours=self.pick((1, 30, 400)))
            self.give(self._next())
        return self

    def _next(self) -> c.Command:
        pick, citizen = self.pick, "citizen"
        marks = {each: pick((1, 2, 3, 4, 5)) for each in ASPECTS if pick((True, False))}
        rate = c.Rate(actor=citizen, marks=marks or {"time": 5})
        complain = c.Complain(actor=citizen, ground=pick(GROUNDS), reason="…")
        head = f"{self.dossier.agency}.head-1"
        which = pick((1, 1, 2, 3))
        answer = c.AnswerComplaint(actor=head, complaint=which, reference="1/TL", reason="…")
        command: c.Command = pick((rate, complain, complain, answer, answer))
        return command


def lived(id_: str, code: str, pick: walker.Pick, steps: int) -> list[Recorded]:
    life = Speaking(id_, code, pick)
    life.lives(steps)
    life.speaks()
    return life.events


Told = dict[tuple[str, str], tuple[int, dict[str, list[int]], int, int]]


def by_the_fold(streams: Streams, period: Period | None, units: frozenset[str] | None) -> Told:
    """(desk, procedure) -> ratings, marks by aspect, complaints that wait, those answered."""
    found: Told = {}
    for stream in streams:
        key: tuple[str, str] | None = None
        ratings, waiting, answered = 0, set(), set()
        marks = {aspect: [0] * 5 for aspect in ASPECTS}
        for record in stream:
            event = record.event()
            when = from_micros(record.occurred_at).astimezone(LOCAL).date()
            inside = period is None or period.first <= when <= period.last
            match event:
                case e.DossierRegistered() | e.DossierReceived():
                    key = (event.agency, event.procedure)
                case e.RatingGiven() if inside:
                    ratings += 1
                    for aspect, mark in event.marks.items():
                        marks[aspect][mark - 1] += 1
                case e.ComplaintFiled() if inside:
                    waiting.add(event.complaint)
                case e.ComplaintAnswered() if event.complaint in waiting:
                    waiting.remove(event.complaint)
                    answered.add(event.complaint)
        assert key is not None
        if not (ratings or waiting or answered) or (units is not None and key[0] not in units):
            continue
        was = found.get(key, (0, {aspect: [0] * 5 for aspect in ASPECTS}, 0, 0))
        summed = {a: [x + y for x, y in zip(was[1][a], marks[a], strict=True)] for a in ASPECTS}
        found[key] = (
            was[0] + ratings, summed, was[2] + len(waiting), was[3] + len(answered)
        )  # fmt: skip
    return found


def by_the_view(connection: Connection, asked: Asked) -> Told:
    empty = {aspect: [0] * 5 for aspect in ASPECTS}
    return {
        (each.unit, each.procedure): (
            each.ratings,
            {a: list(m) for a, m in each.marks.items()} or empty,
            each.waiting,
            each.answered,
        )
        for each in view.said(connection, **asked.where)
    }


def questions(streams: Streams, rng: Random) -> Iterator[Asked]:
    """All; single days and spans; one desk."""
    yield Asked()
    moments = [event.occurred_at for stream in streams for event in stream]
    days = [from_micros(each).astimezone(LOCAL).date() for each in moments]
    for _ in range(8):
        first, last = sorted((rng.choice(days), rng.choice(days)))
        yield Asked(period=Period(first, last))
    desks = sorted({each.agency for s in streams for each in _begun(s)})
    yield Asked(units=frozenset({rng.choice(desks)}))
    yield Asked(units=frozenset())


def _begun(stream: list[Recorded]) -> list[e.DossierRegistered | e.DossierReceived]:
    events = (record.event() for record in stream)
    return [each for each in events if isinstance(each, e.DossierRegistered | e.DossierReceived)]


def same(streams: Streams, rng: Random) -> None:
    with viewed(streams, VIEWS) as connection:
        for asked in questions(streams, rng):
            told = by_the_fold(streams, asked.period, asked.units)
            assert by_the_view(connection, asked) == told
            _complaints_are(connection, asked, told)


def _complaints_are(connection: Connection, asked: Asked, told: Told) -> None:
    """The list has as many as were counted, each once, page by page too."""
    listed = view.complaints(connection, **asked.where)
    waits = view.complaints(connection, **asked.where, answered=False)
    assert len(listed) == sum(each[2] + each[3] for each in told.values())
    assert waits == [each for each in listed if each.answered_at is None]
    paged: list[view.Complaint] = []
    while True:
        last = paged[-1] if paged else None
        after = (last.filed_at, last.code, last.number) if last else None
        found = view.complaints(connection, **asked.where, after=after, limit=3)
        if not found:
            break
        paged += found
    assert paged == listed


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(choices=st.data())
def test_whatever_a_citizen_says(choices: st.DataObject) -> None:
    pick = drawn(choices.draw)
    stream = lived(pick(PROCEDURES), "d-1", pick, choices.draw(st.integers(0, STEPS)))
    same([stream], Random(choices.draw(st.integers(0, 999))))


@pytest.fixture(scope="module")
def streams() -> Streams:
    return [
        lived(id_, f"{id_}-{seed}", Random(f"{id_} {seed}").choice, STEPS + 30)
        for id_ in PROCEDURES
        for seed in range(4)
    ]


def test_long_lives_of_every_procedure(streams: Streams) -> None:
    types = [event.type for stream in streams for event in stream]
    for name in ("rating.given", "complaint.filed", "complaint.answered"):
        assert types.count(name) > 3, name
    same(streams, Random(1))


@pytest.mark.parametrize("place", PLACES)
def test_the_same_on_every_store(home: Home, log: Log, streams: Streams) -> None:
    some = [stream for stream in streams if stream[-1].type.startswith(("rating", "complaint"))]
    for stream in some:
        commands = groupby(stream, key=lambda event: event.command_id)
        log.append([Append(tuple(events)) for _, events in commands])
    open_views(home, log, VIEWS)
    Subscription(home, LogTransport(log), VIEWS).catch_up()
    with home.engine.connect() as connection:
        for asked in questions(some, Random(2)):
            told = by_the_fold(some, asked.period, asked.units)
            assert by_the_view(connection, asked) == told
            _complaints_are(connection, asked, told)


@pytest.mark.parametrize("type_", ["rating.given", "complaint.filed", "complaint.answered"])
def test_seeded_bug_a_view_that_misses_an_event(
    streams: Streams, monkeypatch: pytest.MonkeyPatch, type_: str
) -> None:
    monkeypatch.setitem(view.VIEW.handlers, type_, lambda event, seen: [])
    with pytest.raises(AssertionError):
        same(streams, Random(1))


def test_rows_add_up_however_they_are_grouped(streams: Streams) -> None:
    with viewed(streams, VIEWS) as connection:
        for by in ("unit", "procedure", "unit,procedure"):
            found = feedback(connection, catalogue(), Asked(by))
            assert len({tuple(row.labels.values()) for row in found.rows}) == len(found.rows)
            assert sum(row.ratings for row in found.rows) == found.total.ratings
            assert sum(row.waiting for row in found.rows) == found.total.waiting
            assert sum(row.answered for row in found.rows) == found.total.answered
            spreads = zip(*(row.spread for row in found.rows), strict=True)
            assert tuple(map(sum, spreads)) == found.total.spread
            _lines_are(found)


def _lines_are(found: Feedback) -> None:
    head, *lines = comma.of_feedback(found).splitlines()
    assert head.startswith(",".join(f"{by},{by}_name" for by in found.by))
    assert len(lines) == len(found.rows)


def test_a_mean_is_of_all_marks() -> None:
    assert mean((1, 0, 0, 0, 2)) == 3.67
    assert mean((0, 0, 0, 0, 0)) is None


def test_a_period_has_its_last_day_whole(streams: Streams) -> None:
    days = [
        from_micros(event.occurred_at).astimezone(LOCAL).date()
        for stream in streams
        for event in stream
        if event.type == "rating.given"
    ]
    with viewed(streams, VIEWS) as connection:
        for day in set(days):
            asked = Asked(period=Period(day, day))
            assert feedback(connection, catalogue(), asked).total.ratings == days.count(day)
        nobody = Asked(period=Period(date(1990, 1, 1), date(1990, 1, 2)))
        assert feedback(connection, catalogue(), nobody).rows == []
