"""Virtual time: ticks are local seconds, and people act in office hours only."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from engine.core.calendar import DAY, Calendar, local_minute, utc
from engine.core.law import Law

DAY_TICKS = DAY * 60


def tick_of(moment: datetime) -> int:
    """The local second of a moment; what is below a second is dropped."""
    return local_minute(moment) * 60 + moment.second


def moment_of(tick: int) -> datetime:
    minute, second = divmod(tick, 60)
    return utc(minute) + timedelta(seconds=second)


def opening_of(day: date) -> int:
    """The tick at which a local day begins."""
    return day.toordinal() * DAY_TICKS


class OfficeHours:
    """Counts working time by the calendar that is known on the day."""

    def __init__(self, law: Law) -> None:
        self._law = law
        self._day = 0
        self._calendar = law.calendar_known_on(date.min)

    def calendar(self, tick: int) -> Calendar:
        day = tick // DAY_TICKS
        if day != self._day:
            self._day = day
            self._calendar = self._law.calendar_known_on(date.fromordinal(day))
        return self._calendar

    def later(self, tick: int, minutes: int, second: int) -> int:
        """When so many working minutes are over, in office hours and after `tick`."""
        calendar = self.calendar(tick)
        worked = calendar.worked_to(tick // 60)
        return (calendar.moment(worked + max(minutes, 2)) - 1) * 60 + second

    def between(self, tick: int, end: int) -> int:
        """Working minutes from one tick to another."""
        calendar = self.calendar(tick)
        return calendar.worked_to(end // 60) - calendar.worked_to(tick // 60)
