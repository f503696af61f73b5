"""Up to which moment views that Kafka feeds hold everything: a sweep may go so far and no further.

Who sweeps while events are still on their way raises what was answered long ago. So a moment is
taken, with the heads of the log at it; once the relay has published them, the ends of the topic are
taken; once every view that a sweep reads has come to these, all that was recorded by that moment is
in the views. Under a steady load that is a second or two behind.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from consumers import checkpoints
from consumers.broker import Broker, Reader
from consumers.home import Home
from consumers.relay import checkpoint_of
from consumers.tables import own_are_there
from engine.store.log import Log


class Complete:
    """`log`: None where it is out of reach; then it is taken that the relay keeps up with it.
    `needed`: the views that a sweep reads."""

    def __init__(
        self, home: Home, log: Log | None, broker: Broker, topic: str, needed: Collection[str]
    ) -> None:
        self._home = home
        self._log = log
        self._broker = broker
        self._topic = topic
        self._needed = needed
        self._reader: Reader | None = None
        self._relayed = False
        self._begin()

    def _begin(self) -> None:
        self._moment: datetime | None = None
        self._heads: Mapping[int, int] = {}
        self._ends: Mapping[int, int] | None = None

    def up_to(self, now: datetime) -> datetime | None:
        """A moment by which all is in the views, each once; None while none is known. Ask every
        second or so. Raises BrokerError, StoreError."""
        if self._moment is None:
            self._moment = now
            self._heads = {} if self._log is None else self._log.heads()
        if self._ends is None:
            if not self._published():
                return None
            self._ends = self._ends_now()
        if not self._in_the_views(self._ends):
            return None
        moment = self._moment
        self._begin()
        return moment

    def close(self) -> None:
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    def _published(self) -> bool:
        if self._log is None:
            return True
        sent: Mapping[int, int] = {}
        # No relay has ever worked on a store without these tables; once there, they stay.
        self._relayed = self._relayed or own_are_there(self._log.engine)
        if self._relayed:
            with self._log.engine.connect() as connection:
                sent = checkpoints.cursors(connection, checkpoint_of(self._topic))
        return all(sent.get(shard, 0) >= head for shard, head in self._heads.items())

    def _ends_now(self) -> Mapping[int, int]:
        if self._reader is None:
            self._reader = self._broker.reader(self._topic)
        return self._reader.ends()

    def _in_the_views(self, ends: Mapping[int, int]) -> bool:
        with self._home.engine.connect() as connection:
            known = checkpoints.views(connection)
            if not known.keys() >= set(self._needed):
                return False
            return all(
                _reached(checkpoints.cursors(connection, name), ends)
                for name in {known[view].subscription for view in self._needed}
            )


def _reached(cursors: Mapping[int, int], ends: Mapping[int, int]) -> bool:
    return all(cursors.get(partition, 0) >= end for partition, end in ends.items())
