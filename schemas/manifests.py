"""What was published, shard by shard and period by period, so that a subscriber can say: I have
everything up to here.

A manifest counts the events of one shard between two sequences and hashes them:

    rolling hash = SHA-256(rolling hash before, 32 bytes, then the event's `streamhash`, 32 bytes)

from 32 zero bytes on, in the order of `sequence`. It also names, for each dossier with an event in
the period, the version of the last of them, so that what is missing can be named. Manifests of a
shard are numbered from 1, and each begins with the rolling hash that the one before ended with.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, ClassVar
from uuid import UUID

import msgspec

from schemas.cloudevents import ATTRIBUTES, JSON, Message, source_of
from schemas.codec import dumps, loads
from schemas.envelope import Recorded, from_micros, to_micros
from schemas.messages import Hash, Moment, Published, Said

START = bytes(32)
"""The rolling hash before a shard's first event."""


class Manifest(Published, frozen=True, kw_only=True):
    """The events of one shard in one period: how many, from where to where, and their hash.

    Once published it never changes. `signature` is null until manifests are signed; it then
    holds a detached signature over the other fields.
    """

    type: ClassVar[str] = "manifest.published"

    house: Annotated[str, Said(description="Whose engine published the events.")]
    shard: Annotated[int, Said(ge=0, le=15, description="The shard of the log.")]
    number: Annotated[int, Said(ge=1, description="Number of the manifest in its shard.")]
    first: Annotated[int, Said(ge=1, description="Sequence of the first event.")]
    last: Annotated[int, Said(ge=1, description="Sequence of the last event.")]
    count: Annotated[int, Said(ge=1, description="How many events there are.")]
    previous: Annotated[Hash, Said(description="The rolling hash before the first event (hex).")]
    hash: Annotated[Hash, Said(description="The rolling hash after the last event (hex).")]
    heads: Annotated[
        dict[str, int],
        Said(description="Dossiers with an event in the period; version of the last of them."),
    ]
    since: Annotated[Moment, Said(description="When the first event was recorded.")]
    until: Annotated[Moment, Said(description="When the last event was recorded.")]
    signature: Annotated[str | None, Said(description="Null until manifests are signed.")] = None


HEADERS: dict[str, str] = {
    **{name: ATTRIBUTES[name] for name in ("ce_specversion", "ce_source", "ce_type")},
    "ce_id": "Id of the manifest; it follows from its house, shard and number.",
    "ce_time": "When the last event in it was recorded, UTC, to the microsecond.",
    "ce_subject": "What it is about: <shard>/<number>.",
    "ce_dataschema": ATTRIBUTES["ce_dataschema"],
    "content-type": ATTRIBUTES["content-type"],
}
"""Every header of a manifest, and what it says. All of them are always there."""


def rolled(start: bytes, hashes: Iterable[bytes]) -> bytes:
    """The rolling hash after events with these hashes, in their order."""
    for each in hashes:
        start = hashlib.sha256(start + each).digest()
    return start


def manifest_of(
    house: str, shard: int, number: int, events: list[Recorded], previous: bytes
) -> Manifest:
    """The manifest of a shard's next events, in the order of their positions."""
    return Manifest(
        house=house,
        shard=shard,
        number=number,
        first=events[0].position,
        last=events[-1].position,
        count=len(events),
        previous=previous.hex(),
        hash=rolled(previous, (event.hash for event in events)).hex(),
        heads={event.stream: event.version for event in events},
        since=_moment(events[0]),
        until=_moment(events[-1]),
    )


def manifest_message(manifest: Manifest) -> Message:
    """The manifest as its house publishes it, keyed by its shard. The same one has the same id."""
    about = f"{manifest.type}\n{manifest.house}\n{manifest.shard}\n{manifest.number}"
    id_ = UUID(bytes=hashlib.sha256(about.encode()).digest()[:16])
    subject = f"{manifest.shard}/{manifest.number}".encode()
    at = manifest.until.isoformat(timespec="microseconds").replace("+00:00", "Z")
    headers = (
        ("ce_specversion", b"1.0"),
        ("ce_id", str(id_).encode()),
        ("ce_source", source_of(manifest.house).encode()),
        ("ce_type", manifest.type.encode()),
        ("ce_time", at.encode()),
        ("ce_subject", subject),
        ("ce_dataschema", f"urn:lienthong:{manifest.type}:{manifest.schema_version}".encode()),
        ("content-type", JSON.encode()),
    )
    key = b"%d" % manifest.shard
    return Message(key, dumps(manifest), headers, to_micros(manifest.until) // 1000)


def manifest_in(value: bytes | str | None) -> Manifest:
    """The manifest in the value of a message. Raises ValueError."""
    if value is None:
        raise ValueError("it has no value")
    try:
        return msgspec.convert(loads(value), Manifest)
    except msgspec.ValidationError as error:
        raise ValueError(str(error)) from error


def _moment(event: Recorded) -> datetime:
    return from_micros(event.recorded_at)
