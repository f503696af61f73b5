"""YAML files to the agencies and officers of an organisation."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

from workflows.model import Text
from workflows.organisation import Agency, Officer, Organisation
from workflows.shape import AgencyShape, OrganisationShape, did_you_mean, fit
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
    gathered = _Gathered()
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


class _Gathered:
    """Agencies and officers of all files, and where each was written."""

    def __init__(self) -> None:
        self.agencies: dict[str, Agency] = {}
        self.officers: dict[str, Officer] = {}
        self._written: dict[str, tuple[Source, Loc]] = {}

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
        begins, ends = shape.from_ or from_, shape.to or to
        if begins is None:
            source.problems.append(source.problem((*loc, "from"), "'from' is missing"))
            return
        if shape.id in self.agencies:
            other, other_loc = self._written[shape.id]
            line = other.nearest(other_loc)[1].line
            message = f"there is an agency {shape.id!r} already, in {other.file} line {line}"
            source.problems.append(source.problem((*loc, "id"), message))
        if ends is not None and ends < begins:
            message = f"ends on {ends}, before it begins on {begins}"
            source.problems.append(source.problem((*loc, "to"), message))
        self._written[shape.id] = (source, loc)
        first, last = date.fromisoformat(begins), date.fromisoformat(ends) if ends else None
        self.agencies[shape.id] = Agency(
            id=shape.id,
            name=Text(shape.name.vi, shape.name.en),
            level=shape.level,
            function=shape.function,
            parent=shape.parent or parent,
            valid_from=first,
            valid_to=last,
            successor=shape.successor,
            serves=tuple(shape.serves),
        )
        self._staff(source, loc, shape, first, last)
        for index, under in enumerate(shape.under):
            self.agency(source, (*loc, "under", index), under, shape.id, begins, ends)

    def _staff(
        self, source: Source, loc: Loc, shape: AgencyShape, first: date, last: date | None
    ) -> None:
        posts: list[tuple[str, tuple[str, ...], date, date | None, Loc]] = [
            (f"{shape.id}.{role}-{number}", (role,), first, last, (*loc, "staff", role))
            for role, count in shape.staff.items()
            for number in range(1, count + 1)
        ]
        for index, officer in enumerate(shape.officers):
            begins = date.fromisoformat(officer.from_) if officer.from_ else first
            ends = date.fromisoformat(officer.to) if officer.to else last
            roles = tuple(officer.roles)
            posts.append((officer.id, roles, begins, ends, (*loc, "officers", index, "id")))
        for id_, roles, begins, ends, at in posts:
            if id_ in self.officers:
                message = f"there is an officer {id_!r} already"
                source.problems.append(source.problem(at, message))
            self.officers[id_] = Officer(id_, shape.id, roles, begins, ends)

    def mismatches(self) -> Iterator[Problem]:
        """Parents, successors and areas that are no agency; circles of parents."""
        for agency in self.agencies.values():
            source, loc = self._written[agency.id]
            named = [("parent", agency.parent), ("successor", agency.successor)]
            named += [("serves", area) for area in agency.serves]
            for field, other in named:
                if other is not None and other not in self.agencies:
                    guess = did_you_mean(other, set(self.agencies))
                    message = f"there is no agency {other!r}{guess}"
                    yield source.problem((*loc, field), message)
            if self._circular(agency):
                yield source.problem((*loc, "parent"), f"{agency.id!r} stands under itself")
            heir = self.agencies.get(agency.successor or "")
            if heir and agency.valid_to and heir.valid_to and heir.valid_to <= agency.valid_to:
                message = f"the successor {heir.id!r} does not outlast it"
                yield source.problem((*loc, "successor"), message)

    def _circular(self, agency: Agency) -> bool:
        seen: set[str] = set()
        at: Agency | None = agency
        while at is not None and at.id not in seen:
            seen.add(at.id)
            at = self.agencies.get(at.parent or "")
        return at is agency
