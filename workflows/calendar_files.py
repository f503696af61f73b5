"""The committed versions of the working calendar, read from `workflows/calendars/`.

A version never changes after it was committed: receipts pin it, and years later it must give
the same dates whatever release of the `holidays` package is installed by then.
"""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path

import msgspec

from workflows.calendar_model import CalendarSource

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
