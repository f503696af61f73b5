"""YAML files to the agencies and officers of an organisation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path

from schemas.sentence import Sentence, did_you_mean
from workflows.model import Text
from workflows.organisation import Agency, Officer, Organisation
from workflows.shape import (
    AgencyShape,
    OfficerShape,
    OrganisationShape,
    fit,
)
from workflows.yaml_source import Loc, Problem, Source, read_source

ORGANISATION = Path(__file__).parent / "organisation"


class BadOrganisation(Exception):
    """Files that cannot be used. `problems` has every error, not only the first."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


def load_organisation(folder: Path = ORGANISATION) -> Organisation:
    """The organisation that a folder's files describe together.

    Raises BadOrganisation with every error of every file.
    """
    gathered = Gathered()
    problems: list[Problem] = []
    for file in sorted(folder.glob("*.yaml")):
        source = read_source(file)
        shape = fit(source, OrganisationShape) if source.value is not None else None
        if shape is not None:
            for index, agency in enumerate(shape.agencies):
                gathered.agency(source, ("agencies", index), agency, None, None, None)
        problems += source.problems
    problems += gathered.mismatches()
    if problems:
        raise BadOrganisation(problems)
    return Organisation(gathered.agencies.values(), gathered.officers.values())


class Gathered:
    """Agencies and officers of all files, and where each was written.

    `known`, `posts`: those there are already, by id. What a file leaves out of one of them
    stays as it was; the files of a folder have none.
    """

    def __init__(
        self, known: Mapping[str, Agency] | None = None, posts: Mapping[str, Officer] | None = None
    ) -> None:
        self.agencies: dict[str, Agency] = {}
        self.officers: dict[str, Officer] = {}
        self.written: dict[str, tuple[Source, Loc]] = {}
        self.posted: dict[str, tuple[Source, Loc]] = {}
        self._known, self._posts = known or {}, posts or {}

    def agency(
        self,
        source: Source,
        loc: Loc,
        shape: AgencyShape,
        parent: str | None,
        from_: str | None,
        to: str | None,
    ) -> None:
        """Adds an agency and those under it, which have its dates unless they say else."""
        was = self._known.get(shape.id)
        begins = shape.from_ or (was.valid_from.isoformat() if was else from_)
        ends = _end(shape, to, was)
        if begins is None:
            source.problems.append(source.problem((*loc, "from"), Sentence("'from' is missing")))
            return
        if shape.id in self.agencies:
            other, other_loc = self.written[shape.id]
            line = other.nearest(other_loc)[1].line
            where = "" if other is source else f"{other.file} "
            message = Sentence(
                "there is an agency %(id)r already, in %(file)sline %(line)s",
                id=shape.id, file=where, line=line,
            )  # fmt: skip
            source.problems.append(source.problem((*loc, "id"), message))
        if ends is not None and ends < begins:
            message = before_it_begins(ends, begins)
            source.problems.append(source.problem((*loc, "to"), message))
        self.written[shape.id] = (source, loc)
        first, last = date.fromisoformat(begins), date.fromisoformat(ends) if ends else None
        self.agencies[shape.id] = Agency(
            id=shape.id,
            name=Text(shape.name.vi, shape.name.en),
            level=shape.level,
            function=shape.function,
            parent=shape.parent or parent or (was.parent if was else None),
            valid_from=first,
            valid_to=last,
            successor=shape.successor or (was.successor if was else None),
            serves=tuple(shape.serves) or (was.serves if was else ()),
        )
        self._staff(source, loc, shape, first, last)
        for index, under in enumerate(shape.under):
            self.agency(source, (*loc, "under", index), under, shape.id, begins, ends)

    def _staff(
        self, source: Source, loc: Loc, shape: AgencyShape, first: date, last: date | None
    ) -> None:
        posts: list[tuple[Officer, Loc]] = []
        for role, count in shape.staff.items():
            for number in range(1, count + 1):
                id_ = f"{shape.id}.{role}-{number}"
                made = Officer(id_, shape.id, (role,), first, last)
                if id_ not in self._posts:
                    posts.append((made, (*loc, "staff", role)))
        for index, officer in enumerate(shape.officers):
            was = self._posts.get(officer.id)
            begins = date.fromisoformat(officer.from_) if officer.from_ else None
            begins = begins or (was.valid_from if was else first)
            ends = _end(officer, last.isoformat() if last else None, was)
            until = date.fromisoformat(ends) if ends else None
            made = Officer(officer.id, shape.id, tuple(officer.roles), begins, until)
            posts.append((made, (*loc, "officers", index, "id")))
        for post, at in posts:
            if post.id in self.officers:
                message = Sentence("there is an officer %(id)r already", id=post.id)
                source.problems.append(source.problem(at, message))
            self.officers[post.id] = post
            self.posted[post.id] = (source, at)

    def mismatches(self) -> Iterator[Problem]:
        """Parents, successors and areas that are no agency; circles of parents."""
        there = {**self._known, **self.agencies}
        for agency in self.agencies.values():
            source, loc = self.written[agency.id]
            named = [("parent", agency.parent), ("successor", agency.successor)]
            named += [("serves", area) for area in agency.serves]
            for field, other in named:
                if other is not None and other not in there:
                    guess = did_you_mean(other, set(there))
                    message = Sentence("there is no agency %(id)r%(guess)s", id=other, guess=guess)
                    yield source.problem((*loc, field), message)
            if _circular(agency, there):
                message = Sentence("%(id)r stands under itself", id=agency.id)
                yield source.problem((*loc, "parent"), message)
            heir = there.get(agency.successor or "")
            if heir and agency.valid_to and heir.valid_to and heir.valid_to <= agency.valid_to:
                message = Sentence("the successor %(id)r does not outlast it", id=heir.id)
                yield source.problem((*loc, "successor"), message)


def before_it_begins(end: object, begin: object) -> Sentence:
    return Sentence("ends on %(end)s, before it begins on %(begin)s", end=end, begin=begin)


def _end(
    shape: AgencyShape | OfficerShape, inherited: str | None, was: Agency | Officer | None
) -> str | None:
    """The last day: as written (`to: null` is none), else the earlier of that of what it stands
    under and of what it had."""
    if "to" in shape.model_fields_set:
        return shape.to
    had = was.valid_to.isoformat() if was and was.valid_to else None
    return min((each for each in (inherited, had) if each), default=None)


def _circular(agency: Agency, there: Mapping[str, Agency]) -> bool:
    seen: set[str] = set()
    at: Agency | None = agency
    while at is not None and at.id not in seen:
        seen.add(at.id)
        at = there.get(at.parent or "")
    return at is agency
