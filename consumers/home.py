"""Where views live: in the log's own database, or in one of their own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol

from sqlalchemy import Connection, Engine


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

    @property
    def engine(self) -> Engine:
        return self._engine

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """On SQLite with the right to write from the start, so that it cannot turn out in
        the middle that another writer was first; and so that DDL is part of it."""
        with self._engine.connect() as connection:
            connection.begin()
            if self._engine.dialect.name == "sqlite":
                raw: Any = connection.connection.dbapi_connection
                if not raw.in_transaction:
                    connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection
            connection.commit()
