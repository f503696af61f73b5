"""What is published beside the events: where each dossier is, and what is late.

Both are made from the events and can be made again. Like the events they are CloudEvents in
binary mode, keyed by the dossier's code, and nothing personal stands in them: an officer is a
code, an applicant does not occur.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Annotated, ClassVar
from uuid import UUID

import msgspec

from schemas.cloudevents import ATTRIBUTES, JSON, Headers, Message, source_of
from schemas.codec import dumps
from schemas.envelope import to_micros

Said = msgspec.Meta

Moment = Annotated[datetime, Said(tz=True)]
Hash = Annotated[str, Said(pattern="^[0-9a-f]{64}$")]


class Published(msgspec.Struct, frozen=True, kw_only=True):
    """A message that is no event of a dossier. `type` never changes; a breaking change of its
    fields is a new type."""

    type: ClassVar[str]
    schema_version: ClassVar[int] = 1


class Holder(msgspec.Struct, frozen=True):
    """Who has custody."""

    agency: Annotated[str, Said(description="Code of the agency.")]
    officer: Annotated[str, Said(description="Code of the officer.")]


class Transit(msgspec.Struct, frozen=True):
    """A handover that was offered and is not answered: nobody holds the leg."""

    from_agency: Annotated[str, Said(description="Who offered it.")] = msgspec.field(name="from")
    to_agency: Annotated[str, Said(description="Who has to answer.")] = msgspec.field(name="to")
    since: Annotated[Moment, Said(description="When it was offered.")]


class LegStatus(msgspec.Struct, frozen=True, kw_only=True):
    """One leg of the dossier: a procedure that runs inside it at another agency."""

    leg: Annotated[str, Said(description='Its path: "confirm", or "confirm/verify" within it.')]
    agency: Annotated[str, Said(description="The agency that runs it.")]
    state: Annotated[str, Said(description="Its state in words.")]
    holder: Annotated[
        Holder | None, Said(description="Null while it is in transit, and after its end.")
    ]
    due: Annotated[Moment | None, Said(description="When its own limit ends.")]


class StatusSnapshot(Published, frozen=True, kw_only=True):
    """Where a dossier is: all of it, as after event `version`, whose seal is `hash`.

    The last message of a key stands; one whose `version` is lower than what is known is late
    and is dropped. `state` and `portal_code` say the same, in words and as the code of the
    National Public Service Portal.
    """

    type: ClassVar[str] = "status.snapshot"

    code: Annotated[str, Said(description="Code of the dossier.")]
    version: Annotated[int, Said(ge=1, description="Number of the last event that is in it.")]
    hash: Annotated[Hash, Said(description="SHA-256 (hex) that seals that event.")]
    procedure: Annotated[str, Said(description="Code of the procedure.")]
    procedure_version: Annotated[str, Said(description="The version that the receipt pinned.")]
    desk: Annotated[str, Said(description="Code of the agency that received it.")]
    state: Annotated[str, Said(description="Its state in words.")]
    portal_code: Annotated[int, Said(ge=1, le=10, description="Its state on the portal.")]
    step: Annotated[str | None, Said(description="Step of the root leg; null after its end.")]
    holder: Annotated[
        Holder | None,
        Said(description="Who holds the root leg; null in transit, before receipt, at the end."),
    ]
    in_transit: Annotated[
        Transit | None, Said(description="The handover of the root leg that waits for an answer.")
    ]
    legs: Annotated[tuple[LegStatus, ...], Said(description="Parents before children.")]
    due: Annotated[Moment | None, Said(description="The deadline as it stands now.")]
    appointment: Annotated[
        Moment | None, Said(description="The date that the receipt promised the applicant.")
    ]
    clock: Annotated[
        str | None, Said(description="running, stopped or ended; null before receipt.")
    ]
    ground: Annotated[str | None, Said(description="Why the clock is stopped.")]
    verdict: Annotated[
        str | None, Said(description="early, on time or overdue, once processing has ended.")
    ]
    received_at: Annotated[Moment | None, Said(description="When the receipt was given.")]
    ended_at: Annotated[Moment | None, Said(description="When the dossier ended.")]
    occurred_at: Annotated[Moment, Said(description="When the last event happened.")]


class AlertRaised(Published, frozen=True, kw_only=True):
    """A deadline comes close or has passed; exactly one for each (code, leg, kind, deadline).

    Kinds: due-soon, apology-due, dossier-overdue, leg-overdue, step-overdue,
    handover-not-accepted, supplement-unanswered. Others may be added.
    """

    type: ClassVar[str] = "alert.raised"

    code: Annotated[str, Said(description="Code of the dossier.")]
    leg: Annotated[str, Said(description='Path of the leg; "" is the dossier itself.')]
    kind: Annotated[str, Said(description="What is the matter.")]
    deadline: Annotated[Moment, Said(description="The deadline that it is about.")]
    due_at: Annotated[Moment, Said(description="When it had to be raised.")]
    raised_at: Annotated[Moment, Said(description="When it was raised; never before due_at.")]
    agency: Annotated[
        str | None, Said(description="Who held the leg at due_at, or had been offered it.")
    ]


REMOVED = "status.removed"
"""The type of a tombstone: the dossier has ended and was archived, and is no longer in the status
view. Its events stay where they are. A dossier that is reopened has a snapshot again."""

_COMMON = (
    "ce_specversion",
    "ce_id",
    "ce_source",
    "ce_type",
    "ce_time",
    "ce_subject",
    "ce_partitionkey",
)

HEADERS: dict[str, dict[str, str]] = {
    StatusSnapshot.type: {
        **{name: ATTRIBUTES[name] for name in _COMMON},
        "ce_id": "Id of the message; it follows from its content.",
        "ce_time": "When the last event happened, UTC, to the microsecond.",
        "ce_dataschema": ATTRIBUTES["ce_dataschema"],
        "ce_streamversion": "Number of the last event that is in the snapshot.",
        "ce_streamhash": "SHA-256 (hex) that seals that event.",
        "content-type": ATTRIBUTES["content-type"],
    },
    REMOVED: {
        **{name: ATTRIBUTES[name] for name in _COMMON},
        "ce_id": "Id of the message; it follows from its content.",
        "ce_time": "When the dossier was archived, UTC, to the microsecond.",
        "ce_streamversion": "Number of the dossier's last event.",
        "ce_streamhash": "SHA-256 (hex) that seals that event.",
    },
    AlertRaised.type: {
        **{name: ATTRIBUTES[name] for name in _COMMON},
        "ce_id": "Id of the alert; it follows from what it is about, so it is raised once.",
        "ce_time": "When the alert was raised, UTC, to the microsecond.",
        "ce_dataschema": ATTRIBUTES["ce_dataschema"],
        "content-type": ATTRIBUTES["content-type"],
    },
}
"""Every header of a message by its type, and what it says. All of them are always there."""

DEAD_LETTER_HEADERS: dict[str, str] = {
    "x-dlq-reason": "Why it could not be applied.",
    "x-dlq-topic": "The topic that it came from.",
    "x-dlq-partition": "Its partition there.",
    "x-dlq-offset": "Its offset there.",
    "x-dlq-consumer": "Who could not apply it.",
    "x-dlq-left-out": "What was too large to be sent again; not there when all of it is.",
}
"""What a dead letter has beside the headers of the original."""

PUBLISHED: tuple[type[Published], ...] = (StatusSnapshot, AlertRaised)


def status_message(snapshot: StatusSnapshot, house: str) -> Message:
    """The snapshot as the engine of `house` publishes it. The same snapshot has the same id."""
    value = dumps(snapshot)
    headers = (
        *_attributes(snapshot.type, house, snapshot.code, snapshot.occurred_at, _id_of(value)),
        _schema(snapshot),
        ("ce_streamversion", b"%d" % snapshot.version),
        ("ce_streamhash", snapshot.hash.encode()),
        ("content-type", JSON.encode()),
    )
    return Message(snapshot.code.encode(), value, headers, _millis(snapshot.occurred_at))


def tombstone(code: str, version: int, seal: bytes, archived_at: datetime, house: str) -> Message:
    """Takes a dossier out of the status topic; `seal` is the hash of its last event, `version`."""
    about = f"{REMOVED}\n{code}\n{version}\n{seal.hex()}".encode()
    headers = (
        *_attributes(REMOVED, house, code, archived_at, _id_of(about)),
        ("ce_streamversion", b"%d" % version),
        ("ce_streamhash", seal.hex().encode()),
    )
    return Message(code.encode(), None, headers, _millis(archived_at))


def alert_message(alert: AlertRaised, alert_id: bytes, house: str) -> Message:
    """The alert as the engine of `house` publishes it; `alert_id` is its own, 16 bytes."""
    headers = (
        *_attributes(alert.type, house, alert.code, alert.raised_at, alert_id),
        _schema(alert),
        ("content-type", JSON.encode()),
    )
    return Message(alert.code.encode(), dumps(alert), headers, _millis(alert.raised_at))


def _attributes(type_: str, house: str, code: str, at: datetime, id_: bytes) -> Headers:
    return (
        ("ce_specversion", b"1.0"),
        ("ce_id", str(UUID(bytes=id_)).encode()),
        ("ce_source", source_of(house).encode()),
        ("ce_type", type_.encode()),
        ("ce_time", _text(at).encode()),
        ("ce_subject", code.encode()),
        ("ce_partitionkey", code.encode()),
    )


def _schema(message: Published) -> tuple[str, bytes]:
    return "ce_dataschema", f"urn:lienthong:{message.type}:{message.schema_version}".encode()


def _id_of(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()[:16]


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")[:-6] + "Z"


def _millis(at: datetime) -> int:
    return to_micros(at) // 1000
