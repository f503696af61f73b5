"""What every log promises, run on every log."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest

from engine.store import (
    Append,
    Conflict,
    Log,
    Repeated,
    Stored,
    open_log,
)
from schemas.envelope import Recorded
from schemas.events import Private
from schemas.rejection import Rejected
from tests.appends import append, new_id

REJECTED = Rejected("not-holder", "Bạn không giữ hồ sơ này.", "Điều 5")
CONTENT = "nội dung \x00".encode()
MANY = 400
"""Enough events for the path of large appends."""


def with_positions(appends: list[Append], read: list[Recorded]) -> list[Recorded]:
    """The events as they should be read, with the positions they were read at."""
    events = [event for each in appends for event in each.events]
    return [
        msgspec.structs.replace(event, position=found.position)
        for event, found in zip(events, read, strict=True)
    ]


# --- append and read back ------------------------------------------------------------------


def test_what_was_appended_is_read_back_field_by_field(log: Log) -> None:
    first = append("hồ-sơ-1", 2, on_behalf="Chủ tịch", private=Private(salt="00", reason="vì"))
    then = append("hồ-sơ-1", 1, after=first, recorded_at=1_600_000_000_000_000)
    same = append("hồ-sơ-1", 1, after=then, correlation=(own := new_id()), command_id=own)

    outcomes = [log.append([each])[0] for each in (first, then, same)]

    read = log.read_stream("hồ-sơ-1")
    assert read == with_positions([first, then, same], read)
    assert [each.private is None for each in read] == [False, False, True, True]
    assert outcomes == [Stored(read[at].position) for at in (1, 2, 3)]
    assert all(each.hash == each.expected_hash() for each in read)


@pytest.mark.parametrize("payload", [b"", b"\x00\xff\\x'\"\n{}", bytes(range(256)) * 40])
def test_payload_and_private_bytes_are_kept_exactly(log: Log, payload: bytes) -> None:
    template = append("s").events[0]
    event = msgspec.structs.replace(template, payload=payload, private=payload)

    log.append([Append((event,))])

    [read] = log.read_stream("s")
    assert (read.payload, read.private) == (payload, payload)


@pytest.mark.parametrize("name", ["a'b\"c\\d{e},f", "Đăng ký 🌾", " ", "000.00.01.H22-190511-0001"])
def test_any_name_will_do(log: Log, name: str) -> None:
    log.append([append(name, actor=name, agency=name, on_behalf=name)])

    [read] = log.read_stream(name)
    assert {read.stream, read.actor, read.agency, read.on_behalf} == {name}
    assert log.streams() == [name]


def test_a_read_is_bounded_and_goes_on_where_it_ended(log: Log) -> None:
    first = append("s", 5)
    then = append("s", 5, after=first)
    log.append([first, then])
    whole = log.read_stream("s")

    assert [each.version for each in log.read_stream("s", limit=3)] == [1, 2, 3]
    assert log.read_stream("s", after=3, limit=4) == whole[3:7]
    assert log.read_stream("s", after=3, until=5) == whole[3:5]
    assert log.read_stream("s", after=10) == []
    assert log.read_stream("nobody") == []
    assert log.read_stream("s", limit=0) == []


def test_nothing_to_append_is_no_append(log: Log) -> None:
    assert log.append([]) == []
    with pytest.raises(ValueError, match="says nothing"):
        log.append([Append(())])


def test_one_append_is_one_stream_one_command_and_no_gap(log: Log) -> None:
    one, two = append("s", 2).events
    for wrong in (
        msgspec.structs.replace(two, version=3),
        msgspec.structs.replace(two, stream="t"),
        msgspec.structs.replace(two, command_id=new_id()),
    ):
        with pytest.raises(ValueError, match="should follow"):
            log.append([Append((one, wrong))])
    assert log.streams() == []


# --- conflicts ------------------------------------------------------------------------------


def test_the_loser_of_a_version_is_told_and_leaves_nothing(log: Log) -> None:
    first = append("s", 2)
    winner, loser = append("s", 1, after=first), append("s", 3, after=first)
    log.append([first])

    assert isinstance(log.append([winner])[0], Stored)
    assert log.append([loser]) == [Conflict("s", 2)]
    assert len(log.read_stream("s")) == 3


def test_a_gap_is_a_conflict(log: Log) -> None:
    first = append("s", 1)
    lost = append("s", 1, after=first)

    assert log.append([append("s", 1, after=lost)]) == [Conflict("s", 2)]
    assert log.streams() == []


def test_the_same_version_of_another_history_is_a_conflict(log: Log) -> None:
    log.append([append("s", 1)])
    elsewhere = append("s", 1)

    assert log.append([append("s", 1, after=elsewhere)]) == [Conflict("s", 1)]


@pytest.mark.parametrize("size", [1, MANY])
def test_one_conflict_does_not_hurt_the_others(log: Log, size: int) -> None:
    taken = append("taken")
    log.append([taken])
    good, late, follower = append("good", size), append("taken"), append("other", size)
    after_late = append("taken", 1, after=late)

    outcomes = log.append([good, late, after_late, follower])

    assert [type(each) for each in outcomes] == [Stored, Conflict, Conflict, Stored]
    assert [len(log.read_stream(s)) for s in ("good", "taken", "other")] == [size, 1, size]


@pytest.mark.parametrize("size", [1, MANY])
def test_a_stream_may_come_twice_in_one_batch(log: Log, size: int) -> None:
    first = append("s", size)
    second = append("s", size, after=first)
    rival = append("s", 1, after=first)

    outcomes = log.append([first, second, rival])

    read = log.read_stream("s")
    assert read == with_positions([first, second], read)
    assert outcomes == [
        Stored(read[size - 1].position),
        Stored(read[-1].position),
        Conflict("s", size),
    ]


def test_many_writers_one_winner_a_version(log: Log, url: str) -> None:
    others = [open_log(url) for _ in range(3)]
    logs = [log, *others]
    first = append("s")
    log.append([first])
    head: Append = first
    for _ in range(10):
        rivals = [append("s", 2, after=head) for _ in logs * 2]
        with ThreadPoolExecutor(8) as pool:
            outcomes = list(
                pool.map(lambda at: logs[at % 4].append([rivals[at]])[0], range(8))  # noqa: B023
            )
        assert [type(each) for each in outcomes].count(Stored) == 1
        assert [type(each) for each in outcomes].count(Conflict) == 7
        head = next(a for a, o in zip(rivals, outcomes, strict=True) if isinstance(o, Stored))
    read = log.read_stream("s")
    assert [each.version for each in read] == list(range(1, 22))
    assert [each.hash for each in read[:-1]] == [each.previous for each in read[1:]]
    for other in others:
        other.close()


# --- a command is answered once -------------------------------------------------------------


def test_a_retry_is_repeated_and_gets_the_first_answer(log: Log) -> None:
    before, command = append("s"), new_id()
    first = append("s", 3, after=before, command_id=command)
    behind = append("s", 1, after=first)
    log.append([before, first, behind])
    retries = [
        append("s", 1, after=behind, command_id=command),
        append("s", 1, after=before, command_id=command),
        append("elsewhere", 2, command_id=command),
    ]

    for retry in retries:
        assert log.append([retry]) == [Repeated(command)]
    assert log.append([append("t"), retries[0], append("u")])[1] == Repeated(command)
    assert log.answer(command) == log.read_stream("s")[1:4]
    assert log.streams() == ["s", "t", "u"]


def test_a_command_twice_in_one_batch_is_repeated(log: Log) -> None:
    command = new_id()
    outcomes = log.append([append("s", command_id=command), append("t", command_id=command)])

    assert [type(each) for each in outcomes] == [Stored, Repeated]
    assert log.streams() == ["s"]


def test_a_rejection_is_an_answer_too(log: Log, url: str) -> None:
    command = new_id()
    assert log.reject(command, "s", REJECTED, 1_600_000_000_000_000)

    other = open_log(url)
    assert other.answer(command) == REJECTED
    assert other.append([append("s", command_id=command)]) == [Repeated(command)]
    assert not other.reject(command, "s", Rejected("other", "another"), 2)
    assert other.answer(command) == REJECTED
    assert other.streams() == []
    other.close()


def test_what_events_answered_is_not_rejected_later(log: Log) -> None:
    command = new_id()
    log.append([append("s", command_id=command)])

    assert not log.reject(command, "s", REJECTED, 1)
    assert log.answer(command) == log.read_stream("s")


def test_nobody_answered_an_unknown_command(log: Log) -> None:
    assert log.answer(new_id()) is None


def test_accepting_and_rejecting_at_once_gives_one_answer(log: Log, url: str) -> None:
    other = open_log(url)
    with ThreadPoolExecutor(2) as pool:
        for number in range(30):
            command, stream = new_id(), f"s{number}"
            stored = pool.submit(log.append, [append(stream, command_id=command)])
            refused = pool.submit(other.reject, command, stream, REJECTED, 1)
            assert isinstance(stored.result()[0], Stored) is not refused.result()
            assert isinstance(log.answer(command), Rejected) is refused.result()
    other.close()
