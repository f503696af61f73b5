"""Scenario files: who comes when with what, how fast officers work, what goes wrong how often.

Read with the same care as procedures: every error names file, line, column and field.
Shares are written in percent, lengths of time as limits ("3 hours", "2 days").
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from schemas.sentence import did_you_mean
from workflows.load import Catalogue
from workflows.model import Limit, Unit
from workflows.organisation import Organisation
from workflows.shape import Shape, TextShape, fit
from workflows.written import Chance, Day, LimitText, Name, Number, Share, Words
from workflows.yaml_source import Loc, Problem, Source, read_source

SCENARIOS = Path(__file__).parents[1] / "scenarios"

Months = list[Number]
"""A weight for each month, January first."""

Procedures = dict[str, Number]
"""The weight of each procedure, by its id."""


class Bad(Exception):
    """A scenario that cannot be used. `problems` has every error, not only the first."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)


class Spread(Shape):
    """A lognormal length of time: half of all are shorter than `typical`; `spread` is the
    standard deviation of the logarithm."""

    typical: LimitText
    spread: Share

    @property
    def minutes(self) -> float:
        """Working minutes of the median."""
        limit: Limit = self.typical
        return float(limit.amount) * (60 if limit.unit is Unit.WORKING_HOUR else 480)


class Pace(Shape):
    """How much of a step's limit an officer takes, and how soon he takes a dossier over."""

    typical: Share
    spread: Share
    takes_over: Spread


class Accidents(Shape):
    """What goes wrong, as shares of the occasions on which it can."""

    refused_at_receipt: Chance
    handover_refused: Chance
    handover_recalled: Chance
    supplement_asked: Chance
    supplement_asked_again: Chance
    supplement_unanswered: Chance
    refused_on_merits: Chance
    gate_refused: Chance
    part_of_group_refused: Chance
    suspended: Chance
    withdrawn: Chance
    apologised: Chance


class Waits(Shape):
    """What the office waits for."""

    answers_online: Spread
    supplies: Spread
    gives_up_after: LimitText
    pays: Spread
    closes_posting: Spread
    suspension: Spread
    decides_withdrawal: Spread
    offers_again: Spread


class Conduct(Shape):
    """How officers and citizens behave. Each role has its own pace, or the `default`."""

    pace: dict[Name, Pace]
    without_a_limit: LimitText
    officers_differ: Share
    minds_the_date: Chance
    accidents: Accidents
    waits: Waits
    returned_by: dict[Name, Number]


class Leaves(Shape):
    """An officer leaves on a day; his whole caseload goes to a colleague."""

    officer: Words
    day: Day
    to: Words


class CarriedOver(Shape):
    """Dossiers that are open when the counting begins, received before."""

    received: Number
    from_: Day
    to: Day
    mix: Procedures


class Published(Shape):
    """What the place itself has published of the same period."""

    received: Number
    resolved: Number
    early: Share | None = None
    on_time: Share | None = None
    overdue: Share | None = None


class Part(Shape):
    """One stream of citizens. `received` is at scale 1; `at_least` at any scale.

    `months` and `weekdays` are weights; `mix` holds the weight of each procedure, `busy`
    a procedure's own months where they differ.
    """

    id: Name
    title: TextShape
    desks: list[Name]
    received: Number
    at_least: Number = 1
    from_: Day
    carried_over: CarriedOver | None = None
    months: Months = [1] * 12
    weekdays: list[Number] = [1] * 5
    online: Chance = 0.0
    mix: Procedures
    busy: dict[str, Months] | None = None
    published: Published | None = None


class Phase(Shape):
    """A stretch of time. Figures are taken at the end of the day `to`; with `worked_off`,
    what is still open then is worked on until that day, and nobody new comes."""

    id: Name
    title: TextShape
    to: Day
    worked_off: Day | None = None
    parts: list[Part]


class Scenario(Shape):
    """The store is left at the end of the first phase; later ones are shown beside it.

    `source`: of what is published; `assumed`: sentences about everything else.
    """

    scenario: Name
    title: TextShape
    source: Words
    assumed: list[Words]
    scale: Chance
    phases: list[Phase]
    conduct: Conduct
    leaves: list[Leaves] | None = None

    def parts(self) -> Iterator[Part]:
        return (part for phase in self.phases for part in phase.parts)

    @property
    def dossiers(self) -> int:
        """How many there are at scale 1."""
        return sum(size(part) for part in self.parts())


def size(part: Part) -> int:
    """Dossiers of a part at scale 1, with those carried over."""
    return part.received + (part.carried_over.received if part.carried_over else 0)


def load_scenario(path: Path, catalogue: Catalogue, organisation: Organisation) -> Scenario:
    """The scenario of a file. Raises Bad with every error of it."""
    source = read_source(path)
    scenario = fit(source, Scenario) if source.value is not None else None
    if scenario is not None:
        source.problems += _Check(source, catalogue, organisation).all(scenario)
    if scenario is None or source.problems:
        raise Bad(source.problems)
    return scenario


class _Check:
    """What shapes cannot say: names that mean something, days in order."""

    def __init__(self, source: Source, catalogue: Catalogue, organisation: Organisation) -> None:
        self.source = source
        self.catalogue = catalogue
        self.organisation = organisation

    def all(self, scenario: Scenario) -> Iterator[Problem]:
        last = ""
        if not scenario.phases:
            yield self._problem(("phases",), "is empty")
        for number, phase in enumerate(scenario.phases):
            at: Loc = ("phases", number)
            if not phase.parts:
                yield self._problem((*at, "parts"), "is empty")
            if phase.to < last:
                yield self._problem((*at, "to"), "phases stand in order of time")
            if phase.worked_off and phase.worked_off < phase.to:
                yield self._problem((*at, "worked off"), f"is before the end, {phase.to}")
            for index, part in enumerate(phase.parts):
                yield from self._part((*at, "parts", index), part, phase)
                if part.from_ <= last:
                    message = f"begins before the phase before it is over, {last}"
                    yield self._problem((*at, "parts", index, "from"), message)
            last = phase.worked_off or phase.to
        if "default" not in scenario.conduct.pace:
            yield self._problem(("conduct", "pace"), "'default' is missing")
        for index, leave in enumerate(scenario.leaves or ()):
            for field, officer in (("officer", leave.officer), ("to", leave.to)):
                yield from self._officer(("leaves", index, field), officer)

    def _part(self, at: Loc, part: Part, phase: Phase) -> Iterator[Problem]:
        for name, few in (("desks", part.desks), ("mix", part.mix)):
            if not few:
                yield self._problem((*at, name), "is empty")
        if not sum(part.mix.values()):
            yield self._problem((*at, "mix"), "every weight is 0")
        yield from self._weights(at, part)
        if part.from_ > phase.to:
            yield self._problem((*at, "from"), f"is after the end of the phase, {phase.to}")
        functions = set()
        for index, desk in enumerate(part.desks):
            try:
                functions.add(self.organisation.agency(desk).function)
            except KeyError:
                known = {agency.id for agency in self.organisation.agencies()}
                message = f"there is no agency {desk!r}{did_you_mean(desk, known)}"
                yield self._problem((*at, "desks", index), message)
        mixes: list[tuple[Loc, Procedures, str]] = [((*at, "mix"), part.mix, part.from_)]
        if part.carried_over:
            over = part.carried_over
            mixes.append(((*at, "carried over", "mix"), over.mix, over.from_))
            if not over.from_ <= over.to < part.from_:
                message = f"must be over before the part begins, {part.from_}"
                yield self._problem((*at, "carried over", "to"), message)
        for where, mix, day in mixes:
            for id_ in mix:
                yield from self._procedure((*where, id_), id_, day, functions)

    def _weights(self, at: Loc, part: Part) -> Iterator[Problem]:
        """A weight for each month and each working day of the week, not all of them 0."""
        lists: list[tuple[Loc, list[int], int]] = [
            ((*at, "months"), part.months, 12),
            ((*at, "weekdays"), part.weekdays, 5),
        ]
        for id_, months in (part.busy or {}).items():
            lists.append(((*at, "busy", id_), months, 12))
            if id_ not in part.mix:
                message = f"{id_!r} is not in the mix{did_you_mean(id_, set(part.mix))}"
                yield self._problem((*at, "busy", id_), message)
        for where, weights, wanted in lists:
            if len(weights) != wanted or not sum(weights):
                message = f"must be {wanted} weights, not all of them 0; here are {len(weights)}"
                yield self._problem(where, message)

    def _procedure(self, at: Loc, id_: str, day: str, functions: set[str]) -> Iterator[Problem]:
        known = {procedure.id for procedure in self.catalogue}
        if id_ not in known:
            yield self._problem(at, f"there is no procedure {id_!r}{did_you_mean(id_, known)}")
            return
        procedure = self.catalogue.in_force(id_, day)
        if procedure is None:
            yield self._problem(at, f"{id_!r} is not in force on {day}")
        elif functions and procedure.desk not in functions:
            desks = ", ".join(sorted(functions))
            message = f"{id_!r} is received at a {procedure.desk}; the desks here: {desks}"
            yield self._problem(at, message)

    def _officer(self, at: Loc, officer: str) -> Iterator[Problem]:
        try:
            self.organisation.officer(officer)
        except KeyError:
            known = {each.id for each in self.organisation.officers()}
            yield self._problem(
                at, f"there is no officer {officer!r}{did_you_mean(officer, known)}"
            )

    def _problem(self, at: Loc, message: str) -> Problem:
        return self.source.problem(at, message, at_key=True)
