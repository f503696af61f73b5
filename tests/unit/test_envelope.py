"""The recorded event and its chain, recomputed by nothing but the words of its docstring."""

from __future__ import annotations

import hashlib
import zlib
from datetime import UTC, datetime, timedelta
from itertools import count, pairwise
from typing import Any

import pytest
from msgspec.structs import replace

from schemas import events as e
from schemas.envelope import (
    GENESIS,
    SHARDS,
    Origin,
    Recorded,
    from_micros,
    seal,
    shard_of,
    to_micros,
)

MOMENT = datetime(2021, 3, 1, 2, 0, 0, 123456, tzinfo=UTC)
ORIGIN = Origin(
    command_id=bytes(range(16)),
    correlation=bytes(range(1, 17)),
    actor="ub-desk.receiver-1",
    agency="ub-desk",
    occurred_at=to_micros(MOMENT),
    recorded_at=to_micros(MOMENT) + 5,
)
EVENTS = (
    e.WithdrawalAsked(private=e.Private(reason="Đổi ý")),
    e.DossierStopped(ground="withdrawal"),
    e.LegOpened(leg="confirm", agency="ub-bac-son", step="check", opened_by="confirm"),
)


def sealed(origin: Origin = ORIGIN, version: int = 4, previous: bytes = bytes([7]) * 32) -> Any:
    numbers = count(1)
    return seal(
        "ub-desk-210301-0001",
        EVENTS,
        origin,
        version=version,
        previous=previous,
        new_id=lambda: next(numbers).to_bytes(16),
    )


def independent(record: Recorded) -> bytes:
    """The hash as the docstring of `schemas/envelope.py` tells a stranger to compute it."""
    lines = [
        record.previous.hex(),
        record.stream,
        str(record.version),
        record.type,
        str(record.schema_version),
        record.event_id.hex(),
        record.command_id.hex(),
        record.correlation.hex(),
        record.actor,
        record.agency,
        record.on_behalf or "",
        str(record.occurred_at),
        str(record.recorded_at),
    ]
    text = "".join(line + "\n" for line in lines)
    return hashlib.sha256(text.encode("utf-8") + record.payload).digest()


def test_versions_and_hashes_follow_one_another() -> None:
    records = sealed()
    assert [record.version for record in records] == [5, 6, 7]
    assert records[0].previous == bytes([7]) * 32
    for before, after in pairwise(records):
        assert after.previous == before.hash
    assert bytes(32) == GENESIS


def test_a_stranger_recomputes_each_hash() -> None:
    for origin in (ORIGIN, replace(ORIGIN, on_behalf="ub-desk.head-1")):
        for record in sealed(origin):
            assert record.hash == independent(record) == record.expected_hash()


@pytest.mark.parametrize("record", sealed(), ids=lambda record: record.type)
def test_a_change_of_any_field_changes_the_hash(record: Recorded) -> None:
    changes: dict[str, Any] = {
        "stream": "ub-desk-210301-0002",
        "version": record.version + 1,
        "type": "dossier.refused",
        "schema_version": 2,
        "event_id": bytes(16),
        "command_id": bytes(16),
        "correlation": bytes(16),
        "actor": "ub-desk.receiver-2",
        "agency": "hl-desk",
        "on_behalf": "ub-desk.head-1",
        "occurred_at": record.occurred_at + 1,
        "recorded_at": record.recorded_at + 1,
        "payload": record.payload.replace(b"}", b" }"),
        "previous": bytes(32),
    }
    outside = {"private", "hash", "position"}
    assert set(changes) | outside == set(Recorded.__struct_fields__)
    for field, value in changes.items():
        assert replace(record, **{field: value}).expected_hash() != record.hash, field


def test_each_byte_of_the_payload_counts() -> None:
    record = sealed()[2]
    for place in range(len(record.payload)):
        changed = bytearray(record.payload)
        changed[place] ^= 1
        assert replace(record, payload=bytes(changed)).expected_hash() != record.hash


def test_private_text_may_go_and_position_may_come_while_the_chain_holds() -> None:
    record = sealed()[0]
    later = replace(record, private=None, position=99)
    assert later.expected_hash() == record.hash
    assert later.event() == e.WithdrawalAsked(), "destroyed text reads as none"


def test_the_payload_proves_the_private_text_until_it_is_destroyed() -> None:
    record = sealed()[0]
    assert record.private is not None
    assert hashlib.sha256(record.private).hexdigest().encode() in record.payload
    assert "Đổi ý".encode() in record.private
    assert "Đổi ý".encode() not in record.payload


def test_the_same_short_text_has_another_digest_each_time() -> None:
    numbers = count(1)
    records = seal(
        "x",
        [EVENTS[0], EVENTS[0]],
        ORIGIN,
        version=0,
        previous=GENESIS,
        new_id=lambda: next(numbers).to_bytes(16),
    )
    assert records[0].payload != records[1].payload


def test_a_sealed_event_reads_back_as_it_was() -> None:
    assert [record.event() for record in sealed()[1:]] == list(EVENTS[1:])
    told = sealed()[0].event().private
    assert told is not None
    assert (told.reason, len(told.salt)) == ("Đổi ý", 32)


def test_the_shard_follows_from_the_stream_alone() -> None:
    record = sealed()[0]
    assert (
        record.shard == shard_of("ub-desk-210301-0001") == zlib.crc32(record.stream.encode()) % 16
    )
    shards = {shard_of(f"ub-desk-210301-{number:04d}") for number in range(500)}
    assert shards == set(range(SHARDS))


def test_times_survive_as_microseconds() -> None:
    assert from_micros(to_micros(MOMENT)) == MOMENT
    local = MOMENT.astimezone(datetime.now(UTC).tzinfo) + timedelta(days=20_000)
    assert from_micros(to_micros(local)) == local
    assert to_micros(datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC)) == -1_000_000
