"""A second barrier on PostgreSQL: the rows of dossiers that somebody may not read are not there.

The first is the policy of the program (`app/access`). Whoever reads views for somebody who may not
see every dossier takes the role READER for one transaction, and says for which agencies he reads;
rules of the tables then hide all others, whatever the query asks for. SQLite has no such thing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, inspect, text

from consumers.home import Home

READER = "lienthong_reader"

HIDDEN = frozenset(
    {
        "access_tokens",
        "accounts",
        "administration",
        "agency_drafts",
        "calendar_drafts",
        "citizen_facts",
        "citizen_keys",
        "dead_letters",
        "dossier_reads",
        "ended_sessions",
        "interlink_histories",
        "interlink_messages",
        "procedure_drafts",
        "secrets",
        "sign_in_failures",
        "webhook_deliveries",
        "webhooks",
    }
)
"""Tables of which the reader may read nothing at all, although they are made where views are."""

_AGENCIES = "string_to_array(current_setting('lienthong.agencies', true), ',')"
_ONCE = f"(SELECT {_AGENCIES})::text[]"
_DOSSIERS = "string_to_array(current_setting('lienthong.dossiers', true), ',')"

_KNOWN = text("""
    SELECT coalesce(obj_description(oid, 'pg_policy'), '') FROM pg_policy
    WHERE polrelid = CAST(:table AS regclass) AND polname = 'confined'
""")
"""The rule that stands; the database has it in words of its own, so ours is its comment."""

_ROLE = f"""
    DO $$ BEGIN CREATE ROLE {READER} NOLOGIN;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$
"""

_MAY_READ = f"""
    CREATE OR REPLACE FUNCTION lienthong_may_read(asked text) RETURNS boolean
    LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
    -- By name when it is called: a rebuild puts another table in the place of view_parties.
    BEGIN
        RETURN asked = ANY ({_DOSSIERS}) OR EXISTS (
            SELECT 1 FROM view_parties
            WHERE dossier = asked AND agency = ANY ({_AGENCIES}));
    END $$
"""


def open_barrier(home: Home) -> bool:
    """Makes the role and the rules, unless they are there; whether the barrier stands. It does not
    on SQLite, nor where the database's user may not make a role and nobody has made it."""
    if home.engine.dialect.name != "postgresql":
        return False
    with home.begin() as connection:
        member = _is_reader(connection)
        if not member and not _may_make_roles(connection):
            return False
        # Two servers that start at once: the second waits, then finds it done.
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(1282828376)")
        if not member:
            connection.exec_driver_sql(_ROLE)
            connection.exec_driver_sql(f"GRANT {READER} TO CURRENT_USER")
        connection.exec_driver_sql(_MAY_READ)
        tables = inspect(connection).get_table_names()
    for table in tables:
        # Each for itself: a rule locks its table, and who holds two locks may wait for a third.
        with home.begin() as connection:
            confine(connection, table)
    return True


def confine(connection: Connection, table: str) -> None:
    """Gives the reader what he may read of a table; nothing happens where there is no barrier."""
    if connection.dialect.name != "postgresql" or not _stands(connection):
        return
    if table in HIDDEN:
        connection.exec_driver_sql(f'REVOKE ALL ON "{table}" FROM {READER}')
        return
    connection.exec_driver_sql(f'GRANT SELECT ON "{table}" TO {READER}')
    columns = {each["name"] for each in inspect(connection).get_columns(table)}
    rule = _rule(table, columns)
    if rule is None:
        return
    known = connection.scalar(_KNOWN, {"table": table})
    if known == rule:
        return
    if known is not None:
        # Of an earlier version of this program.
        connection.exec_driver_sql(f'DROP POLICY confined ON "{table}"')
    else:
        # Everybody else keeps the rights that he has: a rule for one role alone would leave a user
        # of the database that does not own the tables with nothing.
        connection.exec_driver_sql(f'CREATE POLICY unconfined ON "{table}" USING (true)')
    connection.exec_driver_sql(
        f'CREATE POLICY confined ON "{table}" AS RESTRICTIVE FOR SELECT TO {READER} USING ({rule})'
    )
    quoted = rule.replace("'", "''")
    connection.exec_driver_sql(f"COMMENT ON POLICY confined ON \"{table}\" IS '{quoted}'")
    connection.exec_driver_sql(f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY')


@contextmanager
def confined(
    connection: Connection, agencies: Iterable[str], dossiers: Iterable[str]
) -> Iterator[None]:
    """One transaction in which the connection sees the dossiers in which one of `agencies` has a
    part, and those of `dossiers`, and no others."""
    connection.exec_driver_sql("BEGIN READ ONLY")
    try:
        connection.execute(
            text(
                "SELECT set_config('lienthong.agencies', :agencies, true),"
                " set_config('lienthong.dossiers', :dossiers, true),"
                " set_config('role', :role, true)"
            ),
            {"agencies": ",".join(agencies), "dossiers": ",".join(dossiers), "role": READER},
        )
        yield
    finally:
        connection.exec_driver_sql("ROLLBACK")


def _rule(table: str, columns: set[str]) -> str | None:
    """What a row has to fulfil; None for a table in which there are no dossiers."""
    if table == "view_parties" or table.startswith("view_parties_"):
        # Not the function, which itself asks this table.
        return f"agency = ANY ({_AGENCIES}) OR dossier = ANY ({_DOSSIERS})"
    if table == "view_inbox" or table.startswith("view_inbox_"):
        # A task is of an agency that has a part in its dossier. Asked first, once for all rows: an
        # inbox has thousands, and the function costs each of them more than all the rest.
        return f"agency = ANY ({_ONCE}) OR lienthong_may_read(dossier)"
    if table == "view_status" or table.startswith("view_status_"):
        # So has who holds it and who received it, of whose dossiers most lists are.
        return f"agency = ANY ({_ONCE}) OR desk = ANY ({_ONCE}) OR lienthong_may_read(dossier)"
    if table == "events":
        return "lienthong_may_read((SELECT name FROM streams WHERE id = stream))"
    if table == "streams":
        return "lienthong_may_read(name)"
    return "lienthong_may_read(dossier)" if "dossier" in columns else None


def _stands(connection: Connection) -> bool:
    found = text("SELECT 1 FROM pg_proc WHERE proname = 'lienthong_may_read'")
    return bool(connection.scalar(found)) and _is_reader(connection)


def _is_reader(connection: Connection) -> bool:
    """Whether there is the role, and this user of the database may take it."""
    query = text("SELECT pg_has_role(oid, 'MEMBER') FROM pg_roles WHERE rolname = :role")
    return bool(connection.scalar(query, {"role": READER}))


def _may_make_roles(connection: Connection) -> bool:
    query = text("SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user")
    return bool(connection.scalar(query))
