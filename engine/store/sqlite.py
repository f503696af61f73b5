"""The log in one SQLite file: WAL, every commit on the disk, one writer.

The writer's lock orders the positions, so no reader can be overtaken: the fence that
PostgreSQL needs comes with it. Readers have connections of their own and never wait.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from itertools import count
from time import monotonic
from typing import Any

import sqlalchemy as sa

from engine.store.errors import StoreBusy, in_plain_words
from engine.store.log import Append, Conflict, Outcome, Repeated, Stored
from engine.store.rows import Row, checked, rows_of
from engine.store.schema import events
from engine.store.sql import Fault, SqlLog, no_fault
from schemas.codec import dumps
from schemas.envelope import GENESIS

WAIT = 10.0
"""Seconds that a writer waits for the others, those of this process and of others together."""

_SHORT = 0.05
"""Seconds of waiting that take nothing from the rest: to say so to SQLite costs as much."""

_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",  # a commit is on the disk before it returns
    "PRAGMA foreign_keys = ON",
    "PRAGMA recursive_triggers = ON",  # INSERT OR REPLACE fires the delete triggers too
    "PRAGMA cache_size = -16384",
)

_STANDING = """
    SELECT EXISTS (SELECT 1 FROM events WHERE first AND command_id = asked.id)
        OR EXISTS (SELECT 1 FROM rejections WHERE command_id = asked.id),
        s.id, e.version, e.hash
    FROM (SELECT value AS name, substr(?1, 16 * key + 1, 16) AS id FROM json_each(?2)) AS asked
        LEFT JOIN streams AS s ON s.name = asked.name LEFT JOIN events AS e
        ON e.stream = s.id AND e.version = (SELECT max(version) FROM events WHERE stream = s.id)
"""
"""Whether each command was answered, and where its stream stands, in the order asked: one
question for all, for each costs as much as its answer. `?1`: command ids on end, `?2`: names of
streams as a JSON array."""

_LAST = "SELECT coalesce(max(position), 0) FROM events"


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
            driver: Any = self._writer.connection.driver_connection
            self._driver = driver
            self._writing = driver.cursor()
        self._patience = WAIT

    def close(self) -> None:
        with self._lock:
            # An interruption in the middle of a write has invalidated the connection, and
            # a cursor of a closed connection cannot be closed.
            if not self._writer.invalidated:
                self._writing.close()
            self._writer.close()
        super().close()

    def append(self, appends: Sequence[Append]) -> list[Outcome]:
        checked(appends)
        if not appends:
            return []
        self._fault("before-append")
        numbers = self._words.numbers_for(event for each in appends for event in each.events)
        cursor = self._writing
        with in_plain_words(self.name), self._turn():
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
        with in_plain_words(self.name), self._turn():
            try:
                self._writer.exec_driver_sql("BEGIN IMMEDIATE")
                yield self._writer
                self._writer.commit()
            except BaseException:
                self._writer.rollback()
                raise

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Raises StoreBusy. What a writer has waited for threads before it is taken from its wait
        for the file: else each of those who queue behind another process would wait anew."""
        asked = monotonic()
        if not self._lock.acquire(timeout=WAIT):
            raise StoreBusy(
                f"The store {self.name} cannot be used: another writer does not finish."
            )
        try:
            waited = monotonic() - asked
            patience = WAIT if waited < _SHORT else max(WAIT - waited, 0)
            if patience != self._patience:
                self._driver.execute(f"PRAGMA busy_timeout = {int(patience * 1000)}")
                self._patience = patience
            yield
        finally:
            self._lock.release()

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
    (position,) = cursor.execute(_LAST).fetchone()
    for append, (known, *standing) in zip(appends, _standing(cursor, appends), strict=True):
        if known or append.command_id in answered:
            outcomes.append(Repeated(append.command_id))
            continue
        head = heads.get(append.stream)
        if head is None:
            id_, version, hash_ = standing
            head = heads[append.stream] = _Head(id_, version or 0, hash_ or GENESIS)
        if (head.version, head.hash) != (append.expected, append.events[0].previous):
            outcomes.append(Conflict(append.stream, append.expected))
            continue
        if head.id is None:
            cursor.execute("INSERT INTO streams (name) VALUES (?)", (append.stream,))
            head.id = cursor.lastrowid
        rows += rows_of(append, head.id, numbers, count(position + 1))
        position += len(append.events)
        head.version, head.hash = append.events[-1].version, append.events[-1].hash
        answered.add(append.command_id)
        outcomes.append(Stored(position))
    return outcomes, rows


def _standing(cursor: Any, appends: Sequence[Append]) -> list[Row]:
    ids = b"".join([append.command_id for append in appends])
    names = dumps([append.stream for append in appends]).decode()
    found: list[Row] = cursor.execute(_STANDING, (ids, names)).fetchall()
    return found
