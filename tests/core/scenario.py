"""Given what happened to a dossier, when somebody acts, then these events, or this refusal.

    reached("lt-02-land-change-no-tax", "sign").when(Sign(actor=...)).then(SignatureRecorded, ...)

Commands come ten minutes apart, on and after Monday 1 March 2021, 9:00 local time, unless a
scenario says otherwise with `later` or `on`.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from engine.core import custody
from engine.core.calendar import build
from engine.core.decide import Decided, decide
from engine.core.dossier import Dossier, LegState
from engine.core.evolve import evolve
from engine.core.law import Law
from engine.core.rules import RULES
from schemas.codec import decode, encode
from schemas.commands import Command
from schemas.events import Event
from schemas.rejection import Rejected
from tests.core import walker
from workflows import calendar_files
from workflows.load import load_catalogue
from workflows.load_organisation import load_organisation
from workflows.machine import AT_WORK
from workflows.model import Procedure

START = datetime(2021, 3, 1, 2, 0, tzinfo=UTC)
PACE = timedelta(minutes=10)
CODE = "ub-desk-210301-0001"

DESK = "ub-desk.receiver-1"
DESK_HEAD = "ub-desk.head-1"
ENVIRONMENT = "ub-environment.specialist-1"
ENVIRONMENT_HEAD = "ub-environment.head-1"
LAND = "ub-land.specialist-1"
LAND_HEAD = "ub-land.head-1"
SYSTEM = "system"


@lru_cache(maxsize=1)
def catalogue() -> Law:
    """The law of the tests: the real catalogue, calendars and organisation, and four
    procedures of our own for what no real one has."""
    organisation = load_organisation()
    ours = Path(__file__).parent / "procedures"
    procedures = [
        *load_catalogue(organisation=organisation),
        *load_catalogue(ours, organisation),
    ]
    calendars = [build(calendar_files.load(each)) for each in calendar_files.versions()]
    return Law(procedures, calendars, organisation)


def procedure(id_: str) -> Procedure:
    return next(each for each in catalogue().procedures() if each.id == id_)


class Scenario:
    """A dossier with its past, and the time of what comes next."""

    def __init__(self, law: Law | None = None, now: datetime = START) -> None:
        self.law = law or catalogue()
        self.now = now
        self.dossier = Dossier(stream=CODE)
        self.past: list[tuple[Event, datetime]] = []

    def leg(self, path: str = "") -> LegState:
        return self.dossier.legs[path]

    def later(self, **duration: float) -> Scenario:
        """So much after the time of the next command."""
        self.now += timedelta(**duration)
        return self

    def on(self, year: int, month: int, day: int, hour: int = 9, minute: int = 0) -> Scenario:
        """At this local time."""
        self.now = datetime(year, month, day, hour, minute, tzinfo=UTC) - timedelta(hours=7)
        return self

    def given(self, *commands: Command) -> Scenario:
        """These commands had their effect."""
        for command in commands:
            answer = decide(self.dossier, command, self.law, self.now)
            assert isinstance(answer, Decided), answer
            self._happened(answer)
        return self

    def when(self, command: Command, recorded: datetime | None = None) -> Answer:
        """What the command leads to; `recorded`: it is told then, not when it happened."""
        answer = decide(self.dossier, command, self.law, self.now, recorded)
        return Answer(self, answer)

    def _happened(self, decided: Decided) -> None:
        for each in decided.events:
            # What is stored is bytes: what was decided must survive them.
            event = decode(each.type, *encode(each), each.schema_version)
            self.dossier = evolve(self.dossier, event, self.now)
            self.past.append((event, self.now))
            assert not custody.faults(self.dossier)
        assert self.dossier == decided.dossier
        self.now += PACE


class Answer:
    """What a command led to."""

    def __init__(self, scenario: Scenario, answer: Decided | Rejected) -> None:
        self.scenario = scenario
        self.answer = answer

    def then(self, *expected: type[Event] | tuple[type[Event], dict[str, Any]]) -> Scenario:
        """Exactly these events, in this order; `a(Type, field=value)` looks into one."""
        assert isinstance(self.answer, Decided), self.answer
        wanted = [each if isinstance(each, tuple) else (each, {}) for each in expected]
        found = self.answer.events
        assert [type(event) for event in found] == [type_ for type_, _ in wanted]
        for event, (_, fields) in zip(found, wanted, strict=True):
            assert {name: getattr(event, name) for name in fields} == fields
        self.scenario._happened(self.answer)
        return self.scenario

    def refused(self, rule: str, *words: str) -> Scenario:
        """Refused by this rule, in a sentence that has these words; the dossier is as it was."""
        assert isinstance(self.answer, Rejected), self.answer
        assert self.answer.rule == rule, self.answer
        assert "{" not in self.answer.message
        assert self.answer.legal_basis == RULES[rule].legal_basis
        for word in words:
            assert word in self.answer.message, self.answer.message
        return self.scenario


def a(type_: type[Event], **fields: Any) -> tuple[type[Event], dict[str, Any]]:
    """An event of this type with these fields."""
    return type_, fields


def new(law: Law | None = None) -> Scenario:
    """Nothing has happened yet."""
    return Scenario(law)


def given(*commands: Command) -> Scenario:
    return Scenario().given(*commands)


def received(id_: str) -> Scenario:
    """A dossier of this procedure lies at the desk that received it."""
    scenario = Scenario()
    if procedure(id_).valid_from > "2021-03-01":
        scenario.on(*map(int, procedure(id_).valid_from.split("-")))
    return scenario.given(walker.receipt(scenario.law, procedure(id_), scenario.now))


def reached(
    id_: str, step: str, leg: str = "", mode: str = AT_WORK, idle: tuple[str, ...] = ()
) -> Scenario:
    """It went the straight way until this leg stood at this step (at work: somebody holds it).
    In the legs that are `idle` nothing was done."""
    scenario = received(id_)
    for _ in range(100):
        at = scenario.dossier.legs.get(leg)
        if at and at.open and (at.step, at.mode) == (step, mode):
            return scenario
        todo = walker.sensible(scenario.dossier, scenario.law, scenario.now)
        command = next(each for each in todo if each.leg not in idle)
        if command.act == "end-posting":
            scenario.later(days=31)
        scenario.given(command)
    raise AssertionError(f"{id_} never comes to {step!r}")


def finished(id_: str) -> Scenario:
    """It went the straight way to its end."""
    scenario = received(id_)
    while scenario.dossier.status != "ended":
        # The root comes first among the legs, and cannot end while another is open.
        *_, command = walker.sensible(scenario.dossier, scenario.law, scenario.now)
        if command.act == "end-posting":
            scenario.later(days=31)
        scenario.given(command)
    return scenario
