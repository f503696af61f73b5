"""The log -> Kafka. The log is the outbox: there is no other table to write to or to clean up.

A worker owns some shards. It reads their next events, sends them, waits until every one of them
has arrived, and then moves its checkpoint by compare-and-set. Whatever dies in between, the same
events are sent again: each at least once, and in the order of its dossier, for a dossier is in
one shard and a shard is one worker's. Who reads drops what he has seen (`consumers/subscription`).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime

import msgspec
from sqlalchemy import Connection

from consumers import checkpoints
from consumers.backoff import Backoff, Chance
from consumers.broker import Broker, BrokerError
from consumers.checkpoints import Fenced
from consumers.home import Home, ensure
from consumers.manifests import PERIOD, Manifests, metadata
from consumers.outlet import Outlet
from consumers.ownership import Lost, Ownership
from consumers.tables import open_own
from engine.ids import Clock
from engine.store.errors import StoreError
from engine.store.log import Log
from schemas.cloudevents import to_message
from schemas.envelope import SHARDS, Recorded, to_micros
from schemas.topics import events_topic

BATCH = 2_000
"""Events read, sent and checkpointed at once. After a crash so many may be sent again."""

Wait = Callable[[float], None]
"""Passes so many seconds, or fewer when the worker is to stop."""


def open_tables(home: Home) -> None:
    """Makes what a relay needs in the log's database, unless it is there."""
    open_own(home)
    ensure(home, metadata)


class Relayed(msgspec.Struct, frozen=True):
    """`events` sent in this round; `owned` shards; `trouble`: why nothing went, if so."""

    events: int
    owned: int
    trouble: str = ""


def checkpoint_of(topic: str) -> str:
    """The name under which the relay keeps how far it has published to a topic."""
    return f"relay:{topic}"


class Relay:
    """One worker. Not for several threads; several workers share the shards.

    `own`: gives the ownership anew after it was lost. `chance`: a number from 0 to 1, for the
    jitter of what it waits.
    """

    def __init__(
        self,
        log: Log,
        own: Callable[[], Ownership],
        broker: Broker,
        house: str,
        *,
        batch: int = BATCH,
        chance: Chance = random.random,
    ) -> None:
        self.log = log
        self.house = house
        self.topic = events_topic(house)
        self.batch = batch
        self._own = own
        self._outlet = Outlet(broker, [self.topic])
        self._backoff = Backoff(chance)
        self._name = checkpoint_of(self.topic.name)
        self._manifests = Manifests(log, house)
        self._owner: Ownership | None = None
        self._owned: frozenset[int] = frozenset()
        self._cursors: dict[int, int] = {}
        self._ahead: list[Recorded] = []
        """What follows the cursors, where that is known already."""

    def step(self) -> int:
        """Publishes the next events of the shards owned; how many, 0 when there is nothing new.

        Raises BrokerError when not all of them arrived, StoreError when the log cannot be read,
        Lost and Fenced when the shards are no longer this worker's, WrongTopic. Then nothing was
        checkpointed, and the worker owns nothing until it renews.
        """
        with self._or_anew():
            return self._publish()

    def renew(self) -> frozenset[int]:
        """Takes or gives back shards; those owned from now on. Call it every second or two."""
        with self._or_anew():
            if self._owner is None:
                self._owner = self._own()
            owned = self._owner.renew()
        if owned != self._owned:
            self._owned = owned
            self._load()
        return owned

    def catch_up(self, progress: Callable[[int], None] = lambda count: None) -> int:
        """Publishes until nothing is new; how many events. Raises what `step` raises."""
        total = 0
        while count := self.step():
            total += count
            progress(count)
        return total

    def run(
        self,
        stop: Callable[[], bool],
        wait: Wait,
        now: Callable[[], float],
        clock: Clock,
        told: Callable[[Relayed], None] = lambda relayed: None,
        *,
        idle: float = 0.02,
        renewed_every: float = 1.0,
    ) -> None:
        """Until `stop` says so. `now`: seconds that only grow; `clock`: the time of day.

        While Kafka or the database cannot be reached it tries again, ever less often, and never
        by the beat of others.
        """
        renewed = float("-inf")
        while not stop():
            try:
                if now() - renewed >= renewed_every:
                    self.renew()
                    self.account(clock())
                    renewed = now()
                sent = self.step()
            except (BrokerError, StoreError, Lost, Fenced) as trouble:
                renewed = float("-inf")
                told(Relayed(0, len(self._owned), str(trouble)))
                wait(self._backoff.failed())
                continue
            self._backoff.succeeded()
            if sent:
                told(Relayed(sent, len(self._owned)))
            else:
                wait(idle)

    def account(self, now: datetime, *, period: int = PERIOD) -> int:
        """Publishes the manifests that are due at `now` of what the shards owned have published;
        how many. `period` 0: of everything. Raises what `step` raises."""
        with self._or_anew():
            if not self._owned:
                return 0
            self._manifests.write(self._transaction(), self._cursors, to_micros(now), period=period)
            return self._manifests.send(self._transaction(), self._outlet)

    def close(self) -> None:
        """Gives the shards up, so that another worker takes them at once."""
        self._forget(owner=True)

    # --- one round ---

    def _publish(self) -> int:
        if not self._owned:
            return 0
        events, self._ahead = self._ahead or self._read(self._cursors), []
        if not events:
            return 0
        for event in events:
            self._outlet.send(self.topic, to_message(event, self.house))
        then = {event.shard: event.position for event in events}
        # While the broker takes these in.
        self._ahead = self._read({**self._cursors, **then})
        self._outlet.flush()
        self._advance(then)
        self._manifests.count(events)
        return len(events)

    def _read(self, cursors: Mapping[int, int]) -> list[Recorded]:
        return self.log.read_shards(cursors, limit=self.batch, previous=True)

    def _advance(self, then: Mapping[int, int]) -> None:
        with self._transaction() as connection:
            checkpoints.advance(connection, self._name, self._cursors, then)
        self._cursors.update(then)

    def _load(self) -> None:
        with self._transaction() as connection:
            checkpoints.start(connection, self._name, range(SHARDS))
            known = checkpoints.cursors(connection, self._name)
        self._cursors, self._ahead = {shard: known[shard] for shard in self._owned}, []
        self._manifests.forget()

    def _transaction(self) -> AbstractContextManager[Connection]:
        assert self._owner is not None, "only who owns shards has checkpoints to move"
        return self._owner.begin()

    @contextmanager
    def _or_anew(self) -> Iterator[None]:
        """After an error nobody knows what arrived: the next step begins at the checkpoint."""
        try:
            yield
        except (BrokerError, StoreError, Fenced):
            self._forget()
            raise
        except Lost:
            self._forget(owner=True)
            raise

    def _forget(self, *, owner: bool = False) -> None:
        self._outlet.close()
        self._manifests.forget()
        if owner and self._owner is not None:
            self._owner.close()
            self._owner = None
        self._owned, self._cursors, self._ahead = frozenset(), {}, []
