"""How a subscription gets events: batches of (partition, where it goes on, event).

From the log itself, here, or from Kafka (`kafka_transport.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from engine.store.log import Log
from schemas.cloudevents import Message
from schemas.envelope import SHARDS, Recorded


class Delivery(NamedTuple):
    """One event. `next` is where its partition goes on after it; `message` is what it came in,
    if it came in one."""

    partition: int
    next: int
    event: Recorded
    message: Message | None = None

    @property
    def place(self) -> int:
        """Where it stands in its partition: the offset, or the position in the log."""
        return self.event.position if self.message is None else self.next - 1


class Refused(NamedTuple):
    """A message that is no event of anybody's, and why."""

    partition: int
    next: int
    message: Message
    reason: str


class Rewound(Exception):
    """What the cursors point at is no longer there: the topic was cut off or made anew."""


class Transport(Protocol):
    """`exact`: within a partition every event comes once and in order, whatever crashed.

    One that is not exact may repeat, skip, or bring what is none; the subscription then keeps
    the last event of each dossier itself. `topic`: what the partitions are those of.
    """

    exact: bool
    topic: str

    def partitions(self) -> Sequence[int]:
        """Every partition that there is, read here or elsewhere."""

    def identity(self) -> str:
        """What the cursors are places in: they mean nothing in a thing of another identity."""

    def moved(self) -> bool:
        """Whether partitions came or went since this was asked last: then others may have moved
        the cursors."""

    def ends(self) -> Mapping[int, int]:
        """Where a cursor of each partition stands when it has read all that is there now."""

    def read(self, cursors: Mapping[int, int], limit: int) -> Sequence[Delivery | Refused]:
        """At most `limit` events beyond the cursors, in order within each partition.

        Returns soon, and nothing when there is nothing new. Raises Rewound.
        """


class LogTransport:
    """The log, read by a cursor per shard: a partition is a shard, a cursor a position.

    Exact: the unique (stream, version) of the log and the fence of its shards leave no way
    to miss an event or to see one twice beyond a cursor.
    """

    exact = True
    topic = "log"

    def __init__(self, log: Log) -> None:
        self._log = log

    def partitions(self) -> Sequence[int]:
        return range(SHARDS)

    def identity(self) -> str:
        return ""

    def moved(self) -> bool:
        return False

    def ends(self) -> Mapping[int, int]:
        return self._log.heads()

    def read(self, cursors: Mapping[int, int], limit: int) -> list[Delivery]:
        events = self._log.read_shards(cursors, limit=limit)
        return [Delivery(event.shard, event.position, event) for event in events]


class NoTransport:
    """Brings nothing: for who only works off what a subscription parked."""

    def __init__(self, topic: str, partitions: Sequence[int], *, exact: bool) -> None:
        self.exact = exact
        self.topic = topic
        self._partitions = partitions

    def partitions(self) -> Sequence[int]:
        return self._partitions

    def identity(self) -> str:
        return ""

    def moved(self) -> bool:
        return False

    def ends(self) -> Mapping[int, int]:
        return {}

    def read(self, cursors: Mapping[int, int], limit: int) -> list[Delivery]:
        return []
