"""The log: streams, words, events, rejections, definitions.

A migration is never edited once it is released, so it repeats the tables in full.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

LOCKS = 1_282_828_372
"""The first key of the advisory locks, so that other programs' locks do not meet ours."""


def upgrade() -> None:
    postgres = op.get_context().dialect.name == "postgresql"
    _names(postgres)
    _events(postgres)
    _answers()
    if postgres:
        op.execute(CLAIM)
        op.execute(APPEND)
        op.execute(REFUSE)
    for table in ("streams", "words", "events", "definitions"):
        for trigger in _triggers(table, postgres):
            op.execute(trigger)


def _bytewise(postgres: bool) -> sa.Text:
    return sa.Text(collation="C") if postgres else sa.Text()


def _names(postgres: bool) -> None:
    for table, column in (("streams", "name"), ("words", "word")):
        op.create_table(
            table,
            sa.Column("id", sa.Integer, sa.Identity(always=True), nullable=False),
            sa.Column(column, _bytewise(postgres), nullable=False),
            sa.PrimaryKeyConstraint("id", name=f"{table}_pkey"),
            sa.UniqueConstraint(column, name=f"{table}_{column}_key"),
        )


def _events(postgres: bool) -> None:
    number = sa.BigInteger() if postgres else sa.Integer()
    key = ("shard", "position") if postgres else ("position",)
    op.create_table(
        "events",
        sa.Column("position", number, sa.Identity(), nullable=False),
        sa.Column("occurred_at", sa.BigInteger, nullable=False),
        sa.Column("recorded_at", sa.BigInteger),
        sa.Column("stream", sa.Integer, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("type", sa.Integer, nullable=False),
        sa.Column("actor", sa.Integer, nullable=False),
        sa.Column("agency", sa.Integer, nullable=False),
        sa.Column("on_behalf", sa.Integer),
        sa.Column("shard", sa.SmallInteger, nullable=False),
        sa.Column("schema_version", sa.SmallInteger, nullable=False),
        sa.Column("first", sa.Boolean, nullable=False),
        sa.Column("event_id", sa.LargeBinary, nullable=False),
        sa.Column("command_id", sa.LargeBinary, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.Column("correlation", sa.LargeBinary),
        sa.Column("payload", sa.LargeBinary, nullable=False),
        sa.Column("private", sa.LargeBinary),
        sa.PrimaryKeyConstraint(*key, name="events_pkey"),
    )
    first = sa.text("first")
    op.create_index("events_stream_version", "events", ["stream", "version"], unique=True)
    op.create_index(
        "events_command",
        "events",
        ["command_id"],
        unique=True,
        sqlite_where=first,
        postgresql_where=first,
    )
    if not postgres:
        # Every index of SQLite ends with the row's id, which is the position.
        op.create_index("events_shard", "events", ["shard"])


def _answers() -> None:
    op.create_table(
        "rejections",
        sa.Column("command_id", sa.LargeBinary, nullable=False),
        sa.Column("stream", sa.Text, nullable=False),
        sa.Column("rejected_at", sa.BigInteger, nullable=False),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("legal_basis", sa.Text),
        sa.PrimaryKeyConstraint("command_id", name="rejections_pkey"),
    )
    op.create_table(
        "definitions",
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("version", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("kind", "id", "version", name="definitions_pkey"),
    )


def _triggers(table: str, postgres: bool) -> list[str]:
    if postgres:
        return [
            f"CREATE TRIGGER {table}_never_changed BEFORE UPDATE OR DELETE OR TRUNCATE "
            f"ON {table} FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        ]
    return [
        f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{verb}: {table} is only ever added to'); END"
        for verb in ("UPDATE", "DELETE")
    ]


CLAIM = f"""
CREATE FUNCTION claim_streams(heads json, commands json) RETURNS integer[]
LANGUAGE plpgsql AS $$
-- The ids of the streams whose heads (stream, shard, version, hash) are as the writer
-- expects, their shards locked until the transaction ends. NULL: one is not, or one of the
-- commands was answered. Subqueries with one row each, for a join might scan the log.
DECLARE
    ids integer[];
BEGIN
    -- Sorted, so that two appends over several shards cannot wait for each other.
    PERFORM pg_advisory_xact_lock({LOCKS}, s.shard) FROM (
        SELECT DISTINCT h.shard FROM json_to_recordset(heads) AS h(shard integer)
        ORDER BY h.shard
    ) AS s;
    -- A statement of a volatile function sees what was committed before it began: from here
    -- on, all that the locks' last holders wrote.
    IF EXISTS (
        SELECT FROM json_to_recordset(heads) AS h(stream text, version integer, hash text)
        WHERE NOT coalesce((
            SELECT e.version = h.version AND e.hash = decode(h.hash, 'hex')
            FROM events AS e
            WHERE e.stream = (SELECT s.id FROM streams AS s WHERE s.name = h.stream)
            ORDER BY e.version DESC LIMIT 1
        ), h.version = 0)
    ) OR EXISTS (
        SELECT FROM json_array_elements_text(commands) AS c(id)
        WHERE (SELECT true FROM events AS e
               WHERE e.first AND e.command_id = decode(c.id, 'hex') LIMIT 1)
           OR (SELECT true FROM rejections AS r
               WHERE r.command_id = decode(c.id, 'hex') LIMIT 1)
    ) THEN
        RETURN NULL;
    END IF;
    INSERT INTO streams (name)
    SELECT h.stream FROM json_to_recordset(heads) AS h(stream text, version integer)
    WHERE h.version = 0
    ON CONFLICT DO NOTHING;
    RETURN ARRAY(
        SELECT (SELECT s.id FROM streams AS s WHERE s.name = h.stream)
        FROM json_to_recordset(heads) AS h(stream text)
    );
END $$
"""

APPEND = """
CREATE FUNCTION append_events(heads json, commands json, added json) RETURNS bigint[]
LANGUAGE plpgsql AS $$
-- Stores all the events and returns their positions, or stores none and returns NULL.
-- An event's `stream` is the place of its head in `heads`, from 1. A position is drawn
-- after the lock, in the order of the array, so it grows along a shard in commit order.
DECLARE
    ids integer[] := claim_streams(heads, commands);
    positions bigint[];
BEGIN
    IF ids IS NULL THEN
        RETURN NULL;
    END IF;
    WITH stored AS (
        INSERT INTO events (
            occurred_at, recorded_at, stream, version, type, actor, agency, on_behalf, shard,
            schema_version, first, event_id, command_id, hash, correlation, payload, private
        )
        SELECT
            a.occurred_at, a.recorded_at, ids[a.stream], a.version, a.type, a.actor, a.agency,
            a.on_behalf, a.shard, a.schema_version, a.first, decode(a.event_id, 'hex'),
            decode(a.command_id, 'hex'), decode(a.hash, 'hex'), decode(a.correlation, 'hex'),
            decode(a.payload, 'hex'), decode(a.private, 'hex')
        FROM json_to_recordset(added) AS a(
            occurred_at bigint, recorded_at bigint, stream integer, version integer,
            type integer, actor integer, agency integer, on_behalf integer, shard smallint,
            schema_version smallint, first boolean, event_id text, command_id text,
            hash text, correlation text, payload text, private text
        )
        RETURNING position
    )
    SELECT array_agg(s.position) INTO positions FROM stored AS s;
    RETURN positions;
END $$
"""

REFUSE = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%: % is only ever added to', TG_OP, TG_TABLE_NAME;
END $$
"""
