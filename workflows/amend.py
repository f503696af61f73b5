"""A file that changes the organisation from some day on, and what it may not change.

An organisation is never corrected. Whatever was true on a day that is over stays: what begins,
begins today at the earliest, what ends, ends today at the earliest, and what has begun is only
ever ended. So old dossiers are seen by whom they were seen by, and a day asked for later has the
agencies that it had.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path

import msgspec

from schemas.sentence import Sentence
from workflows.load_organisation import Gathered, before_it_begins
from workflows.model import Text
from workflows.organisation import Agency, Officer, Organisation
from workflows.shape import OrganisationShape, fit
from workflows.yaml_source import Loc, Problem, Source, read_source

FIXED = ("name", "level", "function", "parent", "serves")
"""Fields of an agency that have no dates of their own."""


class Amendment(msgspec.Struct, frozen=True):
    """What one file says. `on`: the day it was activated; agencies and posts each stand in the
    place of what had their id."""

    on: date
    agencies: tuple[Agency, ...]
    officers: tuple[Officer, ...]


class CheckedAmendment(msgspec.Struct, frozen=True):
    """`amendment`: None when something is wrong. Problems have line, column and field."""

    amendment: Amendment | None
    errors: tuple[Problem, ...]
    warnings: tuple[Problem, ...]


def amended(organisation: Organisation, amendments: Iterable[Amendment]) -> Organisation:
    """The organisation with the amendments, in their order. Posts end with their agency."""
    changed: dict[str, Agency] = {}
    officers = {each.id: each for each in organisation.officers()}
    for amendment in amendments:
        changed |= {each.id: each for each in amendment.agencies}
        officers |= {each.id: each for each in amendment.officers}
    agencies = {each.id: each for each in organisation.agencies()} | changed
    # Only now: an end that was called off later ends nobody's post.
    posts = [
        _ended(each, changed[each.agency].valid_to) if each.agency in changed else each
        for each in officers.values()
    ]
    return Organisation(agencies.values(), posts)


def _ended(officer: Officer, day: date | None) -> Officer:
    if day is None or (officer.valid_to is not None and officer.valid_to <= day):
        return officer
    return msgspec.structs.replace(officer, valid_to=day)


def check_amendment(file: Path, known: Organisation, today: date) -> CheckedAmendment:
    """What is wrong with a file beside the organisation that is known, and what it says.
    Never raises for what is in the file."""
    agencies = {each.id: each for each in known.agencies()}
    officers = {each.id: each for each in known.officers()}
    gathered = Gathered(agencies, officers)
    source = read_source(file)
    shape = fit(source, OrganisationShape) if source.value is not None else None
    problems: list[Problem] = []
    if shape is not None:
        for index, agency in enumerate(shape.agencies):
            gathered.agency(source, ("agencies", index), agency, None, None, None)
        problems += gathered.mismatches()
        problems += _Past(gathered, agencies, officers, today).changed()
    problems = [*source.problems, *problems]
    problems.sort(key=lambda each: (each.line, each.column))
    errors = tuple(each for each in problems if each.severity == "error")
    warnings = tuple(each for each in problems if each.severity == "warning")
    if errors:
        return CheckedAmendment(None, errors, warnings)
    made = Amendment(today, tuple(gathered.agencies.values()), tuple(gathered.officers.values()))
    doubts = (*_left(gathered, agencies), *_alike(gathered, agencies))
    return CheckedAmendment(made, (), warnings + doubts)


class _Past:
    """Looks for what a file would change of days that are over."""

    def __init__(
        self,
        gathered: Gathered,
        agencies: dict[str, Agency],
        officers: dict[str, Officer],
        today: date,
    ) -> None:
        self._gathered, self._today = gathered, today
        self._agencies, self._officers = agencies, officers

    def changed(self) -> Iterator[Problem]:
        for agency in self._gathered.agencies.values():
            source, loc = self._gathered.written[agency.id]
            was = self._agencies.get(agency.id)
            yield from self._dates(source, loc, agency, was)
            if was is None or was.valid_from > self._today:
                continue
            for field in FIXED:
                if getattr(agency, field) != getattr(was, field):
                    yield source.problem((*loc, field), Sentence(
                        "%(id)r has begun, and there it is %(was)s: end it, and begin another"
                        " agency as its successor", id=agency.id, was=_said(getattr(was, field)),
                    ))  # fmt: skip
            if agency.successor != was.successor and self._is_over(was):
                said = Sentence(
                    "%(id)r ended on %(day)s: its successor stays", id=agency.id, day=was.valid_to
                )
                yield source.problem((*loc, "successor"), said)
        for officer in self._gathered.officers.values():
            yield from self._post(officer)

    def _post(self, officer: Officer) -> Iterator[Problem]:
        source, at = self._gathered.posted[officer.id]
        was = self._officers.get(officer.id)
        own = "officers" in at
        # A post counted in `staff` has no dates of its own to point at.
        loc = at[:-1] if own else at
        if not own and officer.valid_from < self._today:
            yield source.problem(loc, Sentence(
                "%(id)r would begin on %(day)s, which is over: write it under 'officers', with a"
                " 'from' of its own", id=officer.id, day=officer.valid_from,
            ))  # fmt: skip
            return
        yield from self._dates(source, loc, officer, was)
        if was is not None and was.valid_from <= self._today:
            for field in ("agency", "roles"):
                if getattr(officer, field) != getattr(was, field):
                    yield source.problem((*loc, field), Sentence(
                        "%(id)r has begun, and there it is %(was)s: end it, and begin another post",
                        id=officer.id, was=_said(getattr(was, field)),
                    ))  # fmt: skip

    def _dates(
        self, source: Source, loc: Loc, new: Agency | Officer, was: Agency | Officer | None
    ) -> Iterator[Problem]:
        begun = was is not None and was.valid_from <= self._today
        if isinstance(new, Officer) and new.valid_to and new.valid_to < new.valid_from:
            yield source.problem((*loc, "to"), before_it_begins(new.valid_to, new.valid_from))
        if was is not None and begun and new.valid_from != was.valid_from:
            said = Sentence(
                "%(id)r began on %(day)s, which does not change", id=new.id, day=was.valid_from
            )
            yield source.problem((*loc, "from"), said)
        if not begun and new.valid_from < self._today:
            said = Sentence(
                "%(id)r begins on %(day)s: the first day possible is %(first)s",
                id=new.id, day=new.valid_from, first=self._today,
            )  # fmt: skip
            yield source.problem((*loc, "from"), said)
        if was is None or new.valid_to == was.valid_to:
            return
        if self._is_over(was):
            said = Sentence(
                "%(id)r ended on %(day)s, which does not change", id=new.id, day=was.valid_to
            )
            yield source.problem((*loc, "to"), said)
        elif new.valid_to is not None and new.valid_to < self._today:
            said = Sentence(
                "%(id)r ends on %(day)s: the first day possible is %(first)s",
                id=new.id, day=new.valid_to, first=self._today,
            )  # fmt: skip
            yield source.problem((*loc, "to"), said)

    def _is_over(self, was: Agency | Officer) -> bool:
        return was.valid_to is not None and was.valid_to < self._today


def _left(gathered: Gathered, known: dict[str, Agency]) -> Iterator[Problem]:
    """What an end leaves behind."""
    there = {**known, **gathered.agencies}
    for agency in gathered.agencies.values():
        was = known.get(agency.id)
        if agency.valid_to is None or (was is not None and was.valid_to == agency.valid_to):
            continue
        source, loc = gathered.written[agency.id]
        if agency.successor is None:
            said = Sentence(
                "nobody takes over the open dossiers of %(id)r: name a 'successor'", id=agency.id
            )
            yield source.problem((*loc, "to"), said, "warning")
        for under in there.values():
            outlives = under.valid_to is None or under.valid_to > agency.valid_to
            if under.parent == agency.id and outlives:
                said = Sentence(
                    "%(id)r goes on under %(above)r, which ends", id=under.id, above=agency.id
                )
                yield source.problem((*loc, "to"), said, "warning")


def _alike(gathered: Gathered, known: dict[str, Agency]) -> Iterator[Problem]:
    """What begins beside another one of its function: a procedure that names the function does
    not say which of them it means."""
    there = {**known, **gathered.agencies}
    for agency in gathered.agencies.values():
        if agency.id in known:
            continue
        source, loc = gathered.written[agency.id]
        for other in there.values():
            same = other.function == agency.function and other.valid_on(agency.valid_from)
            if same and other.id != agency.id and _areas(other) & _areas(agency):
                said = Sentence(
                    "%(other)r has the same function and area: a dossier comes to %(id)r only"
                    " when one of its facts says so", id=agency.id, other=other.id,
                )  # fmt: skip
                yield source.problem((*loc, "function"), said, "warning")


def _areas(agency: Agency) -> set[str]:
    return {area for area in (agency.parent, *agency.serves) if area}


def _said(value: object) -> str:
    if isinstance(value, Text):
        return repr(value.vi)
    if not value:
        return Sentence("not given")
    return repr(", ".join(value) if isinstance(value, tuple) else value)
