"""A dossier while a command is being decided: what was emitted so far, and what it made of it."""

from __future__ import annotations

from datetime import datetime

from engine.core.calendar import local_day
from engine.core.dossier import Dossier, Holder, LegState
from engine.core.evolve import evolve
from engine.core.law import Law
from engine.core.rules import Refusal, refuse
from schemas.events import Event
from workflows.machine import Place, ProcedureMachine, state_name
from workflows.model import Procedure, Process, Step, Who
from workflows.organisation import Agency, Officer, Unresolved


class Draft:
    """Deciding is emitting events onto a draft; each one evolves it at once."""

    def __init__(self, dossier: Dossier, law: Law, now: datetime) -> None:
        self.dossier = dossier
        self.law = law
        self.now = now
        self.today = local_day(now)
        self.events: list[Event] = []

    def emit(self, event: Event) -> None:
        self.dossier = evolve(self.dossier, event, self.now)
        self.events.append(event)

    # --- what the dossier is pinned to ---

    @property
    def procedure(self) -> Procedure:
        return self.law.procedure(self.dossier.procedure)

    @property
    def machine(self) -> ProcedureMachine:
        return self.law.machine(self.dossier.procedure)

    def leg(self, path: str) -> LegState:
        return self.dossier.legs[path]

    def process(self, path: str) -> Process:
        return self.law.outline(self.dossier.procedure).processes[path]

    def step(self, path: str, name: str | None = None) -> Step:
        """The definition of a step; the one the leg is at when none is named."""
        return self.process(path).steps[name or self.leg(path).step]

    def state(self, path: str, mode: str | None = None) -> str:
        """The machine's name of where a leg is; `mode` instead of the leg's own if given."""
        leg = self.leg(path)
        return state_name(path, leg.step, leg.mode if mode is None else mode)

    def fire(self, path: str, act: str, facts: dict[str, str], mode: str | None = None) -> Place:
        """Where `act` leads, given what is known of the dossier and `facts`."""
        place = self.machine.fire(self.state(path, mode), act, {**self.dossier.facts, **facts})
        if place is None:
            step = self.step(path)
            choices = [
                " and ".join(f"{name}={value}" for name, value in branch.when.items())
                for branch in step.then
            ]
            refuse("no-branch", step=step.name, expected=" or ".join(choices))
        return place

    # --- who is who ---

    def officer(self, officer_id: str) -> Officer:
        """Refused when nobody with that code is in office today."""
        try:
            found = self.law.organisation.officer(officer_id)
        except KeyError:
            found = None
        if found is None or not found.valid_on(self.today):
            refuse("unknown-officer", officer=officer_id, day=self.today)
        return found

    def agency(self, agency_id: str) -> Agency:
        """Refused when there is no such agency today."""
        try:
            found = self.law.organisation.agency(agency_id)
        except KeyError:
            found = None
        if found is None or not found.valid_on(self.today):
            refuse("unknown-agency", agency=agency_id, day=self.today)
        return found

    def is_agency(self, name: str) -> bool:
        try:
            self.law.organisation.agency(name)
        except KeyError:
            return False
        return True

    def in_charge(self, agency: str) -> str:
        """The agency, or who has its dossiers now that it is no more."""
        return self.law.organisation.in_charge(agency, self.today).id

    def desk(self) -> str:
        """The desk where the citizen is served: where the dossier was received, wherever it is
        resolved. Another one only when a desk took the root over, or took over from it."""
        root = self.dossier.legs.get("")
        received = self.in_charge(self.dossier.agency)
        if root is None or root.agency in (self.dossier.agency, received):
            return received
        is_desk = self.law.organisation.agency(root.agency).function == self.procedure.desk
        return self.in_charge(root.agency) if is_desk else received

    def resolve(self, function: str | None, path: str) -> str:
        """The agency meant by a function, seen from the agency that runs the leg at `path`: a
        dossier in flight goes on where the level that it was sent to is no more."""
        leg = self.leg(path)
        if function is None:
            return self.in_charge(leg.agency)
        if not path and function == self.procedure.desk:
            return self.desk()
        assert self.dossier.received_at is not None, "it has legs"
        days = local_day(self.dossier.received_at), self.today
        origins = leg.former_agency or leg.agency, self.dossier.agency
        try:
            return self.law.organisation.resolve_since(
                function, leg.agency, days, self.dossier.facts, origins
            )
        except Unresolved as unclear:
            refuse("agency-unclear", function=function, why=unclear)

    def resolved(self, function: str | None, path: str) -> set[str]:
        """The agency meant by a function, or none when that is not clear yet."""
        try:
            return {self.resolve(function, path)}
        except Refusal:
            return set()

    def doer(self, path: str, step: Step) -> tuple[str, Who]:
        """The agency and the role that has to do a step."""
        who = step.by
        assert who is not None, "a pause or a wait is nobody's work"
        return self.resolve(who.at, path), who

    def keeper(self, path: str) -> Holder:
        """Who holds the leg, which is not in transit."""
        holder = self.leg(path).holder
        assert holder is not None, "in transit the machine has the answers to the offer only"
        return holder


def at_agency(officer: Officer, agency: str) -> None:
    """Refused when the officer is of another agency."""
    if officer.agency != agency:
        refuse("wrong-agency", agency=officer.agency, expected=agency)


def in_role(officer: Officer, role: str) -> None:
    """Refused when the officer does not have the role."""
    if role not in officer.roles:
        refuse("wrong-role", officer=officer.id, expected=role)
