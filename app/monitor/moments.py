"""What "now" means on a board: from when on what is due counts as due soon, or as overdue."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from app.times import local
from consumers.views.board import Moments, Pin
from engine.core.rules import Refusal
from schemas.envelope import to_micros

if TYPE_CHECKING:
    from app.house import House

FARTHEST = timedelta(days=400)
"""No policy warns earlier than that."""


def moments(house: House, pins: Iterable[Pin]) -> Moments:
    """For the house's now; by the policy of each version of a procedure."""
    now = house.now
    return Moments(to_micros(_midnight(now)), {pin: soon_until(house, pin, now) for pin in pins})


def this_month(house: House) -> tuple[int, int]:
    """The first moment of the local month and the last of today, in microseconds since 1970: what
    another server did just now counts, whose clock is ahead of this one's."""
    today = _midnight(house.now)
    return to_micros(today.replace(day=1)), to_micros(today + timedelta(days=1)) - 1


def _midnight(now: datetime) -> datetime:
    return local(now).replace(hour=0, minute=0, second=0, microsecond=0)


def soon_until(house: House, pin: Pin, now: datetime) -> int:
    """The last moment to fall due of which the policy warns by now (microseconds since 1970): the
    alert's own question, asked the other way round. Now itself where nobody can tell."""
    low, high = 0, int(FARTHEST.total_seconds() // 60)
    try:
        while high - low > 1:
            middle = (low + high) // 2
            warned = house.warn_at(now + timedelta(minutes=middle), *pin) <= now
            low, high = (middle, high) if warned else (low, middle)
    except Refusal:
        low = 0
    return to_micros(now + timedelta(minutes=low))
