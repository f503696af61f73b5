"""`evolve`: what each event makes of a dossier. Used in deciding and in replay; never refuses.

The clauses are in the files of their subjects, named as in `schemas/events/`. An event that only
records evidence has none. Deciding has made sure that an event fits; a clause carries it out.
"""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace

from engine.core.dossier import Dossier
from engine.core.evolve import citizen, clock, custody, legs, pauses, receipt, remote, whole, work
from engine.core.evolve.clauses import CLAUSES
from schemas.events import Event

_SUBJECTS = (citizen, clock, custody, legs, pauses, receipt, remote, whole, work)
"""Importing these modules fills CLAUSES."""


def evolve(dossier: Dossier, event: Event, at: datetime) -> Dossier:
    """The dossier after `event`, which happened at `at`."""
    clause = CLAUSES.get(type(event))
    if clause is not None:
        dossier = clause(dossier, event, at)
    return replace(dossier, last_at=at)
