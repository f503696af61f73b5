"""Tables that are only ever added to: the database itself refuses anything else."""

from __future__ import annotations

from sqlalchemy import DDL, Table, event


def only_added_to(table: Table, words: str) -> None:
    """Once it is made, every change and deletion in it ends with `words`. What the store's own
    migrations do for the log, for tables that are made beside it or where views live."""
    name = table.name
    for verb in ("UPDATE", "DELETE"):
        _when_made(
            table,
            "sqlite",
            f"CREATE TRIGGER {name}_no_{verb.lower()} BEFORE {verb} ON {name} "
            f"BEGIN SELECT RAISE(ABORT, '{verb}: {words}'); END",
        )
    _when_made(
        table,
        "postgresql",
        # "%%": what a statement is made of here is formatted once more.
        f"CREATE FUNCTION refuse_change_of_{name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        f" RAISE EXCEPTION '%%: {words}', TG_OP; END $$",
    )
    _when_made(
        table,
        "postgresql",
        f"CREATE TRIGGER {name}_never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON {name}"
        f" EXECUTE FUNCTION refuse_change_of_{name}()",
    )


def _when_made(table: Table, dialect: str, statement: str) -> None:
    made = DDL(statement).execute_if(dialect=dialect)  # type: ignore[no-untyped-call]
    event.listen(table, "after_create", made)
