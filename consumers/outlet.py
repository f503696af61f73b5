"""A way out to Kafka: a producer that is made when there is something to send.

After an error nobody knows what a producer still holds: close the outlet, and what is sent next
goes by a new one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from schemas.cloudevents import Message
from schemas.topics import Topic


class Sends(Protocol):
    """A producer: see `consumers.broker.Producer`."""

    def send(self, topic: str, message: Message) -> None: ...

    def flush(self) -> None: ...

    def close(self) -> None: ...


class Carrier(Protocol):
    """What gives producers: see `consumers.broker.Broker`."""

    def producer(self) -> Sends: ...

    def check(self, topic: Topic) -> None: ...


class Outlet:
    """`checked`: topics that have to be as declared whenever a producer is made."""

    def __init__(self, carrier: Carrier, checked: Sequence[Topic] = ()) -> None:
        self._carrier = carrier
        self._checked = checked
        self._producer: Sends | None = None

    def send(self, topic: Topic, message: Message) -> None:
        """Hands a message over; it has not arrived before `flush` returns. Raises BrokerError,
        WrongTopic."""
        if self._producer is None:
            for each in self._checked:
                self._carrier.check(each)
            self._producer = self._carrier.producer()
        self._producer.send(topic.name, message)

    def flush(self) -> None:
        """Returns when everything sent has arrived. Raises BrokerError."""
        if self._producer is not None:
            self._producer.flush()

    def close(self) -> None:
        if self._producer is not None:
            self._producer.close()
            self._producer = None
