"""Messages that could not be applied: kept with the rows, then published as they came.

They are stored in the transaction that moves the cursor past them, and sent to the dead-letter
topic after it: whatever is killed, each arrives there at least once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, select, update

from consumers.broker import LARGEST, Broker
from consumers.checkpoints import insert_missing, letters
from consumers.home import Home
from consumers.outlet import Outlet
from schemas.cloudevents import Message
from schemas.topics import Topic

LONGEST_REASON = 500
AT_ONCE = 100


class Letter(msgspec.Struct, frozen=True):
    """One message, where it stood in its topic, and why it was not applied.

    `refused`: it is no event of its dossier's, which goes on without it; else it is one that
    cannot be applied, and waits parked as well. `dossier`: None when it names none.
    """

    topic: str
    partition: int
    position: int
    dossier: str | None
    reason: str
    refused: bool
    message: Message
    published: bool = False


def add(connection: Connection, subscription: str, new: Sequence[Letter]) -> None:
    """Stores the letters that are not stored yet."""
    rows = [
        {
            "subscription": subscription,
            "topic": each.topic,
            "partition": each.partition,
            "position": each.position,
            "dossier": each.dossier,
            "reason": plain(each.reason),
            "refused": int(each.refused),
            "message": msgspec.msgpack.encode(each.message),
        }
        for each in new
    ]
    insert_missing(connection, letters, rows)


def plain(reason: str) -> str:
    """A reason as it may be stored and sent: what is refused may have written part of it."""
    return reason.replace("\0", "\\0")[:LONGEST_REASON]


def listed(
    connection: Connection,
    subscription: str | None = None,
    *,
    refused: bool | None = None,
    limit: int = 1_000,
) -> list[tuple[str, Letter]]:
    """Letters with the subscription that stored them, by where they stood."""
    query = select(letters).order_by(*letters.primary_key.columns).limit(limit)
    if subscription is not None:
        query = query.where(letters.c.subscription == subscription)
    if refused is not None:
        query = query.where(letters.c.refused == int(refused))
    return [(row.subscription, _letter(row)) for row in connection.execute(query)]


def remove(connection: Connection, subscription: str, letter: Letter) -> None:
    """Forgets a letter: somebody has seen to it."""
    connection.execute(letters.delete().where(*_place(subscription, letter)))


def _place(subscription: str, letter: Letter) -> tuple[ColumnElement[bool], ...]:
    return (
        letters.c.subscription == subscription,
        letters.c.topic == letter.topic,
        letters.c.partition == letter.partition,
        letters.c.position == letter.position,
    )


class Post:
    """Publishes the letters of a subscription. Not for several threads."""

    def __init__(self, home: Home, broker: Broker, subscription: str, topic: Topic) -> None:
        self.topic = topic
        self._home = home
        self._name = subscription
        self._outlet = Outlet(broker, [topic])

    def publish(self) -> int:
        """Sends what was not sent yet; how many. Raises BrokerError, WrongTopic: then they are
        sent the next time, perhaps some of them again."""
        sent = 0
        while waiting := self._waiting():
            try:
                self._send(waiting)
            except BaseException:
                self.close()
                raise
            sent += len(waiting)
        return sent

    def close(self) -> None:
        self._outlet.close()

    def _waiting(self) -> list[Letter]:
        query = select(letters).where(letters.c.subscription == self._name)
        query = query.where(letters.c.published == 0).order_by(*letters.primary_key.columns)
        with self._home.engine.connect() as connection:
            return [_letter(row) for row in connection.execute(query.limit(AT_ONCE))]

    def _send(self, waiting: Sequence[Letter]) -> None:
        for each in waiting:
            self._outlet.send(self.topic, as_sent(each, self._name))
        self._outlet.flush()
        with self._home.begin() as connection:
            for each in waiting:
                told = update(letters).where(*_place(self._name, each)).values(published=1)
                connection.execute(told)


def as_sent(letter: Letter, consumer: str) -> Message:
    """The letter on the dead-letter topic: key, bytes and headers as they came, and `x-dlq-*`.

    What is too large for a topic goes without its bytes, which stay where it is parked.
    """
    message = letter.message
    said = {
        "x-dlq-reason": plain(letter.reason),
        "x-dlq-topic": letter.topic,
        "x-dlq-partition": str(letter.partition),
        "x-dlq-offset": str(letter.position),
        "x-dlq-consumer": consumer,
    }
    value, headers = message.value, message.headers
    weight = len(message.key or b"") + sum(len(name) + len(it or b"") for name, it in headers)
    if weight > LARGEST // 2:
        headers, weight = (), len(message.key or b"")
        said["x-dlq-left-out"] = "headers"
    if value is not None and weight + len(value) > LARGEST - 10_000:
        said["x-dlq-left-out"] = f"value of {len(value)} bytes"
        value = None
    ours = tuple((name, text.encode()) for name, text in said.items())
    return Message(message.key, value, (*headers, *ours), message.timestamp)


def _letter(row: Any) -> Letter:
    return Letter(
        row.topic,
        row.partition,
        row.position,
        row.dossier,
        row.reason,
        bool(row.refused),
        msgspec.msgpack.decode(row.message, type=Message),
        bool(row.published),
    )
