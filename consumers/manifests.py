"""Publishes manifests of what was published: see `schemas/manifests.py`.

A manifest is written to a table before it is sent, in the transaction in which it was decided
where it ends. So whatever dies, the one with a number is always the same, and is sent until it has
arrived. It belongs to the relay: who owns a shard publishes its events and its manifests.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from typing import Any

import msgspec
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    bindparam,
    func,
    select,
    update,
)

from consumers.outlet import Outlet
from engine.store.log import Log
from schemas.codec import dumps
from schemas.envelope import Recorded, to_micros
from schemas.manifests import START, Manifest, manifest_in, manifest_message, manifest_of
from schemas.topics import events_topic, manifests_topic

FULL = 1_000
"""The most events of a manifest: what one that does not hold has to be searched for in."""

PERIOD = 60_000_000
"""Microseconds after which a shard that has anything new gets a manifest, full or not."""

metadata = MetaData()

manifests = Table(
    "manifests",
    metadata,
    Column("topic", Text, primary_key=True),
    Column("shard", Integer, primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("last", BigInteger, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("sent", SmallInteger, nullable=False),
)
_UNSENT = manifests.c.sent == 0
Index("manifests_unsent", manifests.c.topic, sqlite_where=_UNSENT, postgresql_where=_UNSENT)

_SENT = (
    update(manifests)
    .where(
        manifests.c.topic == bindparam("of_topic"),
        manifests.c.shard == bindparam("of_shard"),
        manifests.c.number == bindparam("of_number"),
    )
    .values(sent=1)
)


class _Open(msgspec.Struct):
    """What a shard's next manifest would hold: so many events, the first recorded at `since`."""

    count: int
    since: int

    def due(self, now: int, full: int, period: int) -> bool:
        return self.count >= full or (self.count > 0 and now - self.since >= period)


class Manifests:
    """The manifests of what a relay has published. `transaction`: on the connection that owns the
    shards, not begun yet."""

    def __init__(self, log: Log, house: str) -> None:
        self._open: dict[int, _Open] = {}
        self._log = log
        self._house = house
        self._topic = events_topic(house).name
        self.topic = manifests_topic(house)

    def count(self, published: Iterable[Recorded]) -> None:
        """Tells of events that have arrived, so that nobody has to read them again to see that no
        manifest is due yet. A shard of which nothing is known is looked at."""
        for event in published:
            waiting = self._open.get(event.shard)
            if waiting is not None:
                if waiting.count == 0:
                    waiting.since = event.recorded_at
                waiting.count += 1

    def forget(self) -> None:
        """Shards have come or gone: what was counted may be wrong."""
        self._open.clear()

    def write(
        self,
        transaction: AbstractContextManager[Connection],
        published: Mapping[int, int],
        now: int,
        *,
        full: int = FULL,
        period: int = PERIOD,
    ) -> int:
        """Writes down what is due of the shards in `published` (shard -> position up to which
        its events have arrived) at `now`; how many manifests. `period` 0: all that is new."""
        made: list[dict[str, Any]] = []
        due = {
            shard: until
            for shard, until in sorted(published.items())
            if shard not in self._open or self._open[shard].due(now, full, period)
        }
        if not due:
            return 0
        with transaction as connection:
            tips = self._tips(connection, due)
            for shard, until in due.items():
                number, last, rolling = tips.get(shard, (0, 0, START))
                self._open[shard] = _Open(0, 0)
                while last < until:
                    manifest = self._next(shard, number + 1, last, until, rolling, full)
                    rest = _Open(manifest.count, to_micros(manifest.since))
                    if not rest.due(now, full, period):
                        self._open[shard] = rest
                        break
                    number, last = manifest.number, manifest.last
                    rolling = bytes.fromhex(manifest.hash)
                    made.append(self._row(manifest, rolling))
            if made:
                connection.execute(manifests.insert(), made)
        return len(made)

    def send(self, transaction: AbstractContextManager[Connection], outlet: Outlet) -> int:
        """Sends what was written down and has not arrived; how many. Raises BrokerError."""
        query = (
            select(manifests.c.shard, manifests.c.number, manifests.c.content)
            .where(manifests.c.topic == self._topic, _UNSENT)
            .order_by(manifests.c.shard, manifests.c.number)
            .limit(FULL)
        )
        with self._log.engine.connect() as reading:
            waiting = reading.execute(query).all()
        if not waiting:
            return 0
        # Outside of any transaction: on SQLite it would keep everybody from appending meanwhile.
        for row in waiting:
            outlet.send(self.topic, manifest_message(manifest_in(row.content)))
        outlet.flush()
        with transaction as connection:
            arrived = [{"of_shard": row.shard, "of_number": row.number} for row in waiting]
            connection.execute(_SENT, [{"of_topic": self._topic, **each} for each in arrived])
        return len(waiting)

    def _next(
        self, shard: int, number: int, after: int, until: int, rolling: bytes, full: int
    ) -> Manifest:
        events = self._log.read_shard(shard, after=after, limit=full)
        events = [event for event in events if event.position <= until]
        return manifest_of(self._house, shard, number, events, rolling)

    def _tips(
        self, connection: Connection, shards: Mapping[int, int]
    ) -> dict[int, tuple[int, int, bytes]]:
        """Of each shard that has any: the number, the end and the hash of its last manifest."""
        newest = (
            select(manifests.c.shard, func.max(manifests.c.number).label("number"))
            .where(manifests.c.topic == self._topic, manifests.c.shard.in_(sorted(shards)))
            .group_by(manifests.c.shard)
            .subquery()
        )
        query = select(
            manifests.c.shard, manifests.c.number, manifests.c.last, manifests.c.hash
        ).join(
            newest,
            (manifests.c.shard == newest.c.shard) & (manifests.c.number == newest.c.number),
        )
        rows = connection.execute(query.where(manifests.c.topic == self._topic))
        return {row.shard: (row.number, row.last, row.hash) for row in rows}

    def _row(self, manifest: Manifest, rolling: bytes) -> dict[str, Any]:
        return {
            "topic": self._topic,
            "shard": manifest.shard,
            "number": manifest.number,
            "last": manifest.last,
            "hash": rolling,
            "content": dumps(manifest),
            "sent": 0,
        }
