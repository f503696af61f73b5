"""What two engines say to each other about a leg: messages of the topics `handover.inbox` (to who
takes over) and `handover.receipts` (back to who offered).

CloudEvents in binary mode, keyed by the code that the dossier has where it was received, with an id
that follows from what is said: whoever says it again says the same. What counts is the sealed
history in a message. Who receives it verifies it and reads off it what happened; nothing beside
it is believed. Private text stays where it is but for the reason of a refusal: papers and
particulars travel by the exchange of documents, and a topic cannot be made to forget.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Annotated, ClassVar
from uuid import UUID

import msgspec

from schemas.cloudevents import ATTRIBUTES, JSON, BadMessage, Message, source_of
from schemas.codec import dumps, loads
from schemas.envelope import GENESIS, Recorded, to_micros
from schemas.messages import Hash, Moment, Published, Said

LARGEST = 900_000
"""Bytes of a value: some 900 events. A broker takes a million, headers included."""

Id = Annotated[str, Said(pattern="^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]


class SealedEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One event of a history, with every field that its hash covers (see `schemas/envelope.py`).

    The stream is the dossier's code; the hash before is that of the event before, 64 zeros for
    the first. Moments are microseconds since 1970, UTC. `payload`: its exact text; `private`: the
    exact private text, where the leg needs it.
    """

    version: Annotated[int, Said(ge=1)]
    type: str
    schema_version: Annotated[int, Said(ge=1)]
    event_id: Annotated[str, Said(pattern="^[0-9a-f]{32}$")]
    command_id: Annotated[str, Said(pattern="^[0-9a-f]{32}$")]
    correlation: Annotated[str, Said(pattern="^[0-9a-f]{32}$")]
    actor: str
    agency: str
    on_behalf: str | None = None
    occurred_at: int
    recorded_at: int
    payload: str
    private: str | None = None
    hash: Hash


History = tuple[SealedEvent, ...]


class About(Published, frozen=True, kw_only=True):
    """Which handover a message is about: by the code, the leg and the number that it has in the
    house that offers."""

    code: Annotated[str, Said(min_length=1, max_length=100, description="Code of the dossier.")]
    leg: Annotated[str, Said(max_length=200, description="Path of the leg.")]
    handover: Annotated[int, Said(ge=1, description="Number of the handover in its dossier.")]


class LegOffered(About, frozen=True, kw_only=True):
    """A leg is offered to an agency of another house, with the history up to the offer."""

    type: ClassVar[str] = "leg.offered"

    offer: Annotated[Id, Said(description="Id of the event `handover.offered`, the last one.")]
    procedure: Annotated[str, Said(description="The procedure of the whole dossier.")]
    procedure_version: str
    digest: Annotated[str, Said(description="Of that version's whole content.")]
    to_agency: Annotated[str, Said(description="Code of the agency that is to take the leg over.")]
    expires: Annotated[Moment, Said(description="Until when it may be accepted.")]
    history: Annotated[History, Said(min_length=1)]


class LegAskedBack(About, frozen=True, kw_only=True):
    """The house that offered wants the leg back: an offer that was not answered goes back; with
    `stop` the dossier has ended, and the work ends whoever has it. The answer is a receipt."""

    type: ClassVar[str] = "leg.asked_back"

    offer: Annotated[Id, Said(description="Id of the event `handover.offered`.")]
    why: Annotated[str, Said(description="recalled, expired or ended.")]
    stop: bool = False


class HandoverReceipt(About, frozen=True, kw_only=True):
    """What became of an offer, with the history there that proves it.

    `answer`: accepted, refused, recalled, expired, returned (the leg is over), or rejected: the
    engine itself did not take the offer, under `rule`, and never will take this one.
    """

    type: ClassVar[str] = "handover.receipt"

    answer: str
    offer: Annotated[str, Said(description='Id of the offer that was rejected, else "".')] = ""
    there: Annotated[str, Said(description='Code that it has there, "" when rejected.')] = ""
    history: History = ()
    rule: str | None = None
    message: Annotated[str | None, Said(description="Why it was rejected, a sentence.")] = None


class MessageRefused(Published, frozen=True, kw_only=True):
    """A message was not taken and changed nothing. Nobody answers it."""

    type: ClassVar[str] = "message.refused"

    code: Annotated[str, Said(description='Code of the dossier, "" when it cannot be told.')] = ""
    about: Annotated[str, Said(description="Id of the message, as it came.")]
    rule: str
    message: str


Letter = LegOffered | LegAskedBack | HandoverReceipt | MessageRefused

MESSAGES: tuple[type[Published], ...] = (
    LegOffered,
    LegAskedBack,
    HandoverReceipt,
    MessageRefused,
)

HEADERS: dict[str, str] = {
    **{
        name: ATTRIBUTES[name]
        for name in ("ce_specversion", "ce_id", "ce_source", "ce_type", "ce_time", "ce_subject")
    },
    "ce_dataschema": ATTRIBUTES["ce_dataschema"],
    "ce_partitionkey": ATTRIBUTES["ce_partitionkey"],
    "content-type": ATTRIBUTES["content-type"],
}
"""Every header of a message between engines. All of them are always there."""

_TYPES: dict[str, type[Letter]] = {
    LegOffered.type: LegOffered,
    LegAskedBack.type: LegAskedBack,
    HandoverReceipt.type: HandoverReceipt,
    MessageRefused.type: MessageRefused,
}


class Received(msgspec.Struct, frozen=True):
    """A message that can be read: `id` as it was sent, `house` that says it sent it."""

    id: str
    house: str
    letter: Letter


class Unreadable(BadMessage):
    """A message that is none; `rule` says in which way, `id` and `house` what could be told."""

    def __init__(self, rule: str, words: str, *, id: str = "", house: str = "") -> None:
        super().__init__(words)
        self.rule = rule
        self.id = id
        self.house = house


def to_letter(letter: Letter, house: str, id_: bytes, at: datetime) -> Message:
    """The message as `house` sends it; `id_`: 16 bytes, the same whenever the same is said."""
    key = letter.code.encode()
    moment = at.isoformat(timespec="microseconds").replace("+00:00", "Z")
    headers = (
        ("ce_specversion", b"1.0"),
        ("ce_id", str(UUID(bytes=id_)).encode()),
        ("ce_source", source_of(house).encode()),
        ("ce_type", letter.type.encode()),
        ("ce_time", moment.encode()),
        ("ce_subject", key),
        ("ce_dataschema", f"urn:lienthong:{letter.type}:{letter.schema_version}".encode()),
        ("ce_partitionkey", key),
        ("content-type", JSON.encode()),
    )
    return Message(key, dumps(letter), headers, to_micros(at) // 1000)


def from_letter(message: Message) -> Received:
    """Raises Unreadable, with whatever of id and house could be told."""
    said = {name: value.decode(errors="replace") for name, value in message.headers}
    id_ = said.get("ce_id", "")[:100]
    prefix = source_of("")
    source = said.get("ce_source", "")
    house = source.removeprefix(prefix) if source.startswith(prefix) else ""

    def bad(rule: str, words: str) -> Unreadable:
        return Unreadable(rule, words, id=id_, house=house)

    missing = [name for name in HEADERS if name not in said]
    if missing or len(said) != len(message.headers):
        raise bad("bad-headers", f"no header {missing[0]}" if missing else "a header comes twice")
    if not house:
        raise bad("unknown-sender", f"its source {source[:100]!r} names no house")
    cls = _TYPES.get(said["ce_type"])
    if cls is None:
        raise bad("unknown-type", f"there is no message of type {said['ce_type'][:100]!r}")
    if said["ce_dataschema"] != f"urn:lienthong:{cls.type}:{cls.schema_version}":
        raise bad("unknown-type", f"its schema {said['ce_dataschema'][:100]!r} is not known here")
    if message.value is None:
        raise bad("not-json", "it has no value")
    if len(message.value) > LARGEST:
        raise bad("too-large", f"it has {len(message.value)} bytes, at most {LARGEST}")
    try:
        letter = msgspec.convert(loads(message.value), cls)
    except msgspec.ValidationError as error:
        raise bad("wrong-schema", str(error)) from error
    except ValueError as error:
        raise bad("not-json", str(error)) from error
    if not message.key == letter.code.encode() == said["ce_subject"].encode():
        raise bad("wrong-key", "its key, its subject and its code are not the same")
    return Received(id_, house, letter)


# --- histories ----------------------------------------------------------------------------


def exported(records: Iterable[Recorded], private_of: Collection[bytes] = ()) -> History:
    """The history as it is sent; the private text of these commands goes with it."""
    return tuple(
        SealedEvent(
            version=each.version,
            type=each.type,
            schema_version=each.schema_version,
            event_id=each.event_id.hex(),
            command_id=each.command_id.hex(),
            correlation=each.correlation.hex(),
            actor=each.actor,
            agency=each.agency,
            on_behalf=each.on_behalf,
            occurred_at=each.occurred_at,
            recorded_at=each.recorded_at,
            payload=each.payload.decode(),
            private=_told(each) if each.command_id in private_of else None,
            hash=each.hash.hex(),
        )
        for each in records
    )


def _told(record: Recorded) -> str | None:
    return None if record.private is None else record.private.decode()


def imported(stream: str, history: History) -> list[Recorded]:
    """The events of a history, each with the hash before it. They still have to be verified."""
    records = []
    previous = GENESIS
    for position, each in enumerate(history, 1):
        records.append(
            Recorded(
                stream=stream,
                version=each.version,
                type=each.type,
                schema_version=each.schema_version,
                event_id=bytes.fromhex(each.event_id),
                command_id=bytes.fromhex(each.command_id),
                correlation=bytes.fromhex(each.correlation),
                actor=each.actor,
                agency=each.agency,
                on_behalf=each.on_behalf,
                occurred_at=each.occurred_at,
                recorded_at=each.recorded_at,
                payload=each.payload.encode(),
                private=None if each.private is None else each.private.encode(),
                previous=previous,
                hash=bytes.fromhex(each.hash),
                position=position,
            )
        )
        previous = records[-1].hash
    return records


def kept_bytes(history: History) -> bytes:
    """The bytes that are kept of a history, and over which its digest is."""
    return dumps(history)


def digest_of(history: History) -> str:
    """SHA-256 (hex) of a history's bytes."""
    return hashlib.sha256(kept_bytes(history)).hexdigest()
