"""What may be handed in online, and what has to be asked for it: read off the definitions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from engine.core.law import Law
from engine.core.rules import Refusal
from workflows.model import Procedure, Who
from workflows.organisation import Agency, Unresolved

NO = "no"
"""The value of a choice that was not taken."""


class Choice(NamedTuple):
    """A leg that is opened only if the citizen asks for it: the fact `name` with this `value`."""

    name: str
    value: str


class Unclear(NamedTuple):
    """A function that several agencies have: which is meant is for the citizen to say."""

    function: str
    agencies: list[Agency]


def procedures(law: Law, day: date) -> list[Procedure]:
    """The newest version in force of each procedure that some desk here takes, online or not."""
    found = []
    for id_ in dict.fromkeys(each.id for each in law.procedures()):
        procedure = in_force(law, id_, day)
        if procedure is not None and desks(law, procedure, day):
            found.append(procedure)
    return sorted(found, key=lambda each: (each.field.vi, each.title.vi))


def in_force(law: Law, id_: str, day: date) -> Procedure | None:
    try:
        return law.in_force(id_, None, day)
    except Refusal:
        return None


def desks(law: Law, procedure: Procedure, day: date) -> list[Agency]:
    """The desks of this engine that take the procedure: those of its kind where somebody is in
    office to receive it."""
    first = procedure.process.steps[procedure.process.start].by or Who("receiver")
    staff = law.organisation
    found = [
        each
        for each in staff.on(day)
        if each.function == procedure.desk
        and law.house_of(each.id) is None
        and staff.officers_in(each.id, first.role, day)
    ]
    return sorted(found, key=lambda each: each.name.vi)


def choices(procedure: Procedure) -> list[Choice]:
    """Of a group of procedures, those that are opened only if they are asked for."""
    if procedure.kind != "group":
        return []
    named = [
        Choice(name, value)
        for step in procedure.process.steps.values()
        for leg in step.legs
        for name, value in leg.when.items()
    ]
    return list(dict.fromkeys(named))


def unclear(
    law: Law, procedure: Procedure, desk: str, facts: Mapping[str, str], day: date
) -> list[Unclear]:
    """The functions of which it does not follow from the desk which agency is meant."""
    found = []
    wanted = law.outline(procedure.key).facts
    for function in sorted(name for name, values in wanted.items() if not values):
        if function in facts:
            continue
        try:
            law.organisation.resolve(function, desk, day, facts)
        except Unresolved as reason:
            agencies = [law.organisation.agency(each) for each in reason.candidates]
            if agencies:
                found.append(Unclear(function, sorted(agencies, key=lambda each: each.name.vi)))
    return found
