"""What each event makes of a dossier. Used in deciding and in replay; never refuses.

One clause per event class; an event that only records evidence has none. Deciding has made sure
that an event fits, so a clause only carries it out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from engine.core.dossier import (
    Dossier,
    Extension,
    Holder,
    LegState,
    Outcome,
    Stop,
    Transit,
    parent_of,
    upward,
)
from schemas import events as e
from workflows.machine import AT_WORK, BACK, LEGS, OFFERED, ORIGIN, PAUSED, SUPPLEMENT
from workflows.model import DONE, ENDS

Clause = Callable[[Dossier, Any, datetime], Dossier]
_CLAUSES: dict[type[e.Event], Clause] = {}

WHOLE = "*"
"""The leg of a stop that stands for the whole dossier."""


def evolve(dossier: Dossier, event: e.Event, at: datetime) -> Dossier:
    """The dossier after `event`, which happened at `at`."""
    clause = _CLAUSES.get(type(event))
    if clause is not None:
        dossier = clause(dossier, event, at)
    return replace(dossier, last_at=at)


def _on(*types: type[e.Event]) -> Callable[[Clause], Clause]:
    def add(clause: Clause) -> Clause:
        for each in types:
            _CLAUSES[each] = clause
        return clause

    return add


def _leg(dossier: Dossier, path: str, **changes: Any) -> Dossier:
    legs = dossier.legs.copy()
    legs[path] = replace(legs[path], **changes)
    return replace(dossier, legs=legs)


def _moved(leg: LegState, step: str, at: datetime) -> dict[str, tuple[datetime, ...]]:
    """The visits when the leg goes to `step` now."""
    visits = leg.visits.copy()
    if leg.step in visits:
        visits[leg.step] += (at,)
    visits[step] = (*visits.get(step, ()), at)
    return visits


# --- receipt -----------------------------------------------------------------------------


@_on(e.DossierRegistered)
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


@_on(e.DossierReceived)
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


@_on(e.DossierRefusedAtReceipt)
def _refused_at_receipt(dossier: Dossier, event: e.Event, at: datetime) -> Dossier:
    return replace(dossier, status="ended", outcome="refused", ended_at=at)


# --- work --------------------------------------------------------------------------------


@_on(
    e.StepCompleted,
    e.AppraisalRecorded,
    e.VerificationRecorded,
    e.ApprovalRecorded,
    e.NumberRecorded,
    e.ResultIssued,
)
def _step_ended(dossier: Dossier, event: e.StepEnded, at: datetime) -> Dossier:
    leg = dossier.legs[event.leg]
    if event.facts:
        dossier = replace(dossier, facts={**dossier.facts, **event.facts})
    if event.to in ENDS:
        ended: Outcome = "done" if event.to == DONE else "refused"
        visits = {**leg.visits, leg.step: (*leg.visits.get(leg.step, ()), at)}
        return _leg(
            dossier,
            event.leg,
            step=event.to,
            mode=AT_WORK,
            step_due=None,
            visits=visits,
            outcome=ended,
            ended_at=at,
        )
    return _leg(
        dossier,
        event.leg,
        step=event.to,
        mode=AT_WORK,
        step_due=event.due,
        visits=_moved(leg, event.to, at),
    )


@_on(e.SignatureRecorded)
def _signed(dossier: Dossier, event: e.SignatureRecorded, at: datetime) -> Dossier:
    return replace(_step_ended(dossier, event, at), signed=True)


@_on(e.ResultReturned)
def _returned(dossier: Dossier, event: e.ResultReturned, at: datetime) -> Dossier:
    dossier = _step_ended(dossier, event, at)
    if event.to != DONE or event.leg:
        return dossier
    return replace(dossier, status="ended", outcome="done", ended_at=at)


@_on(e.StepAssigned)
def _assigned(dossier: Dossier, event: e.StepAssigned, at: datetime) -> Dossier:
    holder = dossier.legs[event.leg].holder
    assert holder is not None, "only who holds a leg can give it on"
    return _leg(dossier, event.leg, holder=Holder(holder.agency, event.officer))


# --- custody -----------------------------------------------------------------------------


@_on(e.HandoverOffered)
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
    )
    visits = leg.visits if leg.step == event.step else _moved(leg, event.step, at)
    dossier = replace(dossier, handovers=event.handover)
    return _leg(
        dossier,
        event.leg,
        step=event.step,
        mode=OFFERED,
        holder=None,
        transit=transit,
        step_due=event.due,
        visits=visits,
    )


@_on(e.HandoverAccepted)
def _accepted(dossier: Dossier, event: e.HandoverAccepted, at: datetime) -> Dossier:
    holder = Holder(event.agency, event.officer)
    return _leg(dossier, event.leg, mode=AT_WORK, holder=holder, transit=None)


@_on(e.HandoverRefused, e.HandoverRecalled, e.HandoverExpired)
def _not_taken(dossier: Dossier, event: e.HandoverNotTaken, at: datetime) -> Dossier:
    leg = dossier.legs[event.leg]
    assert leg.transit is not None, "only what is in transit comes back"
    return _leg(
        dossier,
        event.leg,
        step=event.step,
        mode=leg.transit.back_mode,
        holder=Holder(event.agency, event.officer),
        transit=None,
        step_due=event.due,
        visits=leg.visits if leg.step == event.step else _moved(leg, event.step, at),
    )


@_on(e.LegTransferred)
def _transferred(dossier: Dossier, event: e.LegTransferred, at: datetime) -> Dossier:
    return _leg(dossier, event.leg, agency=event.to_agency)


# --- the clock ---------------------------------------------------------------------------


@_on(e.ClockStarted)
def _clock_started(dossier: Dossier, event: e.ClockStarted, at: datetime) -> Dossier:
    return _leg(dossier, event.leg, started=at, limit=event.limit, rule=event.rule, due=event.due)


@_on(e.ClockStopped)
def _clock_stopped(dossier: Dossier, event: e.ClockStopped, at: datetime) -> Dossier:
    stop = Stop(event.leg, event.ground, at, None, event.evidence, event.restarts)
    legs = dossier.legs.copy()
    for path in upward(event.leg):
        legs[path] = replace(legs[path], stops=(*legs[path].stops, stop))
    stopped = legs[event.leg]
    if stopped.mode == AT_WORK:
        legs[event.leg] = replace(stopped, mode=PAUSED)
    return replace(dossier, legs=legs)


@_on(e.ClockResumed)
def _clock_resumed(dossier: Dossier, event: e.ClockResumed, at: datetime) -> Dossier:
    legs = dossier.legs.copy()
    for path in upward(event.leg):
        stops = closed(legs[path].stops, event.leg, at, event.evidence)
        legs[path] = replace(legs[path], stops=stops)
    return _with_dues(dossier, legs, event.dues, event.step_dues)


def closed(stops: Iterable[Stop], leg: str, at: datetime, evidence: str | None) -> tuple[Stop, ...]:
    """The stops once the one whose ground lies in `leg` is over."""
    return tuple(
        replace(stop, until=at, evidence=stop.evidence or evidence)
        if stop.until is None and stop.leg == leg
        else stop
        for stop in stops
    )


def _with_dues(
    dossier: Dossier,
    legs: dict[str, LegState],
    dues: dict[str, datetime],
    step_dues: dict[str, datetime],
) -> Dossier:
    for path, due in dues.items():
        legs[path] = replace(legs[path], due=due)
    for path, due in step_dues.items():
        legs[path] = replace(legs[path], step_due=due)
    return replace(dossier, legs=legs)


@_on(e.ClockExtended)
def _clock_extended(dossier: Dossier, event: e.ClockExtended, at: datetime) -> Dossier:
    extension = Extension(event.by, event.legal_basis)
    return _leg(dossier, event.leg, due=event.due, extension=extension)


@_on(e.ClockEnded)
def _clock_ended(dossier: Dossier, event: e.ClockEnded, at: datetime) -> Dossier:
    return _leg(dossier, event.leg, verdict=event.verdict)


# --- legs --------------------------------------------------------------------------------


@_on(e.LegOpened)
def _leg_opened(dossier: Dossier, event: e.LegOpened, at: datetime) -> Dossier:
    above = parent_of(event.leg)
    parent = dossier.legs[above]
    # Until the offer that follows, the leg lies with whoever holds its parent (I8).
    child = LegState(
        path=event.leg,
        agency=event.agency,
        step=ORIGIN,
        mode=BACK,
        started=at,
        holder=parent.holder,
        opened_by=event.opened_by,
        stops=tuple(stop for stop in parent.stops if stop.leg == WHOLE),
    )
    legs = {**dossier.legs, event.leg: child, above: replace(parent, mode=LEGS)}
    return replace(dossier, legs=legs)


@_on(e.LegRefused)
def _leg_refused(dossier: Dossier, event: e.LegRefused, at: datetime) -> Dossier:
    return _ended(dossier, [event.leg], "refused", at)


def _ended(dossier: Dossier, paths: Iterable[str], outcome: Outcome, at: datetime) -> Dossier:
    """These legs are over. What was in transit is with its sender again; stops end."""
    legs = dossier.legs.copy()
    for path in paths:
        leg = legs[path]
        legs[path] = replace(
            leg,
            mode=AT_WORK,
            holder=leg.transit.sender if leg.transit else leg.holder,
            transit=None,
            step_due=None,
            outcome=outcome,
            ended_at=at,
            stops=tuple(stop if stop.until else replace(stop, until=at) for stop in leg.stops),
        )
    return replace(dossier, legs=legs)


# --- pauses ------------------------------------------------------------------------------


@_on(e.SupplementRequested)
def _supplement_requested(dossier: Dossier, event: e.SupplementRequested, at: datetime) -> Dossier:
    dossier = replace(
        dossier,
        supplements=event.ordinal,
        counts_as_overdue=dossier.counts_as_overdue or event.counts_as_overdue,
    )
    return _leg(dossier, event.leg, mode=SUPPLEMENT)


@_on(e.SupplementReceived)
def _supplement_received(dossier: Dossier, event: e.SupplementReceived, at: datetime) -> Dossier:
    arrived = tuple(paper for paper in event.papers if paper not in dossier.papers)
    dossier = replace(dossier, papers=dossier.papers + arrived)
    return _leg(dossier, event.leg, mode=AT_WORK)


# --- the whole tree ----------------------------------------------------------------------


@_on(e.DossierSuspended)
def _suspended(dossier: Dossier, event: e.DossierSuspended, at: datetime) -> Dossier:
    stop = Stop(WHOLE, event.ground, at)
    legs = {
        path: replace(leg, stops=(*leg.stops, stop)) if leg.open else leg
        for path, leg in dossier.legs.items()
    }
    return replace(dossier, status="suspended", legs=legs)


@_on(e.DossierResumed)
def _resumed(dossier: Dossier, event: e.DossierResumed, at: datetime) -> Dossier:
    legs = {
        path: replace(leg, stops=closed(leg.stops, WHOLE, at, event.evidence))
        for path, leg in dossier.legs.items()
    }
    return _with_dues(replace(dossier, status="open"), legs, event.dues, event.step_dues)


@_on(e.WithdrawalAsked)
def _withdrawal_asked(dossier: Dossier, event: e.Event, at: datetime) -> Dossier:
    return replace(dossier, withdrawal_asked=True)


@_on(e.DossierStopped)
def _stopped(dossier: Dossier, event: e.DossierStopped, at: datetime) -> Dossier:
    return _over(dossier, "stopped", at)


@_on(e.DossierRefused)
def _refused(dossier: Dossier, event: e.DossierRefused, at: datetime) -> Dossier:
    return _over(dossier, "refused", at)


def _over(dossier: Dossier, outcome: Outcome, at: datetime) -> Dossier:
    # A leg that had its own outcome before keeps it.
    still_open = [leg.path for leg in dossier.open_legs()]
    dossier = _ended(dossier, still_open, outcome, at)
    return replace(dossier, status="ended", outcome=outcome, ended_at=at)


# --- the result --------------------------------------------------------------------------


@_on(e.ResultReady)
def _result_ready(dossier: Dossier, event: e.ResultReady, at: datetime) -> Dossier:
    return replace(dossier, result_ready_at=at)


@_on(e.DossierReopened)
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
