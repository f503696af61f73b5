"""`decide`: the events a command causes, or the rule that refuses it."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from msgspec import UNSET
from msgspec.structs import replace

from engine.core.acts import ACTS, citizen, handover, pauses, receipt, remote, whole, work
from engine.core.admission import (
    AFTERWARDS,
    CITIZEN,
    CUSTODY_ACTS,
    OPENING_ACTS,
    SAID,
    SYSTEM,
    WHOLE_ACTS,
    admit,
)
from engine.core.clock import add_working
from engine.core.dossier import Dossier
from engine.core.draft import Draft
from engine.core.law import Law
from engine.core.rules import Refusal, refuse
from schemas.commands import COMMANDS, Command
from schemas.events import Event, Private
from schemas.rejection import Rejected

_SUBJECTS = (citizen, receipt, work, handover, pauses, remote, whole)
"""Importing these modules fills ACTS."""


class Decided(NamedTuple):
    """What a command causes: the events, and the dossier that they lead to."""

    events: tuple[Event, ...]
    dossier: Dossier


def decide(
    dossier: Dossier,
    command: Command,
    law: Law,
    now: datetime,
    recorded: datetime | None = None,
) -> Decided | Rejected:
    """The events that `command` causes at `now`, or the rule that refuses it.

    Pure: the same arguments give the same answer. `now` is when it happens, aware UTC;
    `recorded`: when it is told, if that may be later than the procedure's policy allows.
    """
    draft = Draft(dossier, law, now)
    try:
        admit(draft, command.act, command.leg, command.actor)
        if command.needs_reason and not (command.reason or "").strip():
            refuse("reason-needed")
        ACTS[type(command)](draft, command)
        if recorded is not None and command.actor != SYSTEM:
            _in_time(draft, recorded)
    except Refusal as refusal:
        return refusal.rejected
    events = draft.events
    words = free_text(command)
    if words is not None:
        told = events[0].private
        files = told.files if told is not None else {}
        events[0] = replace(events[0], private=replace(words, files=files))
    return Decided(tuple(events), draft.dossier)


def acting_for(actor: str, dossier: Dossier, law: Law) -> str:
    """For which agency an actor acts: an officer for his own, nobody's officer for the one that
    received the dossier."""
    if actor in (SYSTEM, CITIZEN):
        return dossier.agency
    return law.organisation.officer(actor).agency


def _in_time(draft: Draft, recorded: datetime) -> None:
    """Refused when the policy of the procedure that was pinned lets nobody tell it so late."""
    within = draft.procedure.policy.record_within
    if within is UNSET:
        return
    until = add_working(draft.law.calendar(draft.dossier.calendar), draft.now, within)
    if recorded > until:
        refuse("recorded-too-late", at=draft.now, within=within, until=until, now=recorded)


def free_text(command: Command) -> Private | None:
    """Free text and the applicant's particulars, kept apart from the payload."""
    applicant = getattr(command, "applicant", {})
    if command.reason is None and command.note is None and not applicant:
        return None
    return Private(reason=command.reason, note=command.note, applicant=applicant)


class Possible(NamedTuple):
    """One act in one leg; `rejected` says why `actor` may not do it, None that he may."""

    act: str
    leg: str
    rejected: Rejected | None


def possible_acts(dossier: Dossier, law: Law, now: datetime, actor: str) -> list[Possible]:
    """Every act in every open leg, with the rule that stands against it, if one does.

    What depends on the details of a command (a reason, a paper) is told when it is given.
    """
    draft = Draft(dossier, law, now)
    found = []
    for act in COMMANDS:
        if act in OPENING_ACTS and dossier.status != "registered":
            continue
        if _nobody_asks(dossier, act, actor):
            continue
        for leg in _legs_for(dossier, act):
            found.append(Possible(act, leg, _why_not(draft, act, leg, actor)))
    return found


def _nobody_asks(dossier: Dossier, act: str, actor: str) -> bool:
    """Acts that nobody asks about: files have a page of their own, an officer does not rate, and
    what is said when it is over is not missed before."""
    if act == "attach" or (act in SAID and actor != CITIZEN):
        return True
    if act == "answer-complaint":
        return not dossier.unanswered
    return act in SAID and dossier.status != "ended"


def _legs_for(dossier: Dossier, act: str) -> list[str]:
    if act in OPENING_ACTS | WHOLE_ACTS | AFTERWARDS or dossier.status == "ended":
        return [""]
    return [leg.path for leg in dossier.open_legs()]


def _why_not(draft: Draft, act: str, leg: str, actor: str) -> Rejected | None:
    try:
        admit(draft, act, leg, actor)
    except Refusal as refusal:
        return refusal.rejected
    return None


__all__ = [
    "CITIZEN", "CUSTODY_ACTS", "SYSTEM", "Decided", "Possible", "acting_for", "decide",
    "possible_acts",
]  # fmt: skip
