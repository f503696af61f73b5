"""Ending steps: each act with the evidence it leaves; giving a step to a colleague."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.core.acts import carries_out
from engine.core.dossier import Holder
from engine.core.draft import Draft, at_agency
from engine.core.facts import checked
from engine.core.moves import follow, next_due
from engine.core.rules import refuse
from schemas import commands as c
from schemas import events as e
from workflows.machine import keepers

_EVIDENCE: dict[type[c.StepAct], Callable[[Any, dict[str, Any]], e.StepEnded]] = {
    c.Forward: lambda act, end: e.StepCompleted(act="forward", **end),
    c.Complete: lambda act, end: e.StepCompleted(**end),
    c.Appraise: lambda act, end: e.AppraisalRecorded(
        outcome=act.outcome, document=act.document, **end
    ),
    c.Verify: lambda act, end: e.VerificationRecorded(
        outcome=act.outcome, document=act.document, **end
    ),
    c.Approve: lambda act, end: e.ApprovalRecorded(document=act.document, **end),
    c.Sign: lambda act, end: e.SignatureRecorded(
        document=act.document, certificate=act.certificate, **end
    ),
    c.Number: lambda act, end: e.NumberRecorded(number=act.number, **end),
    c.Issue: lambda act, end: e.ResultIssued(document=act.document, **end),
    c.Return: lambda act, end: e.ResultReturned(channel=act.channel, evidence=act.evidence, **end),
}
"""The event by which each act ends a step; `end` holds what all of them have."""


@carries_out(*_EVIDENCE)
def end_step(draft: Draft, command: c.StepAct) -> None:
    path = command.leg
    leg = draft.leg(path)
    if isinstance(command, c.Return):
        _nothing_left_open(draft, path)
    facts = _facts(draft, command)
    place = draft.fire(path, command.act, facts)
    event = _EVIDENCE[type(command)](
        command,
        {
            "leg": path,
            "step": leg.step,
            "to": place.step,
            "due": next_due(draft, path, place),
            "facts": facts,
        },
    )
    draft.emit(event)
    officer = draft.officer(command.actor)
    follow(
        draft,
        path,
        place,
        back=leg.step,
        sender=Holder(officer.agency, officer.id),
        to_officer=command.to_officer,
        papers=command.papers,
    )


@carries_out(c.Assign)
def assign(draft: Draft, command: c.Assign) -> None:
    """The step goes to another officer of the same agency who has the role for it; of a leg
    that waits, the role for what it held before, with which it goes on. To offer a leg again
    that nobody took asks for no role."""
    leg = draft.leg(command.leg)
    holder = draft.keeper(command.leg)
    officer = draft.officer(command.officer)
    at_agency(officer, holder.agency)
    held_by = keepers(draft.process(command.leg), leg.agency).get(leg.step, frozenset())
    roles = {who.role for who in held_by}
    if roles and roles.isdisjoint(officer.roles):
        refuse("wrong-role", officer=officer.id, expected=" or ".join(sorted(roles)))
    draft.emit(
        e.StepAssigned(
            leg=command.leg, step=leg.step, officer=officer.id, from_officer=holder.officer
        )
    )


def _facts(draft: Draft, command: c.StepAct) -> dict[str, str]:
    """What the act adds to the facts: its outcome, and what the definition asks about."""
    facts = checked(draft, draft.procedure, command.facts)
    outcome = getattr(command, "outcome", None)
    if outcome is None:
        return facts
    known = draft.law.outline(draft.dossier.procedure).facts.get("outcome", frozenset())
    if outcome not in {"accepted", "rejected"} | known:
        words = ", ".join(sorted({"accepted", "rejected"} | known))
        refuse("unknown-value", fact="outcome", value=outcome, known=words)
    return {**facts, "outcome": outcome} if known else facts


def _nothing_left_open(draft: Draft, path: str) -> None:
    legs = [leg.path for leg in draft.dossier.open_legs() if leg.path]
    if legs and not path:
        refuse("legs-still-open", legs=", ".join(legs))
