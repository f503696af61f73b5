"""Every error of a driver becomes one sentence in the words of who has to act."""

from __future__ import annotations

import sqlite3

import psycopg
import pytest
from psycopg import errors as pg
from sqlalchemy.exc import OperationalError

from engine.store import (
    ChangeRefused,
    DiskFull,
    StoreBusy,
    StoreDamaged,
    StoreError,
    StoreReadOnly,
    StoreUnreachable,
)
from engine.store.errors import in_plain_words


def translated(error: Exception) -> StoreError:
    with pytest.raises(StoreError) as caught, in_plain_words("log.db"):
        raise error
    assert caught.value.__cause__ is error
    assert str(caught.value).startswith("The store log.db ")
    return caught.value


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (pg.DiskFull("could not extend file"), DiskFull),
        (pg.ReadOnlySqlTransaction("cannot execute INSERT"), StoreReadOnly),
        (pg.InsufficientPrivilege("permission denied"), StoreReadOnly),
        (pg.DataCorrupted("invalid page in block 7"), StoreDamaged),
        (pg.IndexCorrupted("index is corrupted"), StoreDamaged),
        (pg.UndefinedTable('relation "events" does not exist'), StoreDamaged),
        (pg.LockNotAvailable("canceling statement due to lock timeout"), StoreBusy),
        (pg.AdminShutdown("terminating connection"), StoreUnreachable),
        (psycopg.OperationalError("connection refused"), StoreUnreachable),
        (psycopg.InterfaceError("the connection is closed"), StoreUnreachable),
        (pg.RaiseException("DELETE: events is only ever added to"), ChangeRefused),
        (pg.InternalError_("something else"), StoreError),
    ],
)
def test_errors_of_postgresql(error: psycopg.Error, kind: type[StoreError]) -> None:
    assert type(translated(error)) is kind
    wrapped = OperationalError("SELECT 1", {}, error)
    assert type(translated(wrapped)) is kind


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (sqlite3.SQLITE_FULL, DiskFull),
        (sqlite3.SQLITE_IOERR_WRITE, DiskFull),
        (sqlite3.SQLITE_READONLY_DIRECTORY, StoreReadOnly),
        (sqlite3.SQLITE_CORRUPT_INDEX, StoreDamaged),
        (sqlite3.SQLITE_NOTADB, StoreDamaged),
        (sqlite3.SQLITE_CANTOPEN, StoreUnreachable),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, StoreBusy),
        (sqlite3.SQLITE_ERROR, StoreError),
    ],
)
def test_errors_of_sqlite(code: int, kind: type[StoreError]) -> None:
    error = sqlite3.OperationalError("what SQLite says")
    error.sqlite_errorcode = code
    assert type(translated(error)) is kind
    assert "what SQLite says" in str(translated(error))


def test_a_row_that_breaks_a_rule_is_not_the_stores_fault() -> None:
    error = sqlite3.IntegrityError("UNIQUE constraint failed: others.n")
    with pytest.raises(sqlite3.IntegrityError), in_plain_words("log.db"):
        raise error


def test_a_refused_change_is_told_from_other_broken_rules() -> None:
    error = sqlite3.IntegrityError("UPDATE: events is only ever added to")
    assert "UPDATE: events is only ever added to." in str(translated(error))
    assert type(translated(error)) is ChangeRefused


def test_other_exceptions_go_through() -> None:
    with pytest.raises(KeyError), in_plain_words("log.db"):
        raise KeyError
