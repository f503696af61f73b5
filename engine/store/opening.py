"""Opens a store: finds it, refuses what it does not understand, makes what is missing."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from engine.store.errors import (
    StoreError,
    StoreMissing,
    StoreTooNew,
    StoreTooOld,
    StoreUnreachable,
    in_plain_words,
)
from engine.store.log import Log
from engine.store.schema import FORMAT, formats
from engine.store.sql import Fault, SqlLog, no_fault


def open_log(url: str, *, create: bool = True, fault: Fault = no_fault) -> Log:
    """The log at `sqlite:///path` or `postgresql://user@host/database`.

    `create` makes a store where there is none and brings an old one up to date. `fault` is
    called at the named points "before-append", "before-commit" and "after-commit" of every
    append; tests stop the program there. Raises StoreError.
    """
    address = _address(url)
    log: SqlLog
    if address.get_backend_name() == "sqlite":
        from engine.store.sqlite import SqliteLog, sqlite_engine

        _look_for_file(address, create)
        engine = sqlite_engine(address)
        kind: type[SqlLog] = SqliteLog
    else:
        from engine.store.postgres import PostgresLog, postgres_engine

        engine = postgres_engine(address)
        kind = PostgresLog
    try:
        log = kind(engine, fault=fault)
        _check_format(log, create)
    except BaseException:
        engine.dispose()
        raise
    return log


def _address(url: str) -> sa.URL:
    try:
        address = sa.make_url(url)
    except sa.exc.ArgumentError as error:
        raise StoreUnreachable(
            f"{url!r} is no address of a store: use sqlite:///file or postgresql://…"
        ) from error
    if address.get_backend_name() not in ("sqlite", "postgresql"):
        raise StoreUnreachable(
            f"A store is a SQLite file or a PostgreSQL database, not {address.drivername!r}."
        )
    if address.get_backend_name() == "sqlite" and address.database in (None, "", ":memory:"):
        raise StoreUnreachable("A store is kept in a file: say sqlite:///file.")
    return address


def _look_for_file(address: sa.URL, create: bool) -> None:
    assert address.database is not None
    path = Path(address.database.removeprefix("file:"))
    if not create and not path.exists():
        raise StoreMissing(f"There is no store at {path}.")
    if not path.parent.exists():
        raise StoreUnreachable(f"The folder {path.parent} of the store does not exist.")


def _check_format(log: SqlLog, create: bool) -> None:
    found = _format(log)
    if found == FORMAT:
        return
    if found is not None and found > FORMAT:
        raise StoreTooNew(
            f"The store {log.name} has the format {found}; this program knows up to {FORMAT}. "
            "Use the newer version of the program."
        )
    if not create:
        if found is None:
            raise StoreMissing(f"There is no store at {log.name}.")
        raise StoreTooOld(
            f"The store {log.name} has the format {found}; this program needs {FORMAT}. "
            "Open it for writing to bring it up to date, after a backup."
        )
    # Late: importing Alembic takes longer than opening a store.
    from engine.store.migrate import migrate

    with log.begin() as connection:
        if connection.dialect.name == "postgresql":
            # Two programs that start at once: the second waits, then finds it done.
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(1282828373)")
        migrate(connection)


def _format(log: SqlLog) -> str | None:
    with in_plain_words(log.name), log.engine.connect() as connection:
        if not sa.inspect(connection).has_table(formats.name):
            if sa.inspect(connection).has_table("events"):
                raise StoreError(f"The database {log.name} holds something else than a store.")
            return None
        return connection.scalar(sa.select(formats.c.version_num))
