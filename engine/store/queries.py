"""The questions that both stores ask the log, in the words of SQLAlchemy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from engine.store.rows import COLUMNS
from engine.store.schema import events, rejections, streams
from schemas.envelope import SHARDS


def columns(name: sa.ColumnElement[str]) -> list[sa.ColumnElement[Any]]:
    return [name.label("name"), *(events.c[column] for column in COLUMNS[1:])]


NAMED = sa.select(streams.c.id).where(streams.c.name == sa.bindparam("name")).scalar_subquery()

NAME = sa.select(streams.c.name).where(streams.c.id == events.c.stream).scalar_subquery()

_BEFORE = events.alias("before")

PREVIOUS = (
    sa.select(_BEFORE.c.hash)
    .where(_BEFORE.c.stream == events.c.stream, _BEFORE.c.version == events.c.version - 1)
    .scalar_subquery()
)

BY_SHARD = (
    sa.select(*columns(NAME))
    .where(
        events.c.shard == sa.bindparam("shard"),
        events.c.position > sa.bindparam("after"),
    )
    .order_by(events.c.position)
    .limit(sa.bindparam("most"))
)


def by_shards(shards: Sequence[int], *, merges: bool) -> sa.Select[Any]:
    """The positions first, from the index alone, then the rows of the nearest.

    SQLite merges the ranges of the shards (`merges`) and stops at the limit. PostgreSQL,
    where it has no statistics yet, would sort the whole log: there each range has its limit.
    """
    most = sa.bindparam("most", type_=sa.Integer)
    ranges = [
        sa.select(events.c.shard, events.c.position).where(
            events.c.shard == shard, events.c.position > sa.bindparam(f"after_{shard}")
        )
        for shard in shards
    ]
    if not merges:
        limited = [each.order_by(events.c.position).limit(most).subquery() for each in ranges]
        ranges = [sa.select(each.c.shard, each.c.position) for each in limited]
    nearest = sa.union_all(*ranges).order_by("position").limit(most).subquery()
    same = (events.c.position == nearest.c.position) & (events.c.shard == nearest.c.shard)
    return sa.select(*columns(NAME)).join_from(nearest, events, same).order_by(events.c.position)


PLACED = (
    sa.select(*(events.c[column] for column in COLUMNS), events.c.shard, events.c.first)
    .where(
        sa.tuple_(events.c.stream, events.c.version)
        > sa.tuple_(
            sa.bindparam("stream", type_=sa.Integer), sa.bindparam("version", type_=sa.Integer)
        )
    )
    .order_by(events.c.stream, events.c.version)
    .limit(sa.bindparam("most"))
)

NAMES = sa.select(streams.c.id, streams.c.name).where(
    streams.c.id.between(sa.bindparam("first"), sa.bindparam("last"))
)

COUNT = sa.select(sa.func.count()).select_from(events)

_REACHED = (
    # Not `IS NOT NULL`, which a database takes the word of a changed schema for.
    sa.select(events.c.stream, events.c.version)
    .where(events.c.stream > 0, events.c.version > 0)
    .distinct()
    .subquery()
)

# One question: what others append meanwhile is in both counts or in none.
ASTRAY = sa.select(
    COUNT.scalar_subquery() - sa.select(sa.func.count()).select_from(_REACHED).scalar_subquery()
)

HEADS = sa.select(
    *(
        sa.select(sa.func.max(events.c.position))
        .where(events.c.shard == shard)
        .scalar_subquery()
        .label(f"shard_{shard}")
        for shard in range(SHARDS)
    )
)

ANSWERED = (
    sa.select(streams.c.name, events.c.version)
    .join_from(events, streams, streams.c.id == events.c.stream)
    # As the partial index says it: `events.first = 1`, which SQLAlchemy would write on SQLite,
    # does not use that index, and every answer would read the whole log.
    .where(
        sa.text("events.first"),
        events.c.command_id == sa.bindparam("command_id"),
    )
)

REJECTED = sa.select(rejections.c.rule, rejections.c.message, rejections.c.legal_basis).where(
    rejections.c.command_id == sa.bindparam("command_id")
)
