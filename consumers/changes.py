"""What an event does to the rows of a view, as values; and many of them merged into few.

Handlers are pure: they say what changes, and never read. So the changes of a whole batch can
be merged in memory, in order, and written in a few statements.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec
from sqlalchemy import Table

Value = str | int | None
Key = tuple[str, ...]
"""The primary key of a row; its first part is always the dossier."""


class Put(msgspec.Struct, frozen=True, gc=False):
    """Insert the row, or set only these columns of it. A column that `adds` (see `adding`)
    is increased by the value, or the text is appended, instead. The dict is given away:
    merging changes it."""

    table: Table
    key: Key
    columns: dict[str, Value]


class Every(msgspec.Struct, frozen=True, gc=False):
    """Set these columns in all rows that the dossier has now."""

    table: Table
    dossier: str
    columns: dict[str, Value]


class Drop(msgspec.Struct, frozen=True, gc=False):
    """Delete the row, or every row of the dossier when `key` is the dossier alone."""

    table: Table
    key: Key


class End(msgspec.Struct, frozen=True, gc=False):
    """What waits under this key, or under any that begins with it, waits no longer from `at`
    (microseconds). For a table with `since`, `next_at` and `ends_at`: a row whose next moment
    had come by then keeps it and is marked with its end, any other is deleted."""

    table: Table
    key: Key
    at: int


Change = Put | Every | Drop | End


def adding(table: Table) -> frozenset[str]:
    """The columns of a table that are added to, never overwritten."""
    return frozenset(column.name for column in table.columns if column.info.get("adds"))


class Pending:
    """The merged changes of one table. Written in this order: gone, ends, every, rows.

    `rows`: by dossier and by the rest of the key, the columns to set. `fresh`: dossiers
    whose first event is in the batch, so that nothing can be stored of them yet.
    """

    def __init__(self, table: Table) -> None:
        self.table = table
        self.adds = adding(table)
        self.whole_key = len(table.primary_key)
        self.rows: dict[str, dict[Key, dict[str, Value]]] = {}
        self.gone: set[Key] = set()
        self.ends: dict[Key, int] = {}
        self.every: dict[str, dict[str, Value]] = {}

    def put(self, key: Key, columns: dict[str, Value]) -> None:
        of_dossier = self.rows.get(key[0])
        if of_dossier is None:
            self.rows[key[0]] = {key[1:]: columns}
            return
        row = of_dossier.setdefault(key[1:], columns)
        if row is columns:
            return
        for name in self.adds:
            if name in columns and name in row:
                columns[name] = row[name] + columns[name]  # type: ignore[operator]
        row.update(columns)

    def set_every(self, dossier: str, columns: dict[str, Value], *, fresh: bool) -> None:
        for row in self.rows.get(dossier, {}).values():
            row.update(columns)
        if not fresh:
            self.every.setdefault(dossier, {}).update(columns)

    def drop(self, key: Key, *, fresh: bool) -> None:
        if len(key) == self.whole_key:
            self.rows.get(key[0], {}).pop(key[1:], None)
        else:
            self.rows.pop(key[0], None)
            self.every.pop(key[0], None)
        if not fresh:
            self.gone.add(key)

    def end(self, key: Key, at: int, *, fresh: bool) -> None:
        raise TypeError(f"{self.table.name} has no rows that end")


class Timed(Pending):
    """Of a table whose rows end. `standing`: by the key without its last part, the last parts
    of the rows that may stand, so that an end finds its own without looking at all."""

    def __init__(self, table: Table) -> None:
        super().__init__(table)
        self.standing: dict[Key, list[str]] = {}

    def put(self, key: Key, columns: dict[str, Value]) -> None:
        super().put(key, columns)
        under = key[:-1]
        standing = self.standing.get(under)
        if standing is None:
            self.standing[under] = [key[-1]]
        else:
            standing.append(key[-1])

    def end(self, key: Key, at: int, *, fresh: bool) -> None:
        rows = self.rows.get(key[0])
        if rows:
            rest = key[1:]
            if len(key) == self.whole_key - 1:
                for last in self.standing.pop(key, ()):
                    _end(rows, (*rest, last), at)
            else:
                for each in [each for each in rows if each[: len(rest)] == rest]:
                    _end(rows, each, at)
        if not fresh:
            # What is stored was there before the batch, so the first of its ends counts.
            self.ends.setdefault(key, at)


def _end(rows: dict[Key, dict[str, Value]], key: Key, at: int) -> None:
    row = rows.get(key)
    if row is None or row["ends_at"] is not None:
        return
    # What was in force for no time at all was replaced within one command.
    if row["next_at"] > at or row["since"] >= at:  # type: ignore[operator]
        del rows[key]
    else:
        row["ends_at"] = at


def _pending(table: Table) -> Pending:
    return Timed(table) if "ends_at" in table.c else Pending(table)


class Changes:
    """The merged changes of many events, by table."""

    def __init__(self) -> None:
        self.tables: dict[Table, Pending] = {}
        self.fresh: set[str] = set()
        self.events = 0

    def add(self, changes: Iterable[Change], dossier: str, version: int) -> None:
        """The changes made by the event with this version of the dossier."""
        self.events += 1
        if version == 1:
            self.fresh.add(dossier)
        fresh = dossier in self.fresh
        tables = self.tables
        for change in changes:
            pending = tables.get(change.table)
            if pending is None:
                pending = tables[change.table] = _pending(change.table)
            if isinstance(change, Put):
                pending.put(change.key, change.columns)
            elif isinstance(change, End):
                pending.end(change.key, change.at, fresh=fresh)
            elif isinstance(change, Drop):
                pending.drop(change.key, fresh=fresh)
            else:
                pending.set_every(change.dossier, change.columns, fresh=fresh)

    def __iter__(self) -> Iterator[Pending]:
        return iter(self.tables.values())

    def dossier_count(self) -> int:
        """Over all tables: a measure of what is kept in memory."""
        return sum(len(each.rows) for each in self)
