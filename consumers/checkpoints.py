"""How far each subscription has come, what it parked, and which rows are whose.

These tables stand beside the views and change in the same transaction as their rows.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import msgspec
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    bindparam,
    func,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from schemas.codec import dumps

metadata = MetaData()

checkpoints = Table(
    "checkpoints",
    metadata,
    Column("subscription", Text, primary_key=True),
    Column("partition", Integer, primary_key=True, autoincrement=False),
    Column("next", BigInteger, nullable=False),
)

catalogue = Table(
    "views",
    metadata,
    Column("name", Text, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("subscription", Text, nullable=False),
)
"""Which subscription feeds the rows of a view, made by which version of its handlers.
`generation` grows with each rebuild; names of indexes carry it."""

parked = Table(
    "parked_events",
    metadata,
    Column("subscription", Text, primary_key=True),
    Column("dossier", Text, primary_key=True),
    Column("version", BigInteger, primary_key=True, autoincrement=False),
    Column("hash", LargeBinary, primary_key=True),
    Column("partition", Integer, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("event", LargeBinary, nullable=False),
    Column("message", LargeBinary),
    Column("dropped", SmallInteger, nullable=False, server_default="0"),
)
"""The hash is part of the key: of two events that claim the same version one is forged, and
until the one before them has come nobody can tell which."""

followed = Table(
    "followed_dossiers",
    metadata,
    Column("subscription", Text, primary_key=True),
    Column("dossier", Text, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("hash", LargeBinary, nullable=False),
)
"""The last event applied of each dossier; kept only for a transport that is not exact."""

letters = Table(
    "dead_letters",
    metadata,
    Column("subscription", Text, primary_key=True),
    Column("topic", Text, primary_key=True),
    Column("partition", Integer, primary_key=True, autoincrement=False),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("dossier", Text),
    Column("reason", Text, nullable=False),
    Column("refused", SmallInteger, nullable=False),
    Column("message", LargeBinary, nullable=False),
    Column("published", SmallInteger, nullable=False, server_default="0"),
)
"""Messages that could not be applied, as they came: see `dead_letters.py`."""

sources = Table(
    "sources",
    metadata,
    Column("subscription", Text, primary_key=True),
    Column("topic", Text, nullable=False),
    Column("identity", Text, nullable=False),
)
"""The topic that the cursors of a subscription are places in. One that was made anew under the
same name has another identity, and the cursors mean nothing in it."""


class Fenced(Exception):
    """Another process has moved this subscription's cursors: it owns them now."""


class ViewInfo(msgspec.Struct, frozen=True):
    name: str
    version: int
    generation: int
    subscription: str


def insert_missing(
    connection: Connection, table: Table, rows: Sequence[Mapping[str, object]]
) -> int:
    """Inserts the rows whose key is not there yet; how many there were."""
    if not rows:
        return 0
    make = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    statement = make(table).on_conflict_do_nothing()
    return sum(connection.execute(statement, row).rowcount for row in rows)


def start(connection: Connection, subscription: str, partitions: Sequence[int]) -> None:
    """Gives a subscription its cursors, at the beginning, unless it has them."""
    rows = [{"subscription": subscription, "partition": each, "next": 0} for each in partitions]
    insert_missing(connection, checkpoints, rows)


def restart(connection: Connection, subscription: str) -> None:
    """Puts every cursor back to the beginning; whoever held another is fenced."""
    of = checkpoints.c.subscription == subscription
    connection.execute(update(checkpoints).where(of).values(next=0))


def source_of(connection: Connection, subscription: str) -> tuple[str, str] | None:
    """(topic, its identity) that the cursors belong to; None when nothing was read yet."""
    query = select(sources.c.topic, sources.c.identity)
    row = connection.execute(query.where(sources.c.subscription == subscription)).first()
    return None if row is None else (row.topic, row.identity)


def set_source(connection: Connection, subscription: str, topic: str, identity: str) -> None:
    connection.execute(sources.delete().where(sources.c.subscription == subscription))
    row = {"subscription": subscription, "topic": topic, "identity": identity}
    connection.execute(sources.insert(), row)


def forget(connection: Connection, subscription: str) -> None:
    """As if the subscription had never read anything. Its cursors stay, at the beginning."""
    restart(connection, subscription)
    for table in (parked, followed, sources):
        connection.execute(table.delete().where(table.c.subscription == subscription))


def cursors(connection: Connection, subscription: str, *, lock: bool = False) -> dict[int, int]:
    """`lock`: nobody moves them until the end of this transaction."""
    query = select(checkpoints.c.partition, checkpoints.c.next).where(
        checkpoints.c.subscription == subscription
    )
    if lock:
        query = query.order_by(checkpoints.c.partition).with_for_update()
    return dict(tuple(row) for row in connection.execute(query))


_ADVANCE = (
    update(checkpoints)
    .where(
        checkpoints.c.subscription == bindparam("of"),
        checkpoints.c.partition == bindparam("at"),
        checkpoints.c.next == bindparam("expected"),
    )
    .values(next=bindparam("then"))
)

_ADVANCE_AT_ONCE = f"""
    WITH moves AS (
        SELECT * FROM json_to_recordset(%s)
        AS r("of" text, "at" int, expected bigint, "then" bigint)
    ), locked AS (
        SELECT c.subscription, c.partition FROM {checkpoints.name} AS c
        JOIN moves ON c.subscription = moves."of" AND c.partition = moves."at"
        ORDER BY c.partition FOR UPDATE OF c
    )
    UPDATE {checkpoints.name} AS c SET next = moves."then" FROM moves, locked
    WHERE c.subscription = locked.subscription AND c.partition = locked.partition
    AND locked.subscription = moves."of" AND locked.partition = moves."at"
    AND c.next = moves.expected
"""
"""In one statement; in order, so that two who move the same cursors do not wait in a ring."""


def advance(
    connection: Connection,
    subscription: str,
    expected: Mapping[int, int],
    then: Mapping[int, int],
) -> None:
    """Compare and set. Raises Fenced when a cursor is not where it was expected."""
    rows = [
        {"of": subscription, "at": partition, "expected": expected[partition], "then": next_}
        for partition, next_ in sorted(then.items())
    ]
    if not rows:
        return
    if connection.dialect.name == "sqlite":
        moved = connection.execute(_ADVANCE, rows).rowcount
    else:
        moved = connection.exec_driver_sql(_ADVANCE_AT_ONCE, (dumps(rows).decode(),)).rowcount
    if moved != len(rows):
        raise Fenced(subscription)


def fed(connection: Connection, subscription: str) -> dict[str, int]:
    """The views that a subscription feeds, each with the version of its handlers."""
    query = select(catalogue.c.name, catalogue.c.version)
    rows = connection.execute(query.where(catalogue.c.subscription == subscription))
    return dict(tuple(row) for row in rows)


def views(connection: Connection) -> dict[str, ViewInfo]:
    """Every view that has rows, by name."""
    rows = connection.execute(select(catalogue)).mappings()
    return {row["name"]: ViewInfo(**row) for row in rows}


def record_view(connection: Connection, info: ViewInfo) -> None:
    connection.execute(catalogue.delete().where(catalogue.c.name == info.name))
    connection.execute(catalogue.insert().values(**msgspec.structs.asdict(info)))


def forget_views(connection: Connection, names: Collection[str]) -> None:
    """Nobody reads their rows any more; who makes such a view again makes new ones."""
    connection.execute(catalogue.delete().where(catalogue.c.name.in_(names)))


def parked_from(connection: Connection, subscription: str) -> dict[str, int]:
    """The dossiers that stand still, each with the first version that is parked."""
    query = (
        select(parked.c.dossier, func.min(parked.c.version))
        .where(parked.c.subscription == subscription, parked.c.dropped == 0)
        .group_by(parked.c.dossier)
    )
    return dict(tuple(row) for row in connection.execute(query))


def dropped(connection: Connection, subscription: str) -> set[tuple[str, int]]:
    """The events that somebody decided to leave out, for good: (dossier, version)."""
    query = select(parked.c.dossier, parked.c.version).where(
        parked.c.subscription == subscription, parked.c.dropped == 1
    )
    return {(dossier, version) for dossier, version in connection.execute(query)}
