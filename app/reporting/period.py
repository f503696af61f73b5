"""The days that a report is about, and the moment it was known at."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta

import msgspec

from app.times import ZONE
from schemas.envelope import to_micros

_SHORT = re.compile(r"(\d{4})(?:-(?:(\d{2})|[Qq]([1-4])))?")

FIRST, LAST = date(1976, 1, 1), date(2199, 12, 31)
"""Between these the zone has one offset, and moments have room in a report's rows."""


class Period(msgspec.Struct, frozen=True):
    """From the first day to the last, both included. Raises ValueError when they are swapped
    or out of reach."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise ValueError(f"the period ends on {self.last}, before it begins on {self.first}")
        if self.first < FIRST or self.last > LAST:
            raise ValueError(f"a period lies between {FIRST} and {LAST}")

    @property
    def since(self) -> int:
        """Its first moment: microseconds since 1970."""
        return to_micros(_midnight(self.first))

    @property
    def until(self) -> int:
        """Its last moment: microseconds since 1970."""
        return to_micros(_midnight(self.last + timedelta(days=1))) - 1


def known_at(asked: datetime | None) -> datetime:
    """The moment that a report which is asked "as known at" shows: now, unless it asks for one
    before. What will be known later nobody can say; it would be other figures under one label."""
    now = datetime.now(UTC)
    return now if asked is None else min(asked, now)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, ZONE).astimezone(UTC)


def between(first: date | None, last: date | None) -> Period | None:
    """From one day to another, either of which may be open; None when both are. Raises
    ValueError."""
    return Period(first or FIRST, last or LAST) if first or last else None


def named(text: str) -> Period:
    """ "2021", "2021-03" or "2021-Q1". Raises ValueError."""
    found = _SHORT.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text!r} is no period such as 2021, 2021-03 or 2021-Q1")
    year, month, quarter = int(found[1]), found[2], found[3]
    try:
        if quarter:
            return _months(year, int(quarter) * 3 - 2, 3)
        return _months(year, int(month), 1) if month else _months(year, 1, 12)
    except (ValueError, OverflowError):
        raise ValueError(f"{text!r}: a period lies between {FIRST} and {LAST}") from None


def _months(year: int, month: int, count: int) -> Period:
    following = month + count
    end = date(year + (following - 1) // 12, (following - 1) % 12 + 1, 1)
    return Period(date(year, month, 1), end - timedelta(days=1))
