"""The working calendar, indexed: which days and which minutes are worked.

Inside the core a moment is a local minute: whole minutes since 0001-01-01 00:00 local time, so
that day and minute of day are one `divmod` apart and a day is `date.toordinal()`. Every count
is a subtraction of two dense indexes and every "n later" one lookup: nothing is searched.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import accumulate
from types import MappingProxyType
from typing import Literal

import msgspec

from workflows.calendar_model import CalendarSource
from workflows.model import Text

ZONE = "Asia/Ho_Chi_Minh"
DAY = 1440
WORKDAY = 480
"""Working minutes in a working day: the law counts 8 working hours as one day."""

# A fixed offset instead of the zone database, for speed. Safe for this zone alone: it has been
# UTC+7 without summer time since 13 June 1975, long before any dossier here.
_UTC_EPOCH = date(1970, 1, 1).toordinal() * DAY + 7 * 60

_LAST_DAY = date.max.toordinal()
_TOO_FAR = "so far away there is no date in any calendar"

Kind = Literal[
    "weekend",
    "holiday",
    "compensation",
    "swap",
    "decree",
    "pause",
    "restart",
    "cutoff",
    "after hours",
    "moved",
]


class CalendarError(Exception):
    """The calendar cannot answer: a day outside its range, or a malformed source."""


class Reason(msgspec.Struct, frozen=True):
    """Why a day does not count. `source` names the decree, or the evidence of a pause."""

    kind: Kind
    text: Text
    source: str = ""


_WEEKDAYS = {
    6: Reason("weekend", Text("Thứ bảy", "Saturday")),
    7: Reason("weekend", Text("Chủ nhật", "Sunday")),
}


def local_minute(moment: datetime) -> int:
    """The local minute in which `moment` lies; its seconds are dropped.

    Raises CalendarError for a datetime without a time zone.
    """
    if moment.tzinfo is None:
        raise CalendarError(f"{moment.isoformat()} has no time zone; moments are aware, in UTC")
    return int(moment.timestamp() // 60) + _UTC_EPOCH


def utc(minute: int) -> datetime:
    """The aware UTC datetime at which a local minute begins. Raises CalendarError for one that is
    in no year of a date."""
    try:
        return datetime.fromtimestamp((minute - _UTC_EPOCH) * 60, UTC)
    except (ValueError, OverflowError, OSError):
        raise CalendarError(_TOO_FAR) from None


def local_day(moment: datetime) -> date:
    """The local date on which `moment` lies. Raises CalendarError for a naive datetime, and in the
    last hours of the last year, when it is the next one here."""
    day = local_minute(moment) // DAY
    if day > _LAST_DAY:
        raise CalendarError(_TOO_FAR)
    return date.fromordinal(day)


def minute_of_day(text: str) -> int:
    """ "15:00" -> 900. Raises CalendarError."""
    hour, colon, minute = text.partition(":")
    if not (colon and len(text) == 5 and hour.isdecimal() and minute.isdecimal()):
        raise CalendarError(f"{text!r} is not a time of day such as 07:30")
    if int(hour) > 23 or int(minute) > 59:
        raise CalendarError(f"{text!r} is not a time of day such as 07:30")
    return int(hour) * 60 + int(minute)


class Calendar(msgspec.Struct, frozen=True, eq=False):
    """One version of the calendar, immutable and shared; make it with `build`.

    Compared and hashed by identity: load a version once. Days are ordinals, indexes are
    relative to `first`. `workdays`: the working days in order. `rank[i]`: how many of
    them are before day `first + i`. `spans`: office hours as minutes of the day.
    `done[m]`: working minutes of a day before its minute m; `reach[w]`: the earliest
    minute of a day by which w of them are done.
    """

    source: CalendarSource
    first: int
    workdays: tuple[int, ...]
    rank: tuple[int, ...]
    spans: tuple[tuple[int, int], ...]
    done: tuple[int, ...]
    reach: tuple[int, ...]
    reasons: MappingProxyType[int, Reason]
    worked_instead: MappingProxyType[int, Reason]

    def __repr__(self) -> str:
        return f"Calendar({self.version!r})"

    @property
    def version(self) -> str:
        return self.source.version

    @property
    def known_on(self) -> date:
        return self.source.known_on

    @property
    def opens(self) -> int:
        """Minute of the day at which the office opens."""
        return self.spans[0][0]

    @property
    def closes(self) -> int:
        """Minute of the day at which the office closes."""
        return self.spans[-1][1]

    def is_working(self, day: date) -> bool:
        """Whether the office works that day. Raises CalendarError outside the range."""
        return self.works(day.toordinal())

    def reason_off(self, day: date) -> Reason | None:
        """Why that day is off, None for a working day. A holiday goes before a weekend."""
        return None if self.is_working(day) else self.reasons[day.toordinal()]

    def works(self, day: int) -> bool:
        index = self._index(day)
        return self.rank[index] != self.rank[index + 1]

    def workdays_to(self, day: int) -> int:
        """How many working days the calendar has up to and including `day`."""
        index = day - self.first + 1
        if 0 <= index < len(self.rank):
            return self.rank[index]
        raise self._outside(day)

    def workday(self, rank: int) -> int:
        """The day that is the rank-th working day, from 1."""
        if 1 <= rank <= len(self.workdays):
            return self.workdays[rank - 1]
        raise self._outside(self.first - 1 if rank < 1 else self.first + len(self.rank) - 1)

    def next_workday(self, day: int) -> int:
        """`day` if it is worked, else the first working day after it."""
        return self.workday(self.workdays_to(day - 1) + 1)

    def worked_to(self, minute: int) -> int:
        """Working minutes of the calendar that end by that local minute."""
        day, of_day = divmod(minute, DAY)
        index = self._index(day)
        before = self.rank[index]
        if before == self.rank[index + 1]:
            return before * WORKDAY
        return before * WORKDAY + self.done[of_day]

    def moment(self, worked: int) -> int:
        """The earliest local minute by which that many working minutes are done."""
        before, rest = divmod(worked - 1, WORKDAY)
        return self.workday(before + 1) * DAY + self.reach[rest + 1]

    def closing(self, day: int) -> int:
        """The local minute at which the office closes on `day`."""
        return day * DAY + self.spans[-1][1]

    def _index(self, day: int) -> int:
        index = day - self.first
        if 0 <= index < len(self.rank) - 1:
            return index
        raise self._outside(day)

    def _outside(self, day: int) -> CalendarError:
        source = self.source
        asked = date.fromordinal(day) if 1 <= day <= date.max.toordinal() else "a day"
        return CalendarError(
            f"{asked} is outside calendar {source.version}, {source.first} to {source.last}"
        )


def build(source: CalendarSource) -> Calendar:
    """Indexes a calendar file. Takes milliseconds: do it once per version.

    Raises CalendarError when the file contradicts itself.
    """
    if source.zone != ZONE:
        raise CalendarError(f"{source.version}: zone {source.zone!r}; only {ZONE} is known")
    if source.first > source.last:
        raise CalendarError(f"{source.version}: it ends before it begins")
    spans = _office_hours(source)
    reasons, worked = _exceptions(source)
    workdays: list[int] = []
    rank = [0]
    for day in range(source.first.toordinal(), source.last.toordinal() + 1):
        weekday = day % 7 or 7  # 1 January of year 1, ordinal 1, was a Monday
        if weekday in source.weekend and day not in worked:
            reasons.setdefault(day, _WEEKDAYS[weekday])
        if day not in reasons:
            workdays.append(day)
        rank.append(len(workdays))
    done, reach = _office_index(spans)
    return Calendar(
        source=source,
        first=source.first.toordinal(),
        workdays=tuple(workdays),
        rank=tuple(rank),
        spans=spans,
        done=done,
        reach=reach,
        reasons=MappingProxyType(reasons),
        worked_instead=MappingProxyType(worked),
    )


def _office_hours(source: CalendarSource) -> tuple[tuple[int, int], ...]:
    spans = tuple((minute_of_day(opens), minute_of_day(closes)) for opens, closes in source.hours)
    edges = [edge for span in spans for edge in span]
    if not edges or edges != sorted(set(edges)):
        raise CalendarError(f"{source.version}: office hours {source.hours} are not in order")
    total = sum(closes - opens for opens, closes in spans)
    if total != WORKDAY:
        raise CalendarError(f"{source.version}: office hours make {total} minutes a day, not 480")
    return spans


def _office_index(spans: tuple[tuple[int, int], ...]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """`done` and `reach` of a Calendar."""
    office = [minute for begin, end in spans for minute in range(begin, end)]
    worked = set(office)
    done = tuple(accumulate((minute in worked for minute in range(DAY)), initial=0))
    return done, (spans[0][0], *(minute + 1 for minute in office))


def _exceptions(source: CalendarSource) -> tuple[dict[int, Reason], dict[int, Reason]]:
    """Days off and weekend days worked, by ordinal."""
    if unknown := set(source.weekend) - set(_WEEKDAYS):
        raise CalendarError(f"{source.version}: weekday {min(unknown)} cannot be the weekend")
    off = {
        entry.day.toordinal(): Reason(entry.kind, entry.name, entry.source)
        for entry in source.days_off
    }
    worked = {}
    for entry in source.days_worked:
        day = entry.day.toordinal()
        if day in off:
            raise CalendarError(f"{source.version}: {entry.day} is both off and worked")
        if entry.day.isoweekday() not in source.weekend:
            raise CalendarError(f"{source.version}: {entry.day} is worked anyway")
        text = Text(
            f"Làm bù cho ngày {entry.instead_of:%d/%m/%Y}",
            f"Worked instead of {entry.instead_of}",
        )
        worked[day] = Reason("swap", text, entry.source)
    return off, worked
