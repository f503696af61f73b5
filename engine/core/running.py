"""A leg's clock stops, runs again, ends: the events of it, with the dates that follow."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from engine.core.clock import verdict
from engine.core.deadlines import due_of, leg_deadline, step_deadline
from engine.core.dossier import LegState, Stop, upward
from engine.core.draft import Draft
from engine.core.evolve.clock import closed
from schemas import events as e


def stop_clock(
    draft: Draft,
    path: str,
    ground: str,
    *,
    legal_basis: str | None = None,
    restarts: bool = False,
) -> None:
    draft.emit(
        e.ClockStopped(
            leg=path,
            step=draft.leg(path).step,
            ground=ground,
            legal_basis=legal_basis,
            restarts=restarts,
        )
    )


def resume_clock(draft: Draft, path: str, ground: str, evidence: str | None = None) -> None:
    """What lay in the leg at `path` is over: it runs again, and so does each leg above it that
    nothing else stops, with the dates that follow."""
    dues: dict[str, datetime] = {}
    step_dues: dict[str, datetime] = {}
    running = []
    for each in upward(path):
        leg = draft.leg(each)
        stops = closed(leg.stops, path, draft.now, evidence)
        if leg.open and all(stop.until for stop in stops):
            running.append(each)
            new_dues(draft, each, stops, dues, step_dues)
    draft.emit(
        e.ClockResumed(
            leg=path,
            step=draft.leg(path).step,
            ground=ground,
            evidence=evidence,
            dues=dues,
            step_dues=step_dues,
            running=tuple(running),
            extended=extended_among(draft, dues),
        )
    )


def give_up(draft: Draft, path: str) -> None:
    """The leg at `path` ends while something is waited for in it: nobody waits any more, so what
    stood still above it goes on."""
    for stop in draft.leg(path).stops:
        if stop.until is None and stop.leg == path:
            resume_clock(draft, path, stop.ground)
            return


def extended_among(draft: Draft, dues: Iterable[str]) -> tuple[str, ...]:
    """The legs among these whose limit was made longer: nobody apologises twice for one."""
    return tuple(path for path in dues if draft.leg(path).extension is not None)


def new_dues(
    draft: Draft,
    path: str,
    stops: tuple[Stop, ...],
    dues: dict[str, datetime],
    step_dues: dict[str, datetime],
) -> None:
    """Adds the dates that hold for a leg once only `stops` have stopped it.

    A clock that has ended has its verdict; its date does not move any more.
    """
    leg = draft.leg(path)
    whole = leg_deadline(draft.law, draft.dossier, leg, stops)
    if leg.verdict is None and whole is not None and whole.due is not None:
        dues[path] = whole.due
    step = draft.process(path).steps.get(leg.step)
    if step is not None and leg.step in leg.visits:
        own = due_of(step_deadline(draft.law, draft.dossier, leg, step, stops=stops))
        if own is not None:
            step_dues[path] = own


def end_clock(
    draft: Draft, path: str, *, withdrawn: bool = False, was: LegState | None = None
) -> None:
    """Ends a leg's clock with its verdict, by date; a leg without a limit has none.

    `withdrawn`: what the citizen took back counts as on time (form II.06a, column 9); `was`: the
    leg before it was over, where it already is and nothing stops its clock any more.
    """
    leg = was or draft.leg(path)
    if leg.limit is None or leg.verdict is not None:
        return
    # What waits for somebody else ended, for the index, when the waiting began.
    ended = next((stop.since for stop in leg.stops if stop.until is None), draft.now)
    overdue = not path and draft.dossier.counts_as_overdue
    calendar = draft.law.calendar(draft.dossier.calendar)
    words = "overdue" if overdue else verdict(calendar, ended, leg.due)
    if withdrawn:
        words = "on time"
    draft.emit(e.ClockEnded(leg=path, due=leg.due, verdict=words))
