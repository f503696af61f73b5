"""Every message in bytes: key, headers, value. One file for each type and schema version."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import msgspec

from schemas.cloudevents import Message, to_message
from schemas.codec import dumps, loads
from schemas.envelope import GENESIS, Origin, seal, to_micros
from schemas.events import EVENT_TYPES, Event
from schemas.manifests import Manifest, manifest_message
from schemas.messages import (
    REMOVED,
    AlertRaised,
    Holder,
    LegStatus,
    StatusSnapshot,
    Transit,
    alert_message,
    status_message,
    tombstone,
)
from tests.golden.corpus import MOMENT, samples
from tests.golden.files import HERE

MESSAGES = sorted((HERE / "messages").glob("*.jsonl"))
HOUSE = "tinh-quang-ninh"
CODE = "000.19.12.H49-210301-0007"
FIRST_POSITION = 4_711
NOBODYS = StatusSnapshot(
    code=CODE,
    version=1,
    hash="0a" * 32,
    procedure="1.012783",
    procedure_version="2024-08-01",
    desk="ubnd-xa-viet-hung",
    state="registered",
    portal_code=1,
    step=None,
    holder=None,
    in_transit=None,
    legs=(),
    due=None,
    appointment=None,
    clock=None,
    ground=None,
    verdict=None,
    received_at=None,
    ended_at=None,
    occurred_at=MOMENT,
)


def messages() -> dict[str, list[Message]]:
    """Samples of today by the name of their file."""
    found = {
        f"{type_}.v{cls.schema_version}": list(_events(cls)) for type_, cls in EVENT_TYPES.items()
    }
    for cls, of in ((StatusSnapshot, _snapshots()), (AlertRaised, _alerts())):
        found[f"{cls.type}.v{cls.schema_version}"] = of
    found["manifest.published.v1"] = [manifest_message(each) for each in _manifests()]
    found[f"{REMOVED}.v1"] = [tombstone(CODE, 41, bytes(range(32)), MOMENT, HOUSE)]
    return found


def messages_text(found: Iterable[Message]) -> bytes:
    """A line for each message; all its bytes are UTF-8."""
    return b"".join(dumps(_line(each)) + b"\n" for each in found)


def read_messages(path: Path) -> tuple[str, int, list[Message]]:
    """The type and schema version that a file's name says, and its messages."""
    type_, _, version = path.stem.rpartition(".v")
    return type_, int(version), [_message(line) for line in path.read_bytes().splitlines()]


def _line(message: Message) -> dict[str, object]:
    return {
        "key": message.key and message.key.decode(),
        "headers": [[name, value.decode()] for name, value in message.headers],
        "value": message.value and message.value.decode(),
        "timestamp": message.timestamp,
    }


def _message(line: bytes) -> Message:
    found = loads(line)
    return Message(
        key=found["key"] and found["key"].encode(),
        value=found["value"] and found["value"].encode(),
        headers=tuple((name, value.encode()) for name, value in found["headers"]),
        timestamp=found["timestamp"],
    )


def _events(cls: type[Event]) -> Iterable[Message]:
    """A least and a full event, the second recorded later and under a mandate."""
    new_id = _ids()
    previous = GENESIS
    for version, event in enumerate(samples(cls), start=1):
        at = to_micros(MOMENT) + version
        origin = Origin(
            command_id=new_id(),
            correlation=new_id(),
            actor="ubnd-xa-viet-hung.receiver-1",
            agency="ubnd-xa-viet-hung",
            occurred_at=at,
            recorded_at=at + (version - 1) * 3_600_000_000,
            on_behalf=None if version == 1 else "ubnd-xa-viet-hung.chairman",
        )
        (record,) = seal(
            CODE, [event], origin, version=version - 1, previous=previous, new_id=new_id
        )
        previous = record.hash
        yield to_message(msgspec.structs.replace(record, position=FIRST_POSITION + version), HOUSE)


def _ids() -> Callable[[], bytes]:
    numbers = count(1)
    return lambda: bytes(14) + next(numbers).to_bytes(2, "big")


def _snapshots() -> list[Message]:
    leg = LegStatus(
        leg="confirm",
        agency="ubnd-phuong",
        state="at-work",
        holder=Holder("ubnd-phuong", "ubnd-phuong.land-officer"),
        due=MOMENT + timedelta(days=5),
    )
    full = msgspec.structs.replace(
        NOBODYS,
        version=7,
        hash="0b" * 32,
        state="at-work",
        portal_code=4,
        step="confirm",
        holder=Holder("vpdkdd", "vpdkdd.specialist-1"),
        legs=(leg, msgspec.structs.replace(leg, leg="confirm/verify", holder=None, due=None)),
        due=MOMENT + timedelta(days=48),
        appointment=MOMENT + timedelta(days=48),
        clock="stopped",
        ground="financial-duty",
        received_at=MOMENT,
        occurred_at=MOMENT + timedelta(days=1),
    )
    offered = msgspec.structs.replace(
        full,
        version=8,
        hash="0c" * 32,
        state="in-transit",
        step="assess-tax",
        holder=None,
        in_transit=Transit("vpdkdd", "chi-cuc-thue", MOMENT + timedelta(days=2)),
        legs=(),
        occurred_at=MOMENT + timedelta(days=2),
    )
    returned_at = datetime(2021, 4, 14, 9, 30, 0, 250_000, tzinfo=UTC)
    ended = msgspec.structs.replace(
        full,
        version=9,
        hash="0d" * 32,
        state="returned",
        portal_code=10,
        step=None,
        holder=None,
        legs=(msgspec.structs.replace(leg, state="done", holder=None),),
        clock="ended",
        ground=None,
        verdict="on time",
        ended_at=returned_at,
        occurred_at=returned_at,
    )
    return [status_message(each, HOUSE) for each in (NOBODYS, full, offered, ended)]


def _alerts() -> list[Message]:
    alert = AlertRaised(
        code=CODE,
        leg="confirm",
        kind="leg-overdue",
        deadline=MOMENT,
        due_at=MOMENT,
        raised_at=MOMENT + timedelta(minutes=1),
        agency="ubnd-phuong",
    )
    unheld = msgspec.structs.replace(alert, leg="", kind="due-soon", agency=None)
    return [alert_message(each, bytes(range(16)), HOUSE) for each in (alert, unheld)]


def _manifests() -> list[Manifest]:
    hashes = [digit * 64 for digit in "0ef"]
    first = Manifest(
        house=HOUSE,
        shard=7,
        number=1,
        first=41,
        last=59,
        count=3,
        previous=hashes[0],
        hash=hashes[1],
        heads={CODE: 2, "000.19.12.H49-210301-0008": 1},
        since=MOMENT,
        until=MOMENT + timedelta(minutes=1, microseconds=5),
    )
    second = msgspec.structs.replace(
        first, number=2, first=60, last=60, count=1, previous=hashes[1], hash=hashes[2]
    )
    return [first, msgspec.structs.replace(second, signature="x"), second]
