"""What somebody could do next with a dossier: sensibly, or not so sensibly. For tests.

`pick` chooses one of several; `first` makes a walk that is always the same, `random.choice`
or a draw of Hypothesis one that is not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from engine.core.calendar import local_day
from engine.core.decide import possible_acts
from engine.core.dossier import Dossier, LegState
from engine.core.law import Law
from schemas import commands as c
from schemas.events import Attached
from workflows.machine import BACK, LEGS, PAUSED, SUPPLEMENT, resume_act
from workflows.model import Procedure, Step, Who
from workflows.organisation import Agency, Unresolved

Pick = Callable[[Sequence[Any]], Any]

STRANGERS = (
    "hl-desk.receiver-1",
    "ub-thanh-son.chairman-1",
    "nobody",
    "system",
    "citizen",
    "citizen",
)

FILES = (
    Attached("application", "a1" * 32, 2048, "application/pdf"),
    Attached("map", "b2" * 32, 4096, "image/png"),
)
"""Handed in as files."""


def first(options: Sequence[Any]) -> Any:
    return options[0]


def receipt(
    law: Law, procedure: Procedure, now: datetime, pick: Pick = first, at: str | None = None
) -> c.Receive:
    """Receives a dossier of the procedure at some desk that takes it, or `at` this one, with every
    fact given that chooses legs and agencies."""
    day, outline = local_day(now), law.outline(procedure.key)
    if at is None:
        at = pick([each.id for each in law.organisation.on(day) if _takes(each, procedure)])
    desk = law.organisation.agency(at)
    facts = {name: value for leg in outline.legs.values() for name, value in leg.when.items()}
    for function in sorted(outline.facts):
        try:
            law.organisation.resolve(function, desk.id, day, facts)
        except Unresolved as unclear:
            anywhere = [each.id for each in law.organisation.on(day) if each.function == function]
            if anywhere:
                facts[function] = pick(unclear.candidates or anywhere)
    role = procedure.process.steps[procedure.process.start].by or procedure.returned_by
    actor = officers(law, desk.id, role, day)[0]
    return c.Receive(actor=actor, procedure=procedure.id, agency=desk.id, facts=facts)


def registration(law: Law, procedure: Procedure, now: datetime, pick: Pick = first) -> c.Register:
    """The same dossier, handed in online."""
    form = receipt(law, procedure, now, pick)
    return c.Register(
        actor=form.actor, procedure=form.procedure, agency=form.agency, facts=form.facts
    )


def _takes(agency: Agency, procedure: Procedure) -> bool:
    return agency.function == procedure.desk


def officers(law: Law, agency: str, who: Who, day: date) -> list[str]:
    return [each.id for each in law.organisation.officers_in(agency, who.role, day)]


def sensible(dossier: Dossier, law: Law, now: datetime, pick: Pick = first) -> Iterator[c.Command]:
    """For each open leg what moves it on; nothing for a leg that waits for others."""
    if dossier.status == "registered":
        desk = law.organisation.in_charge(dossier.agency, local_day(now)).id
        yield receipt(law, law.procedure(dossier.procedure), now, pick, desk)
    if dossier.status == "suspended":
        held = next((leg.holder for leg in dossier.open_legs() if leg.holder), None)
        if held is not None:
            yield c.Resume(actor=held.officer)
            return
    for leg in dossier.open_legs():
        command = _next(dossier, leg, law, now, pick)
        if command is not None:
            yield command


def _next(dossier: Dossier, leg: LegState, law: Law, now: datetime, pick: Pick) -> c.Command | None:
    day = local_day(now)
    if leg.transit is not None and now >= leg.transit.expires:
        return c.ExpireHandover(actor="system", leg=leg.path)
    if leg.transit is not None:
        who = Who(leg.transit.to_role)
        named, heir = leg.transit.to_officer, law.organisation.in_charge(leg.transit.to_agency, day)
        gone = heir.id != leg.transit.to_agency
        staff = [named] if named and not gone else officers(law, heir.id, who, day)
        return c.Accept(actor=pick(staff), leg=leg.path) if staff else None
    assert leg.holder is not None
    if leg.mode == LEGS:
        return None
    if leg.mode == SUPPLEMENT:
        return c.Supply(actor=leg.holder.officer, leg=leg.path)
    if leg.mode == BACK:
        return c.Forward(actor=leg.holder.officer, leg=leg.path)
    step = law.outline(dossier.procedure).processes[leg.path].steps[leg.step]
    if leg.mode == PAUSED:
        return _resuming(dossier, leg, step, law, day)
    return _work(dossier, leg, step, pick)


def _resuming(dossier: Dossier, leg: LegState, step: Step, law: Law, day: date) -> c.Command | None:
    assert step.pause is not None
    who = step.pause.resumed_by
    agency = leg.agency
    if who.at:
        try:
            agency = law.organisation.resolve(who.at, leg.agency, day, dossier.facts)
        except Unresolved:
            return None
    staff = officers(law, agency, who, day)
    if not staff:
        return None
    act = resume_act(step.pause.ground)
    more = {"receipt": "BL-0001"} if act == "confirm-payment" else {}
    return c.COMMANDS[act](actor=staff[0], leg=leg.path, **more)


def _work(dossier: Dossier, leg: LegState, step: Step, pick: Pick) -> c.Command:
    assert leg.holder is not None
    branch = pick(step.then[::-1])
    # A guard that held before would lead the same way again: say that it does not.
    names = {name for other in step.then for name in other.when}
    facts = {name: "no" for name in names if name in dossier.facts} | branch.when
    outcome = facts.pop("outcome", "accepted")
    cls = c.COMMANDS[step.act]
    more: dict[str, Any] = {}
    if "outcome" in cls.__struct_fields__:
        more["outcome"] = outcome if outcome != "no" else "accepted"
    if step.act == "number":
        more["number"] = "12/QĐ-UBND"
    return cls(actor=leg.holder.officer, leg=leg.path, facts=facts, **more)


def allowed(dossier: Dossier, law: Law, now: datetime, pick: Pick) -> c.Command:
    """What somebody may do, sensible or not, with any details; some of those are refused."""
    actor = pick(_people(dossier, law))
    acts = possible_acts(dossier, law, now, actor)
    may = [(each.act, each.leg) for each in acts if each.rejected is None]
    if not may:
        return tempting(dossier, law, now, pick)
    act, leg = pick(may)
    return _command(dossier, law, c.COMMANDS[act], actor, leg, pick)


def tempting(dossier: Dossier, law: Law, now: datetime, pick: Pick) -> c.Command:
    """Any command at all, by anybody: most of them must be refused."""
    cls = c.COMMANDS[pick(list(c.COMMANDS))]
    actor = pick(_people(dossier, law))
    return _command(dossier, law, cls, actor, pick(["", "nowhere", *dossier.legs]), pick)


def _command(
    dossier: Dossier, law: Law, cls: type[c.Command], actor: str, leg: str, pick: Pick
) -> c.Command:
    choices = _choices(dossier, law, _people(dossier, law))
    words = {name: pick(choices[name]) for name in cls.__struct_fields__ if name in choices}
    return cls(actor=actor, leg=leg, **words)


def _people(dossier: Dossier, law: Law) -> list[str]:
    agencies = {leg.agency for leg in dossier.legs.values()} | {dossier.agency}
    held = [leg.holder for leg in dossier.legs.values() if leg.holder]
    offered = [leg.transit for leg in dossier.legs.values() if leg.transit]
    agencies |= {transit.to_agency for transit in offered} | {holder.agency for holder in held}
    staff = [each.id for id_ in sorted(agencies) for each in law.organisation.officers_in(id_)]
    senders = [transit.sender.officer for transit in offered]
    # Who has it is worth trying more often than each of the others.
    having = [*(holder.officer for holder in held), *senders] * 4
    return [*having, *staff, *STRANGERS]


def _choices(dossier: Dossier, law: Law, people: list[str]) -> dict[str, list[Any]]:
    steps = law.procedure(dossier.procedure).process.steps if dossier.procedure[0] else {}
    near = {"ub-environment", "hl-land", "atlantis", *(leg.agency for leg in dossier.legs.values())}
    return {
        "procedure": [dossier.procedure[0] or "t-counter", "t-nothing"],
        "agency": [dossier.agency or "ub-desk", "ub-desk"],
        "version": [None, "1999-01-01"],
        "calendar": [None, "no-calendar"],
        "facts": [{}, {"site": "needed"}, {"draft": "again"}, {"shoe-size": "42"}],
        "papers": [(), ("application",), ("shoe",)],
        "outcome": ["accepted", "refused"],
        "number": ["12/QĐ-UBND"],
        "officer": people,
        "to_officer": [None, None, *people],
        "counts_as_overdue": [True, False],
        "receipt": ["BL-0001"],
        "by": ["5 days", "1.5 months", "soon", "10 calendar days"],
        "legal_basis": ["Nghị định 61/2018/NĐ-CP"],
        "ground": ["withdrawal", "inspection", "late", "attitude"],
        "attached": [(), FILES[:1], FILES],
        "files": [{}, {FILES[0].digest: "Đơn.pdf"}],
        "marks": [{"time": 2}, {"access": 5, "result": 4}, {"time": 6}, {}],
        "complaint": [1, 1, 2],
        "reference": ["15/UBND-VP"],
        "to_agency": sorted(near),
        "why": ["changed", "recorded-wrongly"],
        "step": [*steps, "nowhere"],
        "reason": [None, "Thiếu giấy tờ"],
    }


PACE = tuple(
    timedelta(minutes=minutes)
    for minutes in (97, 1, 0, 30, 9 * 60, 26 * 60, 3 * 24 * 60, 31 * 24 * 60, -1)
)
"""How much later somebody acts; once in a while earlier than what happened last."""
