"""How far views are behind what they are fed from, and the relay behind the log."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import closing

import msgspec
from sqlalchemy import func, select, union_all

from consumers import checkpoints
from consumers.broker import Broker, BrokerError, Reader
from consumers.home import Home
from consumers.subscription import LIVE
from engine.store.errors import in_plain_words
from engine.store.log import Log
from engine.store.schema import events
from schemas.cloudevents import Message

WAIT = 5.0
"""Seconds in which a broker gives the message that it says it has."""


class Lag(msgspec.Struct, frozen=True):
    """`behind`: for each shard that is behind, the distance in positions (an upper bound of
    the events, since positions have gaps). `seconds`: from when the oldest event that the
    view has not seen was recorded to when the newest was; 0 when nothing is missing."""

    view: str
    version: int
    behind: dict[int, int]
    seconds: float


class Behind(msgspec.Struct, frozen=True):
    """One partition or shard. `next`: its cursor; `end`: the head of the shard, or the offset
    after the last message; `events` beyond the cursor; `seconds` of event time between the first
    and the last of them, and at least a microsecond while there is any."""

    partition: int
    next: int
    end: int
    events: int
    seconds: float


class LogEnds:
    """Heads of the shards of a log."""

    def __init__(self, log: Log) -> None:
        self._log = log

    def behind(self, cursors: Mapping[int, int]) -> list[Behind]:
        heads = self._log.heads()
        late = {shard: next_ for shard, next_ in cursors.items() if heads.get(shard, 0) > next_}
        counts = self._counts(late)
        found = []
        for shard, next_ in sorted(cursors.items()):
            seconds = 0.0
            if shard in late:
                [first, *_] = self._log.read_shard(shard, after=next_, limit=1)
                # The head itself is one read away: positions have gaps, but it is there.
                [last, *_] = self._log.read_shard(shard, after=heads[shard] - 1, limit=1)
                seconds = _between(first.recorded_at, last.recorded_at)
            end = heads.get(shard, 0)
            found.append(Behind(shard, next_, end, counts.get(shard, 0), seconds))
        return found

    def _counts(self, late: Mapping[int, int]) -> dict[int, int]:
        if not late:
            return {}
        queries = [
            select(events.c.shard, func.count())
            .where(events.c.shard == shard, events.c.position > next_)
            .group_by(events.c.shard)
            for shard, next_ in late.items()
        ]
        engine = self._log.engine
        name = engine.url.render_as_string(hide_password=True)
        with in_plain_words(name), engine.connect() as connection:
            return dict(tuple(row) for row in connection.execute(union_all(*queries)))


class KafkaEnds:
    """Offsets of a topic. Raises BrokerError, WrongTopic."""

    def __init__(self, broker: Broker, topic: str) -> None:
        self._broker = broker
        self._topic = topic

    def behind(self, cursors: Mapping[int, int]) -> list[Behind]:
        with closing(self._broker.reader(self._topic)) as reader:
            ends = reader.ends()
        found = []
        for part, next_ in sorted(cursors.items()):
            end = ends.get(part, 0)
            seconds = self._seconds(part, next_, end - 1) if end > next_ else 0.0
            found.append(Behind(part, next_, end, max(end - next_, 0), seconds))
        return found

    def _seconds(self, part: int, first: int, last: int) -> float:
        # A message's time is when its event was recorded, in milliseconds.
        with closing(self._broker.reader(self._topic, [part])) as reader:
            times = [_at(reader, part, place).timestamp * 1000 for place in (first, last)]
        return _between(*times)


def _at(reader: Reader, part: int, place: int) -> Message:
    found = reader.read({part: place}, 1, WAIT)
    if not found:
        raise BrokerError(f"Kafka does not give partition {part} from offset {place}.")
    return found[0].message


def _between(first: int, last: int) -> float:
    return max((last - first) / 1e6, 1e-6)


class Follower(msgspec.Struct, frozen=True):
    """Who follows the log or a topic: a view, or the relay (`version` None). `source`: what it
    follows, `log` or the name of a topic."""

    name: str
    subscription: str
    source: str
    cursors: dict[int, int]
    version: int | None = None


def followers(home: Home) -> list[Follower]:
    """Every view in this database, by name, and then the relays."""
    with home.engine.connect() as connection:
        views = checkpoints.views(connection)
        query = select(checkpoints.checkpoints.c.subscription).distinct()
        names = sorted(connection.scalars(query))
        cursors = {name: checkpoints.cursors(connection, name) for name in names}
        topics = {name: checkpoints.source_of(connection, name) for name in names}
    found = []
    for name, info in sorted(views.items()):
        topic = topics.get(info.subscription)
        where = cursors.get(info.subscription, {})
        source = topic[0] if topic else "log"
        found.append(Follower(name, info.subscription, source, where, info.version))
    relays = [name for name in names if name.startswith("relay:")]
    return found + [Follower(name, name, "log", cursors[name]) for name in relays]


def whole(parts: Iterable[Behind]) -> tuple[int, float]:
    """Events and seconds behind, of all partitions together."""
    parts = list(parts)
    return sum(each.events for each in parts), max((each.seconds for each in parts), default=0.0)


def lag(home: Home, log: Log) -> list[Lag]:
    """One for each view that is fed from the log, by name."""
    with home.engine.connect() as connection:
        views = {
            name: info
            for name, info in checkpoints.views(connection).items()
            if info.subscription == LIVE
        }
        cursors = checkpoints.cursors(connection, LIVE)
    heads = log.heads()
    behind = {
        shard: heads[shard] - next_
        for shard, next_ in cursors.items()
        if heads.get(shard, 0) > next_
    }
    seconds = _seconds(log, cursors, heads, behind)
    return [Lag(name, info.version, behind, seconds) for name, info in sorted(views.items())]


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
