"""Whether somebody may do an act in a leg now: the part of deciding that needs no details.

The machine alone says what is possible in a state; the rest is about who acts.
"""

from __future__ import annotations

from collections.abc import Callable

from engine.core.dossier import LegState, Transit
from engine.core.draft import Draft, at_agency, in_role
from engine.core.rules import refuse
from workflows.machine import (
    BACK,
    LEGS,
    OFFER_ENDS,
    OFFERED,
    ORIGIN,
    PAUSED,
    SUPPLEMENT,
    WORK_ACTS,
)
from workflows.organisation import Officer

SYSTEM = "system"
"""The actor where only a rule acted."""

CITIZEN = "citizen"
"""The actor where the citizen acted himself, online: never a name."""

SAID = frozenset({"rate", "complain"})
"""Acts of the citizen alone."""

AFTERWARDS = frozenset({*SAID, "answer-complaint"})
"""What is said of a dossier when it has ended; it changes nothing of what was decided."""

WHOLE_ACTS = frozenset({"suspend", "resume", "stop", "ask-withdrawal", "reopen"})
"""Acts on the whole tree: no leg's machine has a say in them."""

OPENING_ACTS = frozenset({"register", "receive", "refuse-receipt"})

CUSTODY_ACTS = frozenset({"accept", *OFFER_ENDS})
"""Answers to an offer."""

ANSWERS = CUSTODY_ACTS | {"supply"}
"""Possible even while the dossier is suspended: the time to answer in runs on."""

NEEDS_SIGNATURE = frozenset({"number", "issue", "return"})

BETWEEN_ENGINES = frozenset(
    {"arrive", "answer-elsewhere", "return-elsewhere", "withdraw-elsewhere"}
)
"""Acts that only the messages of another engine give: no machine has a say in them, and a
suspension here does not undo what happened there."""

Check = Callable[[Draft, str, str, str], None]


def admit(draft: Draft, act: str, path: str, actor: str) -> None:
    """Raises Refusal when `actor` may not do `act` in the leg at `path` now."""
    dossier = draft.dossier
    if dossier.last_at is not None and draft.now < dossier.last_at:
        refuse("time-backwards", now=draft.now, last=dossier.last_at)
    if act in BETWEEN_ENGINES:
        _between_engines(draft, act, path, actor)
        return
    if act in AFTERWARDS:
        _afterwards(draft, act, actor)
        return
    _works_here(draft, actor)
    if act in OPENING_ACTS:
        _opening(draft, act, actor)
        return
    if dossier.status in ("new", "registered"):
        refuse("not-received")
    if dossier.status == "ended" and act != "reopen":
        refuse("dossier-ended", outcome=dossier.outcome)
    if act == "resume" and dossier.status != "suspended":
        # The same word also ends a pause of one leg.
        _open_leg(draft, path)
        if act not in draft.machine.possible(draft.state(path)):
            refuse("not-suspended")
    elif act in WHOLE_ACTS:
        _whole(draft, act, actor)
        return
    elif dossier.status == "suspended" and act not in ANSWERS:
        refuse("dossier-suspended")
    elif act == "attach":
        _attaching(draft, act, path, actor)
        return
    _in_leg(draft, act, path, actor)


def _works_here(draft: Draft, actor: str) -> None:
    """Refused when the actor's agency works in another engine: there it acts, not here."""
    if not draft.law.elsewhere or actor in (SYSTEM, CITIZEN):
        return
    agency = draft.officer(actor).agency
    house = draft.law.house_of(agency)
    if house is not None:
        refuse("works-elsewhere", officer=actor, agency=agency, house=house)


def _between_engines(draft: Draft, act: str, path: str, actor: str) -> None:
    dossier = draft.dossier
    if actor != SYSTEM:
        refuse("only-a-rule")
    if act == "arrive":
        if dossier.status != "new":
            refuse("dossier-exists", code=dossier.stream)
        return
    if dossier.status in ("new", "registered"):
        refuse("not-received")
    if dossier.status == "ended":
        refuse("dossier-ended", outcome=dossier.outcome)
    _open_leg(draft, path)


def _opening(draft: Draft, act: str, actor: str) -> None:
    status = draft.dossier.status
    if act != "register" or actor != CITIZEN:
        draft.officer(actor)
    if act == "refuse-receipt":
        if status == "new":
            refuse("not-received")
        if status != "registered":
            refuse("dossier-exists", code=draft.dossier.stream)
        _at_desk(draft, actor)
    elif status != "new" and not (act == "receive" and status == "registered"):
        refuse("dossier-exists", code=draft.dossier.stream)


def _afterwards(draft: Draft, act: str, actor: str) -> None:
    """When it is over the citizen says what he thinks of it, and is answered, even if work goes
    on by then; where he was served, not in the engine that had a leg of it."""
    dossier = draft.dossier
    if act in SAID and dossier.status != "ended":
        refuse("not-over")
    if dossier.origin is not None:
        refuse("said-elsewhere", code=dossier.origin.code, house=dossier.origin.house)
    if act in SAID:
        if actor != CITIZEN:
            refuse("only-the-citizen")
        if act == "rate" and dossier.rated:
            refuse("rated-before")
        return
    if dossier.status == "new":
        refuse("not-received")
    _works_here(draft, actor)
    _of_the_authority(draft, actor)


def _attaching(draft: Draft, act: str, path: str, actor: str) -> None:
    """Who holds the leg adds files to it, or the desk where the citizen brings papers."""
    leg = _open_leg(draft, path)
    _with_another_engine(draft, act, leg)
    officer = draft.officer(actor)
    expected = {draft.desk()} | ({leg.holder.agency} if leg.holder else set())
    if officer.agency not in expected:
        refuse("wrong-agency", agency=officer.agency, expected=" or ".join(sorted(expected)))


def _whole(draft: Draft, act: str, actor: str) -> None:
    dossier = draft.dossier
    if act == "reopen" and dossier.status != "ended":
        refuse("dossier-open")
    if act == "reopen" and dossier.origin is not None:
        refuse("given-back", code=dossier.origin.code, house=dossier.origin.house)
    if act == "suspend" and dossier.status == "suspended":
        refuse("dossier-suspended")
    if act == "ask-withdrawal":
        _at_desk(draft, actor)
        return
    draft.officer(actor)
    # Whoever held it last may take an ended dossier up again; all else is for the authority.
    held_it = act == "reopen" and dossier.legs and dossier.root.holder
    if held_it and held_it.officer == actor:
        return
    _of_the_authority(draft, actor)


def _of_the_authority(draft: Draft, actor: str) -> None:
    officer = draft.officer(actor)
    deciding = authority(draft)
    if officer.agency not in deciding or not _is_decider(draft, officer):
        refuse(
            "not-the-authority",
            officer=officer.id,
            expected=" or ".join(draft.procedure.policy.deciders),
            agencies=" or ".join(sorted(deciding)),
        )


def authority(draft: Draft) -> set[str]:
    """The agencies whose deciders decide about the whole dossier: its desk and the body that
    the desk stands under, those that work in the root leg, and where the result is signed.

    An agency that has only a leg of it (tax, police, another procedure of a group) does not.
    """
    dossier = draft.dossier
    desk = draft.law.organisation.agency(draft.desk())
    agencies = {desk.id} | ({desk.parent} if desk.parent else set())
    group = draft.procedure.kind == "group"
    for path, process in draft.law.outline(dossier.procedure).processes.items():
        if path not in dossier.legs or (path and group):
            continue
        for step in process.steps.values():
            if step.by and (not path or step.act == "sign"):
                agencies |= draft.resolved(step.by.at, path)
    return agencies


def _open_leg(draft: Draft, path: str) -> LegState:
    dossier = draft.dossier
    if path not in dossier.legs:
        refuse("no-such-leg", leg=path, legs=", ".join(sorted(dossier.legs)[1:]) or "none")
    leg = draft.leg(path)
    if not leg.open:
        refuse("leg-ended", leg=path, outcome=leg.outcome)
    return leg


def _with_another_engine(draft: Draft, act: str, leg: LegState) -> None:
    """Refused for what only the other engine may do with a leg, or may say of an offer."""
    transit, origin = leg.transit, draft.dossier.origin
    if leg.elsewhere is not None:
        refuse("leg-elsewhere", leg=leg.path, agency=leg.agency, house=leg.elsewhere.house)
    if transit is None:
        return
    if transit.house is not None and act in ("accept", "refuse-handover"):
        refuse("answered-elsewhere", agency=transit.to_agency, house=transit.house)
    if origin and not leg.path and transit.back == ORIGIN and act == "recall-handover":
        refuse("offered-elsewhere", house=origin.house)


def _in_leg(draft: Draft, act: str, path: str, actor: str) -> None:
    leg = _open_leg(draft, path)
    _with_another_engine(draft, act, leg)
    if act not in draft.machine.possible(draft.state(path)):
        _impossible(draft, act, leg)
    if _unsigned(draft, act):
        refuse("result-without-signature", act=act)
    _WHO[act](draft, act, path, actor)


def _impossible(draft: Draft, act: str, leg: LegState) -> None:
    if leg.mode == OFFERED:
        assert leg.transit is not None
        refuse("handover-in-transit", agency=leg.transit.to_agency)
    if act in CUSTODY_ACTS:
        refuse("no-handover")
    if leg.mode in (PAUSED, SUPPLEMENT):
        pause = draft.step(leg.path).pause
        ground = pause.ground if pause else "supplement"
        refuse("clock-stopped", ground=ground, step=leg.step)
    if leg.mode == LEGS:
        waits = [child.path for child in draft.dossier.children(leg.path, leg.step) if child.open]
        refuse("waiting-for-legs", step=leg.step, legs=", ".join(waits))
    if _unsigned(draft, act):
        refuse("result-without-signature", act=act)
    if act == "return":
        refuse("return-before-result", step=leg.step)
    possible = ", ".join(draft.machine.possible(draft.state(leg.path)))
    refuse("act-not-possible", act=act, step=leg.step, possible=possible)


def _unsigned(draft: Draft, act: str) -> bool:
    """Whether the act needs a signature that this procedure asks for and nobody has given."""
    if act not in NEEDS_SIGNATURE or draft.dossier.signed:
        return False
    return draft.law.outline(draft.dossier.procedure).signs


# --- who ---------------------------------------------------------------------------------


def _is_decider(draft: Draft, officer: Officer) -> bool:
    return not set(draft.procedure.policy.deciders).isdisjoint(officer.roles)


def _at_desk(draft: Draft, actor: str) -> None:
    officer = draft.officer(actor)
    at_agency(officer, draft.desk())


def _holder(draft: Draft, act: str, path: str, actor: str) -> None:
    officer = draft.officer(actor)
    holder = draft.keeper(path)
    at_agency(officer, holder.agency)
    if officer.id != holder.officer:
        refuse("not-the-holder", officer=officer.id, holder=holder.officer)


def _worker(draft: Draft, act: str, path: str, actor: str) -> None:
    """The holder, who also has the role that the step asks for."""
    officer = draft.officer(actor)
    leg = draft.leg(path)
    step = draft.process(path).steps.get(leg.step)
    if leg.mode == BACK and (step is None or step.by is None):
        # It was nobody's work that led to this offer: a leg was opened, or a wait was over.
        _holder_or_decider(draft, act, path, actor)
        return
    at_agency(officer, draft.keeper(path).agency)
    if leg.mode != BACK and step and step.by and step.by.role not in officer.roles:
        refuse("wrong-role", officer=officer.id, expected=step.by.role)
    _holder(draft, act, path, actor)


def _holder_or_decider(draft: Draft, act: str, path: str, actor: str) -> None:
    officer = draft.officer(actor)
    holder = draft.keeper(path)
    if officer.id == holder.officer:
        return
    # Where the holder's agency is no more, its successor decides; so it can take it over.
    at_agency(officer, draft.in_charge(holder.agency))
    if not _is_decider(draft, officer):
        deciders = " or ".join(draft.procedure.policy.deciders)
        refuse("not-a-decider", officer=officer.id, expected=deciders)


def _giver(draft: Draft, act: str, path: str, actor: str) -> None:
    """Given to a colleague: what an agency that is no more holds is transferred, not given."""
    at_agency(draft.officer(actor), draft.keeper(path).agency)
    _holder_or_decider(draft, act, path, actor)


def _desk_or_holder(draft: Draft, act: str, path: str, actor: str) -> None:
    """The citizen hands papers in online, at the desk, or straight to who asked for them."""
    if actor == CITIZEN:
        return
    officer = draft.officer(actor)
    expected = {draft.desk(), draft.keeper(path).agency}
    if officer.agency not in expected:
        agencies = " or ".join(sorted(expected))
        refuse("wrong-agency", agency=officer.agency, expected=agencies)


def _answerable(draft: Draft, path: str) -> Transit:
    """An offer whose time is up is answered by the rule alone, so that each is accepted,
    refused or escalated within its limit, whoever comes first afterwards (I9)."""
    transit = draft.leg(path).transit
    assert transit is not None, "the machine has answers to an offer in transit only"
    if draft.now >= transit.expires:
        refuse("handover-has-expired", until=transit.expires, sender=transit.sender.agency)
    return transit


def _addressee(draft: Draft, act: str, path: str, actor: str) -> None:
    officer, transit = draft.officer(actor), _answerable(draft, path)
    agency = draft.in_charge(transit.to_agency)
    at_agency(officer, agency)
    in_role(officer, transit.to_role)
    # Whoever was named is gone with an agency that is no more: at its successor the role answers.
    if agency == transit.to_agency and transit.to_officer not in (None, officer.id):
        refuse("not-the-addressee", officer=officer.id, expected=transit.to_officer)


def _sender(draft: Draft, act: str, path: str, actor: str) -> None:
    officer = draft.officer(actor)
    transit = _answerable(draft, path)
    at_agency(officer, draft.in_charge(transit.sender.agency))
    addressee = draft.in_charge(transit.to_agency)
    asked = officer.agency == addressee and transit.to_role in officer.roles
    if officer.id != transit.sender.officer and (asked or not _is_decider(draft, officer)):
        refuse("not-the-sender", expected=transit.sender.officer)


def _only_the_system(draft: Draft, act: str, path: str, actor: str) -> None:
    if actor != SYSTEM:
        refuse("only-a-rule")


def _resumer(draft: Draft, act: str, path: str, actor: str) -> None:
    officer = draft.officer(actor)
    pause = draft.step(path).pause
    assert pause is not None, "the machine has resume acts in pauses only"
    agency = draft.resolve(pause.resumed_by.at, path)
    at_agency(officer, agency)
    in_role(officer, pause.resumed_by.role)


_WHO: dict[str, Check] = {
    **dict.fromkeys(WORK_ACTS, _worker),
    "accept": _addressee,
    "refuse-handover": _addressee,
    "recall-handover": _sender,
    "expire-handover": _only_the_system,
    "ask-supplement": _holder,
    "supply": _desk_or_holder,
    "expire-supplement": _holder_or_decider,
    "assign": _giver,
    "extend": _holder_or_decider,
    "refuse": _holder_or_decider,
    "transfer": _holder_or_decider,
    "confirm-payment": _resumer,
    "end-posting": _resumer,
    "resume": _resumer,
}
