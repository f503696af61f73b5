"""The tables of the log, as SQLAlchemy knows them. Migrations make them; a test compares.

Rows are compact, for they are kept for ever: names that repeat (types, officers, agencies,
streams) are stored once and pointed at, which saves 106 of 467 bytes an event on SQLite.
The order of the columns leaves no padding on PostgreSQL. The previous hash is not stored:
it is the hash of the version before. Triggers refuse to change what stands in `streams`,
`words`, `events` and `definitions`.
"""

from __future__ import annotations

import sqlalchemy as sa

FORMAT = "0001"
"""The migration this program writes for; the store says its own in `alembic_version`."""

metadata = sa.MetaData()

BYTEWISE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
"""Text sorted by code point on both, so that a prefix is a range."""

formats = sa.Table("alembic_version", sa.MetaData(), sa.Column("version_num", sa.String(32)))

streams = sa.Table(
    "streams",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", BYTEWISE, nullable=False, unique=True),
)

words = sa.Table(
    "words",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("word", BYTEWISE, nullable=False, unique=True),
)

events = sa.Table(
    "events",
    metadata,
    # The primary key on SQLite, where every index holds it anyway; on PostgreSQL the
    # primary key is (shard, position), which spares an index.
    sa.Column("position", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True),
    sa.Column("occurred_at", sa.BigInteger, nullable=False),
    sa.Column("recorded_at", sa.BigInteger),  # NULL: as occurred_at
    sa.Column("stream", sa.Integer, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("type", sa.Integer, nullable=False),
    sa.Column("actor", sa.Integer, nullable=False),
    sa.Column("agency", sa.Integer, nullable=False),
    sa.Column("on_behalf", sa.Integer),
    sa.Column("shard", sa.SmallInteger, nullable=False),
    sa.Column("schema_version", sa.SmallInteger, nullable=False),
    sa.Column("first", sa.Boolean, nullable=False),  # of its command
    sa.Column("event_id", sa.LargeBinary, nullable=False),
    sa.Column("command_id", sa.LargeBinary, nullable=False),
    sa.Column("hash", sa.LargeBinary, nullable=False),
    sa.Column("correlation", sa.LargeBinary),  # NULL: as command_id
    sa.Column("payload", sa.LargeBinary, nullable=False),
    sa.Column("private", sa.LargeBinary),
)
sa.Index("events_stream_version", events.c.stream, events.c.version, unique=True)
sa.Index(
    "events_command",
    events.c.command_id,
    unique=True,
    sqlite_where=events.c.first,
    postgresql_where=events.c.first,
)

rejections = sa.Table(
    "rejections",
    metadata,
    sa.Column("command_id", sa.LargeBinary, primary_key=True),
    sa.Column("stream", sa.Text, nullable=False),
    sa.Column("rejected_at", sa.BigInteger, nullable=False),
    sa.Column("rule", sa.Text, nullable=False),
    sa.Column("message", sa.Text, nullable=False),
    sa.Column("legal_basis", sa.Text),
)

definitions = sa.Table(
    "definitions",
    metadata,
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("version", sa.Text, primary_key=True),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("content", sa.LargeBinary, nullable=False),
)

NEVER_CHANGED = (streams, words, events, definitions)
