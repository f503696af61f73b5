"""The log on PostgreSQL 15 and newer, for many processes at once.

There the order of positions is not the order of commits, and a reader that asks for
`position > last` silently skips what commits late. So an append takes the locks of its
shards just before it draws positions and holds them until it is committed; a reader with a
cursor per shard then misses nothing (docs/decisions/0002-the-log.md).

A small append is one call of the function `append_events`, so one round trip: in
autocommit there is no BEGIN and no COMMIT. A large one claims its streams with the same
checks and then copies its rows, which is twice as fast.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
import sqlalchemy as sa

from engine.store.errors import StoreError, in_plain_words
from engine.store.log import Append, Conflict, Outcome, Repeated, Stored
from engine.store.rows import checked, rows_of
from engine.store.sql import SqlLog
from schemas.codec import dumps
from schemas.envelope import Recorded, shard_of

OLDEST = 150_000
"""The first PostgreSQL that is known to work, as the server numbers itself."""

COPIED = 150
"""From so many events on, an append copies its rows."""

SESSION = """
    SELECT set_config('default_transaction_isolation', 'read committed', false),
           set_config('lock_timeout', '10s', false),
           set_config('idle_in_transaction_session_timeout', '60s', false),
           set_config('jit', 'off', false),
           CASE current_setting('synchronous_commit') WHEN 'off'
           THEN set_config('synchronous_commit', 'on', false) END
"""
END_SILENT = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity AS a
    WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()
    AND wait_event = 'ClientRead'
    AND greatest(xact_start, state_change)
        < clock_timestamp() - current_setting('lock_timeout')::interval / 2
    AND EXISTS (
        SELECT FROM pg_locks AS l WHERE l.pid = a.pid AND l.granted
        AND (l.locktype = 'advisory' OR l.mode = 'RowExclusiveLock')
    )
"""
"""A program that is frozen (SIGSTOP, a suspended machine) in the midst of what it sends is not
idle for the server, so `idle_in_transaction_session_timeout` lets it hold its locks for ever."""
_LOCK = "SELECT pg_advisory_xact_lock(1282828372, shard) FROM unnest(%s::int[]) AS shard"
_APPEND = "SELECT append_events(%s::json, %s::json, %s::json)"
_CLAIM = "SELECT claim_streams(%s::json, %s::json)"
_POSITIONS = """
    SELECT nextval('events_position_seq') FROM generate_series(1, %s)
"""
_ANSWERED = """
    SELECT command_id FROM events WHERE first AND command_id = ANY(%(ids)s)
    UNION ALL SELECT command_id FROM rejections WHERE command_id = ANY(%(ids)s)
"""
COPY = """
    COPY events (
        position, occurred_at, recorded_at, stream, version, type, actor, agency, on_behalf,
        shard, schema_version, first, event_id, command_id, hash, correlation, payload, private
    ) FROM STDIN (FORMAT BINARY)
"""
COPY_TYPES = (
    *("int8", "int8", "int8", "int4", "int4", "int4", "int4", "int4", "int4"),
    *("int2", "int2", "bool", "bytea", "bytea", "bytea", "bytea", "bytea", "bytea"),
)

Numbers = Mapping[str | None, int | None]


def postgres_engine(url: sa.URL) -> sa.Engine:
    """Connections in autocommit: one statement is one transaction, without BEGIN."""
    engine = sa.create_engine(
        url.set(drivername="postgresql+psycopg"),
        connect_args={"autocommit": True},
        isolation_level="AUTOCOMMIT",
        pool_size=8,
        max_overflow=120,
        pool_reset_on_return=None,
    )

    @sa.event.listens_for(engine, "connect")
    def _prepare(connection: psycopg.Connection[Any], _: object) -> None:
        if connection.info.server_version < OLDEST:
            raise StoreError(
                f"PostgreSQL {connection.info.server_version // 10_000} is too old: 15 or newer."
            )
        connection.execute(SESSION)

    @sa.event.listens_for(engine, "handle_error")
    def _blocked(context: sa.ExceptionContext) -> None:
        if isinstance(context.original_exception, psycopg.errors.LockNotAvailable):
            end_silent(engine)

    return engine


def end_silent(engine: sa.Engine) -> None:
    """Ends the sessions that hold locks in a transaction and have long said nothing. For whoever
    has waited for a lock in vain: his next try finds it free. Theirs was stored or was not, as
    when any connection breaks."""
    with suppress(psycopg.Error, sa.exc.DBAPIError), engine.connect() as connection:
        connection.exec_driver_sql(END_SILENT)


class PostgresLog(SqlLog):
    """The log in a PostgreSQL database."""

    def append(self, appends: Sequence[Append]) -> list[Outcome]:
        checked(appends)
        if not appends:
            return []
        numbers = self._words.numbers_for(event for each in appends for event in each.events)
        self._fault("before-append")
        with in_plain_words(self.name), self._connection() as connection:
            outcomes = self._at_once(connection, appends, numbers) or self._one_by_one(
                connection, appends, numbers
            )
        self._fault("after-commit")
        return outcomes

    @contextmanager
    def begin(self) -> Iterator[sa.Connection]:
        with self._connect() as connection:
            connection.exec_driver_sql("BEGIN")
            try:
                yield connection
                connection.commit()
            except BaseException:
                connection.rollback()
                raise

    @contextmanager
    def _cursor(self) -> Iterator[Any]:
        # Binary: bytes arrive as they are, without a detour over hexadecimal text.
        with self._connection() as connection, connection.cursor(binary=True) as cursor:
            yield cursor

    def _before_answer(self, connection: sa.Connection, stream: str) -> None:
        connection.exec_driver_sql(_LOCK, ([shard_of(stream)],))

    @contextmanager
    def _connection(self) -> Iterator[psycopg.Connection[Any]]:
        """A connection of the driver itself: SQLAlchemy's execution costs a quarter of an
        append. After an error nobody knows what state it is in, so it is thrown away."""
        pooled = self.engine.raw_connection()
        try:
            driver: Any = pooled.driver_connection
            yield driver
        except psycopg.errors.LockNotAvailable:
            pooled.invalidate()
            end_silent(self.engine)
            raise
        except psycopg.OperationalError:
            pooled.invalidate()
            # The server went away: the others in the pool are dead as well.
            self.engine.dispose()
            raise
        except BaseException:
            pooled.invalidate()
            raise
        else:
            pooled.close()

    def _at_once(
        self, connection: psycopg.Connection[Any], appends: Sequence[Append], numbers: Numbers
    ) -> list[Outcome] | None:
        """The outcomes when all can be stored, as is usual; None when not, and none is."""
        if not _fit(appends):
            return None
        large = sum(len(each.events) for each in appends) >= COPIED
        store = self._copy if large else self._call
        try:
            positions = store(connection, appends, numbers)
        except psycopg.errors.UniqueViolation:
            # The same command in another shard, at this very moment.
            return None
        return None if positions is None else _stored(appends, positions)

    def _call(
        self, connection: psycopg.Connection[Any], appends: Sequence[Append], numbers: Numbers
    ) -> list[int] | None:
        """Positions of the events, or None when not all can be stored; then none is."""
        heads, commands = _claims(appends)
        places = {head["stream"]: place for place, head in enumerate(heads, 1)}
        added = [row for each in appends for row in _json_rows(each, places, numbers)]
        row = connection.execute(_APPEND, (_json(heads), commands, _json(added))).fetchone()
        return row[0] if row else None

    def _copy(
        self, connection: psycopg.Connection[Any], appends: Sequence[Append], numbers: Numbers
    ) -> list[int] | None:
        """As `_call`, for many events."""
        heads, commands = _claims(appends)
        with connection.transaction(), connection.cursor() as cursor:
            claimed = cursor.execute(_CLAIM, (_json(heads), commands)).fetchone()
            if claimed is None or claimed[0] is None:
                return None
            ids = dict(zip((head["stream"] for head in heads), claimed[0], strict=True))
            count = sum(len(each.events) for each in appends)
            # Drawn now, under the locks: the order of the rows is the order of positions.
            positions = [row[0] for row in cursor.execute(_POSITIONS, (count,))]
            with cursor.copy(COPY) as copy:
                copy.set_types(COPY_TYPES)
                drawn = iter(positions)
                for each in appends:
                    for row in rows_of(each, ids[each.stream], numbers, drawn):
                        copy.write_row(row)
            self._fault("before-commit")
        return positions

    def _one_by_one(
        self, connection: psycopg.Connection[Any], appends: Sequence[Append], numbers: Numbers
    ) -> list[Outcome]:
        """When not all can be stored: those that can, in one transaction all the same."""
        shards = sorted({shard_of(each.stream) for each in appends})
        with connection.transaction():
            connection.execute(_LOCK, (shards,))
            outcomes = []
            for each in appends:
                outcomes.append(self._one(connection, each, numbers))
            self._fault("before-commit")
        return outcomes

    def _one(
        self, connection: psycopg.Connection[Any], append: Append, numbers: Numbers
    ) -> Outcome:
        try:
            with connection.transaction():
                positions = self._call(connection, [append], numbers)
        except psycopg.errors.UniqueViolation:
            return Repeated(append.command_id)
        if positions is not None:
            return Stored(positions[-1])
        ids = {"ids": [append.command_id]}
        if connection.execute(_ANSWERED, ids).fetchone():
            return Repeated(append.command_id)
        return Conflict(append.stream, append.expected)


def _fit(appends: Sequence[Append]) -> bool:
    """Whether they can all be stored, as far as they themselves can tell: no command twice,
    and what a stream gets follows on."""
    ends: dict[str, Recorded] = {}
    commands = {append.command_id for append in appends}
    for append in appends:
        end = ends.get(append.stream)
        first = append.events[0]
        if end is not None and (end.version, end.hash) != (append.expected, first.previous):
            return False
        ends[append.stream] = append.events[-1]
    return len(commands) == len(appends)


def _claims(appends: Sequence[Append]) -> tuple[list[dict[str, Any]], str]:
    """Where each stream has to be, and the commands that must not have been answered."""
    heads: dict[str, dict[str, Any]] = {}
    for append in appends:
        if append.stream not in heads:
            heads[append.stream] = {
                "stream": append.stream,
                "shard": shard_of(append.stream),
                "version": append.expected,
                "hash": append.events[0].previous.hex(),
            }
    return list(heads.values()), _json([append.command_id.hex() for append in appends])


def _json_rows(
    append: Append, places: Mapping[str, int], numbers: Numbers
) -> Iterator[dict[str, Any]]:
    place, shard = places[append.stream], shard_of(append.stream)
    first = append.events[0]
    for e in append.events:
        yield {
            "occurred_at": e.occurred_at,
            "recorded_at": None if e.recorded_at == e.occurred_at else e.recorded_at,
            "stream": place,
            "version": e.version,
            "type": numbers[e.type],
            "actor": numbers[e.actor],
            "agency": numbers[e.agency],
            "on_behalf": numbers[e.on_behalf],
            "shard": shard,
            "schema_version": e.schema_version,
            "first": e is first,
            "event_id": e.event_id.hex(),
            "command_id": e.command_id.hex(),
            "hash": e.hash.hex(),
            "correlation": None if e.correlation == e.command_id else e.correlation.hex(),
            "payload": e.payload.hex(),
            "private": None if e.private is None else e.private.hex(),
        }


def _stored(appends: Sequence[Append], positions: Sequence[int]) -> list[Outcome]:
    outcomes: list[Outcome] = []
    last = -1
    for append in appends:
        last += len(append.events)
        outcomes.append(Stored(positions[last]))
    return outcomes


def _json(value: object) -> str:
    return dumps(value).decode()
