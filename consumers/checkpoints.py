"""How far each subscription has come, what it parked, and which rows are whose.

These tables stand beside the views and change in the same transaction as their rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

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
    "parked",
    metadata,
    Column("subscription", Text, primary_key=True),
    Column("dossier", Text, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("partition", Integer, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("event", LargeBinary, nullable=False),
    Column("dropped", SmallInteger, nullable=False, server_default="0"),
)

followed = Table(
    "followed",
    metadata,
    Column("subscription", Text, primary_key=True),
    Column("dossier", Text, primary_key=True),
    Column("version", Integer, nullable=False),
)
"""The last version applied of each dossier; kept only for a transport that is not exact."""


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


def set_followed(connection: Connection, rows: Sequence[Mapping[str, object]]) -> None:
    if not rows:
        return
    make = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    statement = make(followed)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=[followed.c.subscription, followed.c.dossier],
            set_={"version": statement.excluded.version},
        ),
        rows,
    )


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
    if rows and connection.execute(_ADVANCE, rows).rowcount != len(rows):
        raise Fenced(subscription)


def views(connection: Connection) -> dict[str, ViewInfo]:
    """Every view that has rows, by name."""
    rows = connection.execute(select(catalogue)).mappings()
    return {row["name"]: ViewInfo(**row) for row in rows}


def record_view(connection: Connection, info: ViewInfo) -> None:
    connection.execute(catalogue.delete().where(catalogue.c.name == info.name))
    connection.execute(catalogue.insert().values(**msgspec.structs.asdict(info)))


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
