"""What both stores do in the same words of SQL. `sqlite.py` and `postgres.py` append."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import cached_property, partial
from typing import Any

import sqlalchemy as sa

from engine.store import queries
from engine.store.errors import DefinitionChanged, StoreDamaged, in_plain_words
from engine.store.log import BATCH, Append, Definition, Outcome, Placed
from engine.store.rows import Row, Words, hashes_before, recorded
from engine.store.schema import definitions, events, rejections, streams, words
from engine.store.statement import Statement
from schemas.envelope import GENESIS, Recorded
from schemas.rejection import Rejected

Fault = Callable[[str], None]
"""Called at named points of an append, so that a test can stop the program there."""

LAST = "\U0010ffff"
"""Sorts behind every other character."""


def no_fault(point: str) -> None:
    """Goes on."""


class SqlLog(ABC):
    """The log on a SQL database. See `Log` for what its methods promise."""

    def __init__(self, engine: sa.Engine, *, fault: Fault = no_fault) -> None:
        self.engine = engine
        self.name = engine.url.render_as_string(hide_password=True)
        self._fault = fault
        self._words = Words(self._learn, self._look_up)
        self._of_shards: dict[tuple[tuple[int, ...], bool], Statement] = {}

    @abstractmethod
    def append(self, appends: Sequence[Append]) -> list[Outcome]: ...

    @abstractmethod
    def begin(self) -> AbstractContextManager[sa.Connection]: ...

    @abstractmethod
    def _cursor(self) -> AbstractContextManager[Any]:
        """A cursor of the driver for reading."""

    @abstractmethod
    def _before_answer(self, connection: sa.Connection, stream: str) -> None:
        """Keeps everybody else from answering a command about this stream."""

    def close(self) -> None:
        self.engine.dispose()

    # --- reading events ---------------------------------------------------------------------

    def read_stream(
        self, stream: str, *, after: int = 0, until: int | None = None, limit: int = 1_000_000
    ) -> list[Recorded]:
        # One row more than asked for: the one before has the first one's previous hash.
        rows = self._read(
            self._of_stream,
            name=stream,
            after=after,
            until=2**31 - 1 if until is None else until,
            most=limit + (after > 0),
        )
        before = GENESIS if after == 0 else b""
        if rows and rows[0][1] == after:
            before, rows = rows[0][14], rows[1:]
        return recorded(rows, self._words, hashes_before(rows, before))

    def read_shard(
        self, shard: int, *, after: int = 0, limit: int = BATCH, previous: bool = False
    ) -> list[Recorded]:
        statement = self._of_shard_chained if previous else self._of_shard
        rows = self._read(statement, shard=shard, after=after, most=limit)
        return self._chained(rows) if previous else recorded(rows, self._words, [b""] * len(rows))

    def read_all(self, *, batch: int = BATCH) -> Iterator[list[Recorded]]:
        for placed in self.placed(batch=batch):
            yield placed.events

    def placed(self, stream: str | None = None, *, batch: int = BATCH) -> Iterator[Placed]:
        if stream is None:
            read = partial(self._read, self._of_all, most=batch)
        else:
            read = partial(self._read, self._of_one, most=batch, name=stream)
        last, version, before = 0, 0, GENESIS
        while rows := read(stream=last, version=version):
            # The batch begins a new stream, or goes on with the last one.
            first = before if rows[0][0] == last else GENESIS
            # A join would look a name up for each event, and make a text of it each time.
            named = self._read(self._of_names, first=rows[0][0], last=rows[-1][0])
            names = {id_: name for id_, name in named}
            last, version, before = rows[-1][0], rows[-1][1], rows[-1][14]
            try:
                plain = [(names[row[0]], *row[1:16]) for row in rows]
            except KeyError:
                lost = f"The store {self.name} has lost the name of a stream."
                raise StoreDamaged(lost) from None
            yield Placed(
                recorded(plain, self._words, hashes_before(plain, first)),
                [row[16] for row in rows],
                [row[17] for row in rows],
            )

    def count(self) -> int:
        with self._connect() as connection:
            return connection.scalar(queries.COUNT) or 0

    def astray(self) -> int:
        with self._connect() as connection:
            return connection.scalar(queries.ASTRAY) or 0

    def read_shards(
        self, cursors: Mapping[int, int], *, limit: int = BATCH, previous: bool = False
    ) -> list[Recorded]:
        if not cursors:
            return []
        shards = tuple(sorted(cursors))
        if (shards, previous) not in self._of_shards:
            merges = self.engine.dialect.name == "sqlite"
            query = queries.by_shards(shards, merges=merges)
            query = query.add_columns(queries.PREVIOUS) if previous else query
            self._of_shards[shards, previous] = self._statement(query)
        after = {f"after_{shard}": cursors[shard] for shard in shards}
        rows = self._read(self._of_shards[shards, previous], most=limit, **after)
        return self._chained(rows) if previous else recorded(rows, self._words, [b""] * len(rows))

    def _chained(self, rows: Sequence[Row]) -> list[Recorded]:
        """The events of rows that end with the hash of the event before."""
        hashes = [row[16] or (GENESIS if row[1] == 1 else b"") for row in rows]
        return recorded([row[:16] for row in rows], self._words, hashes)

    def heads(self) -> dict[int, int]:
        with self._connect() as connection:
            row = connection.execute(queries.HEADS).one()
        return {shard: position or 0 for shard, position in enumerate(row)}

    def streams(self, prefix: str = "", *, after: str = "", limit: int = BATCH) -> list[str]:
        names = sa.select(streams.c.name).where(
            streams.c.name > after, streams.c.name >= prefix, streams.c.name < prefix + LAST
        )
        with self._connect() as connection:
            return list(connection.scalars(names.order_by(streams.c.name).limit(limit)))

    def last_code(self, prefix: str) -> str | None:
        found = self._read(self._last_name, first=prefix, beyond=prefix + LAST)
        return found[0][0] if found else None

    # --- answers ----------------------------------------------------------------------------

    def answer(self, command_id: bytes) -> list[Recorded] | Rejected | None:
        with self._connect() as connection:
            found = connection.execute(queries.ANSWERED, {"command_id": command_id}).first()
            if found is None:
                refused = connection.execute(queries.REJECTED, {"command_id": command_id}).first()
                return None if refused is None else Rejected(*refused)
        stream, version = found
        answered = []
        for event in self.read_stream(stream, after=version - 1):
            if event.command_id != command_id:
                break
            answered.append(event)
        return answered

    def reject(self, command_id: bytes, stream: str, rejected: Rejected, at: int) -> bool:
        row = {
            "command_id": command_id,
            "stream": stream,
            "rejected_at": at,
            "rule": rejected.rule,
            "message": rejected.message,
            "legal_basis": rejected.legal_basis,
        }
        with self.begin() as connection:
            self._before_answer(connection, stream)
            known = {"command_id": command_id}
            if (
                connection.execute(queries.ANSWERED, known).first()
                or connection.execute(queries.REJECTED, known).first()
            ):
                return False
            connection.execute(rejections.insert(), row)
        return True

    # --- definitions ------------------------------------------------------------------------

    def register(self, kind: str, id: str, version: str, digest: str, content: bytes) -> None:
        row = Definition(kind, id, version, digest, content)
        with self.begin() as connection:
            connection.execute(self._insert_new(definitions), _as_dict(row))
            kept = connection.scalar(
                sa.select(definitions.c.digest).where(
                    definitions.c.kind == kind,
                    definitions.c.id == id,
                    definitions.c.version == version,
                )
            )
        if kept != digest:
            raise DefinitionChanged(
                f"The {kind} {id}, version {version}, was registered with the digest {kept} and "
                f"now has {digest}. A registered version never changes: give it a new version."
            )

    def definitions(self, kind: str) -> list[Definition]:
        query = sa.select(definitions).where(definitions.c.kind == kind)
        query = query.order_by(definitions.c.id, definitions.c.version)
        with self._connect() as connection:
            return [Definition(*row) for row in connection.execute(query)]

    def registered(self) -> int:
        with self._connect() as connection:
            return connection.scalar(sa.select(sa.func.count()).select_from(definitions)) or 0

    # --- words ------------------------------------------------------------------------------

    def _learn(self, new: list[str]) -> Iterable[tuple[int, str]]:
        # A transaction of its own, over before an append uses the numbers: a rollback of
        # that append cannot take them away again.
        unknown = [{"word": word} for word in new if word not in self._words.numbers]
        if unknown:
            with self.begin() as connection:
                connection.execute(self._insert_new(words), unknown)
        return self._known_words(words.c.word.in_(new))

    def _look_up(self, numbers: list[int]) -> Iterable[tuple[int, str]]:
        return self._known_words(words.c.id.in_(numbers))

    def _known_words(self, condition: sa.ColumnElement[bool]) -> list[tuple[int, str]]:
        with self._connect() as connection:
            return [tuple(row) for row in connection.execute(sa.select(words).where(condition))]

    # --- how --------------------------------------------------------------------------------

    @contextmanager
    def _connect(self) -> Iterator[sa.Connection]:
        with in_plain_words(self.name), self.engine.connect() as connection:
            yield connection

    def _read(self, statement: Statement, **values: object) -> list[Row]:
        with in_plain_words(self.name), self._cursor() as cursor:
            return statement.rows(cursor, **values)

    def _insert_new(self, table: sa.Table) -> Any:
        """Inserts the rows whose keys are not there yet. SQLite and PostgreSQL agree on it."""
        if self.engine.dialect.name == "sqlite":
            from sqlalchemy.dialects.sqlite import insert
        else:
            from sqlalchemy.dialects.postgresql import insert  # type: ignore[assignment]
        return insert(table).on_conflict_do_nothing()

    def _statement(self, clause: sa.ClauseElement) -> Statement:
        return Statement(clause, self.engine.dialect)

    @cached_property
    def _last_name(self) -> Statement:
        # The longer name is the greater: 10000 comes after 9999.
        return self._statement(
            sa.select(streams.c.name)
            .where(
                streams.c.name >= sa.bindparam("first", type_=sa.Text),
                streams.c.name < sa.bindparam("beyond", type_=sa.Text),
            )
            .order_by(sa.func.length(streams.c.name).desc(), streams.c.name.desc())
            .limit(1)
        )

    @cached_property
    def _of_stream(self) -> Statement:
        return self._statement(
            sa.select(*queries.columns(sa.bindparam("name", type_=sa.Text)))
            .where(
                events.c.stream == queries.NAMED,
                events.c.version >= sa.bindparam("after"),
                events.c.version <= sa.bindparam("until"),
            )
            .order_by(events.c.version)
            .limit(sa.bindparam("most"))
        )

    @cached_property
    def _of_shard(self) -> Statement:
        return self._statement(queries.BY_SHARD)

    @cached_property
    def _of_shard_chained(self) -> Statement:
        return self._statement(queries.BY_SHARD.add_columns(queries.PREVIOUS))

    @cached_property
    def _of_all(self) -> Statement:
        return self._statement(queries.PLACED)

    @cached_property
    def _of_names(self) -> Statement:
        return self._statement(queries.NAMES)

    @cached_property
    def _of_one(self) -> Statement:
        return self._statement(queries.PLACED.where(events.c.stream == queries.NAMED))


def _as_dict(definition: Definition) -> dict[str, object]:
    return {field: getattr(definition, field) for field in definition.__struct_fields__}
