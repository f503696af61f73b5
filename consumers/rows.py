"""Writes merged changes to the tables of views, in few statements.

The statements are made as text, once per (table, columns), and run by the driver as they
are: at this volume the way from Core to the driver costs as much as the database. Values
are text, integers or None only, so nothing needs converting.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Connection, SmallInteger, Table

from consumers.changes import Changes, Key, Pending, Value, adding
from schemas.codec import dumps

Names = Mapping[str, str]
"""Logical table name -> the physical table that is written to."""

ROWS_A_STATEMENT = 2_000


def write(connection: Connection, changes: Changes, names: Names | None = None) -> int:
    """Writes everything that is pending; the number of rows touched. `names`: where a view
    is written to while it is rebuilt."""
    names = names or {}
    if connection.dialect.name == "sqlite":
        return _write(changes, names, Database(connection.exec_driver_sql, sqlite=True))
    # The driver itself: where a statement has few rows, SQLAlchemy costs as much again.
    driver: Any = connection.connection.driver_connection
    with driver.pipeline(), driver.cursor() as cursor:
        return _write(changes, names, Database(cursor.execute, sqlite=False))


class Database(NamedTuple):
    """Where rows go: `run` takes a statement and its values; many of them on SQLite."""

    run: Callable[[str, Any], object]
    sqlite: bool


def _write(changes: Changes, names: Names, to: Database) -> int:
    return sum(_write_table(to, each, names) for each in changes)


def _write_table(to: Database, pending: Pending, names: Names) -> int:
    table = pending.table
    name = names.get(table.name, table.name)
    _delete(to, table, name, pending.gone)
    _end(to, table, name, pending.ends)
    for dossier, columns in pending.every.items():
        _set_every(to, table, name, dossier, columns)
    groups: dict[frozenset[str], list[tuple[Value, ...]]] = {}
    orders: dict[frozenset[str], tuple[str, ...]] = {}
    for dossier, rows in pending.rows.items():
        for rest, columns in rows.items():
            shape = frozenset(columns)
            order = orders.get(shape)
            if order is None:
                order = orders[shape] = tuple(sorted(shape))
                groups[shape] = []
            groups[shape].append((dossier, *rest, *[columns[each] for each in order]))
    for shape, rows_of_shape in groups.items():
        upsert(to, table, name, orders[shape], rows_of_shape)
    touched = len(pending.gone) + len(pending.ends) + len(pending.every)
    return touched + sum(map(len, groups.values()))


def upsert(
    to: Database,
    table: Table,
    name: str,
    columns: tuple[str, ...],
    rows: list[tuple[Value, ...]],
) -> None:
    """Each row is the whole key and then the columns, in that order."""
    # Sorted, the index is walked once and two writers cannot wait for each other in a ring.
    rows.sort(key=itemgetter(slice(len(table.primary_key))))
    statement = _upsert(table, name, columns, to.sqlite)
    if to.sqlite:
        to.run(statement, rows)
        return
    names = [*(str(column.name) for column in table.primary_key), *columns]
    for start in range(0, len(rows), ROWS_A_STATEMENT):
        part = rows[start : start + ROWS_A_STATEMENT]
        # One JSON text is several times quicker to make than the driver's arrays.
        objects = dumps([dict(zip(names, row, strict=True)) for row in part]).decode()
        to.run(statement, (objects,))


def _delete(to: Database, table: Table, name: str, gone: Iterable[Key]) -> None:
    by_length: dict[int, list[Key]] = {}
    for key in gone:
        by_length.setdefault(len(key), []).append(key)
    for length, keys in by_length.items():
        columns = [str(column.name) for column in table.primary_key][:length]
        if to.sqlite:
            where = " AND ".join(f'"{each}" = ?' for each in columns)
            to.run(f'DELETE FROM "{name}" WHERE {where}', sorted(keys))
        else:
            where = " AND ".join(f't."{each}" = k."{each}"' for each in columns)
            typed = ", ".join(f'"{each}" text' for each in columns)
            objects = [dict(zip(columns, key, strict=True)) for key in sorted(keys)]
            to.run(
                f'DELETE FROM "{name}" t USING json_to_recordset(%s) AS k({typed}) WHERE {where}',
                (dumps(objects).decode(),),
            )


def _end(to: Database, table: Table, name: str, ends: Mapping[Key, int]) -> None:
    """In any order of the ends: a row has the first of those that are meant for it."""
    by_length: dict[int, list[tuple[Key, int]]] = {}
    for key, at in ends.items():
        by_length.setdefault(len(key), []).append((key, at))
    for length, ended in by_length.items():
        columns = [str(column.name) for column in table.primary_key][:length]
        if to.sqlite:
            where = " AND ".join(f'"{each}" = ?{at}' for at, each in enumerate(columns, 2))
            rows = [(at, *key) for key, at in sorted(ended)]
            for statement in (
                f'DELETE FROM "{name}" WHERE {where} AND (next_at > ?1 OR since >= ?1)',
                f'UPDATE "{name}" SET ends_at = ?1 '
                f"WHERE {where} AND (ends_at IS NULL OR ends_at > ?1)",
            ):
                to.run(statement, rows)
            continue
        where = " AND ".join(f't."{each}" = k."{each}"' for each in columns)
        typed = ", ".join(f'"{each}" text' for each in columns)
        named = [{**dict(zip(columns, key, strict=True)), "at": at} for key, at in sorted(ended)]
        source = f"json_to_recordset(%s) AS k({typed}, at bigint)"
        for statement in (
            f'DELETE FROM "{name}" t USING {source} '
            f"WHERE {where} AND (t.next_at > k.at OR t.since >= k.at)",
            f'UPDATE "{name}" t SET ends_at = k.at FROM {source} '
            f"WHERE {where} AND (t.ends_at IS NULL OR t.ends_at > k.at)",
        ):
            to.run(statement, (dumps(named).decode(),))


def _set_every(
    to: Database, table: Table, name: str, dossier: str, columns: dict[str, Value]
) -> None:
    mark = "?" if to.sqlite else "%s"
    sets = ", ".join(f'"{each}" = {mark}' for each in columns)
    first = table.primary_key.columns[0].name
    to.run(f'UPDATE "{name}" SET {sets} WHERE "{first}" = {mark}', (*columns.values(), dossier))


@lru_cache(maxsize=4096)
def _upsert(table: Table, name: str, columns: tuple[str, ...], sqlite: bool) -> str:
    key = [column.name for column in table.primary_key]
    names = [*key, *columns]
    adds = adding(table)
    sets = ", ".join(
        f'"{each}" = {_sum(table, name, each)}' if each in adds else f'"{each}" = excluded."{each}"'
        for each in columns
    )
    listed = ", ".join(f'"{each}"' for each in names)
    if sqlite:
        values = f"VALUES ({', '.join('?' for _ in names)})"
    else:
        typed = ", ".join(f'"{each}" {_type(table, each)}' for each in names)
        values = f"SELECT * FROM json_to_recordset(%s) AS r({typed})"
    conflict = ", ".join(f'"{each}"' for each in key)
    then = f"DO UPDATE SET {sets}" if sets else "DO NOTHING"
    return f'INSERT INTO "{name}" ({listed}) {values} ON CONFLICT ({conflict}) {then}'


def _sum(table: Table, name: str, column: str) -> str:
    operator = "+" if isinstance(table.c[column].type, (BigInteger, SmallInteger)) else "||"
    return f'"{name}"."{column}" {operator} excluded."{column}"'


def _type(table: Table, column: str) -> str:
    kind = table.c[column].type
    if isinstance(kind, SmallInteger):
        return "smallint"
    return "bigint" if isinstance(kind, BigInteger) else "text"
