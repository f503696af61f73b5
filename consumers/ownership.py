"""Which shards of the log a worker owns, so that each is published by one worker at a time.

On PostgreSQL: session advisory locks, held on one connection. They go when the connection
goes, whatever became of the process, and the next worker that asks gets them. The checkpoint is
moved on that same connection, so a worker that lost its locks cannot move it any more.

On SQLite: one worker for all shards, by a lock on a file beside the store.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import IO, Protocol

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from consumers.home import Home
from schemas.envelope import SHARDS

WORKERS, OWNED = 1282828373, 1282828374
"""Namespaces of advisory locks: who is there, and which shard is whose. `append` has another."""


class Lost(Exception):
    """The connection that held the locks is gone, and the shards with it."""


class Ownership(Protocol):
    """The shards that one worker owns. Not for several threads."""

    def renew(self) -> frozenset[int]:
        """The shards owned from now on: a fair share of all. Raises Lost, StoreError."""

    def begin(self) -> AbstractContextManager[Connection]:
        """A transaction on the connection that holds the locks. Raises Lost."""

    def close(self) -> None:
        """Gives everything up."""


class PostgresOwnership:
    """Session advisory locks on a connection of its own. Raises Lost when there is none to be had.

    `renew` counts the workers there are and takes or gives back shards until it has its share:
    sixteen by the number of workers, rounded up.
    """

    def __init__(self, engine: Engine, name: str) -> None:
        self._name = name
        self._owned: set[int] = set()
        try:
            self._connection = engine.connect()
        except DBAPIError as error:
            raise self._lost(error) from error
        # Nothing may wait in a transaction on it, and PostgreSQL finds out within seconds that
        # the other end of a dead machine's connection is gone.
        for setting in ("tcp_keepalives_idle = 2", "tcp_keepalives_interval = 1",
                        "tcp_keepalives_count = 2"):  # fmt: skip
            self._connection.exec_driver_sql(f"SET {setting}")
        self._ask(text("SELECT pg_advisory_lock_shared(:space, 0)"), space=WORKERS)

    def renew(self) -> frozenset[int]:
        workers = self._ask(
            text(
                "SELECT count(DISTINCT pid) FROM pg_locks WHERE locktype = 'advisory' AND granted"
                " AND classid = :space AND database = (SELECT oid FROM pg_database"
                " WHERE datname = current_database())"
            ),
            space=WORKERS,
        )
        share = -(-SHARDS // max(int(workers), 1))
        for shard in sorted(self._owned)[share:]:
            self._ask(text("SELECT pg_advisory_unlock(:space, :shard)"), space=OWNED, shard=shard)
            self._owned.discard(shard)
        for shard in range(SHARDS):
            if len(self._owned) >= share:
                break
            if shard not in self._owned and self._ask(
                text("SELECT pg_try_advisory_lock(:space, :shard)"), space=OWNED, shard=shard
            ):
                self._owned.add(shard)
        return frozenset(self._owned)

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        connection = self._connection
        try:
            connection.exec_driver_sql("BEGIN")
            try:
                yield connection
                connection.exec_driver_sql("COMMIT")
            except BaseException:
                if not connection.invalidated:
                    connection.exec_driver_sql("ROLLBACK")
                raise
        except DBAPIError as error:
            raise self._lost(error) from error

    def close(self) -> None:
        # Closed for good: back in the pool it would still hold its locks.
        self._owned.clear()
        self._connection.invalidate()
        self._connection.close()

    def _ask(self, question: object, **values: int) -> int:
        try:
            found: int = self._connection.execute(question, values).scalar_one()  # type: ignore[call-overload]
        except DBAPIError as error:
            raise self._lost(error) from error
        return found

    def _lost(self, error: DBAPIError) -> Lost:
        self._owned.clear()
        return Lost(f"{self._name}: the connection that held the shards is gone: {error.orig}")


class FileOwnership:
    """All shards of a SQLite store, or none while another worker has them."""

    def __init__(self, home: Home, path: Path) -> None:
        self._home = home
        self._path = path
        self._file: IO[str] | None = None

    def renew(self) -> frozenset[int]:
        if self._file is None:
            file = self._path.open("a")
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                file.close()
                return frozenset()
            self._file = file
        return frozenset(range(SHARDS))

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        with self._home.begin() as connection:
            yield connection

    def close(self) -> None:
        # The file stays: were it deleted, a worker that has just opened it would lock a file
        # that the next one does not find.
        if self._file is not None:
            self._file.close()
            self._file = None


def ownership_of(home: Home) -> PostgresOwnership | FileOwnership:
    """How a worker owns shards of the log in this database."""
    url = home.engine.url
    if home.engine.dialect.name == "sqlite":
        assert url.database is not None, "a store that is relayed is in a file"
        return FileOwnership(home, Path(f"{url.database}-relay"))
    return PostgresOwnership(home.engine, url.render_as_string(hide_password=True))
