"""Opening a dossier: registered online, received at a desk, refused there."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal

from msgspec.structs import replace

from engine.core.acts import carries_out
from engine.core.acts.citizen import attach, papers_of
from engine.core.admission import CITIZEN
from engine.core.calendar import Calendar, local_day
from engine.core.clock import add_working
from engine.core.deadlines import start_rule, step_deadline, whole_limit
from engine.core.dossier import LegState
from engine.core.draft import Draft, at_agency, in_role
from engine.core.facts import checked, chosen
from engine.core.rules import refuse
from schemas import commands as c
from schemas import events as e
from workflows.machine import AT_WORK
from workflows.model import Limit, Procedure, Unit


@carries_out(c.Register)
def register(draft: Draft, command: c.Register) -> None:
    procedure = _procedure(draft, command)
    _taken_online(procedure)
    _desk(draft, command, procedure)
    calendar = _calendar(draft, command)
    draft.emit(
        e.DossierRegistered(
            procedure=procedure.id,
            procedure_version=procedure.version,
            calendar=calendar.version,
            agency=command.agency,
            check_by=add_working(calendar, draft.now, procedure.policy.online_check),
            facts=checked(draft, procedure, command.facts),
            papers=_papers(procedure, command.papers),
        )
    )
    attach(draft, command, papers_of(procedure))


@carries_out(c.Receive)
def receive(draft: Draft, command: c.Receive) -> None:
    registered = draft.dossier.status == "registered"
    if registered and command.procedure != draft.dossier.procedure[0]:
        refuse(
            "procedure-differs",
            registered=draft.dossier.procedure[0],
            procedure=command.procedure,
        )
    if registered and command.agency != draft.desk():
        refuse("desk-differs", registered=draft.desk(), agency=command.agency)
    procedure = _procedure(draft, command)
    if command.channel == "online" and not registered:
        _taken_online(procedure)
    _desk(draft, command, procedure)
    calendar = _calendar(draft, command)
    limit = _promised(draft, procedure, calendar, command.appointment)
    whole = whole_limit(draft.law, procedure, calendar.version, limit, draft.now)
    assert whole.due is not None, "nothing has stopped a clock that just starts"
    # A procedure begins with work: the soundness check lets no other into a store.
    start = procedure.process.steps[procedure.process.start]
    root = LegState("", command.agency, start.name, AT_WORK, draft.now)
    pinned = replace(draft.dossier, procedure=procedure.key, calendar=calendar.version)
    step_due = step_deadline(draft.law, pinned, root, start, now=draft.now)
    facts = {**draft.dossier.facts, **checked(draft, procedure, command.facts)}
    chosen(procedure, facts)
    draft.emit(
        e.DossierReceived(
            procedure=procedure.id,
            procedure_version=procedure.version,
            calendar=calendar.version,
            agency=command.agency,
            officer=command.actor,
            channel="online" if registered else command.channel,
            step=start.name,
            step_due=step_due.due if step_due else None,
            appointment=whole.due,
            unit_appointment=_unit_appointment(draft, procedure, calendar, whole.due),
            facts=facts,
            papers=_papers(procedure, command.papers) or draft.dossier.papers,
        )
    )
    attach(draft, command, papers_of(procedure))
    draft.emit(e.ClockStarted(limit=str(limit), rule=start_rule(limit), due=whole.due))


@carries_out(c.RefuseReceipt)
def refuse_receipt(draft: Draft, command: c.RefuseReceipt) -> None:
    draft.emit(e.DossierRefusedAtReceipt(legal_basis=command.legal_basis))


def _procedure(draft: Draft, command: c.Opening) -> Procedure:
    return draft.law.in_force(command.procedure, command.version, draft.today)


def _taken_online(procedure: Procedure) -> None:
    """Asked when it is handed in: what was taken online stays taken, whatever a later version
    says by the time the desk receives it."""
    if not procedure.taken_online:
        refuse("not-taken-online", procedure=procedure.id, version=procedure.version)


def _calendar(draft: Draft, command: c.Opening) -> Calendar:
    if command.calendar is not None:
        return draft.law.calendar(command.calendar)
    return draft.law.calendar_known_on(draft.today)


def _desk(draft: Draft, command: c.Opening, procedure: Procedure) -> None:
    """The agency is a desk that takes this procedure, and the officer receives at it; or the
    citizen himself registers there, where nobody has to be."""
    desk = draft.agency(command.agency)
    if desk.function != procedure.desk:
        refuse("wrong-agency", agency=desk.id, expected=procedure.desk)
    if command.actor == CITIZEN:
        if draft.law.house_of(desk.id) is not None:
            refuse("not-our-agency", agency=desk.id)
        return
    officer = draft.officer(command.actor)
    at_agency(officer, desk.id)
    first = procedure.process.steps[procedure.process.start].by
    role = first.role if first else procedure.returned_by.role
    in_role(officer, role)


def _promised(
    draft: Draft, procedure: Procedure, calendar: Calendar, appointment: date | None
) -> Limit:
    """The limit that counts: the procedure's, or the shorter one the desk promised."""
    if appointment is None:
        return procedure.limit
    lawful = whole_limit(draft.law, procedure, calendar.version, procedure.limit, draft.now)
    assert lawful.due is not None
    if appointment == local_day(lawful.due):  # as promised by law, be it today
        return procedure.limit
    if appointment <= draft.today:
        refuse("appointment-in-past", appointment=appointment, day=draft.today)
    if appointment > local_day(lawful.due):
        refuse("appointment-too-late", appointment=appointment, due=local_day(lawful.due))
    days = calendar.workdays_to(appointment.toordinal()) - calendar.workdays_to(
        draft.today.toordinal()
    )
    return Limit(Decimal(max(days, 1)), Unit.WORKING_DAY)


def _unit_appointment(
    draft: Draft, procedure: Procedure, calendar: Calendar, whole: datetime
) -> datetime | None:
    """By when the receiving unit itself has to be done; never later than the whole.

    The sum of its own steps. In a group the desk's own steps have no limit: there the unit's
    part is the gate, the civil-status registration by the committee whose desk it is, and its
    date is the gate's as if that began with the receipt. None when no other agency has a part
    or no limit was published: no date is made up.
    """
    limit = draft.law.outline(procedure.key).own_limit
    if limit is None:
        return None
    due = whole_limit(draft.law, procedure, calendar.version, limit, draft.now).due
    assert due is not None
    return min(due, whole)


def _papers(procedure: Procedure, papers: Iterable[str]) -> tuple[str, ...]:
    known = papers_of(procedure)
    for paper in papers:
        if paper not in known:
            refuse("unknown-paper", paper=paper, known=", ".join(sorted(known)) or "none")
    return tuple(papers)
