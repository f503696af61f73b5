"""A consumer of the house's events: feeds views from Kafka until it is stopped.

It reads, sweeps the timers, publishes what it had to refuse and fills gaps, in turn. Whatever it
loses, the broker or the database, it goes on by itself from where its cursors stand.
"""

from __future__ import annotations

import random
from collections.abc import Callable

import msgspec

from consumers.backoff import Backoff, Chance
from consumers.broker import Barred, BrokerError, WrongTopic
from consumers.checkpoints import Fenced
from consumers.dead_letters import Post
from consumers.kafka_transport import KafkaTransport
from consumers.subscription import Subscription
from engine.store.errors import StoreError

EVERY = 1.0
"""Seconds between two sweeps, and between two rounds of letters."""

MENDED_EVERY = 10.0
"""Seconds between two tries to fill the gaps that dossiers wait behind."""

MENDED = 50
"""So many of the dossiers that stand still are tried at once."""

BATCH = 4_000
"""Messages handled at once, when so many have come: the more, the fewer writes of each row."""

Wait = Callable[[float], None]


class Fed(msgspec.Struct, frozen=True):
    """`events` handled in one step; `trouble`: why nothing was, if so; `letters`: why what was
    refused is not published yet, if so."""

    events: int
    trouble: str = ""
    letters: str = ""


class Feed:
    """`subscribe`: a subscription anew, with a transport that `close` lets go of. `sweep`: raises
    what is due, where the timers are among the views. Not for several threads."""

    def __init__(
        self,
        subscribe: Callable[[], tuple[Subscription, KafkaTransport]],
        post: Post,
        sweep: Callable[[], None] | None = None,
        *,
        chance: Chance = random.random,
    ) -> None:
        self._subscribe = subscribe
        self._post = post
        self._sweep = sweep
        self._backoff = Backoff(chance)
        self._open: tuple[Subscription, KafkaTransport] | None = None
        self._swept = self._mended = float("-inf")

    def run(
        self,
        stop: Callable[[], bool],
        wait: Wait,
        now: Callable[[], float],
        told: Callable[[Fed], None] = lambda fed: None,
    ) -> None:
        """Until `stop` says so. `now`: seconds that only grow. Raises NotFed, Barred,
        WrongTopic."""
        letters = ""
        while not stop():
            try:
                handled = self.subscription.step()
                at = now()
                if at - self._mended >= MENDED_EVERY:
                    self.mend()
                    self._mended = at
                if at - self._swept >= EVERY:
                    letters = self.tidy()
                    self._swept = at
            except Barred:
                raise
            except Fenced:
                # Somebody else handled that batch. His work is done; go on behind it.
                self.subscription.load()
                continue
            except (BrokerError, StoreError) as trouble:
                self.close()
                told(Fed(0, str(trouble)))
                wait(self._backoff.failed())
                continue
            self._backoff.succeeded()
            told(Fed(handled, letters=letters))

    def tidy(self) -> str:
        """Sweeps, and publishes what was refused; why that could not be, if so: then it waits in
        the database, and events go on."""
        if self._sweep is not None:
            self._sweep()
        try:
            self._post.publish()
        except (BrokerError, WrongTopic) as trouble:
            return str(trouble)
        return ""

    def mend(self) -> None:
        """Tries to fill the gaps that dossiers wait behind."""
        feed = self.subscription
        if feed.source is not None:
            for dossier in list(feed.standing)[:MENDED]:
                feed.retry(dossier)

    def close(self) -> None:
        """Lets go of the broker; a member without a lasting name leaves its group."""
        if self._open is not None:
            self._open[1].close()
            self._open = None
        self._post.close()

    @property
    def subscription(self) -> Subscription:
        if self._open is None:
            self._open = self._subscribe()
        return self._open[0]
