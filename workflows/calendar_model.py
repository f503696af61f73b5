"""What a calendar file holds: frozen values, nothing computed.

`engine.core.calendar` builds its fast index from a `CalendarSource`; the values stand here
because the layers below the engine read and write the files.
"""

from __future__ import annotations

from datetime import date
from typing import Literal

import msgspec

from workflows.model import Text


class DayOff(msgspec.Struct, frozen=True):
    """A day without work that the week alone would not tell, and why.

    `holiday`: by law. `compensation`: the next working day for a holiday on a weekend.
    `swap`: off because another day off is worked instead. `decree`: given off, and not
    worked back. `source` names the decree; empty where it is the Labour Code.
    """

    day: date
    kind: Literal["holiday", "compensation", "swap", "decree"]
    name: Text
    source: str = ""


class DayWorked(msgspec.Struct, frozen=True):
    """A day of the weekend that is worked instead of another day."""

    day: date
    instead_of: date
    source: str


class CalendarSource(msgspec.Struct, frozen=True):
    """One version of the working calendar: what was known of it on `known_on`.

    `announced_to`: the last day covered by a published yearly schedule; later days follow
    the law's general rule and may still be swapped. `hours`: office hours, local time as
    ("HH:MM", "HH:MM"). `weekend`: ISO weekdays (6 Saturday, 7 Sunday).
    """

    version: str
    known_on: date
    announced_to: date
    first: date
    last: date
    zone: str
    hours: tuple[tuple[str, str], ...]
    weekend: tuple[int, ...]
    days_off: tuple[DayOff, ...]
    days_worked: tuple[DayWorked, ...]
