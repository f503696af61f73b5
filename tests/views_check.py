"""I6: a view equals the fold of the events at its recorded position. The checker."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import Table, select

from consumers.changes import Changes
from consumers.home import Home
from consumers.rebuild import Past, folded
from consumers.view import View
from consumers.views import all_views
from consumers.views.timers import MOMENTS
from engine.store import Log

Rows = dict[tuple[Any, ...], dict[str, Any]]


def faults(home: Home, log: Log | Past, views: Iterable[View] | None = None) -> list[str]:
    """Each row that is not what the events make of it; empty when all is well."""
    views = list(all_views() if views is None else views)
    return list(_faults(home, folded(log, home, all_views()), views))


def _faults(home: Home, changes: Changes, views: list[View]) -> Iterator[str]:
    for view in views:
        for table in view.tables:
            # A sweep clears moments of timers, and deletes those that ended.
            hidden = {*MOMENTS, "next_at"} if view.swept else set()
            stored = _stored(home, table, hidden)
            wanted = _wanted(changes, table, hidden)
            if view.swept:
                over = [key for key, row in wanted.items() if row["ends_at"] is not None]
                wanted = {key: wanted[key] for key in wanted if key in stored or key not in over}
            for key in sorted(stored.keys() | wanted.keys()):
                if stored.get(key) != wanted.get(key):
                    yield f"I6: {table.name} {key}: {stored.get(key)} is not {wanted.get(key)}"


def _stored(home: Home, table: Table, hidden: set[str]) -> Rows:
    with home.engine.connect() as connection:
        rows = [dict(row) for row in connection.execute(select(table)).mappings()]
    key = [column.name for column in table.primary_key]
    return {
        tuple(row[each] for each in key): {
            name: value for name, value in row.items() if name not in hidden
        }
        for row in rows
    }


def _wanted(changes: Changes, table: Table, hidden: set[str]) -> Rows:
    if table not in changes.tables:
        return {}
    key = [column.name for column in table.primary_key]
    plain = {column.name: _default(column) for column in table.columns if column.name not in hidden}
    return {
        (dossier, *rest): {
            **plain,
            **dict(zip(key, (dossier, *rest), strict=True)),
            **{name: value for name, value in columns.items() if name not in hidden},
        }
        for dossier, rows in changes.tables[table].rows.items()
        for rest, columns in rows.items()
    }


def _default(column: Any) -> Any:
    if column.server_default is None or column.computed is not None:
        return None
    text = str(column.server_default.arg)
    return int(text) if text else ""
