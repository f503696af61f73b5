"""What happens to the whole tree."""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace

from engine.core.dossier import WHOLE, Dossier, Holder, Outcome, Stop
from engine.core.evolve.clauses import on
from engine.core.evolve.clock import closed, with_dues
from engine.core.evolve.legs import ended
from schemas import events as e
from workflows.machine import AT_WORK


@on(e.DossierSuspended)
def _suspended(dossier: Dossier, event: e.DossierSuspended, at: datetime) -> Dossier:
    stop = Stop(WHOLE, event.ground, at)
    legs = {
        path: replace(leg, stops=(*leg.stops, stop)) if leg.open else leg
        for path, leg in dossier.legs.items()
    }
    return replace(dossier, status="suspended", legs=legs)


@on(e.DossierResumed)
def _resumed(dossier: Dossier, event: e.DossierResumed, at: datetime) -> Dossier:
    legs = {
        path: replace(leg, stops=closed(leg.stops, WHOLE, at, event.evidence))
        for path, leg in dossier.legs.items()
    }
    return with_dues(replace(dossier, status="open"), legs, event.dues, event.step_dues)


@on(e.WithdrawalAsked)
def _withdrawal_asked(dossier: Dossier, event: e.Event, at: datetime) -> Dossier:
    return replace(dossier, withdrawal_asked=True)


@on(e.DossierStopped)
def _stopped(dossier: Dossier, event: e.DossierStopped, at: datetime) -> Dossier:
    return _over(dossier, "stopped", at)


@on(e.DossierRefused)
def _refused(dossier: Dossier, event: e.DossierRefused, at: datetime) -> Dossier:
    return _over(dossier, "refused", at)


def _over(dossier: Dossier, outcome: Outcome, at: datetime) -> Dossier:
    # A leg that had its own outcome before keeps it.
    still_open = [leg.path for leg in dossier.open_legs()]
    dossier = ended(dossier, still_open, outcome, at)
    return replace(dossier, status="ended", outcome=outcome, ended_at=at)


@on(e.ResultReady)
def _result_ready(dossier: Dossier, event: e.ResultReady, at: datetime) -> Dossier:
    return replace(dossier, result_ready_at=at)


@on(e.DossierReopened)
def _reopened(dossier: Dossier, event: e.DossierReopened, at: datetime) -> Dossier:
    root = replace(
        dossier.root,
        step=event.step,
        mode=AT_WORK,
        holder=Holder(event.agency, event.officer),
        transit=None,
        started=at,
        due=event.due,
        step_due=event.step_due,
        visits={event.step: (at,)},
        stops=(),
        extension=None,
        outcome=None,
        ended_at=None,
        verdict=None,
    )
    return replace(
        dossier,
        status="open",
        legs={**dossier.legs, "": root},
        outcome=None,
        ended_at=None,
        result_ready_at=None,
        signed=False,
        withdrawal_asked=False,
        withdrawn_results=(*dossier.withdrawn_results, event.withdraws),
    )
