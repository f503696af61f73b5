"""Beside the store: what administrators did, for good, and the files that they uploaded."""

from __future__ import annotations

import hashlib

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

drafts_table = sa.Table(
    "procedure_drafts",
    metadata,
    sa.Column("digest", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("account", sa.Text, nullable=False),
    sa.Column("uploaded_at", sa.BigInteger, nullable=False),
    sa.Column("activated_at", sa.BigInteger),
    sa.Column("content", sa.LargeBinary, nullable=False),
)


only_added_to(acts_table, "what administrators did is only added to")


class Act(msgspec.Struct, frozen=True):
    """Something an administrator did. `at`: microseconds since 1970, UTC; `act`: a stable word;
    `what` it was done to."""

    at: int
    account: str
    act: str
    what: str
    detail: str = ""


class Draft(msgspec.Struct, frozen=True):
    """A file that was uploaded. `digest`: SHA-256 (hex) of its bytes; moments are microseconds
    since 1970, UTC."""

    digest: str
    name: str
    account: str
    uploaded_at: int
    activated_at: int | None
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


def keep(home: Home, name: str, content: bytes, account: str, at: int) -> str:
    """Keeps a file, which may be there already; its digest."""
    digest = hashlib.sha256(content).hexdigest()
    of = drafts_table.c
    with home.begin() as connection:
        if connection.scalar(sa.select(of.digest).where(of.digest == digest)) is None:
            never = sa.select(of.digest).where(of.activated_at.is_(None))
            surplus = never.order_by(of.uploaded_at.desc()).offset(MOST_DRAFTS - 1).limit(1_000)
            gone = list(connection.scalars(surplus))
            connection.execute(drafts_table.delete().where(of.digest.in_(gone)))
            connection.execute(
                drafts_table.insert().values(
                    digest=digest, name=name, account=account, uploaded_at=at, content=content
                )
            )
    return digest


def draft(home: Home, digest: str) -> Draft | None:
    of = drafts_table.c
    with home.engine.connect() as connection:
        row = connection.execute(sa.select(drafts_table).where(of.digest == digest)).first()
    return None if row is None else Draft(*row)


def drafts(home: Home, *, activated: bool) -> list[Draft]:
    """The newest first."""
    of = drafts_table.c
    is_ = of.activated_at.is_not(None) if activated else of.activated_at.is_(None)
    query = sa.select(drafts_table).where(is_).order_by(of.uploaded_at.desc())
    with home.engine.connect() as connection:
        return [Draft(*row) for row in connection.execute(query)]


def mark_activated(home: Home, digest: str, at: int) -> None:
    of = drafts_table.c
    with home.begin() as connection:
        connection.execute(drafts_table.update().where(of.digest == digest).values(activated_at=at))
