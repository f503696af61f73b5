"""Which acts are possible on a dossier, for whom, and what stands against the others."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from app.house import House
from engine.core.admission import authority
from engine.core.calendar import local_day
from engine.core.decide import SYSTEM, Possible, possible_acts
from engine.core.dossier import Dossier, Transit
from engine.core.draft import Draft

Found = tuple[list[tuple[str, str, list[str]]], list[Possible]]


def plain(may: list[tuple[str, str, list[str]]], others: list[Possible]) -> dict[str, Any]:
    """What `asked_of` found, as the JSON that scripts rely on."""
    return {
        "possible": [{"act": act, "leg": leg, "who": who} for act, leg, who in may],
        "impossible": [
            {
                "act": each.act,
                "leg": each.leg,
                "rule": each.rejected.rule,
                "message": each.rejected.message,
            }
            for each in others
            if each.rejected
        ],
    }


def asked_of(house: House, dossier: Dossier, at: datetime, actor: str | None) -> Found:
    """(act, leg, who may) of what somebody may do, and the rest with what stands against it
    for the one whose turn it is. Raises Refusal where the procedure that the dossier was received
    under is not known."""
    if dossier.legs:
        house.law.procedure(dossier.procedure)
    people = [actor] if actor else _people(house, dossier, at)
    by_person = {person: possible_acts(dossier, house.law, at, person) for person in people}
    may: dict[tuple[str, str], list[str]] = {}
    for person, found in by_person.items():
        for each in found:
            if each.rejected is None and person != SYSTEM:
                may.setdefault((each.act, each.leg), []).append(person)
    order = [(each.act, each.leg) for each in by_person[people[0]]]
    impossible = [
        each
        for leg in dict.fromkeys(leg for _, leg in order)
        for each in by_person[_turn(house, dossier, leg, at, people)]
        if each.leg == leg and (each.act, leg) not in may
    ]
    possible = [(act, leg, may[act, leg]) for act, leg in order if (act, leg) in may]
    return sorted(possible, key=lambda each: each[1]), impossible


def _people(house: House, dossier: Dossier, at: datetime) -> list[str]:
    """Who holds the dossier, whom a handover is for, and everyone else in office at the
    agencies that have a part in it."""
    day = local_day(at)
    staff = house.law.organisation
    agencies = {dossier.agency: None}
    people: dict[str, None] = {}
    for leg in dossier.open_legs():
        if leg.holder is not None:
            people[leg.holder.officer] = None
            agencies[leg.holder.agency] = None
        if leg.transit is not None:
            to = _addressee(house, leg.transit, at)
            named = leg.transit.to_officer if to == leg.transit.to_agency else None
            addressed = staff.officers_in(to, leg.transit.to_role, day)
            people.update(dict.fromkeys([named] if named else [each.id for each in addressed]))
            agencies |= {to: None, leg.transit.sender.agency: None}
        agencies[leg.agency] = None
    if dossier.legs:
        agencies |= dict.fromkeys(sorted(authority(Draft(dossier, house.law, at))))
    for agency in [*agencies, *_resumers(house, dossier, at)]:
        people.update(dict.fromkeys(each.id for each in staff.officers_in(agency, day=day)))
    return list(people) or [SYSTEM]


def _resumers(house: House, dossier: Dossier, at: datetime) -> list[str]:
    """The agencies that may end a pause."""
    found: list[str] = []
    draft = Draft(dossier, house.law, at)
    outline = house.law.outline(dossier.procedure) if dossier.legs else None
    for leg in dossier.open_legs():
        step = outline.processes[leg.path].steps.get(leg.step) if outline else None
        if step is None or step.pause is None:
            continue
        found += draft.resolved(step.pause.resumed_by.at, leg.path)
    return found


def _addressee(house: House, transit: Transit, at: datetime) -> str:
    """The agency that an offer is for: whom it was made to, or who took over from that."""
    return house.law.organisation.in_charge(transit.to_agency, local_day(at)).id


def _turn(house: House, dossier: Dossier, path: str, at: datetime, people: list[str]) -> str:
    """Whose turn it is in a leg: the holder's, else of whoever may take the handover."""
    leg = dossier.legs.get(path)
    if leg is None:
        return people[0]
    if leg.holder is not None and leg.holder.officer in people:
        return leg.holder.officer
    if leg.transit is not None:
        to = _addressee(house, leg.transit, at)
        for person in people:
            if person.startswith(f"{to}.{leg.transit.to_role}"):
                return person
    return people[0]


def shortened(people: list[str]) -> list[str]:
    """ "ub-desk.receiver-1 to 4" as "ub-desk.receiver-1…4": posts of one kind drawn together."""
    kinds: dict[str, list[str]] = {}
    for person in people:
        stem, dash, number = person.rpartition("-")
        kind = stem if dash and number.isdecimal() else person
        kinds.setdefault(kind, []).append(person)
    return [
        same[0] if len(same) == 1 else f"{same[0]}…{same[-1].rpartition('-')[2]}"
        for same in kinds.values()
    ]
