"""What a view is: tables, and for each event type a pure handler that says what changes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, overload

from sqlalchemy import BigInteger, Column, MetaData, SmallInteger, Table, Text

from consumers.changes import Change
from schemas.envelope import Recorded, to_micros
from schemas.events import EVENT_TYPES, Event

Handler = Callable[[Any, Recorded], Iterable[Change]]
"""The event and its envelope -> the changes it makes. No reading, no time, no chance."""


class View:
    """A read model that can be thrown away and made again from the log.

    `version`: raise it when tables or handlers change; the stored rows are then rebuilt.
    A handler given for a base class stands for all events under it that have none of
    their own. `swept`: rows are also changed by something other than events (timers).
    """

    def __init__(
        self,
        name: str,
        version: int,
        tables: Iterable[Table],
        handlers: Mapping[type[Event], Handler],
        *,
        swept: bool = False,
    ) -> None:
        self.name = name
        self.version = version
        self.tables = tuple(tables)
        self.swept = swept
        self.handlers: dict[str, Handler] = {}
        for type_name, cls in EVENT_TYPES.items():
            found = next((handlers[base] for base in cls.__mro__ if base in handlers), None)
            if found is not None:
                self.handlers[type_name] = found


def table(
    name: str,
    key: Iterable[str],
    columns: Iterable[Column[Any]],
    *more: Any,
    wide: bool = False,
    fill: int = 100,
) -> Table:
    """The table `view_<name>`. Without rowid on SQLite: the key is the table, not an index
    beside it, which halves a row that is mostly key. `wide`: its rows may be longer than the
    thousand bytes beyond which such a table gives each a page of its own. `fill`: how full, in
    percent, PostgreSQL makes a page of new rows; a row that changes or grows then finds room
    beside its old self, and neither the indexes nor other pages are touched."""
    return Table(
        f"view_{name}",
        MetaData(),
        *(Column(each, Text, primary_key=True) for each in key),
        *columns,
        *more,
        sqlite_with_rowid=wide,
        info={"fill": fill},
    )


def text(name: str, *, adds: bool = False) -> Column[Any]:
    """A text column; one that `adds` is appended to."""
    if adds:
        return Column(name, Text, nullable=False, server_default="", info={"adds": True})
    return Column(name, Text)


def moment(name: str) -> Column[Any]:
    """Microseconds since 1970, UTC."""
    return Column(name, BigInteger)


def number(name: str, *, adds: bool = False) -> Column[Any]:
    """A small count or flag, 0 unless set; one that `adds` is added to."""
    return Column(
        name, SmallInteger, nullable=False, server_default="0", info={"adds": True} if adds else {}
    )


def position(name: str) -> Column[Any]:
    return Column(name, BigInteger)


@overload
def micros(at: datetime) -> int: ...
@overload
def micros(at: None) -> None: ...
def micros(at: datetime | None) -> int | None:
    """A moment of an event as a column holds it."""
    return None if at is None else to_micros(at)
