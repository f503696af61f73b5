"""Beside the store: what administrators did, for good, and the files that they uploaded."""

from __future__ import annotations

import hashlib
from typing import Literal

import msgspec
import sqlalchemy as sa

from consumers.append_only import only_added_to
from consumers.home import Home, ensure

MOST_DRAFTS = 50
"""Files that are kept to be looked at; the oldest that was never activated goes first."""

metadata = sa.MetaData()

acts_table = sa.Table(
    "administration",
    metadata,
    sa.Column(
        "position",
        sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
        primary_key=True,
        autoincrement=True,
    ),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("account", sa.Text, nullable=False),
    sa.Column("act", sa.Text, nullable=False),
    sa.Column("what", sa.Text, nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
)


def _drafts(name: str) -> sa.Table:
    return sa.Table(
        name,
        metadata,
        sa.Column("digest", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("uploaded_at", sa.BigInteger, nullable=False),
        sa.Column("activated_at", sa.BigInteger),
        sa.Column("content", sa.LargeBinary, nullable=False),
    )


Kind = Literal["procedure", "agencies", "calendar"]
"""Of what a file defines."""

_TABLES: dict[Kind, sa.Table] = {
    "procedure": _drafts("procedure_drafts"),
    "agencies": _drafts("agency_drafts"),
    "calendar": _drafts("calendar_drafts"),
}

only_added_to(acts_table, "what administrators did is only added to")


class Act(msgspec.Struct, frozen=True):
    """Something an administrator did. `at`: microseconds since 1970, UTC; `act`: a stable word;
    `what` it was done to."""

    at: int
    account: str
    act: str
    what: str
    detail: str = ""


class Uploaded(msgspec.Struct, frozen=True):
    """A file that was uploaded, without what is in it. `digest`: SHA-256 (hex) of its bytes;
    moments are microseconds since 1970, UTC."""

    digest: str
    name: str
    account: str
    uploaded_at: int
    activated_at: int | None


class Draft(Uploaded, frozen=True):
    content: bytes


def open_records(home: Home) -> None:
    """Makes the tables unless they are there."""
    ensure(home, metadata)


def record(home: Home, act: Act) -> None:
    with home.begin() as connection:
        connection.execute(acts_table.insert().values(msgspec.structs.asdict(act)))


def acts(home: Home, limit: int = 50) -> list[Act]:
    """The last first."""
    of = acts_table.c
    query = sa.select(of.at, of.account, of.act, of.what, of.detail)
    with home.engine.connect() as connection:
        rows = connection.execute(query.order_by(of.position.desc()).limit(limit))
        return [Act(*row) for row in rows]


def keep(home: Home, kind: Kind, name: str, content: bytes, account: str, at: int) -> str:
    """Keeps a file, which may be there already; its digest."""
    digest = hashlib.sha256(content).hexdigest()
    table = _TABLES[kind]
    of = table.c
    with home.begin() as connection:
        if connection.scalar(sa.select(of.digest).where(of.digest == digest)) is None:
            never = sa.select(of.digest).where(of.activated_at.is_(None))
            surplus = never.order_by(of.uploaded_at.desc()).offset(MOST_DRAFTS - 1).limit(1_000)
            gone = list(connection.scalars(surplus))
            connection.execute(table.delete().where(of.digest.in_(gone)))
            connection.execute(
                table.insert().values(
                    digest=digest, name=name, account=account, uploaded_at=at, content=content
                )
            )
    return digest


def draft(home: Home, kind: Kind, digest: str) -> Draft | None:
    table = _TABLES[kind]
    with home.engine.connect() as connection:
        row = connection.execute(sa.select(table).where(table.c.digest == digest)).first()
    return None if row is None else Draft(*row)


def uploaded(home: Home, kind: Kind, *, activated: bool) -> list[Uploaded]:
    """The newest first; a megabyte each is not read to list them."""
    of = _TABLES[kind].c
    is_ = of.activated_at.is_not(None) if activated else of.activated_at.is_(None)
    query = sa.select(of.digest, of.name, of.account, of.uploaded_at, of.activated_at)
    with home.engine.connect() as connection:
        rows = connection.execute(query.where(is_).order_by(of.uploaded_at.desc()))
        return [Uploaded(*row) for row in rows]


def activated_files(home: Home, kind: Kind) -> list[bytes]:
    """What is in those that were activated, the newest first."""
    of = _TABLES[kind].c
    query = sa.select(of.content).where(of.activated_at.is_not(None))
    with home.engine.connect() as connection:
        return list(connection.scalars(query.order_by(of.uploaded_at.desc())))


def mark_activated(home: Home, kind: Kind, digest: str, at: int) -> None:
    table = _TABLES[kind]
    with home.begin() as connection:
        connection.execute(table.update().where(table.c.digest == digest).values(activated_at=at))
