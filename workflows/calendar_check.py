"""A file with a version of the working calendar that somebody wrote: what is wrong with it.

The files of the folder are JSON; JSON is YAML too, so either is read, by the reader that knows
the line of every value.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from pydantic import ConfigDict, Field

from schemas.sentence import Sentence
from workflows.calendar_model import CalendarSource
from workflows.shape import Shape, TextShape, fit
from workflows.written import ClockTime, Day, Name, Number, Words
from workflows.yaml_source import Problem, Source, read_source

MOST_YEARS = 60
"""Of days a calendar lists: every one costs memory as long as the server runs."""

WORKDAY = 480
"""Minutes that office hours have to make: the law counts 8 working hours as a day."""


class _Keyed(Shape):
    """With the keys of the files, which are names of fields."""

    model_config = ConfigDict(alias_generator=lambda name: name)


class DayOffShape(_Keyed):
    day: Day
    kind: Literal["holiday", "compensation", "swap", "decree"]
    name: TextShape
    source: str = ""


class DayWorkedShape(_Keyed):
    day: Day
    instead_of: Day
    source: Words


class CalendarShape(_Keyed):
    version: Name
    known_on: Day
    announced_to: Day
    first: Day
    last: Day
    zone: Literal["Asia/Ho_Chi_Minh"]
    hours: Annotated[list[tuple[ClockTime, ClockTime]], Field(min_length=1)]
    weekend: list[Annotated[Number, Field(ge=6, le=7)]]
    days_off: list[DayOffShape]
    days_worked: list[DayWorkedShape]


class CheckedCalendar(msgspec.Struct, frozen=True):
    """`calendar`: None when something is wrong. Problems have line, column and field.
    `version`: "" for a file that says none. `registered`: whether the version is known, as it is
    here or otherwise."""

    calendar: CalendarSource | None
    errors: tuple[Problem, ...]
    warnings: tuple[Problem, ...]
    version: str = ""
    registered: Literal["no", "so", "otherwise"] = "no"


def check_calendar(file: Path, known: Sequence[CalendarSource], today: date) -> CheckedCalendar:
    """What is wrong with a file beside the versions that are known. A version never changes, and
    a new one is known later than all the others, since dossiers keep what was known when they
    were received. Never raises for what is in the file."""
    source = read_source(file)
    shape = fit(source, CalendarShape) if source.value is not None else None
    if shape is None:
        return CheckedCalendar(None, tuple(source.problems), ())
    found = msgspec.convert(shape.model_dump(), CalendarSource)
    if found in known:
        return CheckedCalendar(found, (), (), found.version, "so")
    check = _Check(source, found, known)
    errors = tuple(sorted(check.errors(today), key=lambda each: (each.line, each.column)))
    taken = found.version in {each.version for each in known}
    return CheckedCalendar(
        None if errors else found,
        errors,
        tuple(check.warnings()),
        found.version,
        "otherwise" if taken else "no",
    )


class _Check:
    def __init__(
        self, source: Source, found: CalendarSource, known: Sequence[CalendarSource]
    ) -> None:
        self._source, self._found = source, found
        self._versions = {each.version for each in known}
        self._newest = max(known, key=lambda each: each.known_on, default=None)

    def errors(self, today: date) -> Iterator[Problem]:
        found, newest = self._found, self._newest
        if found.version in self._versions:
            yield self._at(Sentence(
                "%(version)s is registered with other content: give it another version",
                version=found.version,
            ), "version")  # fmt: skip
        if newest is not None and found.known_on <= newest.known_on:
            yield self._at(Sentence(
                "%(version)s was known on %(day)s: a new one is known later",
                version=newest.version, day=newest.known_on,
            ), "known_on")  # fmt: skip
        elif found.known_on < today:
            yield self._at(Sentence(
                "%(day)s is over: this house knows it on %(today)s at the earliest",
                day=found.known_on, today=today,
            ), "known_on")  # fmt: skip
        yield from self._range()
        yield from self._hours()
        yield from self._days()

    def warnings(self) -> Iterator[Problem]:
        if self._found.version == f"vn-{self._found.known_on}":
            yield self._at(Sentence(
                "a later release of this program may bring a calendar of that name: call it"
                " %(version)s-NAME, after this house", version=self._found.version,
            ), "version", warning=True)  # fmt: skip

    def _range(self) -> Iterator[Problem]:
        found, newest = self._found, self._newest
        if found.first > found.known_on:
            said = Sentence("begins after %(day)s, when it is known", day=found.known_on)
            yield self._at(said, "first")
        if found.last < found.first:
            yield self._at(Sentence("ends before it begins"), "last")
        elif found.last.year - found.first.year >= MOST_YEARS:
            yield self._at(Sentence("has more than %(years)s years", years=MOST_YEARS), "last")
        elif newest is not None and found.last < newest.last:
            yield self._at(Sentence(
                "%(version)s goes on to %(day)s, this one less far",
                version=newest.version, day=newest.last,
            ), "last")  # fmt: skip
        if found.announced_to > found.last:
            yield self._at(Sentence("is after the last day"), "announced_to")

    def _hours(self) -> Iterator[Problem]:
        edges = [minute for span in self._found.hours for minute in map(_minute, span)]
        if edges != sorted(set(edges)):
            yield self._at(Sentence("are not in order"), "hours")
            return
        total = sum(edges[1::2]) - sum(edges[::2])
        if total != WORKDAY:
            yield self._at(Sentence(
                "make %(minutes)s minutes a day, not %(workday)s", minutes=total, workday=WORKDAY
            ), "hours")  # fmt: skip

    def _days(self) -> Iterator[Problem]:
        found = self._found
        off = {each.day for each in found.days_off}
        for field in ("days_off", "days_worked"):
            seen: set[date] = set()
            for index, each in enumerate(getattr(found, field)):
                if not found.first <= each.day <= found.last:
                    yield self._at(Sentence(
                        "%(day)s is not between %(first)s and %(last)s",
                        day=each.day, first=found.first, last=found.last,
                    ), field, index, "day")  # fmt: skip
                if each.day in seen:
                    said = Sentence("%(day)s is there twice", day=each.day)
                    yield self._at(said, field, index, "day")
                seen.add(each.day)
        for index, worked in enumerate(found.days_worked):
            day, instead = worked.day, worked.instead_of
            if day in off:
                said = Sentence("%(day)s is both off and worked", day=day)
                yield self._at(said, "days_worked", index, "day")
            elif day.isoweekday() not in found.weekend:
                said = Sentence("%(day)s is worked anyway: it is no weekend", day=day)
                yield self._at(said, "days_worked", index, "day")
            if found.first <= instead <= found.last and instead not in off:
                said = Sentence("%(day)s is not off: list it under days_off", day=instead)
                yield self._at(said, "days_worked", index, "instead_of")

    def _at(self, message: str, *loc: str | int, warning: bool = False) -> Problem:
        return self._source.problem(loc, message, "warning" if warning else "error")


def _minute(text: str) -> int:
    return int(text[:2]) * 60 + int(text[3:])
