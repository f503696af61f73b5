"""Legs open and end."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from msgspec.structs import replace

from engine.core.dossier import WHOLE, Dossier, Elsewhere, LegState, Outcome, parent_of
from engine.core.evolve.clauses import on
from schemas import events as e
from workflows.machine import AT_WORK, BACK, LEGS, ORIGIN


@on(e.LegOpened)
def _leg_opened(dossier: Dossier, event: e.LegOpened, at: datetime) -> Dossier:
    above = parent_of(event.leg)
    parent = dossier.legs[above]
    # Until the offer that follows, the leg lies with whoever holds its parent (I8).
    child = LegState(
        path=event.leg,
        agency=event.agency,
        step=ORIGIN,
        mode=BACK,
        started=at,
        holder=parent.holder,
        opened_by=event.opened_by,
        stops=tuple(stop for stop in parent.stops if stop.leg == WHOLE),
    )
    legs = {**dossier.legs, event.leg: child, above: replace(parent, mode=LEGS)}
    return replace(dossier, legs=legs)


@on(e.LegRefused)
def _leg_refused(dossier: Dossier, event: e.LegRefused, at: datetime) -> Dossier:
    return ended(dossier, [event.leg], "refused", at)


def ended(dossier: Dossier, paths: Iterable[str], outcome: Outcome, at: datetime) -> Dossier:
    """These legs are over. What was in transit is with its sender again; stops end."""
    legs = dossier.legs.copy()
    for path in paths:
        leg = legs[path]
        legs[path] = replace(
            leg,
            mode=AT_WORK,
            holder=leg.transit.sender if leg.transit else leg.holder,
            transit=None,
            step_due=None,
            outcome=outcome,
            ended_at=at,
            elsewhere=_elsewhere(leg),
            stops=tuple(stop if stop.until else replace(stop, until=at) for stop in leg.stops),
        )
    return replace(dossier, legs=legs)


def _elsewhere(leg: LegState) -> Elsewhere | None:
    """Which engine has to be told that the leg is over."""
    if leg.transit is not None and leg.transit.house is not None:
        return Elsewhere(leg.transit.house, leg.transit.handover)
    return leg.elsewhere
