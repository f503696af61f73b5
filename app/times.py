"""Moments as people write and read them: stored in UTC, shown in Asia/Ho_Chi_Minh."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from schemas.sentence import Sentence

if TYPE_CHECKING:
    from app.settings import Lang

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")

HOW = Sentence(
    "ISO 8601 with an offset (2021-03-04T08:30+07:00), or Vietnamese local time without one "
    "(2021-03-04 08:30, 04/03/2021 08:30), or a date"
)
"""How a moment may be written, for help texts."""

_VIETNAMESE = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})(.*)", re.DOTALL)
_SPAN = re.compile(r"(\d{1,5})\s*([mhdw])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def parse_moment(text: str, *, end_of_day: bool = False) -> datetime:
    """The moment in a text, aware UTC. A date is its beginning, or its end if asked for.

    Raises ValueError.
    """
    written = text.strip()
    if vietnamese := _VIETNAMESE.fullmatch(written):
        day, month, year, rest = vietnamese.groups()
        written = f"{year}-{month:>02}-{day:>02}{rest}"
    try:
        if len(written) <= 10:
            at = time.max if end_of_day else time.min
            moment = datetime.combine(date.fromisoformat(written), at)
        else:
            moment = datetime.fromisoformat(written)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=ZONE)
        # Both ways: at either end of all dates one of them has no such moment.
        return moment.astimezone(ZONE).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(
            Sentence("%(text)r is no moment; write %(how)s", text=text, how=HOW)
        ) from None


def parse_day(text: str) -> date:
    """The local day in a text. Raises ValueError."""
    return parse_moment(text).astimezone(ZONE).date()


def parse_span(text: str) -> timedelta:
    """ "3d", "12h", "30m", "2w" of calendar time. Raises ValueError."""
    found = _SPAN.fullmatch(text.strip().lower())
    if found is None:
        raise ValueError(
            Sentence("%(text)r is no length of time such as 3d, 12h, 30m or 2w", text=text)
        )
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def local(moment: datetime | int) -> datetime:
    """A moment (or microseconds since 1970) in Vietnamese time."""
    if isinstance(moment, int):
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=moment)
    return moment.astimezone(ZONE)


def iso(moment: datetime | int | None) -> str | None:
    """For JSON: ISO 8601 with the Vietnamese offset."""
    return None if moment is None else local(moment).isoformat()


def shown(moment: datetime | int | None, *, nothing: str = "–") -> str:
    """For people: "2021-03-04 08:30"."""
    return nothing if moment is None else f"{local(moment):%Y-%m-%d %H:%M}"


def working_time(minutes: int | None) -> str:
    """Working minutes as days of 8 hours: "2d 3h", "45m", "-1d 2h"; "–" for None."""
    if minutes is None:
        return "–"
    sign, left = ("-" if minutes < 0 else ""), abs(minutes)
    days, hours, rest = left // 480, left % 480 // 60, left % 60
    parts = [(days, "d"), (hours, "h"), (rest if not days else 0, "m")]
    words = [f"{count}{unit}" for count, unit in parts if count]
    return sign + " ".join(words) if words else "0m"


def elapsed(seconds: float) -> str:
    """Calendar time: "3d 4h", "4h 10m", "25m"."""
    minutes = int(seconds // 60)
    days, hours, rest = minutes // 1440, minutes % 1440 // 60, minutes % 60
    parts = [(days, "d"), (hours, "h"), (0 if days else rest, "m")]
    return " ".join(f"{count}{unit}" for count, unit in parts if count) or "0m"


def written(lang: Lang, moment: datetime | int | None, nothing: str = "–") -> str:
    """A moment as people write it: 10/03/2021 17:00 in Vietnamese, 2021-03-10 17:00 in English."""
    if moment is None or lang == "en":
        return shown(moment, nothing=nothing)
    return f"{local(moment):%d/%m/%Y %H:%M}"


def written_day(lang: Lang, day: date) -> str:
    """A day as people write it: 10/03/2021 in Vietnamese, 2021-03-10 in English."""
    return f"{day:%d/%m/%Y}" if lang == "vi" else day.isoformat()
