"""A leg between two engines, each with its own log: it arrives, is answered, is given back.

The engine that offers keeps the leg in transit, or held by the other engine's officer, until that
engine says otherwise; what it may say at all is decided here, as for any command.
"""

from __future__ import annotations

from collections.abc import Callable

from engine.core.acts import carries_out
from engine.core.acts.citizen import attach, is_content
from engine.core.acts.handover import above_of, not_taken
from engine.core.dossier import LegState, parent_of
from engine.core.draft import Draft
from engine.core.law import leg_key
from engine.core.moves import INTERLINKED, end_dossier, join, refuse_leg
from engine.core.rules import Refusal, refuse
from engine.core.running import end_clock
from schemas import commands as c
from schemas import events as e
from workflows.machine import ORIGIN
from workflows.model import DONE

AT_ORIGIN = "ended-at-origin"
"""The ground on which a dossier ends because the one it is a leg of has ended."""


@carries_out(c.Arrive)
def arrive(draft: Draft, command: c.Arrive) -> None:
    """A leg of another engine's dossier is in transit to an agency here, as a dossier of its own.

    Its dates are those that the other engine promised: they are not computed a second time.
    """
    if draft.law.house_of(command.agency) is not None:
        refuse("not-our-agency", agency=command.agency)
    agency = draft.agency(command.agency).id
    assert command.version is not None, "the whole dossier is pinned to a version"
    procedure = draft.law.procedure(leg_key((command.procedure, command.version), command.of_leg))
    start = procedure.process.steps[procedure.process.start]
    if command.step != start.name or start.by is None:
        refuse("no-such-step", step=command.step, known=start.name)
    if draft.now >= command.expires:
        refuse("handover-has-expired", until=command.expires, sender=command.from_agency)
    if not draft.law.organisation.officers_in(agency, start.by.role, draft.today):
        refuse("nobody-with-role", agency=agency, role=start.by.role)
    assert command.calendar is not None
    draft.emit(
        e.DossierArrived(
            procedure=procedure.id,
            procedure_version=procedure.version,
            calendar=draft.law.calendar(command.calendar).version,
            agency=agency,
            officer=command.from_officer,
            channel=INTERLINKED,
            step=start.name,
            step_due=command.due,
            appointment=command.whole_due,
            facts=command.facts,
            papers=command.papers,
            house=command.house,
            code=command.code,
            of_leg=command.of_leg,
            handover=command.handover,
            from_agency=command.from_agency,
            at_version=command.at_version,
            at_hash=command.at_hash,
            digest=command.digest,
        )
    )
    attach(draft, command, command.papers)
    if command.limit is not None:
        draft.emit(
            e.ClockStarted(
                limit=command.limit,
                rule=command.rule,
                due=command.whole_due,
                since=command.since,
            )
        )
    draft.emit(
        e.HandoverOffered(
            handover=1,
            from_agency=command.from_agency,
            from_officer=command.from_officer,
            to_agency=agency,
            to_role=start.by.role,
            to_officer=command.to_officer,
            step=start.name,
            back=ORIGIN,
            due=command.due,
            expires=command.expires,
            papers=command.papers,
            digests=draft.dossier.digests(command.papers),
        )
    )


@carries_out(c.AnswerElsewhere)
def answer(draft: Draft, command: c.AnswerElsewhere) -> None:
    """What the other engine answered to an offer, by its officer or by a rule there."""
    leg = draft.leg(command.leg)
    transit = leg.transit
    if transit is None or (transit.house, transit.handover) != (command.house, command.handover):
        refuse("not-the-handover", handover=command.handover, leg=command.leg, house=command.house)
    draft.emit(
        e.AnsweredElsewhere(
            leg=command.leg,
            handover=command.handover,
            house=command.house,
            answer=command.answer,
            there=command.there,
            at_version=command.at_version,
            at_hash=command.at_hash,
            digest=command.digest,
            rule=command.rule,
        )
    )
    if command.answer == "accepted":
        draft.emit(
            e.HandoverAccepted(
                leg=command.leg,
                handover=command.handover,
                step=leg.step,
                agency=command.agency,
                officer=command.officer,
                due=leg.step_due,
                papers=command.papers,
            )
        )
    elif command.answer == "refused" or (command.answer == "rejected" and not transit.asked):
        not_taken(draft, command.leg, e.HandoverRefused)
    elif command.answer == "expired" or transit.asked == "expired":
        above = above_of(draft, transit)
        not_taken(draft, command.leg, e.HandoverExpired, escalated_to=above)
    else:
        not_taken(draft, command.leg, e.HandoverRecalled)


@carries_out(c.ReturnElsewhere)
def give_back(draft: Draft, command: c.ReturnElsewhere) -> None:
    """The leg is over at the other engine; here it ends with what came of it."""
    leg = draft.leg(command.leg)
    _with_house(leg, command)
    draft.emit(
        e.LegReturned(
            leg=command.leg,
            handover=command.handover,
            house=command.house,
            outcome=command.outcome,
            there=command.there,
            at_version=command.at_version,
            at_hash=command.at_hash,
            digest=command.digest,
            facts=_asked_about(draft, command.facts),
            signed=command.signed,
        )
    )
    if command.outcome != DONE:
        if not _unless_refused(draft, lambda: refuse_leg(draft, command.leg, None)):
            end_clock(draft, command.leg)
            draft.emit(e.LegRefused(leg=command.leg))
        return
    papers = draft.law.outline(draft.dossier.procedure).legs[command.leg].papers_back
    if files := _brought(draft, command.attached, papers):
        draft.emit(e.PapersAttached(leg=command.leg, papers=files))
    end_clock(draft, command.leg, was=leg)
    draft.emit(e.LegResulted(leg=command.leg, papers=papers))
    _unless_refused(draft, lambda: join(draft, parent_of(command.leg), leg.opened_by))


def _unless_refused(draft: Draft, go_on: Callable[[], None]) -> bool:
    """Whether what waited could go on. What happened there happened: where a rule stands against
    what would follow here (no agency is competent, say), the dossier waits, and resuming it
    after a suspension tries again and says why not."""
    dossier, events = draft.dossier, len(draft.events)
    try:
        go_on()
    except Refusal:
        draft.dossier = dossier
        del draft.events[events:]
        return False
    return True


def _with_house(leg: LegState, command: c.Elsewhere) -> None:
    """Refused unless this handover of the leg is with that house."""
    there = leg.elsewhere
    if there is None or (there.house, there.handover) != (command.house, command.handover):
        refuse("not-the-handover", handover=command.handover, leg=command.leg, house=command.house)


def _asked_about(draft: Draft, facts: dict[str, str]) -> dict[str, str]:
    """Of what was found there, that which this procedure asks about and did not know. A value
    that it does not know chooses nothing; where an agency is to be named, it has to be one."""
    asked = draft.law.outline(draft.dossier.procedure).facts
    return {
        name: value
        for name, value in facts.items()
        if name in asked
        and (asked[name] or draft.is_agency(value))
        and draft.dossier.facts.get(name) != value
    }


def _brought(
    draft: Draft, attached: tuple[e.Attached, ...], papers: tuple[str, ...]
) -> tuple[e.Attached, ...]:
    """Of the files there, those of the papers that come back. No file can keep the leg away: what
    is no content is left there, and what went with the leg is here already."""
    here = {each.digest for each in draft.dossier.attached}
    return tuple(
        each
        for each in attached
        if each.paper in papers and each.digest not in here and is_content(each)
    )


@carries_out(c.WithdrawElsewhere)
def withdraw(draft: Draft, command: c.WithdrawElsewhere) -> None:
    """The engine that a dossier came from wants it back, or has ended the dossier itself."""
    if draft.dossier.origin is None:
        refuse("not-from-elsewhere")
    transit = draft.leg("").transit
    if transit is not None and transit.back == ORIGIN:
        if draft.now >= transit.expires:
            above = above_of(draft, transit)
            not_taken(draft, "", e.HandoverExpired, escalated_to=above)
        else:
            not_taken(draft, "", e.HandoverRecalled)
    elif command.stop:
        end_dossier(draft, "stopped", "", ground=AT_ORIGIN)
    else:
        refuse("handover-answered")
