"""What is taken away: dossiers with their events, one after the other, whatever the format."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from schemas.codec import loads
from schemas.envelope import Recorded, from_micros

if TYPE_CHECKING:
    from engine.store import Log

FORMATS = {"ocel": "application/json", "xes": "application/xml", "json": "application/json"}
"""How histories can be taken away -> media type."""


class Case(msgspec.Struct, frozen=True):
    """One dossier and everything that was recorded of it, in order; never empty."""

    code: str
    events: tuple[Recorded, ...]

    @property
    def opening(self) -> dict[str, Any]:
        """What the event that began it says."""
        found: dict[str, Any] = loads(self.events[0].payload)
        return found


def cases(log: Log, codes: Iterable[str]) -> Iterator[Case]:
    """Those of the dossiers that there are. Raises StoreError."""
    for code in codes:
        events = tuple(log.read_stream(code))
        if events:
            yield Case(code, events)


def said(event: Recorded) -> dict[str, Any]:
    """What an event says, without what is private and its digest: names and values as stored."""
    found: dict[str, Any] = loads(event.payload)
    found.pop("private", None)
    return found


def moment(micros: int) -> str:
    """As both formats write it: ISO 8601 in UTC."""
    return iso(from_micros(micros))


def iso(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
