"""What can be wrong with a store, in the words of the person who has to put it right.

The one place that knows the errors of the drivers.
"""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, SQLAlchemyError


class StoreError(Exception):
    """The store could not do what was asked. Nothing of it was stored."""


class StoreUnreachable(StoreError):
    """The file cannot be opened, or the server does not answer.

    When an append raises this, whether it was stored is not known: send the same command
    again, with the same command id.
    """


class StoreBusy(StoreError):
    """Somebody else held the store's lock for longer than we wait."""


class StoreMissing(StoreError):
    """There is no store at this address, and none was to be made."""


class StoreReadOnly(StoreError):
    """The file or the database may be read but not written."""


class DiskFull(StoreError):
    """The disk took no more; what was acknowledged before is there."""


class StoreDamaged(StoreError):
    """What is on the disk is not what was written."""


class StoreTooOld(StoreError):
    """The store has to be brought up to date before this program can use it."""


class StoreTooNew(StoreError):
    """The store was written by a newer version of this program."""


class DefinitionChanged(StoreError):
    """A registered version has other content than the one that is registered now."""


class ChangeRefused(StoreError):
    """Somebody tried to change or delete what is only ever added to."""


_SQLITE: dict[int, tuple[type[StoreError], str]] = {
    sqlite3.SQLITE_FULL: (DiskFull, "the disk is full"),
    sqlite3.SQLITE_IOERR: (DiskFull, "the disk failed or is full"),
    sqlite3.SQLITE_READONLY: (StoreReadOnly, "it may be read but not written"),
    sqlite3.SQLITE_PERM: (StoreReadOnly, "its permissions do not allow this"),
    sqlite3.SQLITE_CORRUPT: (StoreDamaged, "the file is damaged; restore it from a backup"),
    sqlite3.SQLITE_NOTADB: (StoreDamaged, "the file is not a SQLite database"),
    sqlite3.SQLITE_FORMAT: (StoreDamaged, "the file is not a SQLite database"),
    sqlite3.SQLITE_CANTOPEN: (StoreUnreachable, "the file cannot be opened"),
    sqlite3.SQLITE_BUSY: (StoreBusy, "another program is writing and does not finish"),
    sqlite3.SQLITE_LOCKED: (StoreBusy, "another program is writing and does not finish"),
}


def _postgres() -> tuple[tuple[type[Exception], type[StoreError], str], ...]:
    # Late: on SQLite nobody needs psycopg, and importing it is a quarter of a start.
    import psycopg
    from psycopg import errors as pg

    return (
        (pg.DiskFull, DiskFull, "the server's disk is full"),
        (pg.ReadOnlySqlTransaction, StoreReadOnly, "the server is read-only (a standby?)"),
        (pg.InsufficientPrivilege, StoreReadOnly, "this database user may not do this"),
        (pg.DataCorrupted, StoreDamaged, "the database is damaged; restore it from a backup"),
        (pg.IndexCorrupted, StoreDamaged, "an index is damaged; REINDEX it"),
        (pg.LockNotAvailable, StoreBusy, "another program holds a lock and does not finish"),
        (pg.DeadlockDetected, StoreBusy, "two programs waited for each other"),
        (pg.QueryCanceled, StoreBusy, "the server took too long"),
        (pg.UndefinedTable, StoreDamaged, "a table of the store is missing"),
        (pg.OperationalError, StoreUnreachable, "the server does not answer"),
        (psycopg.InterfaceError, StoreUnreachable, "the connection is gone"),
    )


def _drivers() -> tuple[type[Exception], ...]:
    """The errors of the drivers that are loaded: no other can have been raised."""
    if "psycopg" not in sys.modules:
        return (DBAPIError, sqlite3.Error)
    import psycopg

    return (DBAPIError, sqlite3.Error, psycopg.Error)


NEVER_CHANGED = "is only ever added to"
"""The words that the store's triggers end with."""


@contextmanager
def in_plain_words(store: str) -> Iterator[None]:
    """Raises a StoreError for what a driver complains of; `store` names the store in it.

    A row that breaks a table's own rule is the fault of who wrote it, not of the store: that
    IntegrityError goes through.
    """
    try:
        yield
    except _drivers() as error:
        translated = _translated(store, error)
        if translated is None:
            raise
        raise translated from error
    except SQLAlchemyError as error:
        raise StoreUnreachable(f"The store {store} cannot be used: {error}") from error


def breaks_a_rule(error: BaseException | None) -> bool:
    """Whether a row broke a table's own rule. By name: both drivers call it so, and SQLAlchemy,
    and psycopg may not be loaded."""
    return any(cls.__name__ == "IntegrityError" for cls in type(error).__mro__)


def _translated(store: str, error: Exception) -> StoreError | None:
    cause: BaseException | None = error.orig if isinstance(error, DBAPIError) else error
    text = str(cause).strip().splitlines()[0] if str(cause).strip() else type(cause).__name__
    if NEVER_CHANGED in text:
        return ChangeRefused(f"The store {store} refused a change: {text}.")
    if breaks_a_rule(cause):
        return None
    kind, words = _looked_up(cause, text)
    return kind(f"The store {store} cannot be used: {words} ({text}).")


def _looked_up(cause: BaseException | None, text: str) -> tuple[type[StoreError], str]:
    if isinstance(cause, sqlite3.Error):
        # The low byte is the kind of an error, the rest a detail of it.
        code = getattr(cause, "sqlite_errorcode", 0) & 0xFF
        if "decode to UTF-8" in text or "no such table" in text:
            return StoreDamaged, "the file is damaged; restore it from a backup"
        return _SQLITE.get(code, (StoreError, "SQLite refused"))
    for cls, kind, words in _postgres() if "psycopg" in sys.modules else ():
        if isinstance(cause, cls):
            return kind, words
    return StoreError, "the database refused"
