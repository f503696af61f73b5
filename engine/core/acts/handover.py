"""Answers to an offer: accepted, refused, recalled, expired. Another agency becomes competent."""

from __future__ import annotations

from typing import Any

from engine.core.acts import carries_out
from engine.core.deadlines import due_of, step_deadline
from engine.core.dossier import LegState, Transit
from engine.core.draft import Draft
from engine.core.moves import end_dossier, offer_to
from engine.core.rules import refuse
from schemas import commands as c
from schemas import events as e
from workflows.machine import ORIGIN
from workflows.model import Who

NOT_TAKEN = "not-taken"
"""The ground on which a dossier ends that came from another engine and was not taken over."""


@carries_out(c.Accept)
def accept(draft: Draft, command: c.Accept) -> None:
    leg, transit = _in_transit(draft, command.leg)
    papers = transit.papers if command.papers is None else command.papers
    for paper in papers:
        if paper not in transit.papers:
            refuse("paper-not-offered", paper=paper, known=", ".join(transit.papers) or "none")
    agency = draft.in_charge(transit.to_agency)
    draft.emit(
        e.HandoverAccepted(
            leg=leg.path,
            handover=transit.handover,
            step=leg.step,
            agency=agency,
            officer=command.actor,
            due=leg.step_due,
            papers=papers,
        )
    )
    if leg.path and transit.to_agency == leg.agency != agency:
        # The leg was meant for one that is no more: it is its successor's from here on.
        draft.emit(
            e.LegTransferred(leg=leg.path, from_agency=leg.agency, to_agency=agency, why="changed")
        )


@carries_out(c.RefuseHandover)
def refuse_handover(draft: Draft, command: c.RefuseHandover) -> None:
    not_taken(draft, command.leg, e.HandoverRefused)


@carries_out(c.RecallHandover)
def recall_handover(draft: Draft, command: c.RecallHandover) -> None:
    _, transit = _in_transit(draft, command.leg)
    if transit.house is not None:
        _ask(draft, command.leg, transit, "recalled")
    else:
        not_taken(draft, command.leg, e.HandoverRecalled)


@carries_out(c.ExpireHandover)
def expire_handover(draft: Draft, command: c.ExpireHandover) -> None:
    """The matter goes up to the receiver's parent agency. Custody goes back to the sender; from
    another engine only when that says so: it may have been accepted there in time."""
    _, transit = _in_transit(draft, command.leg)
    if draft.now < transit.expires:
        refuse("handover-not-expired", until=transit.expires)
    above = above_of(draft, transit)
    if transit.house is not None:
        _ask(draft, command.leg, transit, "expired", above)
    else:
        not_taken(draft, command.leg, e.HandoverExpired, escalated_to=above)


def above_of(draft: Draft, transit: Transit) -> str:
    """Whom an unanswered offer goes up to."""
    addressee = draft.in_charge(transit.to_agency)
    return draft.law.organisation.agency(addressee).parent or addressee


def _ask(
    draft: Draft, path: str, transit: Transit, why: str, escalated_to: str | None = None
) -> None:
    if transit.asked in (why, "expired"):
        refuse("recall-asked", house=transit.house)
    draft.emit(
        e.HandoverRecallAsked(
            leg=path, handover=transit.handover, why=why, escalated_to=escalated_to
        )
    )


@carries_out(c.Transfer)
def transfer(draft: Draft, command: c.Transfer) -> None:
    """The leg goes in transit to the agency that is competent now, at the step it is at."""
    to_agency = draft.agency(command.to_agency).id
    leg = draft.leg(command.leg)
    if to_agency == leg.agency:
        refuse("wrong-agency", agency=to_agency, expected="another agency")
    step = draft.process(command.leg).steps.get(leg.step)
    who = step.by if step else None
    if who and not draft.law.organisation.officers_in(to_agency, who.role, draft.today):
        refuse("nobody-with-role", agency=to_agency, role=who.role)
    draft.emit(
        e.LegTransferred(
            leg=command.leg,
            from_agency=leg.agency,
            to_agency=to_agency,
            why=command.why,
            legal_basis=command.legal_basis,
        )
    )
    if step and who:
        offer_to(draft, command.leg, step, (to_agency, Who(who.role)), back=leg.step)


def _in_transit(draft: Draft, path: str) -> tuple[LegState, Transit]:
    leg = draft.leg(path)
    assert leg.transit is not None, "the machine has these acts in transit only"
    return leg, leg.transit


def not_taken(draft: Draft, path: str, event: type[e.HandoverNotTaken], **more: Any) -> None:
    """The leg lies with the sender again; the step left has its first start still."""
    leg, transit = _in_transit(draft, path)
    step = draft.process(path).steps.get(transit.back)
    due = None
    # While the clock is stopped there is no date: resuming gives the step a new one.
    if step is not None and leg.running:
        due = due_of(step_deadline(draft.law, draft.dossier, leg, step, now=draft.now))
    draft.emit(
        event(
            leg=path,
            handover=transit.handover,
            step=transit.back,
            agency=transit.sender.agency,
            officer=transit.sender.officer,
            due=due,
            **more,
        )
    )
    if transit.back == leg.step and leg.former_agency is not None:
        # The agency that was to become competent did not take it: who was before still is.
        draft.emit(
            e.LegTransferred(
                leg=path,
                from_agency=leg.agency,
                to_agency=leg.former_agency,
                why="not-taken",
            )
        )
    if transit.back == ORIGIN and not path:
        # The root of a dossier that came from another engine is that engine's again.
        end_dossier(draft, "stopped", "", ground=NOT_TAKEN)
