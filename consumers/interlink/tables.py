"""What is kept beside the log: the histories that were taken over, and every message that came."""

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
    Table,
    Text,
    func,
    select,
)

from consumers.checkpoints import insert_missing
from consumers.home import Home, ensure
from consumers.tables import open_own

metadata = MetaData()

histories = Table(
    "interlink_histories",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("bytes", LargeBinary, nullable=False),
)

messages = Table(
    "interlink_messages",
    metadata,
    Column("topic", Text, primary_key=True),
    Column("partition", Integer, primary_key=True, autoincrement=False),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("id", Text, nullable=False),
    Column("house", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("verdict", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("handled_at", BigInteger, nullable=False),
)


class Handled(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one message. `verdict`: taken, again (it had been taken before), refused
    (with a receipt), noted (it says something and asks for nothing), or failed."""

    id: str = ""
    house: str = ""
    code: str = ""
    type: str = ""
    verdict: str = "taken"
    rule: str = ""
    why: str = ""


def open_tables(home: Home) -> None:
    """Makes the tables that are missing."""
    open_own(home)
    ensure(home, metadata)


def keep(home: Home, digest: str, content: bytes) -> None:
    """Keeps a history under its digest; once."""
    with home.begin() as connection:
        insert_missing(connection, histories, [{"digest": digest, "bytes": content}])


def kept(home: Home, digest: str) -> bytes | None:
    """The history with this digest, if it was kept."""
    query = select(histories.c.bytes).where(histories.c.digest == digest)
    with home.engine.connect() as connection:
        found: bytes | None = connection.execute(query).scalar_one_or_none()
    return None if found is None else bytes(found)


def note(connection: Connection, rows: Sequence[Mapping[str, object]]) -> None:
    """Writes down what became of messages; of one that came before, what became of it now."""
    for row in rows:
        place = (messages.c[name] == row[name] for name in ("topic", "partition", "position"))
        connection.execute(messages.delete().where(*place))
    if rows:
        connection.execute(messages.insert(), list(rows))


def handled(home: Home, limit: int = 1_000) -> list[Handled]:
    """What became of the last messages, the newest first."""
    columns = [messages.c[name] for name in Handled.__struct_fields__]
    query = select(*columns).order_by(messages.c.handled_at.desc()).limit(limit)
    with home.engine.connect() as connection:
        return [Handled(**row) for row in connection.execute(query).mappings()]


def tally(home: Home) -> dict[str, int]:
    """How many messages had each verdict."""
    query = select(messages.c.verdict, func.count()).group_by(messages.c.verdict)
    with home.engine.connect() as connection:
        return dict(tuple(row) for row in connection.execute(query))
