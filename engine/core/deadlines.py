"""The deadlines of a dossier, each as a derivation from which its date is read.

A leg's own limit (the root's is the whole dossier's) counts from its start; a step's from
its first start, not counting the time in which the leg was elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from engine.core import clock
from engine.core.calendar import CalendarError
from engine.core.clock import ClockError, Derivation, StartRule, derive
from engine.core.dossier import Dossier, LegState, Stop
from engine.core.law import Law
from workflows.model import Limit, Procedure, Step, Unit


def whole_limit(
    law: Law, procedure: Procedure, calendar: str, limit: Limit, start: datetime
) -> Derivation:
    """By when the whole is promised, to somebody who hands in the dossier at `start`."""
    return derive(
        law.calendar(calendar),
        limit,
        start,
        rule=start_rule(limit),
        cutoff=procedure.policy.cutoff,
        source=f"{procedure.id} {procedure.version}",
    )


def start_rule(limit: Limit) -> StartRule:
    """Whole days and months count from the day after, anything shorter from the moment; what
    is due the same day has the day of receipt as its first."""
    if limit.same_day:
        return "same-day"
    hours = limit.unit is Unit.WORKING_HOUR or limit.amount < 1
    return "moment" if hours else "day-after"


def leg_deadline(
    law: Law, dossier: Dossier, leg: LegState, stops: Iterable[Stop] | None = None
) -> Derivation | None:
    """The derivation of a leg's own deadline; None when it has no limit.

    `stops`: the stops to count with instead of those in the state, when one is just ending.
    """
    if leg.limit is None:
        return None
    procedure = law.procedure(dossier.procedure)
    limit = Limit.parse(leg.limit)
    extension = leg.extension
    return derive(
        law.calendar(dossier.calendar),
        limit,
        leg.started,
        rule=start_rule(limit),
        cutoff=procedure.policy.cutoff,
        pauses=_pauses(leg.stops if stops is None else stops, restarts=True),
        extension=(
            clock.Extension(Limit.parse(extension.by), extension.legal_basis) if extension else None
        ),
        source=f"{procedure.id} {procedure.version}" + (f" ({leg.path})" if leg.path else ""),
    )


def step_deadline(
    law: Law,
    dossier: Dossier,
    leg: LegState,
    step: Step,
    *,
    now: datetime | None = None,
    stops: Iterable[Stop] | None = None,
) -> Derivation | None:
    """The derivation of a step's deadline. `now`: the leg enters the step at this moment."""
    if step.limit is None:
        return None
    visits = leg.visits.get(step.name, ())
    if now is not None and len(visits) % 2 == 0:
        visits = (*visits, now)
    away = [
        clock.Pause("elsewhere", "", visits[i], visits[i + 1]) for i in range(1, len(visits) - 1, 2)
    ]
    own = _pauses(leg.stops if stops is None else stops, restarts=False)
    return derive(
        law.calendar(dossier.calendar),
        step.limit,
        visits[0],
        rule="same-day" if step.limit.same_day else "moment",
        cutoff=law.procedure(dossier.procedure).policy.cutoff,
        pauses=(*(stop for stop in own if _after(stop, visits[0])), *away),
        source=f"{dossier.procedure[0]} {dossier.procedure[1]}, {step.name}",
    )


def due_of(derivation: Derivation | None) -> datetime | None:
    return None if derivation is None else derivation.due


def warning(law: Law, due: datetime, procedure: str, version: str, calendar: str) -> datetime:
    """When a procedure's policy wants a warning before `due`.

    `due` itself where nobody can count so far back: the calendar begins later, or the version was
    registered with a length that is none. So one of them does not silence the others. Refused
    where the procedure or the calendar is not here.
    """
    soon = law.procedure((procedure, version)).policy.due_soon
    worked = law.calendar(calendar)
    try:
        return clock.subtract(worked, due, soon)
    except (CalendarError, ClockError):
        return due


def _after(stop: clock.Pause, start: datetime) -> bool:
    return stop.until is None or stop.until > start


def _pauses(stops: Iterable[Stop], *, restarts: bool) -> tuple[clock.Pause, ...]:
    return tuple(
        clock.Pause(
            stop.ground,
            stop.evidence or "",
            stop.since,
            stop.until,
            "restart" if restarts and stop.restarts else "shift",
        )
        for stop in stops
    )
