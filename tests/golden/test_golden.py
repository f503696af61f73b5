"""What was written once reads the same for ever: bytes, hashes, and the dossier at the end."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from engine.core import custody
from engine.core.dossier import Dossier
from engine.core.evolve import evolve
from schemas.codec import decode, encode
from schemas.envelope import GENESIS, from_micros
from schemas.events import EVENT_TYPES
from tests.golden.files import CORPUS, HISTORIES, plain, read_corpus, read_history
from tests.golden.lives import LIVES
from tests.golden.remote_lives import REMOTE_LIVES
from tests.golden.write import add, wanted


def name(path: Path) -> str:
    return path.stem


def differs(golden: Any, found: Any) -> str | None:
    """Where a value is not as it was. Fields that came later do not count."""
    if isinstance(golden, dict) and isinstance(found, dict):
        for key, value in golden.items():
            inner = "missing" if key not in found else differs(value, found[key])
            if inner is not None:
                return f"{key}: {inner}"
        return None
    return None if golden == found else f"{golden!r} became {found!r}"


@pytest.mark.parametrize("path", HISTORIES, ids=name)
def test_a_golden_history_folds_to_the_same_dossier(path: Path) -> None:
    history = read_history(path)
    dossier = Dossier(history.records[0].stream)
    for record in history.records:
        dossier = evolve(dossier, record.event(), from_micros(record.occurred_at))
        assert custody.faults(dossier) == []
    assert differs(history.end, plain(dossier)) is None


@pytest.mark.parametrize("path", HISTORIES, ids=name)
def test_the_chain_of_a_golden_history_holds(path: Path) -> None:
    records = read_history(path).records
    assert records[0].previous == GENESIS
    assert [record.version for record in records] == list(range(1, len(records) + 1))
    assert all(record.hash == record.expected_hash() for record in records)
    assert all(before.hash == after.previous for before, after in pairwise(records))


@pytest.mark.parametrize("path", HISTORIES, ids=name)
def test_golden_events_are_written_as_the_same_bytes(path: Path) -> None:
    for record in read_history(path).records:
        if record.schema_version == EVENT_TYPES[record.type].schema_version:
            assert encode(record.event()) == (record.payload, record.private)


@pytest.mark.parametrize("path", CORPUS, ids=name)
def test_every_version_of_every_event_still_reads(path: Path) -> None:
    type_, version, samples = read_corpus(path)
    assert samples
    for sample in samples:
        event = decode(type_, sample.payload, sample.private, version)
        if version == EVENT_TYPES[type_].schema_version:
            assert encode(event) == (sample.payload, sample.private)


def test_nothing_golden_is_missing() -> None:
    assert {path.stem for path in HISTORIES} >= {*LIVES, *REMOTE_LIVES}, (
        "run: python -m tests.golden.write"
    )
    versions = {f"{type_}.v{cls.schema_version}" for type_, cls in EVENT_TYPES.items()}
    assert {path.stem for path in CORPUS} >= versions, "run: python -m tests.golden.write"


def test_the_golden_histories_have_every_event() -> None:
    seen = {record.type for path in HISTORIES for record in read_history(path).records}
    assert set(EVENT_TYPES) - seen == set()


def test_the_writer_adds_and_never_changes(tmp_path: Path) -> None:
    files = wanted()
    added, kept = add(tmp_path, files)
    assert (set(added), kept) == (set(files), [])
    first = next(iter(files))
    (tmp_path / first).write_bytes(b"edited")
    assert add(tmp_path, files) == ([], [first])
    assert (tmp_path / first).read_bytes() == b"edited"


def test_a_value_that_changed_is_found_and_one_that_came_later_is_not() -> None:
    assert differs({"legs": {"": {"step": "a"}}}, {"legs": {"": {"step": "b"}}}) == (
        "legs: : step: 'a' became 'b'"
    )
    assert differs({"a": 1}, {}) == "a: missing"
    assert differs({"a": [1]}, {"a": [1], "b": 2}) is None
