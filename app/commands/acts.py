"""`lienthong acts`: what is possible now, for whom, and why the rest is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from app.output import Cell, heading, line, note, show, table
from app.settings import Settings
from app.shell import MOMENT, command
from app.times import local, shown

if TYPE_CHECKING:
    from datetime import datetime

    from app.house import House
    from engine.core.decide import Possible
    from engine.core.dossier import Dossier


@command("acts")
@click.argument("code")
@click.option("--as", "actor", metavar="OFFICER", help="For this officer; else for whoever has a"
              " part in the dossier.")  # fmt: skip
@click.option("--at", type=MOMENT, help="As if it were that moment.")
def acts(settings: Settings, code: str, actor: str | None, at: datetime | None) -> None:
    """Which acts are possible now, and why the others are not."""
    from app.definitions import known_officer
    from app.house import open_house

    with open_house(settings) as house:
        dossier = house.dossier(code).dossier
        if actor is not None:
            known_officer(house.law.organisation, actor)
        moment = at or _in_office(house, dossier)
        possible, impossible = _asked(house, dossier, moment, actor)
    value = {
        "possible": [{"act": act, "leg": leg, "who": who} for act, leg, who in possible],
        "impossible": [
            {
                "act": each.act,
                "leg": each.leg,
                "rule": each.rejected.rule,
                "message": each.rejected.message,
            }
            for each in impossible
            if each.rejected
        ],
    }

    def human() -> None:
        heading("Possible now" + (f" for {actor}" if actor else ""))
        rows = [(Cell(act, "ok"), leg or "(root)", ", ".join(who)) for act, leg, who in possible]
        table(["act", "leg", "who may"], rows, whole=["act"], nothing="Nothing.")
        line("")
        heading("Not possible")
        others = [
            (leg or "(root)", Cell(rule, "dim"), why, Cell(", ".join(named), "dim"))
            for (leg, rule, why), named in _grouped(impossible).items()
        ]
        table(["leg", "rule", "why", "acts"], others, whole=["rule"])

    show(settings, value, human)


def _in_office(house: House, dossier: Dossier) -> datetime:
    """Now; or, when the dossier's desk is no more by now, when the last thing happened to it:
    so that a store of another year can be explored."""
    if house.settings.now is None and dossier.last_at is not None:
        desk = house.law.organisation.agency(dossier.agency)
        if not desk.valid_on(local(house.now).date()):
            note(f"{desk.id} is no more: this is as of {shown(dossier.last_at)} (see --now).")
            return dossier.last_at
    return house.now


def _grouped(impossible: list[Possible]) -> dict[tuple[str, str, str], list[str]]:
    """(leg, rule, message) -> the acts it stands against; a sentence that differs in nothing
    but the act is said once."""
    groups: dict[tuple[str, str, str], list[str]] = {}
    for each in impossible:
        if each.rejected is not None:
            why = each.rejected.message.replace(f"{each.act!r} is not", "It is not", 1)
            why = why.replace(f"so {each.act!r} must", "so this must", 1)
            groups.setdefault((each.leg, each.rejected.rule, why), []).append(each.act)
    return groups


Found = tuple[list[tuple[str, str, list[str]]], "list[Possible]"]


def _asked(house: House, dossier: Dossier, at: datetime, actor: str | None) -> Found:
    """(act, leg, who may) of what somebody may do, and the rest with what stands against it
    for the one whose turn it is."""
    from engine.core.decide import SYSTEM, possible_acts

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
        for each in by_person[_turn(dossier, leg, people)]
        if each.leg == leg and (each.act, leg) not in may
    ]
    possible = [(act, leg, _shortened(may[act, leg])) for act, leg in order if (act, leg) in may]
    return sorted(possible, key=lambda each: each[1]), impossible


def _people(house: House, dossier: Dossier, at: datetime) -> list[str]:
    """Who holds the dossier, whom a handover is for, and everyone else in office at the
    agencies that have a part in it."""
    from engine.core.admission import authority
    from engine.core.calendar import local_day
    from engine.core.decide import SYSTEM
    from engine.core.draft import Draft

    day = local_day(at)
    staff = house.law.organisation
    agencies = {dossier.agency: None}
    people: dict[str, None] = {}
    for leg in dossier.open_legs():
        if leg.holder is not None:
            people[leg.holder.officer] = None
            agencies[leg.holder.agency] = None
        if leg.transit is not None:
            to = leg.transit.to_agency
            named = leg.transit.to_officer
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
    from engine.core.calendar import local_day
    from workflows.organisation import Unresolved

    found = []
    outline = house.law.outline(dossier.procedure) if dossier.legs else None
    for leg in dossier.open_legs():
        step = outline.processes[leg.path].steps.get(leg.step) if outline else None
        if step is None or step.pause is None or step.pause.resumed_by.at is None:
            continue
        try:
            found.append(
                house.law.organisation.resolve(
                    step.pause.resumed_by.at, leg.agency, local_day(at), dossier.facts
                )
            )
        except Unresolved:
            continue
    return found


def _turn(dossier: Dossier, path: str, people: list[str]) -> str:
    """Whose turn it is in a leg: the holder's, else of whoever may take the handover."""
    leg = dossier.legs.get(path)
    if leg is None:
        return people[0]
    if leg.holder is not None and leg.holder.officer in people:
        return leg.holder.officer
    if leg.transit is not None:
        for person in people:
            if person.startswith(f"{leg.transit.to_agency}.{leg.transit.to_role}"):
                return person
    return people[0]


def _shortened(people: list[str]) -> list[str]:
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
