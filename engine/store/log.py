"""The log: what every store of events offers, and the values it speaks in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

import msgspec
import sqlalchemy as sa

from schemas.envelope import Recorded
from schemas.rejection import Rejected

BATCH = 1000
"""Events in one read when the caller does not say."""


class Append(msgspec.Struct, frozen=True, gc=False):
    """What one command adds to one stream: all of it or nothing.

    The expected version is that of the event before the first, and so is the expected hash.
    """

    events: tuple[Recorded, ...]

    @property
    def stream(self) -> str:
        return self.events[0].stream

    @property
    def expected(self) -> int:
        return self.events[0].version - 1

    @property
    def command_id(self) -> bytes:
        return self.events[0].command_id


class Stored(msgspec.Struct, frozen=True, gc=False):
    """Durable. `position` is that of the append's last event."""

    position: int


class Conflict(msgspec.Struct, frozen=True):
    """The stream is not where the append expected it: load it and decide again."""

    stream: str
    expected: int


class Repeated(msgspec.Struct, frozen=True):
    """This command id was answered before, by events or by a rejection: ask `answer`."""

    command_id: bytes


Outcome = Stored | Conflict | Repeated


class Definition(msgspec.Struct, frozen=True):
    """A registered version of a procedure, a calendar, an organisation. Never changes."""

    kind: str
    id: str
    version: str
    digest: str
    content: bytes


class Placed(msgspec.Struct, frozen=True, gc=False):
    """Events, and beside each what the store keeps of it and no hash covers.

    `shards` and `firsts` (of its command) are as they stand there: of any type, if somebody
    has changed them behind the engine's back.
    """

    events: list[Recorded]
    shards: Sequence[object]
    firsts: Sequence[object]


class Log(Protocol):
    """A store of events. Any thread may call it. Every method may raise a StoreError.

    Positions grow along a shard and along a stream, with gaps. They order events of
    different shards only loosely, so a reader keeps a cursor per shard.
    """

    @property
    def engine(self) -> sa.Engine:
        """The database itself, for the tables of others; write to it only in `begin`."""

    def append(self, appends: Sequence[Append]) -> list[Outcome]:
        """Stores the appends in one transaction and returns when they are durable.

        One outcome for each, in order. An append that is not Stored does not hurt the
        others, but those that follow it in the same stream are Conflicts. Raises
        ValueError for an append whose events are not one stream's next versions.
        """

    def read_stream(
        self, stream: str, *, after: int = 0, until: int | None = None, limit: int = 1_000_000
    ) -> list[Recorded]:
        """Events with after < version <= until, in order; at most `limit`."""

    def read_shard(
        self, shard: int, *, after: int = 0, limit: int = BATCH, previous: bool = False
    ) -> list[Recorded]:
        """Events of a shard beyond a position, in order. None will ever appear before them.

        The hash of the event before (`Recorded.previous`) is looked up only when
        `previous` is asked for, else it is empty.
        """

    def read_shards(
        self, cursors: Mapping[int, int], *, limit: int = BATCH, previous: bool = False
    ) -> list[Recorded]:
        """`read_shard` of several shards at once, by position; at most `limit` in all."""

    def read_all(self, *, batch: int = BATCH) -> Iterator[list[Recorded]]:
        """Everything, stream by stream, in batches. `previous` is filled."""

    def placed(self, stream: str | None = None, *, batch: int = BATCH) -> Iterator[Placed]:
        """One stream or everything as `read_all` delivers it, to verify it."""

    def count(self) -> int:
        """How many events there are, those that `read_all` never comes to among them."""

    def astray(self) -> int:
        """How many events `read_all` may not come to: they have no stream or no version, or
        those of another event."""

    def heads(self) -> dict[int, int]:
        """The last position of each shard; 0 where there is none."""

    def streams(self, prefix: str = "", *, after: str = "", limit: int = BATCH) -> list[str]:
        """Names of streams beyond `after` that start with `prefix`, sorted by code point."""

    def last_code(self, prefix: str) -> str | None:
        """The greatest name of a stream that starts with `prefix`; a longer name is greater."""

    def answer(self, command_id: bytes) -> list[Recorded] | Rejected | None:
        """The first answer to a command: its events, its rejection, or None."""

    def reject(self, command_id: bytes, stream: str, rejected: Rejected, at: int) -> bool:
        """Remembers a rejection outside of the dossier; `at` in microseconds since 1970.

        False when the command was answered before: then `answer` has the answer.
        """

    def register(self, kind: str, id: str, version: str, digest: str, content: bytes) -> None:
        """Registers a definition for good. Raises DefinitionChanged when the same id and
        version is registered with another digest."""

    def definitions(self, kind: str) -> list[Definition]:
        """Every registered definition of a kind, by id and version."""

    def registered(self) -> int:
        """How many definitions of whatever kind there are. None ever goes, so that whoever read
        them knows by it whether there is more to read."""

    def begin(self) -> AbstractContextManager[sa.Connection]:
        """A write transaction on the log's own database, for the tables of others.

        Commits at the end, rolls back on an exception. On SQLite it is the one writer:
        nobody appends meanwhile, and `append` inside of it would wait for ever.
        """

    def close(self) -> None:
        """Lets go of every connection."""
