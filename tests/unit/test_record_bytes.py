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

from consumers.record_bytes import next_record, parts

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


@pytest.mark.parametrize(
    "raw", [b"\x10\x00\x00\x00", b"\x02\x00\x00\x00\x01\x01\x01", b"\xff" * 20]
)
def test_what_is_no_record_is_told(raw: bytes) -> None:
    with pytest.raises((ValueError, IndexError)):
        parts(raw, 0)
