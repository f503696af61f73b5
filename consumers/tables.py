"""The tables of views in a database: made, made anew beside the old ones, switched.

A view is read under its own name. A rebuild fills tables named by generation, without
indexes; switching renames. Names of indexes carry the generation, since an index cannot be
renamed on SQLite and index names are shared by all tables.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, Engine, Index, MetaData, Table, inspect
from sqlalchemy.schema import CreateIndex, CreateTable, DropTable

from consumers.barrier import confine
from consumers.checkpoints import metadata
from consumers.home import Home, are_there, ensure
from consumers.rows import Names
from consumers.view import View


def open_own(home: Home) -> None:
    """Makes the tables beside the views unless they are there."""
    ensure(home, metadata)


def own_are_there(engine: Engine) -> bool:
    return are_there(engine, metadata)


def beside(view: View, generation: int) -> Names:
    """The physical names under which a generation is built, by logical name."""
    return {table.name: f"{table.name}_{generation}" for table in view.tables}


def create(connection: Connection, view: View, names: Names) -> None:
    for table in view.tables:
        connection.execute(CreateTable(_named(table, names[table.name])))
        confine(connection, names[table.name])


def index(connection: Connection, view: View, names: Names, generation: int) -> None:
    for table in view.tables:
        physical = _named(table, names[table.name])
        for each in table.indexes:
            columns = [physical.c[column.name] for column in each.columns]
            name = f"{table.name}_{generation}_{each.name}"
            connection.execute(CreateIndex(Index(name, *columns, **each.dialect_kwargs)))


def switch(connection: Connection, view: View, names: Names) -> None:
    """The rows built beside take the place of the old ones, which are deleted."""
    present = set(inspect(connection).get_table_names())
    for table in view.tables:
        if table.name in present:
            connection.exec_driver_sql(f'DROP TABLE "{table.name}"')
        connection.exec_driver_sql(f'ALTER TABLE "{names[table.name]}" RENAME TO "{table.name}"')
        if connection.dialect.name != "sqlite":
            # Only now: what was built in bulk is packed, only what comes live needs room.
            fill = table.info["fill"]
            connection.exec_driver_sql(f'ALTER TABLE "{table.name}" SET (fillfactor = {fill})')


def drop_unfinished(connection: Connection, views: Iterable[View]) -> None:
    """Deletes what a rebuild that was killed left behind."""
    present = inspect(connection).get_table_names()
    for view in views:
        for table in view.tables:
            for name in present:
                if name.startswith(f"{table.name}_") and name[len(table.name) + 1 :].isdigit():
                    connection.execute(DropTable(_named(table, name)))


def _named(table: Table, name: str) -> Table:
    """The table under another name, without its indexes."""
    copy = table.to_metadata(MetaData(), name=name)
    copy.indexes.clear()
    return copy
