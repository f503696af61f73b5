"""Agencies and officers as dated values, and who is meant by a function such as `commune`.

A procedure names functions ("commune", "land-registration-branch"); a dossier needs one
agency. `Organisation.resolve` finds the nearest agency with that function on a date:
the asking agency itself, then those under it, then its parent and those under the
parent, and so on upwards. An agency is under its parent and under each area it serves.
Where several are equally near, the dossier's facts decide (the commune of the plot, say);
where they do not, nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from functools import lru_cache

import msgspec

from workflows.model import Text


class Agency(msgspec.Struct, frozen=True):
    """One agency while it existed: from `valid_from` to `valid_to`, both included.

    `parent`: the body or territory it stands under; `serves`: areas it also works for.
    `successor`: who took over its open dossiers when it ended.
    """

    id: str
    name: Text
    level: str
    function: str
    parent: str | None
    valid_from: date
    valid_to: date | None = None
    successor: str | None = None
    serves: tuple[str, ...] = ()

    def valid_on(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


class Officer(msgspec.Struct, frozen=True):
    """A post, known by a pseudonymous code: never a person's name."""

    id: str
    agency: str
    roles: tuple[str, ...]
    valid_from: date
    valid_to: date | None = None

    def valid_on(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


class Unresolved(Exception):
    """No agency, or more than one equally near, has the function. `candidates` are ids."""

    def __init__(self, function: str, candidates: tuple[str, ...]) -> None:
        if candidates:
            detail = f"several agencies are equally near: {', '.join(candidates)}"
        else:
            detail = "no agency within reach has that function on that day"
        super().__init__(f"cannot tell which agency is meant by {function!r}: {detail}")
        self.function = function
        self.candidates = candidates


class Organisation:
    """All agencies and officers that ever were, indexed. Immutable once made."""

    def __init__(self, agencies: Iterable[Agency], officers: Iterable[Officer]) -> None:
        self._agencies = {agency.id: agency for agency in agencies}
        self._officers = {officer.id: officer for officer in officers}
        self._under: dict[str, list[Agency]] = {}
        for agency in self._agencies.values():
            for area in {agency.parent, *agency.serves} - {None}:
                self._under.setdefault(str(area), []).append(agency)
        self._staff: dict[tuple[str, str], list[Officer]] = {}
        self._roles: dict[str, set[str]] = {}
        for officer in self._officers.values():
            function = self._agencies[officer.agency].function
            for role in officer.roles:
                self._staff.setdefault((officer.agency, role), []).append(officer)
                self._roles.setdefault(function, set()).add(role)
        self._functions = {agency.function for agency in self._agencies.values()}
        self._resolve = lru_cache(maxsize=16_384)(self._search)

    def agency(self, agency_id: str) -> Agency:
        """Raises KeyError for an unknown id."""
        return self._agencies[agency_id]

    def officer(self, officer_id: str) -> Officer:
        """Raises KeyError for an unknown id."""
        return self._officers[officer_id]

    def agencies(self) -> Iterator[Agency]:
        return iter(self._agencies.values())

    def officers(self) -> Iterator[Officer]:
        return iter(self._officers.values())

    def on(self, day: date) -> Iterator[Agency]:
        """The agencies that exist on a day, in the order of the files."""
        return (agency for agency in self._agencies.values() if agency.valid_on(day))

    def tree(self, day: date) -> list[tuple[int, Agency]]:
        """(depth, agency) of a day, each under its parent; one whose parent is no more stands at
        the top."""
        there = {agency.id: agency for agency in self.on(day)}
        under: dict[str | None, list[Agency]] = {}
        for agency in there.values():
            parent = agency.parent if agency.parent in there else None
            under.setdefault(parent, []).append(agency)
        found: list[tuple[int, Agency]] = []
        waiting = [(0, each) for each in reversed(under.get(None, []))]
        while waiting:
            depth, agency = waiting.pop()
            found.append((depth, agency))
            waiting += [(depth + 1, each) for each in reversed(under.get(agency.id, []))]
        return found

    def in_charge(self, agency_id: str, day: date) -> Agency:
        """Who has an agency's open dossiers on a day: itself, or, once it has ended, whoever
        took over from it. An agency that ended without a successor is told as it was."""
        found, seen = self._agencies[agency_id], {agency_id}
        while found.valid_to and found.valid_to < day and found.successor not in {None, *seen}:
            seen.add(str(found.successor))
            found = self._agencies[str(found.successor)]
        return found

    def in_place_of(self, day: date) -> dict[str, frozenset[str]]:
        """Each that has an agency's open dossiers on a day, with itself and all those that are no
        more and whose dossiers it has."""
        taken: dict[str, set[str]] = {}
        for each in self._agencies:
            heir = self.in_charge(each, day).id
            taken.setdefault(heir, {heir}).add(each)
        return {heir: frozenset(all_) for heir, all_ in taken.items()}

    def officers_in(
        self, agency: str, role: str | None = None, day: date | None = None
    ) -> tuple[Officer, ...]:
        """The officers of an agency, with a role if one is named, in post on `day` if given."""
        if role is None:
            staff: Iterable[Officer] = (o for o in self._officers.values() if o.agency == agency)
        else:
            staff = self._staff.get((agency, role), ())
        return tuple(officer for officer in staff if day is None or officer.valid_on(day))

    def roles_of(self, function: str) -> frozenset[str] | None:
        """The roles held at any agency with this function, ever; None for an unknown function."""
        if function not in self._functions:
            return None
        return frozenset(self._roles.get(function, ()))

    def resolve(
        self,
        function: str,
        from_agency: str,
        day: date,
        facts: Mapping[str, str] | None = None,
    ) -> str:
        """The agency meant by a function, seen from an agency on a day. Raises Unresolved.

        A fact named exactly as the function decides if it names such an agency; any
        fact that names an agency decides among those equally near: the one at it,
        under it, or serving it.
        """
        named = tuple(v for v in (facts or {}).values() if v in self._agencies)
        exact = (facts or {}).get(function)
        return self._resolve(function, from_agency, day, exact, named)

    def resolve_since(
        self,
        function: str,
        from_agency: str,
        days: tuple[date, date],
        facts: Mapping[str, str],
        origins: Iterable[str],
    ) -> str:
        """The same for what is in flight; `days`: on which it was received, and today. Where it
        cannot be told any more: who took over from the agency that was meant on the first day, seen
        from the first of `origins` that has one. Raises Unresolved.

        Where several are equally near today, that is one of them, as it was seen from the very
        first: nothing is guessed.
        """
        received, today = days
        try:
            return self.resolve(function, from_agency, today, facts)
        except Unresolved as unclear:
            near = unclear.candidates
            for origin in tuple(origins)[: 1 if near else None]:
                try:
                    meant = self.resolve(function, origin, received, facts)
                except Unresolved:
                    continue
                heir = self.in_charge(meant, today)
                if heir.valid_on(today) and (not near or heir.id in near):
                    return heir.id
            raise

    def _search(
        self, function: str, from_agency: str, day: date, exact: str | None, named: tuple[str, ...]
    ) -> str:
        if exact in self._agencies and self._fits(self._agencies[str(exact)], function, day):
            return str(exact)
        for ring in self._rings(from_agency):
            found = [agency.id for agency in ring if self._fits(agency, function, day)]
            if len(found) > 1:
                near = {other.id for name in named for other in self._under.get(name, ())}
                found = [id_ for id_ in found if id_ in near or id_ in named] or found
            if len(found) == 1:
                return found[0]
            if found:
                raise Unresolved(function, tuple(sorted(found)))
        raise Unresolved(function, ())

    def _rings(self, from_agency: str) -> Iterator[list[Agency]]:
        """The agency, those under it, its parent, those under the parent, and so on up."""
        at: str | None = from_agency
        while at is not None and at in self._agencies:
            yield [self._agencies[at]]
            yield self._under.get(at, [])
            at = self._agencies[at].parent

    @staticmethod
    def _fits(agency: Agency, function: str, day: date) -> bool:
        return agency.function == function and agency.valid_on(day)
