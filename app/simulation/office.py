"""The office at work: a heap of next acts in virtual time, over the real runtime.

Time goes in windows. What is due in a window is handed to the runtime in rounds, each dossier
once a round, until the window is empty; then timers are swept at the window's end. So the
events depend on scenario, size and seed alone, not on how many commands a commit takes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from heapq import heappop, heappush

from app.simulation.arrivals import Arrival, arrivals
from app.simulation.case import Case, Plan
from app.simulation.chance import Chance
from app.simulation.conduct import Conduct
from app.simulation.scenario import Phase, Scenario
from app.simulation.staff import Staff
from app.simulation.tally import Tally
from app.simulation.worktime import DAY_TICKS, moment_of
from engine.core.dossier import Dossier
from engine.core.law import Law
from engine.ids import Ids
from engine.runtime import Call, Folded, Runtime
from engine.store import Append, Log
from schemas.rejection import Rejected

COMMIT = 512
"""The most commands handed to the runtime at once."""

WINDOW = DAY_TICKS // 4
"""The office's morning and its afternoon: how often timers are swept, how late an alert is."""

Swept = Callable[[datetime], None]
Progress = Callable[[int, int, datetime], None]
"""Dossiers and events so far, and the virtual time."""


class Clock:
    """Virtual time: it stands where the command that is being decided happens."""

    def __init__(self) -> None:
        self.now = datetime(2021, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


class VirtualRuntime(Runtime):
    """A runtime whose clock goes to the moment of each command as it is decided, so that
    what happened at 9:12 is recorded at 9:12, whatever else is in the batch."""

    def __init__(self, log: Log, law: Law, seed: int) -> None:
        self.virtual = Clock()
        super().__init__(log, law, self.virtual, Ids(self.virtual, seed))

    def _decide(self, call: Call, code: str, folded: Folded) -> tuple[Append, Folded] | Rejected:
        assert call.at is not None
        self.virtual.now = call.at
        return super()._decide(call, code, folded)


class Office:
    """Runs the phases of a scenario, one after the other, on one store."""

    def __init__(
        self, scenario: Scenario, of_part: dict[str, int], log: Log, law: Law, seed: int
    ) -> None:
        self.runtime = VirtualRuntime(log, law, seed)
        self.cases: dict[str, Case] = {}
        self.dossiers = self.events = 0
        self._of_part = of_part
        self._arrivals = Chance(seed, "arrivals")
        conduct = scenario.conduct
        staff = Staff(
            law.organisation,
            conduct.pace,
            conduct.officers_differ,
            scenario.leaves,
            Chance(seed, "staff"),
        )
        self._conduct = Conduct(scenario, law, staff, Chance(seed, "conduct"), WINDOW)
        self._leaves = sorted(
            (date.fromisoformat(leave.day).toordinal() * DAY_TICKS, leave.officer)
            for leave in scenario.leaves
        )
        self._heap: list[tuple[int, int, int, Case]] = []
        self._ids = Ids(self.runtime.virtual, seed + 1)

    def run(self, phase: Phase, swept: Swept, progress: Progress) -> Tally:
        """Everything of a phase; what is still open at its end stays so.

        `swept` is called at the end of each window in which something happened, and at
        the phase's own, a minute before midnight.
        """
        tally = Tally()
        coming = _Coming(arrivals(phase, self._of_part, self._conduct.hours, self._arrivals))
        end = (date.fromisoformat(phase.worked_off or phase.to).toordinal() + 1) * DAY_TICKS
        while True:
            first = min(coming.next_tick, self._heap[0][0] if self._heap else end)
            until = (first // WINDOW + 1) * WINDOW
            if first >= end:
                break
            self._leave(until)
            for arrival in coming.until(until):
                self._arrive(arrival)
            while self._heap and self._heap[0][0] < until:
                self._round(until, tally)
            swept(moment_of(min(until, end - 60)))
            progress(self.dossiers, self.events, moment_of(until))
        swept(moment_of(end - 60))
        self._heap.clear()
        self.cases.clear()
        return tally

    def _arrive(self, arrival: Arrival) -> None:
        self.dossiers += 1
        case = Case(self.dossiers, arrival.part, arrival.procedure)
        opening = self._conduct.opening(arrival, case)
        case.plans = {"": Plan(("", "new", None), arrival.tick, opening)}
        self._push(case)

    def _push(self, case: Case) -> None:
        plan = case.next()
        if plan is not None:
            case.turn += 1
            heappush(self._heap, (plan.tick, case.number, case.turn, case))

    def _round(self, until: int, tally: Tally) -> None:
        """Everything that is due before `until`, one act a dossier."""
        due: list[tuple[Case, int, Call]] = []
        while self._heap and self._heap[0][0] < until:
            tick, _, turn, case = heappop(self._heap)
            if turn == case.turn:
                call = self._call(case, tick)
                if call is not None:
                    due.append((case, tick, call))
        for start in range(0, len(due), COMMIT):
            batch = due[start : start + COMMIT]
            answers = self.runtime.handle_many([call for _, _, call in batch])
            for (case, tick, call), answer in zip(batch, answers, strict=True):
                if isinstance(answer, Rejected):
                    tally.rejected[f"{type(call.command).__name__}: {answer.rule}"] += 1
                    self._again(case, tick)
                    continue
                tally.answered(answer)
                self.events += len(answer.events)
                self._settle(case, answer.code, answer.version, tick, tally)

    def _call(self, case: Case, tick: int) -> Call | None:
        plan = case.next()
        assert plan is not None
        dossier = self._dossier(case.code) if case.code else Dossier("")
        performed = self._conduct.perform(case, dossier, plan)
        if performed is None:
            self._push(case)
            return None
        command, command_id = performed
        self.runtime.virtual.now = moment_of(tick)
        return Call(command, command_id or self._ids(), case.code, moment_of(tick))

    def _settle(self, case: Case, code: str, version: int, tick: int, tally: Tally) -> None:
        dossier = self._dossier(code)
        if not case.code:
            case.code = code
            self.cases[code] = case
            tally.opened(case.procedure)
        if not case.received and dossier.received_at is not None:
            self._conduct.received(case, dossier, tick)
            tally.received[case.part] += 1
        tally.moved(case, dossier, version)
        self._conduct.plan(case, dossier, tick)
        if dossier.status == "ended":
            del self.cases[code]
        else:
            self._push(case)

    def _again(self, case: Case, tick: int) -> None:
        """The engine refused what was planned: plan anew, an hour later."""
        case.plans, case.aside = {}, None
        if case.code:
            self._conduct.plan(case, self._dossier(case.code), tick + 3600)
            self._push(case)

    def _leave(self, until: int) -> None:
        """Whoever leaves in this window acts no more; what he had planned is planned anew."""
        while self._leaves and self._leaves[0][0] < until:
            tick, officer = self._leaves.pop(0)
            for case in list(self.cases.values()):
                kept = {
                    path: plan
                    for path, plan in case.plans.items()
                    if plan.command.actor != officer or plan.tick < tick
                }
                if len(kept) < len(case.plans):
                    dossier = self._dossier(case.code)
                    assert dossier.last_at is not None
                    case.plans = kept
                    self._conduct.plan(case, dossier, tick)
                    self._push(case)

    def _dossier(self, code: str) -> Dossier:
        return self.runtime.current(code).dossier


class _Coming:
    """Arrivals, a day at a time."""

    def __init__(self, days: Iterator[list[Arrival]]) -> None:
        self._days = days
        self._day: list[Arrival] = []
        self._at = 0
        self._fill()

    @property
    def next_tick(self) -> int:
        return self._day[self._at].tick if self._day else 1 << 62

    def until(self, tick: int) -> Iterator[Arrival]:
        while self.next_tick < tick:
            arrival = self._day[self._at]
            self._at += 1
            self._fill()
            yield arrival

    def _fill(self) -> None:
        if self._at >= len(self._day):
            self._day, self._at = next(self._days, []), 0
