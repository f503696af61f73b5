"""Plays a scenario on a store: the office, and beside it the views and the alerts."""

from __future__ import annotations

from datetime import date, datetime
from functools import partial

import msgspec

from app.house import House
from app.law import registry
from app.simulation.bar import Bar
from app.simulation.board import Alerts, Row, alerts_of, board
from app.simulation.feed import Feed
from app.simulation.office import Office
from app.simulation.scenario import Phase, Scenario
from app.simulation.tally import Tally
from app.simulation.worktime import DAY_TICKS, moment_of
from consumers.alerts import act_on
from consumers.rebuild import open_views
from consumers.views import all_views


class Played(msgspec.Struct, frozen=True):
    """What came out: a tally for each phase, and board and alerts at the end of the first.

    `seconds` and `rate` (events a second, views and alerts included) are real time.
    """

    tallies: list[Tally]
    board: list[Row]
    alerts: Alerts
    now: datetime
    seconds: float

    @property
    def events(self) -> int:
        return sum(tally.events for tally in self.tallies)

    @property
    def dossiers(self) -> int:
        return sum(tally.dossiers for tally in self.tallies)

    @property
    def rate(self) -> float:
        return self.events / max(self.seconds, 0.001)


def play(house: House, scenario: Scenario, of_part: dict[str, int], seed: int) -> Played:
    """Runs the scenario. Only the first phase raises alerts: the store's time stands at its
    end, where the later phases have not happened yet. Raises FeedFailed, StoreError."""
    open_views(house.log, house.log, all_views())
    office = Office(scenario, of_part, house.log, house.law, seed)
    now = end_of(scenario.phases[0])
    tallies = []
    with Feed(house.settings) as feed:
        bar = Bar(sum(of_part.values()))
        try:
            for number, phase in enumerate(scenario.phases):
                swept = partial(feed.window, sweep=number == 0)
                tallies.append(office.run(phase, swept, bar))
                feed.wait()
                if number == 0:
                    with house.log.engine.connect() as connection:
                        rows = board(connection, house.law.organisation, now)
                        raised = alerts_of(connection)
        finally:
            bar.clear()
        seconds = bar.seconds
    while act_on(house.log, lambda alerts: [each.id in office.expired for each in alerts]):
        pass
    registry.mark_simulated(house.log, now)
    return Played(tallies, rows, raised, now, seconds)


def end_of(phase: Phase) -> datetime:
    """The last minute of a phase's last day."""
    return moment_of((date.fromisoformat(phase.to).toordinal() + 1) * DAY_TICKS - 60)
