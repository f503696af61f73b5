"""The office at work: a heap of next acts in virtual time, over the real runtime.

One act after the other, in the order of virtual time; each is decided when its time comes and
recorded at that time. What is decided is committed in large batches, at the latest at the end
of a window, where timers are swept. So the events depend on scenario, size and seed alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from heapq import heappop, heappush
from typing import cast

from app.simulation.arrivals import Arrival, arrivals
from app.simulation.case import Case, Plan
from app.simulation.chance import Chance
from app.simulation.conduct import Conduct
from app.simulation.gathering import Gathering
from app.simulation.scenario import Phase, Scenario
from app.simulation.staff import Staff
from app.simulation.tally import Tally
from app.simulation.worktime import DAY_TICKS, moment_of
from engine.core.law import Law
from engine.ids import Ids
from engine.runtime import Call, Runtime
from engine.store import Log
from schemas.rejection import Rejected

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


class Office:
    """Runs the phases of a scenario, one after the other, on one store.

    `expired`: the alerts on which it has acted, by letting a handover expire.
    """

    def __init__(
        self, scenario: Scenario, of_part: dict[str, int], log: Log, law: Law, seed: int
    ) -> None:
        self.clock = Clock()
        self.log = Gathering(log)
        self.runtime = Runtime(cast(Log, self.log), law, self.clock, Ids(self.clock, seed))
        self.cases: dict[str, Case] = {}
        self.dossiers = self.events = 0
        self.expired: set[bytes] = set()
        self._of_part = of_part
        self._arrivals = Chance(seed, "arrivals")
        conduct = scenario.conduct
        staff = Staff(
            law.organisation,
            conduct.pace,
            conduct.officers_differ,
            scenario.leaves or [],
            Chance(seed, "staff"),
        )
        self._conduct = Conduct(scenario, law, staff, Chance(seed, "conduct"), WINDOW)
        self._leaves = sorted(
            (date.fromisoformat(leave.day).toordinal() * DAY_TICKS, leave.officer)
            for leave in scenario.leaves or ()
        )
        self._heap: list[tuple[int, int, int, Case]] = []
        self._ids = Ids(self.clock, seed + 1)

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
                self._next(tally)
            self.log.flush()
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

    def _next(self, tally: Tally) -> None:
        """The act whose time has come."""
        tick, _, turn, case = heappop(self._heap)
        if turn != case.turn:
            return
        plan = case.next()
        assert plan is not None, "a case without a plan is not in the heap"
        performed = self._conduct.perform(case, case.dossier, plan)
        if performed is None:
            self._push(case)
            return
        command, command_id = performed
        self.clock.now = moment_of(tick)
        call = Call(command, command_id or self._ids(), case.code)
        (answer,) = self.runtime.handle_many([call])
        if isinstance(answer, Rejected):
            tally.rejected[f"{command.act}: {answer.rule}"] += 1
            self._again(case, tick)
            return
        tally.answered(answer)
        self.events += len(answer.events)
        if command_id is not None:
            self.expired.add(command_id)
        self._settle(case, answer.code, answer.version, tick, tally)

    def _settle(self, case: Case, code: str, version: int, tick: int, tally: Tally) -> None:
        dossier = case.dossier = self.runtime.current(code).dossier
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
            self._conduct.plan(case, case.dossier, tick + 3600)
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
                    case.plans = kept
                    self._conduct.plan(case, case.dossier, tick)
                    self._push(case)


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
