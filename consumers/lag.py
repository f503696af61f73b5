"""How far each view is behind the log."""

from __future__ import annotations

import msgspec

from consumers import checkpoints
from consumers.home import Home
from engine.store.log import Log


class Lag(msgspec.Struct, frozen=True):
    """`behind`: for each shard that is behind, the distance in positions (an upper bound of
    the events, since positions have gaps). `seconds`: from when the oldest event that the
    view has not seen was recorded to when the newest was; 0 when nothing is missing."""

    view: str
    version: int
    behind: dict[int, int]
    seconds: float


def lag(home: Home, log: Log) -> list[Lag]:
    """One for each view, by name."""
    with home.engine.connect() as connection:
        views = checkpoints.views(connection)
        cursors = {
            name: checkpoints.cursors(connection, name)
            for name in {info.subscription for info in views.values()}
        }
    heads = log.heads()
    behind = {
        name: {
            shard: heads[shard] - next_
            for shard, next_ in of.items()
            if heads.get(shard, 0) > next_
        }
        for name, of in cursors.items()
    }
    seconds = {name: _seconds(log, cursors[name], heads, behind[name]) for name in cursors}
    return [
        Lag(name, info.version, behind[info.subscription], seconds[info.subscription])
        for name, info in sorted(views.items())
    ]


def _seconds(
    log: Log, cursors: dict[int, int], heads: dict[int, int], behind: dict[int, int]
) -> float:
    oldest, newest = None, None
    for shard in behind:
        # The head itself is one read away: positions have gaps, but it is there.
        first = log.read_shard(shard, after=cursors[shard], limit=1)
        last = log.read_shard(shard, after=heads[shard] - 1, limit=1)
        for event in first:
            oldest = event.recorded_at if oldest is None else min(oldest, event.recorded_at)
        for event in last:
            newest = event.recorded_at if newest is None else max(newest, event.recorded_at)
    if oldest is None or newest is None:
        return 0.0
    return max(newest - oldest, 0) / 1e6
