"""What follows when a leg goes to a step: who gets it, which legs open, what stops or ends."""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace

from engine.core.clock import add_working
from engine.core.deadlines import due_of, leg_deadline, start_rule, step_deadline
from engine.core.dossier import Holder, Outcome, parent_of
from engine.core.draft import Draft, at_agency, in_role
from engine.core.rules import refuse
from engine.core.running import end_clock, give_up, stop_clock
from schemas import events as e
from schemas.commands import WITHDRAWAL
from workflows.machine import AT_WORK, LEGS, OFFERED, ORIGIN, PAUSED, Place
from workflows.model import DONE, REFUSED, Leg, Step, Who, holds

INTERLINKED = "interlinked"
"""The channel by which a dossier comes from another engine, and its result goes back."""


def next_due(draft: Draft, path: str, place: Place) -> datetime | None:
    """By when the step at `place` has to be done, if the leg enters it now."""
    if place.ended:
        return None
    step = draft.step(path, place.step)
    leg = draft.leg(path)
    return due_of(step_deadline(draft.law, draft.dossier, leg, step, now=draft.now))


def follow(
    draft: Draft,
    path: str,
    place: Place,
    *,
    back: str,
    sender: Holder | None = None,
    to_officer: str | None = None,
    papers: tuple[str, ...] = (),
) -> None:
    """Carries out what entering `place` means, after the event that led there was emitted.

    `back`: the step just left, to which an offer returns if it is not taken; `sender`: who
    offers it and has it again then, if that is not its holder.
    """
    if place.ended:
        _end(draft, path, place.step, back)
        return
    step = draft.step(path, place.step)
    if not path and step.act == "return" and draft.dossier.result_ready_at is None:
        end_clock(draft, "")
        draft.emit(e.ResultReady(papers=_results(draft)))
    if place.mode == OFFERED:
        addressee = draft.doer(path, step)
        offer_to(
            draft,
            path,
            step,
            addressee,
            back=back,
            sender=sender,
            to_officer=to_officer,
            papers=papers,
        )
    elif place.mode == PAUSED:
        _pause(draft, path, step)
    elif place.mode == LEGS:
        open_legs(draft, path, step, papers)


def _results(draft: Draft) -> tuple[str, ...]:
    """The papers of the result. What a refused leg would have given is not among them."""
    legs = draft.law.outline(draft.dossier.procedure).legs
    refused = [leg.path for leg in draft.dossier.legs.values() if leg.outcome == "refused"]
    missing = {paper for path in refused if path for paper in legs[path].papers_back}
    return tuple(p.id for p in draft.procedure.papers_out if p.id not in missing)


def offer_to(
    draft: Draft,
    path: str,
    step: Step,
    addressee: tuple[str, Who],
    *,
    back: str,
    sender: Holder | None = None,
    to_officer: str | None = None,
    papers: tuple[str, ...] = (),
) -> None:
    """Puts the leg in transit to the agency and role that are to do `step`."""
    agency, who = addressee
    if to_officer is not None:
        # Addressed to anybody else, nobody could take it.
        named = draft.officer(to_officer)
        at_agency(named, agency)
        in_role(named, who.role)
    house = draft.law.house_of(agency)
    if house is not None and back != ORIGIN:
        refuse("not-a-whole-leg", agency=agency, house=house, step=step.name)
    sender = sender or draft.keeper(path)
    leg = draft.leg(path)
    entering = None if leg.step == step.name else draft.now
    due = due_of(step_deadline(draft.law, draft.dossier, leg, step, now=entering))
    calendar = draft.law.calendar(draft.dossier.calendar)
    draft.emit(
        e.HandoverOffered(
            leg=path,
            handover=draft.dossier.handovers + 1,
            from_agency=sender.agency,
            from_officer=sender.officer,
            to_agency=agency,
            to_role=who.role,
            to_officer=to_officer,
            step=step.name,
            back=back,
            due=due,
            expires=add_working(calendar, draft.now, draft.procedure.policy.handover_within),
            papers=papers,
            house=house,
            digests=draft.dossier.digests(papers),
        )
    )


def _pause(draft: Draft, path: str, step: Step) -> None:
    assert step.pause is not None
    stop_clock(draft, path, step.pause.ground, legal_basis=step.pause.legal_basis)


def open_legs(draft: Draft, path: str, step: Step, papers: tuple[str, ...]) -> None:
    """Opens the legs whose facts hold; when none does, the wait is over at once."""
    facts = draft.dossier.facts
    for leg in step.legs:
        if holds(leg.when, facts):
            _open_leg(draft, path, step, leg, papers)
    join(draft, path, step.name)


def _open_leg(draft: Draft, above: str, step: Step, leg: Leg, papers: tuple[str, ...]) -> None:
    path = f"{above}/{leg.name}" if above else leg.name
    agency = draft.resolve(leg.at, above)
    id_, version = leg.procedure or (None, None)
    draft.emit(
        e.LegOpened(
            leg=path,
            agency=agency,
            step=leg.process.start,
            opened_by=step.name,
            procedure=id_,
            procedure_version=version,
            papers=leg.papers_out,
        )
    )
    if leg.limit is not None:
        started = replace(draft.leg(path), limit=str(leg.limit), started=draft.now)
        due = due_of(leg_deadline(draft.law, draft.dossier, started))
        assert due is not None, "nothing has stopped a clock that just starts"
        rule = start_rule(leg.limit)
        draft.emit(e.ClockStarted(leg=path, limit=str(leg.limit), rule=rule, due=due))
    place = draft.machine.start(path)
    follow(draft, path, place, back=ORIGIN, papers=papers or leg.papers_out)


def join(draft: Draft, path: str, step_name: str) -> None:
    """Lets the leg at `path` go on if it waits at that step and nothing is to wait for."""
    parent = draft.leg(path)
    if draft.dossier.status == "suspended":
        # What another engine gave back meanwhile is joined when the dossier is resumed.
        return
    if not parent.open or parent.mode not in (LEGS, AT_WORK) or parent.step != step_name:
        return
    step = draft.step(path, step_name)
    children = draft.dossier.children(path, step_name)
    ended = [leg for leg in children if not leg.open]
    if len(ended) < len(children) and not (step.wait == "any" and ended):
        return
    refused = any(leg.outcome == "refused" for leg in children)
    act = "join-refused" if refused and step.refused else "join"
    place = draft.fire(path, act, {}, mode=LEGS)
    draft.emit(
        e.StepCompleted(
            leg=path, step=step_name, act="join", to=place.step, due=next_due(draft, path, place)
        )
    )
    follow(draft, path, place, back=step_name)


def _end(draft: Draft, path: str, end: str, last: str) -> None:
    if not path:
        if end == REFUSED:
            end_dossier(draft, "refused", "")
        elif draft.dossier.origin is not None and draft.dossier.status != "ended":
            _give_back(draft, last)
        return
    end_clock(draft, path)
    if end == DONE:
        definition = draft.law.outline(draft.dossier.procedure).legs[path]
        draft.emit(e.LegResulted(leg=path, papers=definition.papers_back))
        join(draft, parent_of(path), draft.leg(path).opened_by)
    else:
        refuse_leg(draft, path, None)


def _give_back(draft: Draft, last: str) -> None:
    """A dossier that is another engine's leg has its result: that is returned there."""
    for leg in list(draft.dossier.open_legs()):
        end_clock(draft, leg.path)
        draft.emit(e.LegRefused(leg=leg.path))
    end_clock(draft, "")
    draft.emit(e.ResultReady(papers=_results(draft)))
    draft.emit(e.ResultReturned(step=last, to=DONE, channel=INTERLINKED))


def refuse_leg(draft: Draft, path: str, legal_basis: str | None) -> None:
    """A leg was refused: a gate ends the dossier, any other lets the parent go on."""
    end_clock(draft, path)
    gate = draft.law.outline(draft.dossier.procedure).legs[path].gate
    for child in list(draft.dossier.open_legs()):
        if child.path.startswith(f"{path}/"):
            end_clock(draft, child.path)
            if not gate:
                give_up(draft, child.path)
            draft.emit(e.LegRefused(leg=child.path, legal_basis=legal_basis))
    if not gate:
        give_up(draft, path)
    draft.emit(e.LegRefused(leg=path, legal_basis=legal_basis, gate=gate))
    if gate:
        end_dossier(draft, "refused", path, legal_basis)
    else:
        join(draft, parent_of(path), draft.leg(path).opened_by)


def end_dossier(
    draft: Draft, outcome: Outcome, leg: str, legal_basis: str | None = None, ground: str = ""
) -> None:
    """Ends every clock and the whole tree, in one append."""
    withdrawn = outcome == "stopped" and ground == WITHDRAWAL
    for each in list(draft.dossier.open_legs()):
        if each.path:
            end_clock(draft, each.path, withdrawn=withdrawn)
    end_clock(draft, "", withdrawn=withdrawn)
    if outcome == "stopped":
        draft.emit(e.DossierStopped(ground=ground, legal_basis=legal_basis))
    else:
        draft.emit(e.DossierRefused(leg=leg, legal_basis=legal_basis))
