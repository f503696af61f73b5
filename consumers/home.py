"""Where views live: in the log's own database, or in one of their own."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import Connection, Engine, MetaData, inspect, make_url, text
from sqlalchemy.exc import ArgumentError

from engine.store.errors import StoreUnreachable, in_plain_words

BUILDING = 1282828375
"""Namespace of the advisory lock of whoever makes views anew."""


class Home(Protocol):
    """A database for views. A `Log` is one: views may share its database."""

    @property
    def engine(self) -> Engine:
        """To read with."""

    def begin(self) -> AbstractContextManager[Connection]:
        """A write transaction; commits at its end, rolls back on an exception."""


class OwnHome:
    """A database of which the views are the only owner."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.name = engine.url.render_as_string(hide_password=True)

    @property
    def engine(self) -> Engine:
        return self._engine

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """On SQLite with the right to write from the start, so that it cannot turn out in
        the middle that another writer was first; and so that DDL is part of it."""
        with in_plain_words(self.name), self._engine.connect() as connection:
            connection.begin()
            if self._engine.dialect.name == "sqlite":
                raw: Any = connection.connection.dbapi_connection
                if not raw.in_transaction:
                    connection.exec_driver_sql("BEGIN IMMEDIATE")
            else:
                # The driver's connection is in autocommit.
                connection.exec_driver_sql("BEGIN")
            yield connection
            connection.commit()

    def close(self) -> None:
        self._engine.dispose()


def open_home(url: str) -> OwnHome:
    """A database for views alone, `sqlite:///path` (made when it is missing) or
    `postgresql://user@host/database`. Raises StoreUnreachable."""
    try:
        address = make_url(url)
    except ArgumentError as error:
        raise StoreUnreachable(
            f"{url!r} is no address of a database: use sqlite:///file or postgresql://…"
        ) from error
    if address.get_backend_name() == "sqlite" and address.database not in (None, "", ":memory:"):
        from engine.store.sqlite import sqlite_engine

        return _answering(OwnHome(sqlite_engine(address)))
    if address.get_backend_name() == "postgresql":
        from engine.store.postgres import postgres_engine

        return _answering(OwnHome(postgres_engine(address)))
    raise StoreUnreachable(f"Views live in a SQLite file or a PostgreSQL database, not in {url!r}.")


def _answering(home: OwnHome) -> OwnHome:
    try:
        with in_plain_words(home.name), home.engine.connect():
            return home
    except BaseException:
        home.close()
        raise


@contextmanager
def alone(home: Home) -> Iterator[None]:
    """Nobody else makes views of this home anew meanwhile; waits for whoever does."""
    url = home.engine.url
    if home.engine.dialect.name == "sqlite":
        with Path(f"{url.database}-views").open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
        return
    with in_plain_words(url.render_as_string(hide_password=True)), home.engine.connect() as held:
        held.exec_driver_sql("SET lock_timeout = 0")
        held.execute(text("SELECT pg_advisory_lock(:space, 0)"), {"space": BUILDING})
        try:
            yield
        finally:
            # Closed for good: back in the pool it would still hold its lock.
            held.invalidate()


def are_there(engine: Engine, metadata: MetaData) -> bool:
    """Whether all of these tables are. Looked up without writing, so that a mere query takes no
    writer's lock."""
    return metadata.tables.keys() <= set(inspect(engine).get_table_names())


def ensure(home: Home, metadata: MetaData) -> None:
    """Makes these tables unless they are there."""
    if not are_there(home.engine, metadata):
        from consumers.barrier import confine

        with home.begin() as connection:
            metadata.create_all(connection, checkfirst=True)
            for name in metadata.tables:
                confine(connection, name)
