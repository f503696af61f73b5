"""Who holds a leg."""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace

from engine.core.dossier import Dossier, Elsewhere, Holder, Transit
from engine.core.evolve.clauses import moved, on, with_leg
from schemas import events as e
from workflows.machine import AT_WORK, BACK, OFFERED


@on(e.HandoverOffered)
def _offered(dossier: Dossier, event: e.HandoverOffered, at: datetime) -> Dossier:
    leg = dossier.legs[event.leg]
    transit = Transit(
        handover=event.handover,
        sender=Holder(event.from_agency, event.from_officer),
        to_agency=event.to_agency,
        to_role=event.to_role,
        to_officer=event.to_officer,
        back=event.back,
        # A step offered as it is (a transfer) was not done: its sender is at work on it again.
        back_mode=leg.mode if event.back == event.step else BACK,
        since=at,
        expires=event.expires,
        papers=event.papers,
        house=event.house,
    )
    visits = leg.visits if leg.step == event.step else moved(leg, event.step, at)
    dossier = replace(dossier, handovers=event.handover)
    return with_leg(
        dossier,
        event.leg,
        step=event.step,
        mode=OFFERED,
        holder=None,
        transit=transit,
        step_due=event.due,
        visits=visits,
    )


@on(e.HandoverAccepted)
def _accepted(dossier: Dossier, event: e.HandoverAccepted, at: datetime) -> Dossier:
    holder = Holder(event.agency, event.officer)
    transit = dossier.legs[event.leg].transit
    away = Elsewhere(transit.house, event.handover) if transit and transit.house else None
    return with_leg(dossier, event.leg, mode=AT_WORK, holder=holder, transit=None, elsewhere=away)


@on(e.HandoverRecallAsked)
def _recall_asked(dossier: Dossier, event: e.HandoverRecallAsked, at: datetime) -> Dossier:
    transit = dossier.legs[event.leg].transit
    assert transit is not None, "only what is in transit is asked back"
    return with_leg(dossier, event.leg, transit=replace(transit, asked=event.why))


@on(e.HandoverRefused, e.HandoverRecalled, e.HandoverExpired)
def _not_taken(dossier: Dossier, event: e.HandoverNotTaken, at: datetime) -> Dossier:
    leg = dossier.legs[event.leg]
    assert leg.transit is not None, "only what is in transit comes back"
    return with_leg(
        dossier,
        event.leg,
        step=event.step,
        mode=leg.transit.back_mode,
        holder=Holder(event.agency, event.officer),
        transit=None,
        step_due=event.due,
        visits=leg.visits if leg.step == event.step else moved(leg, event.step, at),
    )


@on(e.LegTransferred)
def _transferred(dossier: Dossier, event: e.LegTransferred, at: datetime) -> Dossier:
    # What did not take it over never was competent: nothing of it is anybody's inheritance.
    former = None if event.why == "not-taken" else event.from_agency
    return with_leg(dossier, event.leg, agency=event.to_agency, former_agency=former)
