"""Events that could not be applied, and those of the same dossier behind them."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection, delete, select, update

from consumers.checkpoints import insert_missing, parked
from consumers.transport import Delivery
from schemas.envelope import Recorded


class Parked(msgspec.Struct, frozen=True):
    """One parked event. `dropped`: somebody decided to leave it out for good."""

    dossier: str
    version: int
    partition: int
    position: int
    reason: str
    event: Recorded
    dropped: bool = False


def park(delivery: Delivery, reason: str) -> Parked:
    event = delivery.event
    # The private bytes stay in the log alone: what is destroyed there must not live on here.
    bare = msgspec.structs.replace(event, private=None)
    return Parked(event.stream, event.version, delivery.partition, event.position, reason, bare)


def add(connection: Connection, subscription: str, events: Sequence[Parked]) -> None:
    rows = [
        {
            "subscription": subscription,
            "dossier": each.dossier,
            "version": each.version,
            "partition": each.partition,
            "position": each.position,
            "reason": each.reason,
            "event": msgspec.msgpack.encode(each.event),
        }
        for each in events
    ]
    insert_missing(connection, parked, rows)


def listed(
    connection: Connection, subscription: str, dossier: str | None = None, limit: int = 1_000
) -> list[Parked]:
    """What is parked, in the order in which it will be applied, dropped ones included."""
    query = (
        select(parked)
        .where(parked.c.subscription == subscription)
        .order_by(parked.c.dossier, parked.c.version)
        .limit(limit)
    )
    if dossier is not None:
        query = query.where(parked.c.dossier == dossier)
    return [
        Parked(
            row.dossier,
            row.version,
            row.partition,
            row.position,
            row.reason,
            msgspec.msgpack.decode(row.event, type=Recorded),
            bool(row.dropped),
        )
        for row in connection.execute(query)
    ]


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


def drop(connection: Connection, subscription: str, dossier: str, version: int) -> bool:
    """Leaves one event out for good; False when it is not parked. Follow with a retry."""
    of = (
        parked.c.subscription == subscription,
        parked.c.dossier == dossier,
        parked.c.version == version,
        parked.c.dropped == 0,
    )
    return connection.execute(update(parked).where(*of).values(dropped=1)).rowcount == 1
