"""Who comes when with what: one day after the other, never the whole year at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from math import floor

import msgspec

from app.simulation.chance import Chance, apportion
from app.simulation.scenario import Part, Phase, Scenario, size
from app.simulation.worktime import DAY_TICKS, OfficeHours, opening_of

ONLINE_FROM, ONLINE_HOURS = 6 * 3600, 17 * 3600
"""Online forms come from 6:00 to 23:00, on every working day."""

LAST_MINUTES = 10
"""Nobody is received in the last minutes before the office closes."""


class Arrival(msgspec.Struct, frozen=True):
    """A citizen with a dossier, at a tick."""

    tick: int
    part: str
    procedure: str
    desk: str
    online: bool


def sizes(scenario: Scenario, dossiers: int) -> dict[str, int]:
    """Dossiers of each part when there are so many in all. Raises ValueError for too few."""
    least = {part.id: max(part.at_least, len(part.mix)) for part in scenario.parts()}
    if dossiers < sum(least.values()):
        needed = sum(least.values())
        raise ValueError(f"{dossiers} dossiers are too few to show everything: at least {needed}")
    return apportion(dossiers, {part.id: size(part) for part in scenario.parts()}, least)


def arrivals(
    phase: Phase, of_part: dict[str, int], hours: OfficeHours, chance: Chance
) -> Iterator[list[Arrival]]:
    """The arrivals of each day on which somebody comes, in order."""
    streams = [stream for part in phase.parts for stream in _streams(part, phase, of_part, chance)]
    day = min(stream.first for stream in streams)
    last = date.fromisoformat(phase.to)
    counting = [stream.counts(hours) for stream in streams]
    while day <= last:
        found: list[Arrival] = []
        if hours.calendar(opening_of(day)).is_working(day):
            for stream, counts in zip(streams, counting, strict=True):
                number = counts.get(day, 0)
                found += (stream.arrival(day, hours, chance) for _ in range(number))
        if found:
            yield sorted(found, key=lambda arrival: arrival.tick)
        day += timedelta(days=1)


def _streams(
    part: Part, phase: Phase, of_part: dict[str, int], chance: Chance
) -> Iterator[_Stream]:
    number = of_part[part.id]
    over = part.carried_over
    carried = round(number * over.received / size(part)) if over else 0
    if over and carried:
        for id_, count in apportion(carried, over.mix, {}).items():
            yield _Stream(part, id_, count, over.from_, over.to, chance.share())
    least = dict.fromkeys(part.mix, 1) if number - carried >= len(part.mix) else {}
    for id_, count in apportion(number - carried, part.mix, least).items():
        yield _Stream(part, id_, count, part.from_, phase.to, chance.share())


class _Stream:
    """One procedure's dossiers in one part. `start`: from 0 to 1, where rounding begins."""

    def __init__(
        self, part: Part, procedure: str, number: int, first: str, last: str, start: float
    ) -> None:
        self.part = part
        self.procedure = procedure
        self.number = number
        self.first = date.fromisoformat(first)
        self.last = date.fromisoformat(last)
        self.start = start

    def counts(self, hours: OfficeHours) -> dict[date, int]:
        """How many come on each day: by month and weekday, `number` in all."""
        months = (self.part.busy or {}).get(self.procedure, self.part.months)
        days = [day for day in _days(self.first, self.last) if _works(hours, day)]
        in_month: dict[int, int] = {}
        for day in days:
            key = day.year * 12 + day.month
            in_month[key] = in_month.get(key, 0) + self.part.weekdays[min(day.weekday(), 4)]
        weights = [
            months[day.month - 1]
            * self.part.weekdays[min(day.weekday(), 4)]
            / in_month[day.year * 12 + day.month]
            for day in days
        ]
        whole, so_far, counts = sum(weights), 0.0, {}
        before = floor(self.start)
        for day, weight in zip(days, weights, strict=True):
            so_far += weight
            upto = floor(self.number * (so_far / whole) + self.start)
            counts[day] = upto - before
            before = upto
        # The last sum may miss 1 by a rounding error of the machine.
        counts[days[-1]] += self.number - (before - floor(self.start))
        return counts

    def arrival(self, day: date, hours: OfficeHours, chance: Chance) -> Arrival:
        online = chance.happens(f"online {self.part.id}", self.part.online)
        desk = chance.one_of(self.part.desks)
        if online:
            tick = opening_of(day) + ONLINE_FROM + chance.below(ONLINE_HOURS)
        else:
            minutes = 2 + chance.below(480 - LAST_MINUTES)
            tick = hours.later(opening_of(day), minutes, chance.below(60))
        return Arrival(tick, self.part.id, self.procedure, desk, online)


def _days(first: date, last: date) -> Iterable[date]:
    return (date.fromordinal(day) for day in range(first.toordinal(), last.toordinal() + 1))


def _works(hours: OfficeHours, day: date) -> bool:
    return hours.calendar(day.toordinal() * DAY_TICKS).is_working(day)
