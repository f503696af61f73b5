"""A topic of events as a transport: its partitions, of a group's member or all of them.

What comes from Kafka is believed when it is sealed: an event's own hash covers its headers and its
value. What is not is refused here and never reaches a dossier.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress

from consumers.broker import Broker, Reader
from consumers.transport import Delivery, Refused, Rewound
from schemas.cloudevents import BadMessage, Message, from_message
from schemas.envelope import Recorded

LONGEST_CODE = 200
"""Characters of a dossier's code; a longer one would not fit into an index."""

WAIT = 0.1
"""Seconds that a read waits for the first message."""


class KafkaTransport:
    """Not exact: the relay sends at least once, and anybody whom the broker lets may send.

    `reader` reads all partitions of the topic or, as a member of a group, those it is given.
    """

    exact = False

    def __init__(self, broker: Broker, topic: str, reader: Reader, *, wait: float = WAIT) -> None:
        self.topic = topic
        self._broker = broker
        self._reader = reader
        self._wait = wait

    def partitions(self) -> Sequence[int]:
        return self._reader.partitions

    def identity(self) -> str:
        return self._broker.identity(self.topic)

    def moved(self) -> bool:
        return self._reader.moved()

    def ends(self) -> dict[int, int]:
        """Raises BrokerError."""
        return self._reader.ends()

    def read(self, cursors: Mapping[int, int], limit: int) -> list[Delivery | Refused]:
        found: list[Delivery | Refused] = []
        for partition, offset, message in self._reader.read(cursors, limit, self._wait):
            if offset < cursors[partition]:
                raise Rewound(f"{self.topic}, partition {partition}")
            try:
                event = event_of(message)
            except BadMessage as bad:
                found.append(Refused(partition, offset + 1, message, str(bad)))
            else:
                found.append(Delivery(partition, offset + 1, event, message))
        return found

    def close(self) -> None:
        self._reader.close()


def event_of(message: Message) -> Recorded:
    """The event in a message, whatever it is made of. Raises BadMessage."""
    try:
        event = from_message(message)
    except BadMessage:
        raise
    except Exception as error:
        # Whoever wrote it meant to trip us.
        raise BadMessage(f"it cannot be read: {type(error).__name__}") from error
    if len(event.stream) > LONGEST_CODE or "\0" in event.stream:
        raise BadMessage("its subject is no code of a dossier")
    return event


def dossier_of(message: Message) -> str | None:
    """Whose a refused message claims to be, for who looks at it; None when it says nothing."""
    with suppress(AttributeError, UnicodeDecodeError):
        code = (message.key or b"").decode()
        if code and len(code) <= LONGEST_CODE and code.isprintable():
            return code
    return None
