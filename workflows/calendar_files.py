"""The committed versions of the working calendar, read from `workflows/calendars/`.

A version never changes after it was committed: receipts pin it, and years later it must give
the same dates whatever release of the `holidays` package is installed by then.
"""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path

import msgspec

from workflows.calendar_model import CalendarSource, DayOff, DayWorked

FOLDER = Path(__file__).parent / "calendars"


class CalendarFileError(Exception):
    """A calendar file is missing or malformed. The message names it."""


@cache
def load(version: str) -> CalendarSource:
    """The calendar of that version. Raises CalendarFileError."""
    path = FOLDER / f"{version}.json"
    if path not in _files():
        known = ", ".join(versions()) or "none"
        raise CalendarFileError(f"no calendar version {version!r}; there are: {known}")
    try:
        found = msgspec.json.decode(path.read_bytes(), type=CalendarSource)
    except msgspec.DecodeError as error:
        raise CalendarFileError(f"{path.name}: {error}") from error
    if found.version != version:
        raise CalendarFileError(f"{path.name}: it says that it is version {found.version!r}")
    return found


@cache
def versions() -> tuple[str, ...]:
    """Every committed version, the earliest known first."""
    return tuple(path.stem for path in _files())


def known_at(day: date) -> CalendarSource:
    """The newest version that was known on `day`.

    The earliest version stands for the time before it: nothing older was kept.
    """
    sources = [load(version) for version in versions()]
    known = [source for source in sources if source.known_on <= day] or sources[:1]
    return max(known, key=lambda source: source.known_on)


def _files() -> list[Path]:
    return sorted(FOLDER.glob("*.json"))


def encode(source: CalendarSource) -> bytes:
    """The file's bytes: one day a line, so that a difference can be read."""
    lines = []
    for field, value in msgspec.to_builtins(source).items():
        if field in ("days_off", "days_worked"):
            days = ",\n".join("  " + msgspec.json.encode(day).decode() for day in value)
            lines.append(f'"{field}": [\n{days}\n]')
        else:
            lines.append(f'"{field}": {msgspec.json.encode(value).decode()}')
    return ("{\n" + ",\n".join(lines) + "\n}\n").encode()


class DayChange(msgspec.Struct, frozen=True):
    """A day on which two versions disagree; None: that version has it as the week does."""

    day: date
    before: DayOff | DayWorked | None
    after: DayOff | DayWorked | None


def changes(before: CalendarSource, after: CalendarSource) -> list[DayChange]:
    """The days that are off or worked in one version and not in the other, or for another
    reason, in their order."""
    was, is_ = _entries(before), _entries(after)
    found = [DayChange(day, was.get(day), is_.get(day)) for day in sorted(was.keys() | is_)]
    return [each for each in found if _kept(each.before) != _kept(each.after)]


def _entries(source: CalendarSource) -> dict[date, DayOff | DayWorked]:
    off = {entry.day: entry for entry in source.days_off}
    return off | {entry.day: entry for entry in source.days_worked}


def _kept(entry: DayOff | DayWorked | None) -> object:
    """What makes a day another one: not the decree that it is quoted from."""
    return entry.name if isinstance(entry, DayOff) else entry and entry.instead_of
