"""A dossier begins: registered online, received, refused at the desk."""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace

from engine.core.dossier import Dossier, Holder, LegState
from engine.core.evolve.clauses import on
from schemas import events as e
from workflows.machine import AT_WORK


@on(e.DossierRegistered)
def _registered(dossier: Dossier, event: e.DossierRegistered, at: datetime) -> Dossier:
    return replace(
        dossier,
        status="registered",
        procedure=(event.procedure, event.procedure_version),
        calendar=event.calendar,
        agency=event.agency,
        channel="online",
        facts=event.facts,
        papers=event.papers,
    )


@on(e.DossierReceived)
def _received(dossier: Dossier, event: e.DossierReceived, at: datetime) -> Dossier:
    root = LegState(
        path="",
        agency=event.agency,
        step=event.step,
        mode=AT_WORK,
        started=at,
        holder=Holder(event.agency, event.officer),
        step_due=event.step_due,
        visits={event.step: (at,)},
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
        unit_appointment=event.unit_appointment,
    )


@on(e.DossierRefusedAtReceipt)
def _refused_at_receipt(dossier: Dossier, event: e.Event, at: datetime) -> Dossier:
    return replace(dossier, status="ended", outcome="refused", ended_at=at)
