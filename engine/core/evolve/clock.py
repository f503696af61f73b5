"""What the clock of a leg has run through."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from msgspec.structs import replace

from engine.core.dossier import Dossier, Extension, LegState, Stop, upward
from engine.core.evolve.clauses import on, with_leg
from schemas import events as e
from workflows.machine import AT_WORK, PAUSED


@on(e.ClockStarted)
def _clock_started(dossier: Dossier, event: e.ClockStarted, at: datetime) -> Dossier:
    return with_leg(
        dossier,
        event.leg,
        started=event.since or at,
        limit=event.limit,
        rule=event.rule,
        due=event.due,
    )


@on(e.ClockStopped)
def _clock_stopped(dossier: Dossier, event: e.ClockStopped, at: datetime) -> Dossier:
    stop = Stop(event.leg, event.ground, at, None, event.evidence, event.restarts)
    legs = dossier.legs.copy()
    for path in upward(event.leg):
        legs[path] = replace(legs[path], stops=(*legs[path].stops, stop))
    stopped = legs[event.leg]
    if stopped.mode == AT_WORK:
        legs[event.leg] = replace(stopped, mode=PAUSED)
    return replace(dossier, legs=legs)


@on(e.ClockResumed)
def _clock_resumed(dossier: Dossier, event: e.ClockResumed, at: datetime) -> Dossier:
    legs = dossier.legs.copy()
    for path in upward(event.leg):
        stops = closed(legs[path].stops, event.leg, at, event.evidence)
        legs[path] = replace(legs[path], stops=stops)
    return with_dues(dossier, legs, event.dues, event.step_dues)


def closed(stops: Iterable[Stop], leg: str, at: datetime, evidence: str | None) -> tuple[Stop, ...]:
    """The stops once the one whose ground lies in `leg` is over."""
    return tuple(
        replace(stop, until=at, evidence=stop.evidence or evidence)
        if stop.until is None and stop.leg == leg
        else stop
        for stop in stops
    )


def with_dues(
    dossier: Dossier,
    legs: dict[str, LegState],
    dues: dict[str, datetime],
    step_dues: dict[str, datetime],
) -> Dossier:
    for path, due in dues.items():
        legs[path] = replace(legs[path], due=due)
    for path, due in step_dues.items():
        legs[path] = replace(legs[path], step_due=due)
    return replace(dossier, legs=legs)


@on(e.ClockExtended)
def _clock_extended(dossier: Dossier, event: e.ClockExtended, at: datetime) -> Dossier:
    extension = Extension(event.by, event.legal_basis)
    return with_leg(dossier, event.leg, due=event.due, extension=extension)


@on(e.ClockEnded)
def _clock_ended(dossier: Dossier, event: e.ClockEnded, at: datetime) -> Dossier:
    return with_leg(dossier, event.leg, verdict=event.verdict)
