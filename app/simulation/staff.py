"""Which officer acts, and how fast he is."""

from __future__ import annotations

from contextlib import suppress
from datetime import date

from app.simulation.chance import Chance
from app.simulation.scenario import Leaves, Pace
from app.simulation.worktime import DAY_TICKS, moment_of
from engine.core.admission import authority
from engine.core.dossier import Dossier
from engine.core.draft import Draft
from engine.core.law import Law
from workflows.organisation import Organisation


class Nobody(Exception):
    """No officer has the role at the agency on that day: the scenario cannot go on."""


class Staff:
    """The officers of the organisation, each with a factor of his own."""

    def __init__(
        self,
        organisation: Organisation,
        pace: dict[str, Pace],
        differ: float,
        leaves: list[Leaves],
        chance: Chance,
    ) -> None:
        self.organisation = organisation
        self._pace = pace
        self._chance = chance
        self._leaves = {each.officer: each for each in leaves}
        self._in_office: dict[tuple[str, str], tuple[str, ...]] = {}
        self._day = 0
        ids = sorted(officer.id for officer in organisation.officers())
        self.factors = {id_: chance.factor(differ) for id_ in ids}

    def pace(self, role: str) -> Pace:
        return self._pace.get(role) or self._pace["default"]

    def pick(self, agency: str, role: str, tick: int) -> str:
        """An officer of the agency with the role. Raises Nobody."""
        if tick // DAY_TICKS != self._day:
            self._day = tick // DAY_TICKS
            self._in_office.clear()
        there = self._in_office.get((agency, role))
        if there is None:
            there = self._in_office[agency, role] = self._there(agency, role, tick)
        return there[0] if len(there) == 1 else self._chance.one_of(there)

    def decider(self, law: Law, dossier: Dossier, tick: int) -> str:
        """An officer who may decide about the whole dossier. Raises Nobody."""
        roles = law.procedure(dossier.procedure).policy.deciders
        for agency in sorted(authority(Draft(dossier, law, moment_of(tick)))):
            for role in roles:
                with suppress(Nobody):
                    return self.pick(agency, role, tick)
        raise Nobody(f"nobody may decide about {dossier.stream}")

    def heir(self, officer: str, tick: int) -> str | None:
        """Who takes over from an officer who has left; None while he is there."""
        leave = self._leaves.get(officer)
        if leave is None or tick < date.fromisoformat(leave.day).toordinal() * DAY_TICKS:
            return None
        return leave.to

    def _there(self, agency: str, role: str, tick: int) -> tuple[str, ...]:
        day = date.fromordinal(tick // DAY_TICKS)
        found = tuple(
            officer.id
            for officer in self.organisation.officers_in(agency, role, day)
            if self.heir(officer.id, tick) is None
        )
        if not found:
            raise Nobody(f"no {role} in office at {agency} on {day}")
        return found
