"""Files are handed in; the citizen rates, complains and is answered."""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace

from engine.core.dossier import Dossier
from engine.core.evolve.clauses import on
from schemas import events as e


@on(e.PapersAttached)
def _attached(dossier: Dossier, event: e.PapersAttached, at: datetime) -> Dossier:
    return replace(dossier, attached=dossier.attached + event.papers)


@on(e.RatingGiven)
def _rated(dossier: Dossier, event: e.RatingGiven, at: datetime) -> Dossier:
    return replace(dossier, rated=True)


@on(e.ComplaintFiled)
def _complained(dossier: Dossier, event: e.ComplaintFiled, at: datetime) -> Dossier:
    waiting = (*dossier.unanswered, event.complaint)
    return replace(dossier, complaints=event.complaint, unanswered=waiting)


@on(e.ComplaintAnswered)
def _answered(dossier: Dossier, event: e.ComplaintAnswered, at: datetime) -> Dossier:
    waiting = tuple(each for each in dossier.unanswered if each != event.complaint)
    return replace(dossier, unanswered=waiting)
