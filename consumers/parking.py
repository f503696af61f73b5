"""Events that could not be applied, and those of the same dossier behind them."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection, delete, select, update

from consumers.checkpoints import insert_missing, parked
from consumers.dead_letters import plain
from consumers.transport import Delivery
from schemas.cloudevents import Message
from schemas.envelope import Recorded


class Parked(msgspec.Struct, frozen=True):
    """One parked event. `position`: where it stands in its partition, the offset or the position
    in the log. `message`: what it came in, if it came in one. `dropped`: somebody decided to
    leave it out for good."""

    dossier: str
    version: int
    partition: int
    position: int
    reason: str
    event: Recorded
    dropped: bool = False
    message: Message | None = None


def park(delivery: Delivery, reason: str, event: Recorded | None = None) -> Parked:
    """`event`: another than the one delivered, which was to be applied before it."""
    message = delivery.message if event is None else None
    event = event or delivery.event
    # The private bytes stay in the log alone: what is destroyed there must not live on here.
    bare = msgspec.structs.replace(event, private=None)
    at = delivery.partition, delivery.place
    return Parked(event.stream, event.version, *at, plain(reason), bare, False, message)


def add(connection: Connection, subscription: str, events: Sequence[Parked]) -> None:
    rows = [
        {
            "subscription": subscription,
            "dossier": each.dossier,
            "version": each.version,
            "hash": each.event.hash,
            "partition": each.partition,
            "position": each.position,
            "reason": each.reason,
            "event": msgspec.msgpack.encode(each.event),
            "message": None if each.message is None else msgspec.msgpack.encode(each.message),
        }
        for each in events
    ]
    insert_missing(connection, parked, rows)


def listed(
    connection: Connection,
    subscription: str,
    dossier: str | None = None,
    limit: int = 1_000,
    after: int = 0,
) -> list[Parked]:
    """What is parked, in the order in which it will be applied, dropped ones included; of a
    dossier, what comes `after` a version."""
    query = (
        select(parked)
        .where(parked.c.subscription == subscription)
        .order_by(parked.c.dossier, parked.c.version, parked.c.position)
        .limit(limit)
    )
    if dossier is not None:
        query = query.where(parked.c.dossier == dossier, parked.c.version > after)
    return [
        Parked(
            row.dossier,
            row.version,
            row.partition,
            row.position,
            row.reason,
            msgspec.msgpack.decode(row.event, type=Recorded),
            bool(row.dropped),
            row.message and msgspec.msgpack.decode(row.message, type=Message),
        )
        for row in connection.execute(query)
    ]


def subscriptions(connection: Connection) -> list[str]:
    """Who has parked anything."""
    return list(
        connection.scalars(select(parked.c.subscription).distinct().order_by("subscription"))
    )


def waiting(connection: Connection, subscription: str) -> list[Parked]:
    """What is parked and not dropped."""
    return [each for each in listed(connection, subscription) if not each.dropped]


def remove(connection: Connection, subscription: str, dossier: str, until: int) -> None:
    """Forgets what was parked up to a version; what was dropped stays on record."""
    connection.execute(
        delete(parked).where(
            parked.c.subscription == subscription,
            parked.c.dossier == dossier,
            parked.c.version <= until,
            parked.c.dropped == 0,
        )
    )


def forget(connection: Connection, subscription: str, event: Recorded) -> None:
    """Forgets one event that turned out to be none of its dossier's."""
    connection.execute(
        delete(parked).where(
            parked.c.subscription == subscription,
            parked.c.dossier == event.stream,
            parked.c.version == event.version,
            parked.c.hash == event.hash,
        )
    )


def drop(connection: Connection, subscription: str, dossier: str, version: int) -> bool:
    """Leaves one event out for good; False when it is not parked. Follow with a retry."""
    of = (
        parked.c.subscription == subscription,
        parked.c.dossier == dossier,
        parked.c.version == version,
        parked.c.dropped == 0,
    )
    return connection.execute(update(parked).where(*of).values(dropped=1)).rowcount > 0
