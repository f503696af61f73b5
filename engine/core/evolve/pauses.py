"""Papers asked for and received."""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace

from engine.core.dossier import Dossier
from engine.core.evolve.clauses import on, with_leg
from schemas import events as e
from workflows.machine import AT_WORK, SUPPLEMENT


@on(e.SupplementRequested)
def _supplement_requested(dossier: Dossier, event: e.SupplementRequested, at: datetime) -> Dossier:
    dossier = replace(
        dossier,
        supplements=event.ordinal,
        counts_as_overdue=dossier.counts_as_overdue or event.counts_as_overdue,
    )
    return with_leg(dossier, event.leg, mode=SUPPLEMENT)


@on(e.SupplementReceived)
def _supplement_received(dossier: Dossier, event: e.SupplementReceived, at: datetime) -> Dossier:
    arrived = tuple(paper for paper in event.papers if paper not in dossier.papers)
    dossier = replace(dossier, papers=dossier.papers + arrived)
    return with_leg(dossier, event.leg, mode=AT_WORK)
