"""What decides beside the dossier: procedures, calendars, who is in office. Immutable."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import NamedTuple, Protocol

from msgspec.structs import replace

from engine.core.calendar import Calendar
from engine.core.rules import refuse
from workflows.machine import ProcedureMachine, compile_procedure
from workflows.model import Leg, Limit, Paper, Procedure, Process, Text, Unit
from workflows.organisation import Organisation

APART = "#"
"""Between the id of a procedure and the path of a leg that runs as a procedure of its own."""


class Outline(NamedTuple):
    """What deciding asks again and again about one procedure version, worked out once.

    `facts`: the names that a dossier may have a value for, with the values that the definition
    knows (none where an agency is to be named); `own_limit`: how long the receiving unit
    has for its own part, the sum of its steps; where none of them is timed (the groups), the
    limit of its first gate leg. None when no other agency has a part, or neither was
    published. `signs`: some step signs the result.
    """

    processes: dict[str, Process]
    legs: dict[str, Leg]
    facts: dict[str, frozenset[str]]
    own_limit: Limit | None
    signs: bool


class Laws(Protocol):
    """Where a law comes from that somebody else may add to."""

    @property
    def newest(self) -> Law:
        """As it was last read; nothing is asked for."""

    def renewed(self) -> Law:
        """As it is now: the same one when nothing was added."""


class Law:
    """Every version that was ever in force, so that an old dossier keeps its own.

    `elsewhere`: the house whose engine an agency works in, of those that work in another one.
    """

    def __init__(
        self,
        procedures: Iterable[Procedure],
        calendars: Iterable[Calendar],
        organisation: Organisation,
        elsewhere: Mapping[str, str] | None = None,
    ) -> None:
        self.elsewhere = dict(elsewhere or {})
        self._versions: dict[str, dict[str, Procedure]] = {}
        for procedure in procedures:
            self._versions.setdefault(procedure.id, {})[procedure.version] = procedure
        self._calendars = {calendar.version: calendar for calendar in calendars}
        self.organisation = organisation
        self._machines: dict[tuple[str, str], ProcedureMachine] = {}
        self._outlines: dict[tuple[str, str], Outline] = {}

    @property
    def newest(self) -> Law:
        """Itself: a law alone is one that nobody adds to."""
        return self

    def renewed(self) -> Law:
        return self

    def procedures(self) -> list[Procedure]:
        return [
            each
            for id_, versions in self._versions.items()
            for each in versions.values()
            if APART not in id_
        ]

    def house_of(self, agency: str) -> str | None:
        """The house in whose engine an agency works; None when it works in this one."""
        return self.elsewhere.get(agency)

    def procedure(self, key: tuple[str, str]) -> Procedure:
        """The version a dossier is pinned to, or a leg of it as a procedure of its own (see
        `leg_key`). Refused when it is not here."""
        found = self._versions.get(key[0], {}).get(key[1])
        if found is None:
            whole, apart, path = key[0].partition(APART)
            found = self._versions.get(whole, {}).get(key[1]) if apart else None
            if found is None or path not in dict(found.legs()):
                refuse("procedure-unknown", procedure=key[0], version=f" version {key[1]}")
            found = self._versions.setdefault(key[0], {})[key[1]] = leg_alone(found, path)
        return found

    def in_force(self, procedure: str, version: str | None, day: date) -> Procedure:
        """The version asked for, or the newest that is in force on the day."""
        versions = self._versions.get(procedure)
        if not versions or (version is not None and version not in versions):
            named = f" version {version}" if version else ""
            refuse("procedure-unknown", procedure=procedure, version=named)
        asked = list(versions.values()) if version is None else [versions[version]]
        valid = [each for each in asked if _valid(each, day)]
        if not valid:
            last = max(asked, key=lambda each: each.valid_from)
            refuse(
                "procedure-not-in-force",
                procedure=procedure,
                version=last.version,
                day=day,
                since=last.valid_from,
                until=last.valid_to or "…",
            )
        return max(valid, key=lambda each: each.valid_from)

    def machine(self, key: tuple[str, str]) -> ProcedureMachine:
        """The shared machine of a procedure version, compiled when first asked for."""
        found = self._machines.get(key)
        if found is None:
            found = self._machines[key] = compile_procedure(self.procedure(key))
        return found

    def outline(self, key: tuple[str, str]) -> Outline:
        """The outline of a procedure version, worked out when first asked for."""
        found = self._outlines.get(key)
        if found is None:
            found = self._outlines[key] = _outline(self.procedure(key))
        return found

    def calendar(self, version: str) -> Calendar:
        """The calendar version a receipt is pinned to. Refused when it is not here."""
        found = self._calendars.get(version)
        if found is None:
            refuse("unknown-calendar", calendar=version, known=", ".join(sorted(self._calendars)))
        return found

    def calendars(self) -> list[Calendar]:
        return list(self._calendars.values())

    def calendar_known_on(self, day: date) -> Calendar:
        """The newest calendar known on a day, or the oldest when none was known yet."""
        known = [each for each in self._calendars.values() if each.known_on <= day]
        if known:
            return max(known, key=lambda each: each.known_on)
        return min(self._calendars.values(), key=lambda each: each.known_on)


def leg_key(key: tuple[str, str], path: str) -> tuple[str, str]:
    """The key of a procedure's leg that another engine runs as a procedure of its own. A leg of
    such a leg is named by its path from the whole."""
    between = "/" if APART in key[0] else APART
    return (f"{key[0]}{between}{path}", key[1])


def leg_alone(procedure: Procedure, path: str) -> Procedure:
    """The leg as the engine that takes it over runs it: its process is the whole, where it is
    received is its desk, and its papers are what came and what goes back."""
    leg = procedure.leg(path)
    titles = {paper.id: paper for paper in (*procedure.papers_in, *procedure.papers_out)}
    return replace(
        procedure,
        id=leg_key(procedure.key, path)[0],
        kind="interlinked",
        desk=leg.at,
        limit=leg.limit or procedure.limit,
        process=leg.process,
        papers_in=_papers(leg.papers_out, titles),
        papers_out=_papers(leg.papers_back, titles),
        fees=(),
    )


def _papers(ids: Iterable[str], titles: Mapping[str, Paper]) -> tuple[Paper, ...]:
    return tuple(titles.get(id_) or Paper(id_, Text(id_, id_)) for id_ in ids)


def _valid(procedure: Procedure, day: date) -> bool:
    on = day.isoformat()
    return procedure.valid_from <= on and (procedure.valid_to is None or on <= procedure.valid_to)


def _outline(procedure: Procedure) -> Outline:
    legs = dict(procedure.legs())
    processes = {"": procedure.process} | {path: leg.process for path, leg in legs.items()}
    steps = [step for process in processes.values() for step in process.steps.values()]
    guards = [*(leg.when for leg in legs.values())]
    guards += [branch.when for step in steps for branch in step.then]
    functions = {leg.at for leg in legs.values()} | {step.by.at for step in steps if step.by}
    return Outline(
        processes=processes,
        legs=legs,
        facts=_facts(guards, functions),
        own_limit=_own_limit(procedure) if legs else None,
        signs=any(step.act == "sign" for step in steps),
    )


def _own_limit(procedure: Procedure) -> Limit | None:
    steps = procedure.process.steps.values()
    if own := sum((_days(step.limit) for step in steps), Decimal(0)):
        return Limit(own, Unit.WORKING_DAY)
    return next((leg.limit for step in steps for leg in step.legs if leg.gate), None)


def _days(limit: Limit | None) -> Decimal:
    if limit is None:
        return Decimal(0)
    return limit.amount / 8 if limit.unit is Unit.WORKING_HOUR else limit.amount


def _facts(
    guards: Iterable[dict[str, str]], functions: Iterable[str | None]
) -> dict[str, frozenset[str]]:
    values: dict[str, set[str]] = {function: set() for function in functions if function}
    for guard in guards:
        for name, value in guard.items():
            values.setdefault(name, set()).add(value)
    return {name: frozenset(known) for name, known in values.items()}
