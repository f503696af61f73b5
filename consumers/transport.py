"""How a subscription gets events: batches of (partition, offset, event).

Now from the log itself; Kafka is another transport with the same face.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from engine.store.log import Log
from schemas.envelope import SHARDS, Recorded


class Delivery(NamedTuple):
    """One event. `next` is where its partition goes on after it."""

    partition: int
    next: int
    event: Recorded


class Transport(Protocol):
    """`exact`: within a partition every event comes once and in order, whatever crashed.

    One that is not exact may repeat or skip; the subscription then keeps the version of
    each dossier itself.
    """

    exact: bool

    def partitions(self) -> Sequence[int]:
        """Every partition that there is."""

    def read(self, cursors: Mapping[int, int], limit: int) -> list[Delivery]:
        """At most `limit` events beyond the cursors, in order within each partition.

        Returns at once, and nothing when there is nothing new.
        """


class LogTransport:
    """The log, read by a cursor per shard: a partition is a shard, a cursor a position.

    Exact: the unique (stream, version) of the log and the fence of its shards leave no way
    to miss an event or to see one twice beyond a cursor.
    """

    exact = True

    def __init__(self, log: Log) -> None:
        self._log = log

    def partitions(self) -> Sequence[int]:
        return range(SHARDS)

    def read(self, cursors: Mapping[int, int], limit: int) -> list[Delivery]:
        events = self._log.read_shards(cursors, limit=limit)
        return [Delivery(event.shard, event.position, event) for event in events]
