"""What every log never changes, and the tables of others beside it."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from engine.store import (
    ChangeRefused,
    Definition,
    DefinitionChanged,
    Log,
    Stored,
    open_log,
)
from schemas.rejection import Rejected
from tests.appends import append

REJECTED = Rejected("not-holder", "Bạn không giữ hồ sơ này.", "Điều 5")
CONTENT = "nội dung \x00".encode()
MANY = 400
"""Enough events for the path of large appends."""


# --- definitions ----------------------------------------------------------------------------


def test_a_registered_definition_never_changes(log: Log) -> None:
    log.register("procedure", "1.012783", "2024-08-01", "d1", CONTENT)
    log.register("procedure", "1.012783", "2024-08-01", "d1", CONTENT)
    log.register("procedure", "1.012783", "2024-09-01", "d2", b"")
    log.register("calendar", "vn", "1", "d3", b"c")

    with pytest.raises(DefinitionChanged, match=r"1\.012783.*2024-08-01.*d1.*d9"):
        log.register("procedure", "1.012783", "2024-08-01", "d9", b"other")
    assert log.definitions("procedure") == [
        Definition("procedure", "1.012783", "2024-08-01", "d1", CONTENT),
        Definition("procedure", "1.012783", "2024-09-01", "d2", b""),
    ]
    assert log.definitions("organisation") == []
    assert log.registered() == 3


# --- only ever added to ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("table", "column"),
    [("events", "payload"), ("streams", "name"), ("words", "word"), ("definitions", "digest")],
)
def test_changes_behind_our_back_are_refused(log: Log, table: str, column: str) -> None:
    log.append([append("s", 2)])
    log.register("calendar", "vn", "1", "d", b"c")
    before = log.read_stream("s")
    sqlite = log.engine.dialect.name == "sqlite"
    replace = f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}"
    for statement in (
        f"UPDATE {table} SET {column} = {column}",
        f"DELETE FROM {table}",
        replace if sqlite else f"TRUNCATE {table}",
    ):
        refused = pytest.raises(ChangeRefused, match=f"{table} is only ever added to")
        with refused, log.begin() as connection:
            connection.exec_driver_sql(statement)
    assert log.read_stream("s") == before
    assert len(log.definitions("calendar")) == 1


# --- tables of others -----------------------------------------------------------------------


def test_a_transaction_of_ones_own_is_all_or_nothing(log: Log) -> None:
    table = sa.Table("others", sa.MetaData(), sa.Column("n", sa.Integer, primary_key=True))
    with log.begin() as connection:
        table.create(connection)
        connection.execute(table.insert(), [{"n": 1}, {"n": 2}])
    with pytest.raises(sa.exc.IntegrityError), log.begin() as connection:
        connection.execute(table.insert(), [{"n": 3}, {"n": 1}])
    with log.engine.connect() as connection:
        assert connection.scalars(sa.select(table.c.n).order_by(table.c.n)).all() == [1, 2]
    assert isinstance(log.append([append("s")])[0], Stored)


@pytest.mark.parametrize("size", [1, MANY])
def test_a_fault_before_the_commit_leaves_nothing(url: str, size: int) -> None:
    points: list[str] = []

    def fault(point: str) -> None:
        points.append(point)
        if len(points) == 1:
            raise ZeroDivisionError

    log = open_log(url, fault=fault)
    with pytest.raises(ZeroDivisionError):
        log.append([append("s", size)])
    assert log.streams() == []
    assert isinstance(log.append([append("s", size)])[0], Stored)
    assert points[-1] == "after-commit"
    log.close()


def test_another_opens_the_same_store_and_knows_its_words(log: Log, url: str) -> None:
    other = open_log(url, create=False)
    log.append([append("s", actor="người mới")])
    assert other.read_stream("s")[0].actor == "người mới"
    other.append([append("t", actor="người khác")])
    assert log.read_stream("t")[0].actor == "người khác"
    other.close()
