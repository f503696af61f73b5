"""One scan sees the chain and what no hash covers, wherever its batches begin."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine.store import Log
from engine.verify import Bad, Chain, verify_all, verify_stream
from schemas.envelope import shard_of
from tests.appends import append

BATCHES = [1, 2, 3, 7, 10_000]
Tamper = Callable[[str], None]


@pytest.fixture
def tamper(log: Log) -> Tamper:
    """Does behind the log's back what its triggers and its index refuse."""

    def run(sql: str) -> None:
        with log.begin() as connection:
            connection.exec_driver_sql("DROP INDEX IF EXISTS events_command")
            connection.exec_driver_sql("DROP INDEX IF EXISTS events_stream_version")
            if connection.dialect.name == "sqlite":
                query = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
                for (name,) in connection.exec_driver_sql(query).all():
                    connection.exec_driver_sql(f'DROP TRIGGER "{name}"')
            else:
                connection.exec_driver_sql("ALTER TABLE events DISABLE TRIGGER ALL")
            connection.exec_driver_sql(sql)

    return run


def first_bad(log: Log, batch: int) -> Bad | None:
    chain = Chain()
    found = (chain.add(placed) for placed in log.placed(batch=batch))
    return next((bad for bad in found if bad is not None), None)


@pytest.mark.parametrize("batch", BATCHES)
def test_what_holds_holds_in_batches_of_any_size(filled: Log, batch: int) -> None:
    chain = Chain()
    sizes = []
    for placed in filled.placed(batch=batch):
        assert len(placed.events) == len(placed.shards) == len(placed.firsts) <= batch
        assert [shard_of(each.stream) for each in placed.events] == list(placed.shards)
        assert chain.add(placed) is None
        sizes.append(len(placed.events))
    assert (chain.events, chain.streams) == (sum(sizes), 60)
    assert chain.events == filled.count()
    assert filled.astray() == 0


@pytest.mark.parametrize(
    ("change", "version", "why"),
    [
        ("shard = 15 - shard", 2, "it stands in shard"),
        ("first = (1 = 1)", 2, "is marked as, but is not, the first"),
        ("first = (1 = 1)", 5, "is marked as, but is not, the first"),
        ("first = (1 = 0)", 1, "is not marked as the first"),
        ("first = (1 = 0)", 4, "is not marked as the first"),
    ],
)
def test_a_misplaced_event_is_found_in_batches_of_any_size(
    filled: Log, tamper: Tamper, change: str, version: int, why: str
) -> None:
    name = "hồ-sơ-32"  # three events of one command, then two of another
    tamper(f"UPDATE events SET {change} WHERE version = {version}"
           f" AND stream = (SELECT id FROM streams WHERE name = '{name}')")  # fmt: skip
    found = [first_bad(filled, batch) for batch in BATCHES]
    found += [verify_all(filled).first_bad, verify_stream(filled, name).first_bad]
    for bad in found:
        assert bad is not None
        assert (bad.code, bad.version) == (name, version)
        assert why in bad.why
    assert verify_stream(filled, "hồ-sơ-31").ok


def test_an_event_that_is_there_twice_is_found_between_batches_too(
    log: Log, tamper: Tamper
) -> None:
    """The second of two events with one place is passed over where a batch ends between them."""
    log.append([append("s", 1000)])
    columns = (
        "occurred_at, recorded_at, stream, version, type, actor, agency, on_behalf, shard,"
        " schema_version, first, event_id, command_id, hash, correlation, payload, private"
    )
    tamper(f"INSERT INTO events (position, {columns}) SELECT position + 5000, {columns}"
           " FROM events WHERE version = 1000")  # fmt: skip
    assert (log.count(), log.astray()) == (1001, 1)
    assert first_bad(log, 1000) is None
    verdict = verify_all(log)
    assert verdict.first_bad is not None
    assert verdict.first_bad.why.startswith("1 of its events")


def test_what_is_appended_meanwhile_is_not_taken_for_lost(filled: Log) -> None:
    late = [append("00-late", 2)]

    def progress(_: int) -> None:
        if late:
            filled.append([late.pop()])

    assert verify_all(filled, progress).ok
    assert not late
