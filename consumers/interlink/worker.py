"""Both directions of one house: what its log has for others, and what others have for it."""

from __future__ import annotations

import random
from collections.abc import Callable

import msgspec

from consumers import checkpoints
from consumers.backoff import Backoff, Chance
from consumers.broker import BrokerError
from consumers.checkpoints import Fenced
from consumers.interlink.peers import Peers
from consumers.interlink.receiving import Carries, Receiver
from consumers.interlink.sending import Fault, Sender, no_fault
from consumers.interlink.tables import open_tables
from engine.runtime import Busy, Runtime
from engine.store.errors import StoreError
from schemas.topics import inbox_topic, receipts_topic

QUIET = 3
"""Rounds without anything new after which there is nothing more to hear."""


class Moved(msgspec.Struct, frozen=True):
    """One round: events looked through, messages taken; `trouble`: why nothing went, if so."""

    events: int = 0
    messages: int = 0
    trouble: str = ""


class Interlink:
    """The three workers of a house, in turn. Not for several threads; several processes do no
    harm, for what each says and takes has its effect once."""

    def __init__(
        self,
        runtime: Runtime,
        carrier: Carries,
        house: str,
        peers: Peers,
        *,
        fault: Fault = no_fault,
        chance: Chance = random.random,
    ) -> None:
        open_tables(runtime.log)
        self.sender = Sender(runtime, carrier, house, peers, fault=fault)
        self.receivers = [
            Receiver(runtime, carrier, house, peers, topic, fault=fault)
            for topic in (inbox_topic(house), receipts_topic(house))
        ]
        self._backoff = Backoff(chance)

    def step(self) -> Moved:
        """One step of each. Raises BrokerError, WrongTopic, StoreError, Busy, Fenced."""
        taken = sum(receiver.step() for receiver in self.receivers)
        return Moved(self.sender.step(), taken)

    def catch_up(self) -> Moved:
        """Until nothing is new for some rounds. Raises what `step` raises."""
        events = messages = quiet = 0
        while quiet < QUIET:
            moved = self.step()
            events, messages = events + moved.events, messages + moved.messages
            quiet = quiet + 1 if not moved.events and not moved.messages else 0
        return Moved(events, messages)

    def run(
        self,
        stop: Callable[[], bool],
        wait: Callable[[float], None],
        told: Callable[[Moved], None] = lambda moved: None,
        *,
        idle: float = 0.05,
    ) -> None:
        """Until `stop` says so. While Kafka or the database cannot be reached it tries again, ever
        less often; nothing is lost meanwhile."""
        while not stop():
            try:
                moved = self.step()
            except (BrokerError, StoreError, Busy, Fenced) as trouble:
                told(Moved(trouble=str(trouble) or type(trouble).__name__))
                wait(self._backoff.failed())
                continue
            self._backoff.succeeded()
            told(moved)
            if not moved.events and not moved.messages:
                wait(idle)

    def again(self) -> None:
        """From the beginning: says everything once more, and takes once more whatever is still in
        the topics. It does no harm, and makes up for what was lost on the way or failed here."""
        for name in (self.sender.name, *(receiver.name for receiver in self.receivers)):
            with self.sender.log.begin() as connection:
                checkpoints.restart(connection, name)

    def close(self) -> None:
        self.sender.close()
        for receiver in self.receivers:
            receiver.close()
