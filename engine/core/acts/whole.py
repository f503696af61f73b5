"""Acts on the whole tree, each in one append: suspend, resume, stop, refuse, reopen."""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace

from engine.core.acts import carries_out
from engine.core.acts.pauses import end_pause, refuse_on_merits
from engine.core.admission import NEEDS_SIGNATURE
from engine.core.deadlines import start_rule, step_deadline, whole_limit
from engine.core.dossier import WHOLE
from engine.core.draft import Draft, at_agency, in_role
from engine.core.evolve.clock import closed
from engine.core.moves import end_dossier, join
from engine.core.rules import refuse
from engine.core.running import extended_among, new_dues
from schemas import commands as c
from schemas import events as e
from workflows.machine import LEGS


@carries_out(c.Suspend)
def suspend(draft: Draft, command: c.Suspend) -> None:
    draft.emit(e.DossierSuspended(ground=command.ground, legal_basis=command.legal_basis))


@carries_out(c.Resume)
def resume(draft: Draft, command: c.Resume) -> None:
    """Ends the suspension of the whole, or a pause of one leg that has no act of its own."""
    if draft.dossier.status != "suspended":
        end_pause(draft, command.leg, command.act, command.evidence)
        return
    dues: dict[str, datetime] = {}
    step_dues: dict[str, datetime] = {}
    running = []
    for leg in draft.dossier.open_legs():
        stops = closed(leg.stops, WHOLE, draft.now, command.evidence)
        if all(stop.until for stop in stops):
            running.append(leg.path)
            new_dues(draft, leg.path, stops, dues, step_dues)
    draft.emit(
        e.DossierResumed(
            evidence=command.evidence,
            dues=dues,
            step_dues=step_dues,
            running=tuple(running),
            extended=extended_among(draft, dues),
        )
    )
    # Another engine may have given a leg back meanwhile: who waits for it goes on now.
    for leg in [each for each in draft.dossier.open_legs() if each.mode == LEGS]:
        join(draft, leg.path, leg.step)


@carries_out(c.AskWithdrawal)
def ask_withdrawal(draft: Draft, command: c.AskWithdrawal) -> None:
    draft.emit(e.WithdrawalAsked())


@carries_out(c.Stop)
def stop(draft: Draft, command: c.Stop) -> None:
    """Form 05: the authority stops processing, because the citizen asked or on its own."""
    if command.ground == c.WITHDRAWAL and not draft.dossier.withdrawal_asked:
        refuse("withdrawal-not-asked")
    end_dossier(draft, "stopped", "", command.legal_basis, ground=command.ground)


@carries_out(c.Refuse)
def refuse_leg_or_whole(draft: Draft, command: c.Refuse) -> None:
    """Not resolvable: the authority says why in writing."""
    refuse_on_merits(draft, command.leg, command.legal_basis)


@carries_out(c.Reopen)
def reopen(draft: Draft, command: c.Reopen) -> None:
    """Work goes on at a step of the root leg, under a new clock; the old result stays known."""
    if not draft.dossier.legs:
        refuse("not-received")
    process = draft.process("")
    step = process.steps.get(command.step)
    if step is None or step.by is None:
        steps = ", ".join(name for name, each in process.steps.items() if each.by)
        refuse("no-such-step", step=command.step, known=steps)
    if step.act in NEEDS_SIGNATURE and draft.law.outline(draft.dossier.procedure).signs:
        # What was signed is withdrawn, so nothing after the signature can be done.
        refuse("result-without-signature", act=step.act)
    officer = draft.officer(command.actor)
    agency, _ = draft.doer("", step)
    at_agency(officer, agency)
    in_role(officer, step.by.role)
    procedure = draft.procedure
    limit = procedure.limit
    derivation = whole_limit(draft.law, procedure, draft.dossier.calendar, limit, draft.now)
    assert derivation.due is not None
    fresh = replace(draft.dossier.root, visits={}, stops=())
    step_due = step_deadline(draft.law, draft.dossier, fresh, step, now=draft.now)
    draft.emit(
        e.DossierReopened(
            step=step.name,
            agency=officer.agency,
            officer=officer.id,
            withdraws=draft.dossier.outcome or "",
            legal_basis=command.legal_basis,
            due=derivation.due,
            step_due=step_due.due if step_due else None,
        )
    )
    draft.emit(e.ClockStarted(limit=str(limit), rule=start_rule(limit), due=derivation.due))
