"""The recorded event: what a stream holds, and the chain that makes it provable.

The hash of an event is SHA-256 over the text lines below, joined by a line feed, and then
the exact payload bytes; a stranger recomputes it with any SHA-256:

    previous hash (hex), stream, stream version, type, schema version,
    event id (hex), command id (hex), correlation (hex),
    actor, agency, on behalf of, occurred at (µs), recorded at (µs), payload

Position and shard are the store's and are not hashed: the shard follows from the stream,
and within a stream positions grow with the version.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

import msgspec

from schemas.codec import decode, encode
from schemas.events import Event

SHARDS = 16
GENESIS = bytes(32)
"""The previous hash of a stream's first event."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Origin(msgspec.Struct, frozen=True):
    """Who and what caused the events of one command. Times are microseconds since 1970, UTC.

    `occurred_at` is when it happened, `recorded_at` when the engine learnt of it.
    """

    command_id: bytes
    correlation: bytes
    actor: str
    agency: str
    occurred_at: int
    recorded_at: int
    on_behalf: str | None = None


class Recorded(msgspec.Struct, frozen=True, gc=False):
    """One event of a stream with its envelope. Ids are 16 bytes, hashes 32.

    `position` is 0 until the store has given it one.
    """

    stream: str
    version: int
    type: str
    schema_version: int
    event_id: bytes
    command_id: bytes
    correlation: bytes
    actor: str
    agency: str
    on_behalf: str | None
    occurred_at: int
    recorded_at: int
    payload: bytes
    private: bytes | None
    previous: bytes
    hash: bytes
    position: int = 0

    @property
    def shard(self) -> int:
        return shard_of(self.stream)

    def event(self) -> Event:
        """The decoded event. Raises UnknownEvent, DamagedEvent."""
        return decode(self.type, self.payload, self.private, self.schema_version)

    def expected_hash(self) -> bytes:
        """What `hash` has to be when nothing in the event was changed."""
        return _digest(
            self.previous,
            self.stream,
            self.version,
            self.type,
            self.schema_version,
            self.event_id,
            _origin_lines(self),
            self.payload,
        )


def shard_of(stream: str) -> int:
    return zlib.crc32(stream.encode()) % SHARDS


def seal(
    stream: str,
    events: Iterable[Event],
    origin: Origin,
    *,
    version: int,
    previous: bytes,
    new_id: Callable[[], bytes],
    fingerprint: bytes = b"",
) -> list[Recorded]:
    """Events of one command as they follow version `version`, whose hash is `previous`.

    The first event's id carries the `fingerprint` of its command, if there is one.
    """
    sealed: list[Recorded] = []
    lines = _origin_lines(origin)
    for event in events:
        version += 1
        payload, private = encode(_salted(event, new_id))
        event_id = new_id()
        if fingerprint and not sealed:
            event_id = event_id[:8] + fingerprint
        digest = _digest(
            previous, stream, version, event.type, event.schema_version, event_id, lines, payload
        )
        sealed.append(
            Recorded(
                stream=stream,
                version=version,
                type=event.type,
                schema_version=event.schema_version,
                event_id=event_id,
                command_id=origin.command_id,
                correlation=origin.correlation,
                actor=origin.actor,
                agency=origin.agency,
                on_behalf=origin.on_behalf,
                occurred_at=origin.occurred_at,
                recorded_at=origin.recorded_at,
                payload=payload,
                private=private,
                previous=previous,
                hash=digest,
            )
        )
        previous = digest
    return sealed


def _salted(event: Event, new_id: Callable[[], bytes]) -> Event:
    if event.private is None:
        return event
    private = msgspec.structs.replace(event.private, salt=new_id().hex())
    return msgspec.structs.replace(event, private=private)


def _digest(
    previous: bytes,
    stream: str,
    version: int,
    type_name: str,
    schema_version: int,
    event_id: bytes,
    origin: str,
    payload: bytes,
) -> bytes:
    lines = (
        f"{previous.hex()}\n{stream}\n{version}\n{type_name}\n{schema_version}\n"
        f"{event_id.hex()}\n{origin}"
    )
    return hashlib.sha256(lines.encode() + payload).digest()


def _origin_lines(origin: Origin | Recorded) -> str:
    """The lines that all events of one command share."""
    return (
        f"{origin.command_id.hex()}\n{origin.correlation.hex()}\n"
        f"{origin.actor}\n{origin.agency}\n{origin.on_behalf or ''}\n"
        f"{origin.occurred_at}\n{origin.recorded_at}\n"
    )


def to_micros(moment: datetime) -> int:
    """Microseconds since 1970 of an aware datetime."""
    return (moment - _EPOCH) // _MICROSECOND


def from_micros(micros: int) -> datetime:
    """The aware UTC datetime of microseconds since 1970."""
    return _EPOCH + timedelta(microseconds=micros)
