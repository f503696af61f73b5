"""How far the views of a page are behind what feeds them."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

import msgspec

from consumers.lag import LogEnds, followers, whole

if TYPE_CHECKING:
    from app.house import House


class Lagging(msgspec.Struct, frozen=True):
    """`events` and `seconds` (of the events' time) that the farthest of the views is behind; None
    for one that Kafka feeds, of which only the broker knows."""

    views: tuple[str, ...]
    events: int | None
    seconds: float | None


def lagging(house: House, names: Collection[str]) -> Lagging:
    """Of these views together. Raises StoreError."""
    events, seconds, unknown = 0, 0.0, False
    ends = LogEnds(house.log)
    seen: dict[str, tuple[int, float]] = {}
    for each in followers(house.home):
        if each.name not in names:
            continue
        if each.source != "log":
            unknown = True
            continue
        if each.subscription not in seen:
            seen[each.subscription] = whole(ends.behind(each.cursors))
        late, behind = seen[each.subscription]
        events, seconds = max(events, late), max(seconds, behind)
    if unknown:
        return Lagging(tuple(names), None, None)
    return Lagging(tuple(names), events, seconds)
