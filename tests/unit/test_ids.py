"""Time-ordered ids, and the codes of dossiers."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from engine.codes import code, code_prefix
from engine.ids import Ids, id_text, parse_id, wall_clock

MOMENT = datetime(2021, 3, 1, 2, 0, tzinfo=UTC)


class Hand:
    """A clock that somebody sets."""

    def __init__(self) -> None:
        self.now = MOMENT

    def __call__(self) -> datetime:
        return self.now


def test_an_id_is_a_uuid_of_version_7_with_its_millisecond() -> None:
    made = uuid.UUID(bytes=Ids(Hand())())
    assert (made.version, made.variant) == (7, uuid.RFC_4122)
    assert made.int >> 80 == int(MOMENT.timestamp() * 1000)


def test_ids_grow_within_a_millisecond_and_when_the_clock_goes_back() -> None:
    hand = Hand()
    ids = Ids(hand, seed=1)
    made = []
    for number in range(10_000):
        # Once forward and once back; the rest falls into the same millisecond.
        hand.now = MOMENT + timedelta(milliseconds={5_000: 2, 8_000: -3_600_000}.get(number, 0))
        made.append(ids())
    assert all(before < after for before, after in pairwise(made))
    assert all(uuid.UUID(bytes=each).version == 7 for each in made)


def test_more_ids_than_a_millisecond_holds_borrow_from_the_next() -> None:
    ids = Ids(Hand(), seed=1)
    made = [ids() for _ in range(0x1000 + 1)]
    first, last = (int.from_bytes(each) >> 80 for each in (made[0], made[-1]))
    assert last == first + 1


def test_a_seed_makes_ids_repeatable_and_none_makes_them_differ() -> None:
    assert [Ids(Hand(), seed=7)() for _ in range(2)] == [Ids(Hand(), seed=7)()] * 2
    assert Ids(Hand())() != Ids(Hand())()


def test_an_id_is_written_and_read() -> None:
    made = Ids(Hand(), seed=1)()
    assert parse_id(id_text(made)) == made
    with pytest.raises(ValueError, match="badly formed"):
        parse_id("no id")


def test_the_wall_clock_is_aware_and_in_utc() -> None:
    assert wall_clock().utcoffset() == timedelta(0)


def test_a_code_tells_agency_local_day_and_number() -> None:
    evening = datetime(2021, 3, 1, 17, 0, tzinfo=UTC)
    assert code_prefix("000.00.01.H22", evening) == "000.00.01.H22-210302-"
    assert code(code_prefix("ub-desk", MOMENT), 1) == "ub-desk-210301-0001"
    assert code("ub-desk-210301-", 12_345) == "ub-desk-210301-12345"
