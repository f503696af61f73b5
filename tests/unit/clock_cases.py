"""What the tests of the clock share: two calendars, local times, and a due date that replays."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from engine.core.calendar import Calendar, build
from engine.core.clock import Extension, Pause, StartRule, derive
from tests.unit.clock_oracle import replay
from workflows.calendar_files import load
from workflows.model import Limit

LOCAL = timezone(timedelta(hours=7))
CALENDAR = build(load("vn-2026-01-13"))
BEFORE_SWAP = build(load("vn-2025-10-17"))


def at(text: str) -> datetime:
    """ "2026-01-05 09:15" local, in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=LOCAL).astimezone(UTC)


def local(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(LOCAL).strftime("%Y-%m-%d %H:%M")


def due(
    limit: str,
    start: str,
    rule: StartRule = "day-after",
    *pauses: Pause,
    cutoff: str | None = None,
    extension: str | None = None,
    calendar: Calendar = CALENDAR,
) -> str | None:
    """The due date; and its derivation must replay to it."""
    longer = Extension(Limit.parse(extension), "văn bản xin lỗi") if extension else None
    found = derive(
        calendar,
        Limit.parse(limit),
        at(start),
        rule=rule,
        cutoff=cutoff,
        pauses=pauses,
        extension=longer,
    )
    assert replay(found) == found.due
    return local(found.due)


def pause(
    since: str, until: str | None, ground: str = "supplement", *, again: bool = False
) -> Pause:
    ended = at(until) if until else None
    return Pause(ground, "PBS-1", at(since), ended, "restart" if again else "shift")
