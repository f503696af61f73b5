"""Records out of their bytes, as kafka-python itself reads what it has written."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kafka.record.default_records import (
    DefaultRecord,
    DefaultRecordBatch,
    DefaultRecordBatchBuilder,
)
from kafka.record.memory_records import MemoryRecords
from msgspec.structs import replace

from consumers import record_bytes
from consumers.record_bytes import next_record, parts
from schemas.cloudevents import to_message
from tests.streams import appends, walks

BYTES = st.none() | st.binary(max_size=9_000)
HEADER = st.tuples(st.text(max_size=90), st.none() | st.binary(max_size=200))
RECORD = st.tuples(st.integers(0, 1 << 42), BYTES, BYTES, st.lists(HEADER, max_size=24))


def read(raw: bytes) -> list[tuple[Any, ...]]:
    batches = MemoryRecords(raw)
    found = []
    while (batch := batches.next_batch()) is not None:
        found += [
            (each.offset, each.timestamp, each.key, each.value, list(each.headers))
            for each in batch
        ]
    return found


@given(st.lists(RECORD, min_size=1, max_size=8), st.sampled_from([0, 1, 4]))
def test_as_kafka_python_reads_them(records: list[Any], compression: int) -> None:
    builder = DefaultRecordBatchBuilder(2, compression, 0, -1, -1, -1, 1 << 22)
    for offset, (at, key, value, headers) in enumerate(records):
        builder.append(offset, at, key, value, headers)
    raw = bytes(builder.build())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            DefaultRecordBatch, "_read_msg", lambda batch: next_record(batch, DefaultRecord)
        )
        quickly = read(raw)
    wanted = [(n, at, key, value, headers) for n, (at, key, value, headers) in enumerate(records)]
    assert quickly == wanted == read(raw)


EVENT = next(e for each in appends(walks(1)) for e in each)


@pytest.mark.parametrize("on_behalf", [None, "ub.chairman", "x" * 200])
def test_the_headers_of_an_event_are_found_in_one_go(
    on_behalf: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = to_message(replace(EVENT, on_behalf=on_behalf, actor="á" * 70), "house")
    monkeypatch.setattr(record_bytes, "_one_by_one", None)
    assert tuple(parts(written(message.headers), 0).headers) == message.headers


def written(headers: Any) -> bytes:
    """A record alone."""
    builder = DefaultRecordBatchBuilder(2, 0, 0, -1, -1, -1, 1 << 22)
    builder.append(0, 1, b"key", b"value", list(headers))
    return bytes(builder.build())[61:]


@given(st.data())
def test_headers_that_nearly_are_an_events_are_read_as_they_are(data: st.DataObject) -> None:
    behalf = data.draw(st.none() | st.just("ub.chairman"))
    headers = list(to_message(replace(EVENT, on_behalf=behalf), "house").headers)
    tricky = st.binary(max_size=20) | st.sampled_from([b"\x14ce_subject\x06", b"\x00", None])
    for _ in range(data.draw(st.integers(0, 3))):
        at = data.draw(st.integers(0, len(headers) - 1))
        name, value = headers[at]
        headers[at] = data.draw(
            st.tuples(st.just(name), tricky | st.just((value or b"") + b"\x14ce_subject\x02x"))
            | st.tuples(st.text(max_size=20), st.just(value))
        )
    assert list(parts(written(headers), 0).headers) == headers


@pytest.mark.parametrize(
    "raw", [b"\x10\x00\x00\x00", b"\x02\x00\x00\x00\x01\x01\x01", b"\xff" * 20]
)
def test_what_is_no_record_is_told(raw: bytes) -> None:
    with pytest.raises((ValueError, IndexError)):
        parts(raw, 0)
