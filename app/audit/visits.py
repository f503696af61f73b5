"""Every stay of a leg in a step, in all of a dossier's lives.

The state of a leg knows the stays of its present life: reopening a dossier, or opening a leg a
second time, begins anew. What was before is in the events.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

import msgspec

from engine.core.dossier import Dossier, LegState
from engine.core.evolve import evolve
from schemas import events as e
from schemas.envelope import Recorded, from_micros

BEGIN_ANEW = (e.DossierReopened, e.LegOpened)
"""Events that put a fresh leg in the place of one that has ended."""


class Visit(msgspec.Struct, frozen=True):
    """A stay in a step; `left` is None while it lasts."""

    leg: str
    step: str
    entered: datetime
    left: datetime | None


def visits(records: Iterable[Recorded]) -> list[Visit]:
    """The stays that a dossier's events tell of, by leg."""
    found: dict[Visit, None] = {}
    dossier: Dossier | None = None
    for record in records:
        dossier = dossier or Dossier(record.stream)
        event = record.event()
        if isinstance(event, BEGIN_ANEW):
            found |= dict.fromkeys(_visits(each for each in dossier.legs.values() if not each.open))
        dossier = evolve(dossier, event, from_micros(record.occurred_at))
    if dossier is not None:
        found |= dict.fromkeys(_visits(dossier.legs.values()))
    return sorted(found, key=lambda each: each.leg)


def _visits(legs: Iterable[LegState]) -> Iterator[Visit]:
    """Who stops or refuses a dossier leaves no step by that: its last stay ends with the leg."""
    for leg in legs:
        for step, moments in leg.visits.items():
            ends = (*moments[1::2], leg.ended_at)
            for entered, left in zip(moments[::2], ends, strict=False):
                yield Visit(leg.path, step, entered, left)
