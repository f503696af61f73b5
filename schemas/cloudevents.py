"""The recorded event as a Kafka message: CloudEvents 1.0, binary content mode.

The value is the exact payload that was hashed; everything else stands in headers, so that who
only sorts or routes never parses a payload. Private text never leaves the log: the payload has
its digest. A subscriber can recompute `streamhash` from the headers and the value alone (see
`schemas/envelope.py`), and so see that nothing was changed on the way.

Sources: CloudEvents 1.0.2, Kafka protocol binding 1.0.2 (`ce_` headers, `content-type`), and the
extensions `partitionkey` and `sequence`.
"""

from __future__ import annotations

from binascii import hexlify
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache

import msgspec

from schemas.envelope import Recorded, from_micros, shard_of, to_micros

JSON = "application/json"

LIMIT = 1 << 63
"""Numbers are less than this: what a database and most languages have room for."""

ATTRIBUTES: dict[str, str] = {
    "ce_specversion": "The version of CloudEvents: 1.0.",
    "ce_id": "Id of the event, a time-ordered UUID; the same when it is sent again.",
    "ce_source": "The engine that recorded it: urn:lienthong:<house>.",
    "ce_type": "Stable name of the event's type.",
    "ce_time": "When it happened, UTC, to the microsecond.",
    "ce_subject": "Code of the dossier.",
    "ce_dataschema": "The JSON Schema of the payload: urn:lienthong:<type>:<schema version>.",
    "ce_partitionkey": "What the message is partitioned by: the code of the dossier.",
    "ce_sequence": "Position in the log, 20 digits. It grows along a shard, with gaps.",
    "ce_shard": "Shard of the log, 0 to 15: CRC-32 of the dossier's code modulo 16.",
    "ce_streamversion": "Number of the event in its dossier, from 1, without a gap.",
    "ce_streamhash": "SHA-256 (hex) that seals this event and, through the one before, all others.",
    "ce_previoushash": "The hash of the dossier's event before; 64 zeros for the first.",
    "ce_commandid": "The command that caused it.",
    "ce_correlationid": "What several commands of one undertaking have in common.",
    "ce_actor": "Code of the officer who acted, or `system`.",
    "ce_agency": "Code of the agency that he acted for.",
    "ce_onbehalf": "Whose mandate he acted under; not there when nobody's.",
    "ce_recordedtime": "When the engine learnt of it, UTC, to the microsecond.",
    "content-type": f"What the value is: {JSON}.",
}
"""Every header of a dossier event, in its order, and what it says."""

OPTIONAL = frozenset({"ce_onbehalf"})

WIDTHS = {
    "ce_specversion": 3,
    "ce_id": 36,
    "ce_time": 27,
    "ce_sequence": 20,
    "ce_streamhash": 64,
    "ce_previoushash": 64,
    "ce_commandid": 36,
    "ce_correlationid": 36,
    "ce_recordedtime": 27,
    "content-type": len(JSON),
}
"""Bytes of the values of which every event's are as long."""

Headers = tuple[tuple[str, bytes], ...]


class Message(msgspec.Struct, frozen=True, gc=False):
    """What is sent to a topic or came from one. `value` None is a tombstone.

    `timestamp`: milliseconds since 1970.
    """

    key: bytes | None
    value: bytes | None
    headers: Headers
    timestamp: int


class BadMessage(Exception):
    """The message is not what the contract of its topic says; the sentence says why."""


def source_of(house: str) -> str:
    return f"urn:lienthong:{house}"


def to_message(event: Recorded, house: str) -> Message:
    """The event as it is published by the engine of `house`."""
    code = event.stream.encode()
    happened, command = _moment(event.occurred_at), _uuid(event.command_id)
    one_time = event.recorded_at == event.occurred_at
    alone = event.correlation == event.command_id
    type_, dataschema = _type(event.type, event.schema_version)
    headers = [
        ("ce_specversion", b"1.0"),
        ("ce_id", _uuid(event.event_id)),
        ("ce_source", _source(house)),
        ("ce_type", type_),
        ("ce_time", happened),
        ("ce_subject", code),
        ("ce_dataschema", dataschema),
        ("ce_partitionkey", code),
        ("ce_sequence", b"%020d" % event.position),
        ("ce_shard", b"%d" % event.shard),
        ("ce_streamversion", b"%d" % event.version),
        ("ce_streamhash", hexlify(event.hash)),
        ("ce_previoushash", hexlify(event.previous)),
        ("ce_commandid", command),
        ("ce_correlationid", command if alone else _uuid(event.correlation)),
        ("ce_actor", event.actor.encode()),
        ("ce_agency", event.agency.encode()),
    ]
    if event.on_behalf is not None:
        headers.append(("ce_onbehalf", event.on_behalf.encode()))
    headers.append(("ce_recordedtime", happened if one_time else _moment(event.recorded_at)))
    headers.append(_IS_JSON)
    return Message(code, event.payload, tuple(headers), event.recorded_at // 1000)


_IS_JSON = ("content-type", JSON.encode())


@lru_cache(maxsize=1_000)
def _type(name: str, version: int) -> tuple[bytes, bytes]:
    return name.encode(), f"urn:lienthong:{name}:{version}".encode()


@lru_cache(maxsize=1_000)
def _source(house: str) -> bytes:
    return source_of(house).encode()


def from_message(message: Message) -> Recorded:
    """The event in a message, its seal checked. Raises BadMessage."""
    said = _said(message.headers)
    try:
        event = _event(said, message.value)
    except (KeyError, ValueError, OverflowError) as error:
        raise BadMessage(_unreadable(said, error)) from error
    if message.key != event.stream.encode():
        raise BadMessage(f"its key {message.key!r} is not its subject {event.stream!r}")
    if said["ce_partitionkey"] != event.stream:
        raise BadMessage(f"its partitionkey {said['ce_partitionkey']!r} is not its subject")
    if said["ce_shard"] != str(shard_of(event.stream)):
        raise BadMessage(f"its shard {said['ce_shard']} is not that of {event.stream!r}")
    if event.expected_hash() != event.hash:
        raise BadMessage("its headers and value are not what was sealed: the hash differs")
    return event


def source(message: Message) -> str:
    """The house that sent a message. Raises BadMessage."""
    said = _said(message.headers).get("ce_source", "")
    prefix = source_of("")
    if not said.startswith(prefix):
        raise BadMessage(f"its source {said!r} does not begin with {prefix}")
    return said.removeprefix(prefix)


def _said(headers: Sequence[tuple[str, bytes]]) -> dict[str, str]:
    try:
        said = {name: value.decode() for name, value in headers}
    except (UnicodeDecodeError, AttributeError) as error:
        raise BadMessage(f"its header {_no_text(headers)} is no UTF-8 text") from error
    if len(said) != len(headers):
        names = [name for name, _ in headers]
        twice = next(name for name in names if names.count(name) > 1)
        raise BadMessage(f"its header {twice} comes twice")
    return said


def _no_text(headers: Sequence[tuple[str, bytes | None]]) -> str:
    """The first header that is none, or is no text."""
    for name, value in headers:
        try:
            if value is None:
                return name
            value.decode()
        except UnicodeDecodeError:
            return name
    raise AssertionError("asked only when there is one")


def _event(said: Mapping[str, str], payload: bytes | None) -> Recorded:
    if said["ce_specversion"] != "1.0":
        raise ValueError(f"specversion {said['ce_specversion']!r} is not 1.0")
    if said["content-type"].partition(";")[0].strip() != JSON:
        raise ValueError(f"content-type {said['content-type']!r} is not {JSON}")
    if payload is None:
        raise ValueError("it has no value")
    type_, _, schema_version = said["ce_dataschema"].removeprefix("urn:lienthong:").rpartition(":")
    if type_ != said["ce_type"]:
        raise ValueError(f"dataschema {said['ce_dataschema']!r} is not that of {said['ce_type']!r}")
    return Recorded(
        stream=said["ce_subject"],
        version=_number(said["ce_streamversion"]),
        type=type_,
        schema_version=_number(schema_version),
        event_id=_id(said["ce_id"]),
        command_id=_id(said["ce_commandid"]),
        correlation=_id(said["ce_correlationid"]),
        actor=said["ce_actor"],
        agency=said["ce_agency"],
        on_behalf=said.get("ce_onbehalf"),
        occurred_at=_micros(said["ce_time"]),
        recorded_at=_micros(said["ce_recordedtime"]),
        payload=payload,
        private=None,
        previous=_hash(said["ce_previoushash"]),
        hash=_hash(said["ce_streamhash"]),
        position=_number(said["ce_sequence"]),
    )


def _unreadable(said: Mapping[str, str], error: Exception) -> str:
    missing = [name for name in ATTRIBUTES if name not in said and name not in OPTIONAL]
    if missing:
        return f"it has no header {missing[0]}"
    return f"its headers cannot be read: {error}"


def _number(text: str) -> int:
    """A decimal number from 0 to 2^63-1. int() takes underscores, signs and blanks as well."""
    plain = text.isascii() and text.isdigit() and len(text) <= 20
    if not plain or (number := int(text)) >= LIMIT:
        raise ValueError(f"{text!r} is no number")
    return number


def _id(text: str) -> bytes:
    """The bytes of a UUID, as `UUID(text).bytes` in a third of its time."""
    found = bytes.fromhex(text.replace("-", ""))
    if len(text) != 36 or len(found) != 16:
        raise ValueError(f"{text!r} is no UUID")
    return found


def _hash(text: str) -> bytes:
    found = bytes.fromhex(text)
    if len(found) != 32:
        raise ValueError(f"{text!r} is no SHA-256")
    return found


def _uuid(id_: bytes) -> bytes:
    """As `str(UUID(bytes=id_))`, in a fifth of its time."""
    text = id_.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}".encode()


def _moment(micros: int) -> bytes:
    text = from_micros(micros).isoformat(timespec="microseconds")
    return f"{text[:-6]}Z".encode()


def _micros(text: str) -> int:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone")
    return to_micros(moment)


__all__ = [
    "ATTRIBUTES",
    "BadMessage",
    "Message",
    "from_message",
    "source",
    "source_of",
    "to_message",
]
