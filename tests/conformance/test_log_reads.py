"""What every log promises about reading."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from engine.store import (
    Log,
    Stored,
    StoreDamaged,
    open_log,
)
from schemas.envelope import GENESIS, SHARDS, Recorded, shard_of
from schemas.rejection import Rejected
from tests.appends import append

REJECTED = Rejected("not-holder", "Bạn không giữ hồ sơ này.", "Điều 5")
CONTENT = "nội dung \x00".encode()
MANY = 400
"""Enough events for the path of large appends."""


# --- shards ---------------------------------------------------------------------------------


def everything(log: Log) -> list[Recorded]:
    return [event for batch in log.read_all(batch=7) for event in batch]


def bare(events: list[Recorded]) -> list[Recorded]:
    return [msgspec.structs.replace(each, previous=b"") for each in events]


def test_shard_cursors_deliver_everything_once_in_order(filled: Log) -> None:
    delivered: list[Recorded] = []
    for shard in range(SHARDS):
        cursor = 0
        while batch := filled.read_shard(shard, after=cursor, limit=4):
            assert len(batch) <= 4
            assert all(each.position > cursor and each.shard == shard for each in batch)
            cursor = batch[-1].position
            delivered += batch
    assert sorted(delivered, key=_place) == sorted(bare(everything(filled)), key=_place)
    assert _in_order(delivered)


def test_all_shards_at_once_are_the_same_and_bounded(filled: Log) -> None:
    delivered: list[Recorded] = []
    cursors = dict.fromkeys(range(SHARDS), 0)
    while batch := filled.read_shards(cursors, limit=11):
        assert len(batch) <= 11
        assert [e.position for e in batch] == sorted(e.position for e in batch)
        cursors.update({each.shard: each.position for each in batch})
        delivered += batch
    assert sorted(delivered, key=_place) == sorted(bare(everything(filled)), key=_place)
    assert cursors == filled.heads()
    assert _in_order(delivered)
    assert [e.previous for e in filled.read_shards({5: 0}, previous=True)] == [
        e.previous for e in filled.read_shard(5, previous=True)
    ]
    assert filled.read_shards({}) == []
    assert {e.shard for e in filled.read_shards({3: 0, 7: 0})} == {3, 7}


def test_a_shard_read_has_the_previous_hash_when_asked(filled: Log) -> None:
    by_place = {_place(each): each for each in everything(filled)}
    for each in filled.read_shard(5, previous=True):
        assert each == by_place[_place(each)]


def test_heads_are_the_last_positions(log: Log) -> None:
    assert log.heads() == dict.fromkeys(range(SHARDS), 0)
    [stored] = log.append([append("s", 3)])
    assert isinstance(stored, Stored)
    assert log.heads()[shard_of("s")] == stored.position
    assert sum(position > 0 for position in log.heads().values()) == 1


def _place(event: Recorded) -> tuple[str, int]:
    return event.stream, event.version


def _in_order(events: list[Recorded]) -> bool:
    """Whether each stream comes without a gap."""
    last: dict[str, int] = {}
    for each in events:
        if each.version != last.get(each.stream, 0) + 1:
            return False
        last[each.stream] = each.version
    return True


# --- all of it ------------------------------------------------------------------------------


@pytest.mark.parametrize("batch", [1, 7, 10_000])
def test_reading_all_goes_stream_by_stream_with_the_chain(filled: Log, batch: int) -> None:
    batches = list(filled.read_all(batch=batch))
    read = [event for each in batches for event in each]

    assert all(len(each) <= batch for each in batches)
    expected = [event for name in filled.streams() for event in filled.read_stream(name)]
    assert sorted(read, key=_place) == sorted(expected, key=_place)
    assert _in_order(read)
    assert all(each.hash == each.expected_hash() for each in read)


def test_streams_are_listed_by_prefix_and_in_pages(log: Log) -> None:
    names = ["a-1", "a-2", "a-10", "b-1", "đ-1", "A-1", "a"]
    log.append([append(name) for name in names])

    assert log.streams() == sorted(names)
    assert log.streams("a-") == ["a-1", "a-10", "a-2"]
    assert log.streams("a-", after="a-1", limit=1) == ["a-10"]
    assert log.streams("đ") == ["đ-1"]
    assert log.streams("z") == []


def test_the_last_code_of_a_day(log: Log) -> None:
    day = "000.00.01.H22-190511-"
    log.append([append(f"{day}{n:04}") for n in (1, 2, 10)] + [append("000.00.01.H22-190512-0001")])

    assert log.last_code(day) == f"{day}0010"
    assert log.last_code("000.00.01.H23") is None
    log.append([append(f"{day}9999"), append(f"{day}10000")])
    assert log.last_code(day) == f"{day}10000"


# --- damage --------------------------------------------------------------------------------------


def test_a_lost_word_is_damage(log: Log, url: str, breaker: Callable[[str], None]) -> None:
    log.append([append("s")])
    breaker("DELETE FROM words")
    other = open_log(url)
    with pytest.raises(StoreDamaged, match="word"):
        other.read_stream("s")
    other.close()


def test_a_lost_name_is_damage(log: Log, breaker: Callable[[str], None]) -> None:
    log.append([append("s")])
    breaker("DELETE FROM streams")
    with pytest.raises(StoreDamaged, match="name"):
        list(log.read_all())


@pytest.mark.parametrize(("lost", "before"), [(1, b""), (2, b"")])
def test_a_lost_row_breaks_the_chain(
    log: Log, lost: int, before: bytes, breaker: Callable[[str], None]
) -> None:
    log.append([append("s", 3)])
    whole = log.read_stream("s")
    breaker(f"DELETE FROM events WHERE version = {lost}")

    assert log.read_stream("s", after=lost)[0].previous == before
    for read in (log.read_stream("s"), everything(log)):
        left = next(each for each in read if each.version == lost + 1)
        assert left.previous == (GENESIS if lost == 1 else whole[0].hash)
        assert left.hash != left.expected_hash()
