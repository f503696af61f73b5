"""What stops the clock of a leg, and what lets it run again; a new date with an apology."""

from __future__ import annotations

from datetime import timedelta

from msgspec.structs import replace

from engine.core.acts import carries_out
from engine.core.acts.citizen import attach, papers_of
from engine.core.admission import CITIZEN
from engine.core.calendar import CalendarError, local_day
from engine.core.clock import ClockError, add_working
from engine.core.deadlines import due_of, leg_deadline
from engine.core.dossier import Extension
from engine.core.draft import Draft
from engine.core.moves import end_dossier, follow, next_due, refuse_leg
from engine.core.rules import refuse
from engine.core.running import resume_clock, stop_clock
from schemas import commands as c
from schemas import events as e
from workflows.model import Limit

SUPPLEMENT_GROUND = "supplement"


@carries_out(c.AskSupplement)
def ask_supplement(draft: Draft, command: c.AskSupplement) -> None:
    """Form 02. A second request has to say that it counts as overdue."""
    _still_counting(draft, command.leg)
    ordinal = draft.dossier.supplements + 1
    if ordinal > 1 and not command.counts_as_overdue:
        refuse("second-supplement")
    rule = draft.procedure.supplement
    calendar = draft.law.calendar(draft.dossier.calendar)
    step = draft.leg(command.leg).step
    draft.emit(
        e.SupplementRequested(
            leg=command.leg,
            step=step,
            ordinal=ordinal,
            answer_by=add_working(calendar, draft.now, rule.answer_within)
            if rule.answer_within
            else None,
            papers=command.papers,
            counts_as_overdue=ordinal > 1,
        )
    )
    stop_clock(draft, command.leg, SUPPLEMENT_GROUND, restarts=rule.rule == "restart")


@carries_out(c.Supply)
def supply(draft: Draft, command: c.Supply) -> None:
    """At a desk, or as files by the citizen himself: then the clock runs from that moment, however
    late somebody looks at them."""
    if command.actor == CITIZEN and not command.attached:
        refuse("nothing-attached")
    step = draft.leg(command.leg).step
    draft.emit(e.SupplementReceived(leg=command.leg, step=step, papers=command.papers))
    attach(draft, command, papers_of(draft.procedure) + command.papers)
    resume_clock(draft, command.leg, SUPPLEMENT_GROUND)


@carries_out(c.ExpireSupplement)
def expire_supplement(draft: Draft, command: c.ExpireSupplement) -> None:
    """The citizen did not answer in time: the leg, or the whole, is refused."""
    leg = draft.leg(command.leg)
    limit = draft.procedure.supplement.answer_within
    if limit is None:
        refuse("no-answer-limit")
    calendar = draft.law.calendar(draft.dossier.calendar)
    asked = next(stop.since for stop in leg.stops if stop.until is None)
    until = add_working(calendar, asked, limit)
    if draft.now < until:
        refuse("supplement-not-expired", until=until)
    draft.emit(e.SupplementExpired(leg=command.leg, step=leg.step))
    refuse_on_merits(draft, command.leg, None)


@carries_out(c.ConfirmPayment)
def confirm_payment(draft: Draft, command: c.ConfirmPayment) -> None:
    if command.amount is not None and command.amount <= 0:
        refuse("bad-amount", amount=command.amount)
    step = draft.leg(command.leg).step
    draft.emit(
        e.PaymentConfirmed(
            leg=command.leg, step=step, receipt=command.receipt, amount=command.amount
        )
    )
    end_pause(draft, command.leg, command.act, command.receipt)


@carries_out(c.EndPosting)
def end_posting(draft: Draft, command: c.EndPosting) -> None:
    leg = draft.leg(command.leg)
    pause = draft.step(command.leg).pause
    assert pause is not None
    if pause.lasts is not None:
        calendar = draft.law.calendar(draft.dossier.calendar)
        since = next(stop.since for stop in leg.stops if stop.until is None)
        until = add_working(calendar, since, pause.lasts)
        if draft.now < until:
            refuse("posting-not-over", until=until)
    draft.emit(e.PostingEnded(leg=command.leg, step=leg.step, minutes=command.minutes))
    end_pause(draft, command.leg, command.act, command.minutes)


def end_pause(draft: Draft, path: str, act: str, evidence: str | None) -> None:
    """A pause step is over: the clock runs again and the leg goes on."""
    step = draft.step(path)
    assert step.pause is not None
    place = draft.fire(path, act, {})
    resume_clock(draft, path, step.pause.ground, evidence)
    draft.emit(
        e.StepCompleted(
            leg=path, step=step.name, act=act, to=place.step, due=next_due(draft, path, place)
        )
    )
    follow(draft, path, place, back=step.name)


@carries_out(c.Extend)
def extend(draft: Draft, command: c.Extend) -> None:
    """An apology and a new date (form 04): at least a day before the date, once."""
    leg = draft.leg(command.leg)
    if leg.limit is None or leg.due is None:
        refuse("no-clock", leg=command.leg)
    _still_counting(draft, command.leg)
    if leg.extension is not None:
        refuse("second-extension")
    if not leg.running:
        ground = next(stop.ground for stop in leg.stops if stop.until is None)
        refuse("clock-stopped", ground=ground, step=leg.step)
    if local_day(leg.due) - draft.today < timedelta(days=1):
        refuse("extension-too-late", due=local_day(leg.due))
    try:
        limit = _longer_by(command.by)
        extended = replace(leg, extension=Extension(str(limit), command.legal_basis))
        due = due_of(leg_deadline(draft.law, draft.dossier, extended))
    except (ValueError, ClockError, CalendarError) as error:
        refuse("bad-limit", why=error)
    assert due is not None, "its clock runs"
    if not command.leg:
        draft.emit(e.ApologyIssued(old_due=leg.due, new_due=due))
    draft.emit(
        e.ClockExtended(leg=command.leg, by=str(limit), legal_basis=command.legal_basis, due=due)
    )


def _longer_by(text: str) -> Limit:
    """By how much a date is moved. Raises ValueError for what is no length of time."""
    limit = Limit.parse(text)
    if limit.same_day:
        raise ValueError(f"{text!r} is a promise, not a length of time such as '5 working days'")
    return limit


def _still_counting(draft: Draft, path: str) -> None:
    """Refused once the processing clock has ended: the date it was measured by stays."""
    verdict = draft.leg(path).verdict
    if verdict is not None:
        refuse("clock-ended", verdict=verdict)


def refuse_on_merits(draft: Draft, path: str, legal_basis: str | None) -> None:
    """Refuses one leg, or the whole dossier at its root."""
    if path:
        refuse_leg(draft, path, legal_basis)
    else:
        end_dossier(draft, "refused", "", legal_basis)
