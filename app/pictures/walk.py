"""The way a dossier walked through its procedure, as a value: what became of each step.

Of a leg that was reopened the steps are those of its new life, as its clock is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Literal

import msgspec

from engine.core.calendar import CalendarError, local_minute
from engine.core.clock import verdict
from engine.core.deadlines import due_of, step_deadline
from engine.core.dossier import Dossier, LegState
from engine.core.law import Law
from schemas import events as e
from schemas.envelope import Recorded
from workflows.machine import BACK, LEGS, OFFERED, PAUSED, SUPPLEMENT
from workflows.model import ENDS, Limit, Procedure, Step, Unit

State = Literal[
    "ahead", "done", "at work", "in transit", "back", "paused", "waiting", "refused", "stopped",
    "not needed",
]  # fmt: skip

MODES: dict[str, State] = {
    OFFERED: "in transit",
    BACK: "back",
    LEGS: "waiting",
    PAUSED: "paused",
    SUPPLEMENT: "paused",
}

HERE: frozenset[State] = frozenset({"at work", "in transit", "back", "paused", "waiting"})
"""States of a step at which the dossier is now."""


class StepWalk(msgspec.Struct, frozen=True):
    """One step of a leg. `who`: the officer who holds it or ended it, or the role that it was
    offered to, at `agency`; `since`: when it was first entered; `until`: when it was last left.
    `used`, `allowed`: working minutes, where the step has a limit that counts in them; `limit`
    as it is written. `came_back`: how often a handover made from it was not taken."""

    leg: str
    step: str
    state: State
    agency: str = ""
    who: str = ""
    since: datetime | None = None
    until: datetime | None = None
    used: int | None = None
    allowed: int | None = None
    limit: Limit | None = None
    overdue: bool = False
    ground: str = ""
    came_back: int = 0


class Walk(msgspec.Struct, frozen=True):
    """`steps` in the procedure's order, each leg after the step that opens it; `ways`: which
    (leg, step, to) were gone; `opened`: the legs that were opened."""

    procedure: tuple[str, str]
    steps: tuple[StepWalk, ...]
    ways: frozenset[tuple[str, str, str]]
    opened: frozenset[str]


def walk_of(dossier: Dossier, records: Sequence[Recorded], law: Law, now: datetime) -> Walk | None:
    """None for a dossier that was not received: it has not begun."""
    if not dossier.legs:
        return None
    procedure = law.procedure(dossier.procedure)
    past = _Past(records)
    clock = _Clock(law, dossier, now)
    steps = tuple(
        _step(dossier, path, step, past, clock) for path, step in _in_order(procedure, "")
    )
    opened = frozenset(path for path in dossier.legs if path)
    return Walk(dossier.procedure, steps, frozenset(past.ways), opened)


def _in_order(procedure: Procedure, path: str) -> Iterator[tuple[str, Step]]:
    for step in procedure.process_of(path).steps.values():
        yield path, step
        for leg in step.legs:
            yield from _in_order(procedure, f"{path}/{leg.name}" if path else leg.name)


class _Past:
    """What only the events tell: who ended a step, which ways were gone, what came back."""

    def __init__(self, records: Iterable[Recorded]) -> None:
        self.ended: set[tuple[str, str]] = set()
        self.ended_by: dict[tuple[str, str], tuple[str, str]] = {}
        self.ways: set[tuple[str, str, str]] = set()
        self.came_back: dict[tuple[str, str], int] = {}
        for record in records:
            event = record.event()
            if isinstance(event, e.StepEnded):
                self.ended.add((event.leg, event.step))
                if not (isinstance(event, e.StepCompleted) and event.act == "join"):
                    # Nobody ends a wait: it ends with the last of the legs.
                    self.ended_by[event.leg, event.step] = (record.agency, record.actor)
                self.ways.add((event.leg, event.step, event.to))
            elif isinstance(event, e.HandoverNotTaken):
                at = (event.leg, event.step)
                self.came_back[at] = self.came_back.get(at, 0) + 1
            elif isinstance(event, e.DossierReopened):
                self._forget_root()

    def _forget_root(self) -> None:
        self.ended = {each for each in self.ended if each[0]}
        self.ways = {each for each in self.ways if each[0]}
        self.came_back = {at: count for at, count in self.came_back.items() if at[0]}


class _Clock:
    """What a dossier's calendar says of its steps; nothing where the calendar does not reach."""

    def __init__(self, law: Law, dossier: Dossier, now: datetime) -> None:
        self._law = law
        self._dossier = dossier
        self._calendar = law.calendar(dossier.calendar)
        self.now = now

    def overdue(self, leg: LegState, step: Step, left: datetime | None) -> bool:
        """Whether the step was left, or still is, on a day after that of its deadline."""
        try:
            due = due_of(step_deadline(self._law, self._dossier, leg, step))
        except CalendarError:
            return False
        at = left or leg.ended_at or self.now
        return due is not None and verdict(self._calendar, at, due) == "overdue"

    def used(self, leg: LegState, step: str) -> int | None:
        """In a step, without the time for which the leg's clock stood still."""
        visits = list(leg.visits.get(step, ()))
        if len(visits) % 2:
            visits.append(leg.ended_at or max(self.now, visits[-1]))
        pairs = [(visits[i], visits[i + 1]) for i in range(0, len(visits), 2)]
        stops = [(stop.since, stop.until or max(self.now, stop.since)) for stop in leg.stops]
        try:
            return sum(self._between(*pair) - self._stopped(pair, stops) for pair in pairs)
        except CalendarError:
            return None

    def _between(self, a: datetime, b: datetime) -> int:
        worked = self._calendar.worked_to
        return worked(local_minute(b)) - worked(local_minute(a))

    def _stopped(
        self, visit: tuple[datetime, datetime], stops: list[tuple[datetime, datetime]]
    ) -> int:
        """Working minutes of a visit in which something stopped the clock, each once."""
        total, upto = 0, visit[0]
        for since, until in sorted(stops):
            a, b = max(since, upto), min(until, visit[1])
            if a < b:
                total += self._between(a, b)
                upto = b
        return total


def allowed(limit: Limit | None) -> int | None:
    """Working minutes of a limit that counts in them."""
    if limit is None or limit.unit not in (Unit.WORKING_DAY, Unit.WORKING_HOUR):
        return None
    return int(limit.amount * (60 if limit.unit is Unit.WORKING_HOUR else 480))


def _step(dossier: Dossier, path: str, step: Step, past: _Past, clock: _Clock) -> StepWalk:
    leg = dossier.legs.get(path)
    # A step that was offered and came back was entered, but nobody was ever at work in it.
    begun = leg is not None and (leg.step == step.name or (path, step.name) in past.ended)
    if leg is None or not begun or not leg.visits.get(step.name):
        over = dossier.status == "ended" or (leg is not None and not leg.open)
        return StepWalk(path, step.name, "not needed" if over else "ahead", limit=step.limit)
    state = _state(leg, step.name)
    agency, who = _who(leg, step.name, state, past)
    visits = leg.visits[step.name]
    left = visits[-1] if len(visits) % 2 == 0 else None
    most = allowed(step.limit)
    ground = next((stop.ground for stop in leg.stops if not stop.until), "")
    return StepWalk(
        leg=path,
        step=step.name,
        state=state,
        agency=agency,
        who=who,
        since=visits[0],
        until=left,
        used=clock.used(leg, step.name) if most is not None else None,
        allowed=most,
        limit=step.limit,
        overdue=clock.overdue(leg, step, left),
        ground=ground if state in HERE else "",
        came_back=past.came_back.get((path, step.name), 0),
    )


def _state(leg: LegState, step: str) -> State:
    if leg.step != step or leg.step in ENDS:
        return "done"
    if not leg.open:
        return "refused" if leg.outcome == "refused" else "stopped"
    if not leg.running:
        return "paused"
    return MODES.get(leg.mode, "at work")


def _who(leg: LegState, step: str, state: State, past: _Past) -> tuple[str, str]:
    if state == "done":
        return past.ended_by.get((leg.path, step), ("", ""))
    if leg.transit is not None:
        return leg.transit.to_agency, leg.transit.to_officer or leg.transit.to_role
    return (leg.holder.agency, leg.holder.officer) if leg.holder else ("", "")
