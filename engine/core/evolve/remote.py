"""A leg that comes from another engine, or comes back from one."""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace

from engine.core.dossier import Arrival, Dossier, Holder, LegState
from engine.core.evolve.clauses import on
from engine.core.evolve.legs import ended
from schemas import events as e
from workflows.machine import BACK, ORIGIN
from workflows.model import DONE


@on(e.DossierArrived)
def _arrived(dossier: Dossier, event: e.DossierArrived, at: datetime) -> Dossier:
    # Until the offer that follows, the leg lies with who offered it (I8).
    root = LegState(
        path="",
        agency=event.agency,
        step=ORIGIN,
        mode=BACK,
        started=at,
        holder=Holder(event.from_agency, event.officer),
    )
    return replace(
        dossier,
        status="open",
        procedure=(event.procedure, event.procedure_version),
        calendar=event.calendar,
        agency=event.agency,
        channel=event.channel,
        legs={"": root},
        facts=event.facts,
        papers=event.papers,
        received_at=at,
        appointment=event.appointment,
        origin=Arrival(
            event.house,
            event.code,
            event.of_leg,
            event.handover,
            event.at_version,
            event.at_hash,
        ),
    )


@on(e.LegReturned)
def _returned(dossier: Dossier, event: e.LegReturned, at: datetime) -> Dossier:
    """A leg that was not done is ended by the refusal that follows."""
    facts = {**dossier.facts, **event.facts}
    dossier = replace(dossier, facts=facts, signed=dossier.signed or event.signed)
    if event.outcome != DONE:
        return dossier
    leg = dossier.legs[event.leg]
    visits = {**leg.visits, leg.step: (*leg.visits.get(leg.step, ()), at)}
    legs = {**dossier.legs, event.leg: replace(leg, step=DONE, visits=visits)}
    return ended(replace(dossier, legs=legs), [event.leg], "done", at)
