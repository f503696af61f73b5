"""Steps end; the leg goes on."""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace

from engine.core.dossier import Dossier, Holder, Outcome
from engine.core.evolve.clauses import moved, on, with_leg
from schemas import events as e
from workflows.machine import AT_WORK
from workflows.model import DONE, ENDS


@on(
    e.StepCompleted,
    e.AppraisalRecorded,
    e.VerificationRecorded,
    e.ApprovalRecorded,
    e.NumberRecorded,
    e.ResultIssued,
)
def _stepended(dossier: Dossier, event: e.StepEnded, at: datetime) -> Dossier:
    leg = dossier.legs[event.leg]
    if event.facts:
        dossier = replace(dossier, facts={**dossier.facts, **event.facts})
    if event.to in ENDS:
        ended: Outcome = "done" if event.to == DONE else "refused"
        visits = {**leg.visits, leg.step: (*leg.visits.get(leg.step, ()), at)}
        return with_leg(
            dossier,
            event.leg,
            step=event.to,
            mode=AT_WORK,
            step_due=None,
            visits=visits,
            outcome=ended,
            ended_at=at,
        )
    return with_leg(
        dossier,
        event.leg,
        step=event.to,
        mode=AT_WORK,
        step_due=event.due,
        visits=moved(leg, event.to, at),
    )


@on(e.SignatureRecorded)
def _signed(dossier: Dossier, event: e.SignatureRecorded, at: datetime) -> Dossier:
    return replace(_stepended(dossier, event, at), signed=True)


@on(e.ResultReturned)
def _returned(dossier: Dossier, event: e.ResultReturned, at: datetime) -> Dossier:
    dossier = _stepended(dossier, event, at)
    if event.to != DONE or event.leg:
        return dossier
    return replace(dossier, status="ended", outcome="done", ended_at=at)


@on(e.StepAssigned)
def _assigned(dossier: Dossier, event: e.StepAssigned, at: datetime) -> Dossier:
    holder = dossier.legs[event.leg].holder
    assert holder is not None, "only who holds a leg can give it on"
    return with_leg(dossier, event.leg, holder=Holder(holder.agency, event.officer))
