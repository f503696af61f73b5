"""One command of somebody: made of words, handed to the runtime, answered."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from app.acts.fields import Wrong, act_named, make
from app.house import House
from app.times import iso
from app.trouble import BadInput, RefusedByRule, WrongFields
from engine.core.admission import OPENING_ACTS
from engine.core.decide import possible_acts
from engine.core.dossier import Dossier
from engine.ids import parse_id
from engine.runtime import Call, Done
from schemas.commands import Command
from schemas.envelope import from_micros
from schemas.rejection import Rejected
from schemas.sentence import Sentence, did_you_mean


def command_id(house: House, text: str | None) -> bytes:
    """The id that was given, so that a repetition gets the first answer, or a new one."""
    if text is None:
        return house.runtime.new_id()
    try:
        return parse_id(text)
    except ValueError:
        raise BadInput(
            Sentence(
                "--command-id %(text)r is no UUID such as 01890a5d-ac96-774b-bcce-b302099a8057",
                text=text,
            )
        ) from None


def made(house: House, act: str, given: Mapping[str, Any], asked: Any, **fixed: Any) -> Command:
    """The command of an act and its fields. Raises WrongFields."""
    try:
        return make(act, given, asked, **fixed)
    except Wrong as wrong:
        raise WrongFields(wrong.problems) from None


class Wanted(NamedTuple):
    """What somebody wants to do: the act, its fields as he wrote them, and when it happened, if
    not now. `actor`: his post."""

    act: str
    fields: Mapping[str, Any]
    actor: str
    at: datetime | None = None


def opening(
    house: House, wanted: Wanted, procedure: str, agency: str, code: str, id_: bytes
) -> Call:
    """The call that receives or registers a dossier; `code`: one that was registered, or "".
    Raises BadInput and WrongFields."""
    fixed = {"actor": wanted.actor, "procedure": procedure, "agency": agency}
    command = made(house, wanted.act, wanted.fields, asked_by(house, procedure), **fixed)
    return Call(command, id_, code, house.happened(wanted.at), now=house.now)


def asked_by(house: House, procedure: str) -> frozenset[str]:
    """The facts that any version of a procedure asks about. Raises BadInput when there is none."""
    versions = [each for each in house.law.procedures() if each.id == procedure]
    if not versions:
        guess = did_you_mean(procedure, {each.id for each in house.law.procedures()})
        raise BadInput(f"There is no procedure {procedure!r}{guess or ' (see procedures list)'}")
    found: frozenset[str] = frozenset()
    return found.union(*(house.law.outline(each.key).facts for each in versions))


def later_act(word: str) -> str:
    """The act that a word means, of those on a dossier that is there. Raises BadInput."""
    try:
        name = act_named(word)
    except Wrong as wrong:
        raise BadInput(wrong.problems[0][1]) from None
    if name in OPENING_ACTS and name != "refuse-receipt":
        raise BadInput(f"{name} opens a dossier: use lienthong {name}, or POST /dossiers")
    return name


def acting(house: House, code: str, wanted: Wanted, leg: str | None, id_: bytes) -> Call:
    """The call that does an act on a dossier; without a `leg`, in the one open leg in which the
    officer may do it. Raises NotThere, BadInput and WrongFields."""
    act = later_act(wanted.act)
    if leg is None or act == "refuse" or not house.runtime.current(code).version:
        # What is left unsaid is filled in by what is so now, whichever server wrote it last; what
        # is said in full the append checks.
        house.dossier(code)
    dossier, before = as_found(house, code, id_)
    act = meant(dossier, act, leg)
    asked = house.law.outline(dossier.procedure).facts
    fields, actor, moment = wanted.fields, wanted.actor, house.happened(wanted.at)
    # First without the leg, so that wrong fields are told whatever the leg.
    command = made(house, act, fields, asked, actor=actor, leg=leg or "")
    if leg is None:
        leg = leg_for(house, dossier, act, actor, before or moment or house.now)
        command = made(house, act, fields, asked, actor=actor, leg=leg)
    return Call(command, id_, code, moment, now=house.now)


def told(call: Call, done: Done) -> dict[str, Any]:
    """What an act did, as the JSON that scripts rely on."""
    return {
        "code": done.code,
        "version": done.version,
        "events": [event.type for event in done.events],
        "leg": call.command.leg,
        "act": call.command.act,
        "repeated": done.repeated,
    }


def told_opened(house: House, done: Done) -> dict[str, Any]:
    """What a receipt or a registration did, as the JSON that scripts rely on."""
    dossier = house.runtime.current(done.code).dossier
    return {
        "code": done.code,
        "appointment": iso(dossier.appointment),
        "unit_appointment": iso(dossier.unit_appointment),
        "procedure": {"id": dossier.procedure[0], "version": dossier.procedure[1]},
        "calendar": dossier.calendar,
        "version": done.version,
        "events": [event.type for event in done.events],
        "applicant": particulars(done),
        "repeated": done.repeated,
    }


def particulars(done: Done) -> list[str]:
    """The names, without the values, of what was kept of the applicant: a misspelt field shows."""
    private = done.events[0].event().private
    return sorted(private.applicant) if private else []


def carry_out(house: House, call: Call) -> Done:
    """What the command did, the views brought up to it. Raises RefusedByRule."""
    answer = house.runtime.handle(call)
    if isinstance(answer, Rejected):
        raise RefusedByRule(answer, as_json=house.settings.json)
    house.refresh()
    return answer


def as_found(house: House, code: str, command_id: bytes) -> tuple[Dossier, datetime | None]:
    """A dossier as a command finds it; or as it found it, and when, if it was answered before.

    What its words meant then (`refuse`, or the leg it leaves out) its repetition means too.
    """
    folded = house.runtime.current(code)
    version = folded.commands.get(command_id)
    if version is None:
        return folded.dossier, None
    (first,) = house.log.read_stream(code, after=version - 1, limit=1)
    return house.runtime.load(code, until=version - 1).dossier, from_micros(first.occurred_at)


def meant(dossier: Dossier, act: str, leg: str | None) -> str:
    """`refuse` of a leg in transit means its handover."""
    if act != "refuse":
        return act
    asked = [dossier.legs[leg]] if leg is not None and leg in dossier.legs else []
    legs = asked or list(dossier.open_legs())
    if asked or len(legs) == 1:
        return "refuse-handover" if legs[0].transit else act
    return act


def leg_for(house: House, dossier: Dossier, act: str, actor: str, at: datetime) -> str:
    """The leg an act is about when none is named: the one open leg in which the officer may
    do it. Raises BadInput when there are several.

    Where there is none, the leg whose refusal says most: one the officer has a part in.
    """
    found = [each for each in possible_acts(dossier, house.law, at, actor) if each.act == act]
    may = [each.leg for each in found if each.rejected is None]
    if len(may) > 1:
        named = ", ".join(repr(leg) if leg else "'' (the root)" for leg in may)
        raise BadInput(f"{act} is possible in several legs; say which with --leg: {named}")
    if may:
        return may[0]
    return _most_telling(dossier, actor, [each.leg for each in found])


def _most_telling(dossier: Dossier, actor: str, legs: list[str]) -> str:
    for path in legs:
        leg = dossier.legs.get(path)
        if leg is None:
            continue
        if leg.holder is not None and leg.holder.officer == actor:
            return path
        if leg.transit is not None and leg.transit.to_officer == actor:
            return path
    agency = actor.rpartition(".")[0]
    for path in legs:
        leg = dossier.legs.get(path)
        if leg is not None and agency in (
            leg.agency,
            leg.holder.agency if leg.holder else None,
            leg.transit.to_agency if leg.transit else None,
        ):
            return path
    return ""
