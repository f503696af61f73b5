"""What a transport brings, over both roads: each event once, in order, from any cursor."""

from __future__ import annotations

import time
from collections import defaultdict

import pytest

from consumers.transport import Delivery, Transport
from tests.places import PLACES
from tests.roads import PATIENCE, Road


@pytest.fixture(params=PLACES)
def place(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def read(
    transport: Transport, cursors: dict[int, int], limit: int = 7
) -> tuple[list[Delivery], dict[int, int]]:
    """Everything beyond the cursors, and where they stand after it."""
    found: list[Delivery] = []
    cursors, ends = dict(cursors), transport.ends()
    stop = time.monotonic() + PATIENCE
    while any(cursors[each] < end for each, end in ends.items()):
        assert time.monotonic() < stop, "the rest does not come"
        batch = transport.read(cursors, limit)
        assert len(batch) <= limit
        for each in batch:
            assert isinstance(each, Delivery)
            assert each.next > cursors[each.partition]
            cursors[each.partition] = each.next
            found.append(each)
    return found, cursors


def start(transport: Transport) -> dict[int, int]:
    return dict.fromkeys(transport.partitions(), 0)


def known(deliveries: list[Delivery]) -> list[tuple[int, int, str, int, bytes, int]]:
    """What tells an event, wherever it was read; by partition, for between them is no order."""
    return sorted(
        (each.partition, each.next, it.stream, it.version, it.hash, it.position)
        for each in deliveries
        for it in [each.event]
    )


def test_every_event_comes_once_and_in_the_order_of_its_dossier(road: Road) -> None:
    events = road.fill(8)
    transport = road.transport()
    found, _ = read(transport, start(transport))
    of_dossier, at = defaultdict(list), defaultdict(set)
    for each in found:
        of_dossier[each.event.stream].append(each.event)
        at[each.event.stream].add(each.partition)
    assert len(found) == len(events)
    for dossier, came in of_dossier.items():
        recorded = [each for each in events if each.stream == dossier]
        assert [(e.version, e.hash, e.payload) for e in came] == [
            (e.version, e.hash, e.payload) for e in recorded
        ]
        assert len(at[dossier]) == 1


def test_from_the_same_cursors_the_same_comes_again(road: Road) -> None:
    road.fill(8)
    one, other = road.transport(), road.transport()
    some = one.read(start(one), 1)
    end = time.monotonic() + PATIENCE
    while not some and time.monotonic() < end:
        some = one.read(start(one), 1)
    middle = start(one) | {some[0].partition: some[0].next}
    first, last = read(one, middle)
    again, _ = read(one, middle, 1000)
    elsewhere, _ = read(other, middle, 3)
    assert known(first) == known(again) == known(elsewhere)
    assert one.ends() == other.ends()
    assert all(last[each] >= end_ for each, end_ in one.ends().items())
    assert list(one.read(last, 10)) == []


def test_what_is_recorded_later_comes_later(road: Road) -> None:
    transport = road.transport()
    assert list(transport.read(start(transport), 10)) == []
    cursors = start(transport)
    for number in range(3):
        events = road.fill(3, prefix=str(number))
        found, cursors = read(transport, cursors)
        assert sorted((e.event.stream, e.event.version) for e in found) == sorted(
            (e.stream, e.version) for e in events
        )
