"""What an agency is to another, and to a dossier: what the policy asks about them.

A dossier's parties are read off its state, which is at hand; where that says nothing, off its
history; and whom it will come to, off its procedure. So whoever works on a dossier costs least.

Where an agency has ended, whoever took over from it has its part: what it held and held before, and
its place under those above it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import TYPE_CHECKING

from consumers.views.parties import parties_of
from engine.core.calendar import local_day
from engine.core.rules import Refusal
from workflows.organisation import Unresolved

if TYPE_CHECKING:
    from app.access.policy import AgencyRelation, DossierRelation
    from app.house import House
    from engine.core.dossier import Dossier
    from engine.core.law import Law
    from engine.runtime import Folded
    from workflows.model import Process
    from workflows.organisation import Organisation


REMEMBERED = 100_000
"""Pairs of an agency and a dossier, some 20 MB."""


class Relations:
    """Asked for every request. Who has had a part in a dossier has it for good, so that is
    remembered for the day, as is what an agency has under it."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._known: _Known | None = None

    def in_place_of(self, agency: str) -> frozenset[str]:
        """The agency and those that are no more and whose dossiers it has today."""
        return self._now().in_place_of(agency)

    def under(self, agency: str) -> frozenset[str]:
        """The agency and all that ever stood below it, and those in whose place one of these is
        today."""
        known = self._now()
        if agency not in known.under:
            below = _under(known.staff, agency)
            known.under[agency] = below.union(*map(self.in_place_of, below))
        return known.under[agency]

    def to_agency(self, agency: str, other: str) -> AgencyRelation:
        if agency == other:
            return "own"
        return "supervised" if other in self.under(agency) else "other"

    def at_hand(self, agency: str, code: str) -> DossierRelation | None:
        """What can be told without asking the store; None when nothing can."""
        known = self._now()
        found = known.parts.get((agency, code))
        if found is None:
            folded = self._house.runtime.known(code)
            own = self.in_place_of(agency)
            if folded is not None and not own.isdisjoint(holders(folded.dossier)):
                return self._remember(known, agency, folded.dossier, "part")
        return found

    def to_dossier(self, agency: str, code: str) -> DossierRelation:
        """The nearest there is; none to a dossier that does not exist."""
        found = self.at_hand(agency, code)
        if found is None:
            found = self._to(agency, self._house.runtime.current(code))
        if found == "none":
            # Another process may have written since this one looked.
            found = self._to(agency, self._house.runtime.load(code))
        return found

    def _to(self, agency: str, folded: Folded) -> DossierRelation:
        dossier = folded.dossier
        if not folded.version:
            return "none"
        known, below, now = self._now(), self.under(agency), set(holders(dossier))
        own = self.in_place_of(agency)
        if not own.isdisjoint(now):
            return self._remember(known, agency, dossier, "part")
        past = self._history(dossier.stream)
        if not own.isdisjoint(past):
            return self._remember(known, agency, dossier, "part")
        coming = awaits(dossier, self._house.law, known.day)
        if agency in coming:
            return "awaits"
        if not below.isdisjoint(past):
            return self._remember(known, agency, dossier, "supervises")
        return "none" if below.isdisjoint(now | coming) else "supervises"

    def _now(self) -> _Known:
        """What is remembered of the organisation in force: nothing yet, when the law was read
        anew meanwhile, or another day has begun, on which an agency may be no more."""
        staff, day, known = self._house.law.organisation, self._house.today, self._known
        if known is None or known.staff is not staff or known.day != day:
            # Not read back: a request that goes by another law may be here too.
            self._known = known = _Known(staff, day)
        return known

    def _remember(
        self, known: _Known, agency: str, dossier: Dossier, relation: DossierRelation
    ) -> DossierRelation:
        parts = known.parts
        if len(parts) >= REMEMBERED:
            parts.clear()
        parts[agency, dossier.stream] = relation
        return relation

    def _history(self, code: str) -> set[str]:
        return {
            agency
            for seen in self._house.log.read_stream(code)
            for agency in parties_of(seen.event())
        }


class _Known:
    """What follows from one organisation on one day, and from histories, which only grow."""

    def __init__(self, staff: Organisation, day: date) -> None:
        self.staff = staff
        self.day = day
        self.under: dict[str, frozenset[str]] = {}
        self.parts: dict[tuple[str, str], DossierRelation] = {}
        self._taken = staff.in_place_of(day)

    def in_place_of(self, agency: str) -> frozenset[str]:
        return self._taken.get(agency) or frozenset({agency})


def holders(dossier: Dossier) -> Iterator[str]:
    """Who holds a leg of it now, or is offered one."""
    for leg in dossier.legs.values():
        if leg.holder is not None:
            yield leg.holder.agency
        if leg.transit is not None:
            yield leg.transit.to_agency
            yield leg.transit.sender.agency
    if not dossier.legs:
        yield dossier.agency


def awaits(dossier: Dossier, law: Law, day: date) -> set[str]:
    """To whom its procedure will bring it: the agencies of legs that are not open yet, and of
    steps of those that are, as far as it can be told on `day`."""
    if dossier.outcome is not None or dossier.status == "ended":
        return set()
    try:
        outline = law.outline(dossier.procedure)
    except Refusal:
        # A definition that is not here leads nowhere.
        return set()
    meant = _Meant(law.organisation, dossier, day)
    found: set[str] = set()
    runs = {path: leg.agency for path, leg in dossier.legs.items()} or {"": dossier.agency}
    for path, definition in outline.legs.items():
        above = runs.get(path.rpartition("/")[0])
        if path in runs or above is None or not _possible(definition.when, dossier.facts):
            continue
        for agency in meant(definition.at, above):
            found.add(agency)
            runs[path] = agency
    for path, agency in runs.items():
        leg = dossier.legs.get(path)
        if leg is None or leg.open:
            for function in _functions(outline.processes[path]):
                found |= meant(function, agency)
    return found


class _Meant:
    """The agency meant by a function, for a dossier: as `engine.core.draft` finds it, but for
    legs that are not there yet as well."""

    def __init__(self, staff: Organisation, dossier: Dossier, day: date) -> None:
        self.staff, self.facts, self.day = staff, dossier.facts, day
        self.received = local_day(dossier.received_at) if dossier.received_at else day

    def __call__(self, function: str, seen_from: str) -> set[str]:
        """One, or none when that is not clear yet."""
        days = self.received, self.day
        try:
            return {self.staff.resolve_since(function, seen_from, days, self.facts, (seen_from,))}
        except Unresolved:
            return set()


def _functions(process: Process) -> set[str]:
    """Where steps of a process are done, other than at the agency that runs it."""
    return {step.by.at for step in process.steps.values() if step.by and step.by.at}


def _possible(when: Mapping[str, str], facts: Mapping[str, str]) -> bool:
    """Whether no fact that is known says otherwise."""
    return all(facts.get(name, value) == value for name, value in when.items())


def _under(staff: Organisation, agency: str) -> frozenset[str]:
    parents = {each.id: each.parent for each in staff.agencies()}
    return frozenset(each for each in parents if agency in _upward(parents, each))


def _upward(parents: Mapping[str, str | None], agency: str) -> set[str]:
    found: set[str] = set()
    at: str | None = agency
    while at is not None and at not in found:
        found.add(at)
        at = parents.get(at)
    return found
