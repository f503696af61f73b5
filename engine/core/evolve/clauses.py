"""One clause per event class, found by the class; each carries its event out and never refuses."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from engine.core.dossier import Dossier, LegState
from schemas import events as e

Clause = Callable[[Dossier, Any, datetime], Dossier]

CLAUSES: dict[type[e.Event], Clause] = {}
"""What each event makes of a dossier; the modules beside this one fill it in."""


def on(*types: type[e.Event]) -> Callable[[Clause], Clause]:
    """Registers the clause of these event classes."""

    def add(clause: Clause) -> Clause:
        for each in types:
            CLAUSES[each] = clause
        return clause

    return add


def with_leg(dossier: Dossier, path: str, **changes: Any) -> Dossier:
    """The dossier with these fields of one leg changed."""
    legs = dossier.legs.copy()
    legs[path] = replace(legs[path], **changes)
    return replace(dossier, legs=legs)


def moved(leg: LegState, step: str, at: datetime) -> dict[str, tuple[datetime, ...]]:
    """The visits when the leg goes to `step` now."""
    visits = leg.visits.copy()
    if leg.step in visits:
        visits[leg.step] += (at,)
    visits[step] = (*visits.get(step, ()), at)
    return visits
