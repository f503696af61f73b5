"""The log in one SQLite file: WAL, every commit on the disk, one writer.

The writer's lock orders the positions, so no reader can be overtaken: the fence that
PostgreSQL needs comes with it. Readers have connections of their own and never wait.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from typing import Any

import sqlalchemy as sa

from engine.store.errors import in_plain_words
from engine.store.log import Append, Conflict, Outcome, Repeated, Stored
from engine.store.rows import Row, checked
from engine.store.schema import events
from engine.store.sql import Fault, SqlLog, no_fault
from schemas.envelope import GENESIS, shard_of

WAIT = 10.0
"""Seconds that a writer waits for a writer of another process."""

_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",  # a commit is on the disk before it returns
    "PRAGMA foreign_keys = ON",
    "PRAGMA recursive_triggers = ON",  # INSERT OR REPLACE fires the delete triggers too
    "PRAGMA cache_size = -16384",
)

_HEAD = """
    SELECT s.id, e.version, e.hash FROM streams AS s JOIN events AS e ON e.stream = s.id
    WHERE s.name = ? ORDER BY e.version DESC LIMIT 1
"""
_ANSWERED = """
    SELECT 1 FROM events WHERE first AND command_id = ?1
    UNION ALL SELECT 1 FROM rejections WHERE command_id = ?1 LIMIT 1
"""


class _Head:
    """Where a stream stands in the middle of an append. `id` is None until it has a row."""

    __slots__ = ("hash", "id", "version")

    def __init__(self, id: int | None, version: int, hash: bytes) -> None:
        self.id, self.version, self.hash = id, version, hash


def sqlite_engine(url: sa.URL) -> sa.Engine:
    """Connections of the driver's own autocommit: we say BEGIN ourselves."""
    engine = sa.create_engine(
        url,
        connect_args={"check_same_thread": False, "isolation_level": None, "timeout": WAIT},
        pool_size=8,
        max_overflow=120,
    )

    @sa.event.listens_for(engine, "connect")
    def _prepare(connection: Any, _: object) -> None:
        for pragma in _PRAGMAS:
            connection.execute(pragma)

    return engine


class SqliteLog(SqlLog):
    """The log in a SQLite file."""

    def __init__(self, engine: sa.Engine, *, fault: Fault = no_fault) -> None:
        super().__init__(engine, fault=fault)
        self._lock = threading.Lock()
        self._insert = str(events.insert().compile(dialect=engine.dialect))
        with in_plain_words(self.name):
            self._writer = engine.connect()
            self._driver: Any = self._writer.connection.driver_connection

    def close(self) -> None:
        with self._lock:
            self._writer.close()
        super().close()

    def append(self, appends: Sequence[Append]) -> list[Outcome]:
        checked(appends)
        numbers = self._words.numbers_for(event for each in appends for event in each.events)
        with in_plain_words(self.name), self._lock, closing(self._driver.cursor()) as cursor:
            cursor.execute("BEGIN IMMEDIATE")
            try:
                outcomes, rows = _judge(cursor, appends, numbers)
                cursor.executemany(self._insert, rows)
                self._fault("before-commit")
                cursor.execute("COMMIT")
            except BaseException:
                self._driver.rollback()
                raise
        self._fault("after-commit")
        return outcomes

    @contextmanager
    def begin(self) -> Iterator[sa.Connection]:
        with in_plain_words(self.name), self._lock:
            self._writer.exec_driver_sql("BEGIN IMMEDIATE")
            try:
                yield self._writer
                self._writer.commit()
            except BaseException:
                self._writer.rollback()
                raise

    @contextmanager
    def _cursor(self) -> Iterator[Any]:
        connection = self.engine.raw_connection()
        try:
            with closing(connection.cursor()) as cursor:
                yield cursor
        finally:
            connection.close()

    def _before_answer(self, connection: sa.Connection, stream: str) -> None:
        """`begin` holds the file's lock already."""


def _judge(
    cursor: Any, appends: Sequence[Append], numbers: Mapping[str | None, int | None]
) -> tuple[list[Outcome], list[Row]]:
    """What becomes of each append, and the rows of those that are stored."""
    outcomes: list[Outcome] = []
    rows: list[Row] = []
    heads: dict[str, _Head] = {}
    answered: set[bytes] = set()
    (position,) = cursor.execute("SELECT coalesce(max(position), 0) FROM events").fetchone()
    for append in appends:
        first, command_id = append.events[0], append.command_id
        if command_id in answered or cursor.execute(_ANSWERED, (command_id,)).fetchone():
            outcomes.append(Repeated(command_id))
            continue
        head = heads.get(append.stream)
        if head is None:
            found = cursor.execute(_HEAD, (append.stream,)).fetchone()
            head = heads[append.stream] = _Head(*(found or (None, 0, GENESIS)))
        if (head.version, head.hash) != (append.expected, first.previous):
            outcomes.append(Conflict(append.stream, append.expected))
            continue
        if head.id is None:
            cursor.execute("INSERT INTO streams (name) VALUES (?)", (append.stream,))
            head.id = cursor.lastrowid
        rows += _rows(append, head.id, position, numbers)
        position += len(append.events)
        head.version, head.hash = append.events[-1].version, append.events[-1].hash
        answered.add(command_id)
        outcomes.append(Stored(position))
    return outcomes, rows


def _rows(
    append: Append, stream: int, position: int, numbers: Mapping[str | None, int | None]
) -> list[Row]:
    shard = shard_of(append.stream)
    first = append.events[0]
    return [
        (
            position + at, e.occurred_at,
            None if e.recorded_at == e.occurred_at else e.recorded_at,
            stream, e.version, numbers[e.type], numbers[e.actor], numbers[e.agency],
            numbers[e.on_behalf], shard, e.schema_version, e is first, e.event_id,
            e.command_id, e.hash, None if e.correlation == e.command_id else e.correlation,
            e.payload, e.private,
        )
        for at, e in enumerate(append.events, 1)
    ]  # fmt: skip
