"""On PostgreSQL the order of positions is not the order of commits.

The first test keeps the proof of that: a naive reader loses an event, by construction and
every time. The others show that the log's readers lose none.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress

import psycopg
import pytest
from sqlalchemy import make_url

from engine.store import Log, Repeated, StoreBusy, Stored, open_log, postgres
from schemas.envelope import SHARDS, shard_of
from tests.appends import append

pytestmark = pytest.mark.postgres

INSERT = """
    INSERT INTO events (
        occurred_at, stream, version, type, actor, agency, shard, schema_version, first,
        event_id, command_id, hash, payload
    ) VALUES (1, %s, 1, 1, 1, 1, %s, 1, true, '', %s, '', '') RETURNING position
"""


@pytest.fixture
def url(postgres_database: Callable[..., str]) -> str:
    return postgres_database()


@pytest.fixture
def log(url: str) -> Iterator[Log]:
    opened = open_log(url)
    yield opened
    opened.close()


def connect(url: str) -> psycopg.Connection[tuple[int, ...]]:
    plain = make_url(url).set(drivername="postgresql")
    return psycopg.connect(plain.render_as_string(hide_password=False))


def naive(reader: psycopg.Connection[tuple[int, ...]], last: int) -> list[int]:
    query = "SELECT position FROM events WHERE position > %s ORDER BY position"
    found = [row[0] for row in reader.execute(query, (last,))]
    reader.commit()
    return found


def position(connection: psycopg.Connection[tuple[int, ...]], stream: int, shard: int) -> int:
    row = connection.execute(INSERT, (stream, shard, bytes([stream]))).fetchone()
    assert row is not None
    return row[0]


def test_a_naive_reader_loses_what_commits_late(log: Log, url: str) -> None:
    assert log.streams() == []
    with connect(url) as slow, connect(url) as quick, connect(url) as reader:
        early = position(slow, stream=1, shard=1)  # drawn first, committed last
        late = position(quick, stream=2, shard=1)
        assert early < late
        quick.commit()

        seen = naive(reader, 0)
        assert seen == [late]
        slow.commit()

        seen += naive(reader, max(seen))
        assert seen == [late]
        assert early not in seen, "the early event is in the log and will never be delivered"


def test_an_append_draws_its_position_only_when_its_shard_is_free(log: Log, url: str) -> None:
    """The same race as above, with the log as the late one: it waits, and comes behind."""
    stream, shard = "s", shard_of("s")
    other = next(name for name in map(str, range(99)) if shard_of(name) != shard)
    outcomes: list[object] = []
    with connect(url) as slow:
        # As an append does: the lock, then the position.
        slow.execute("SELECT pg_advisory_xact_lock(1282828372, %s)", (shard,))
        early = position(slow, stream=77, shard=shard)
        writer = threading.Thread(target=lambda: outcomes.extend(log.append([append(stream)])))
        writer.start()
        [elsewhere] = log.append([append(other)])
        assert isinstance(elsewhere, Stored), "another shard does not wait"
        wait_for_lock(url)
        assert log.heads()[shard] == 0
        slow.commit()
        writer.join()
    [stored] = outcomes
    assert isinstance(stored, Stored)
    with connect(url) as reader:
        assert naive(reader, 0)[-1] == stored.position > early


def test_writers_that_dawdle_and_fail_cost_a_reader_nothing(
    log: Log, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half of the writers sit on their positions for a while, and sometimes give up."""
    stop = time.monotonic() + 3
    committed: list[int] = []

    def write(seed: int) -> None:
        lots = random.Random(seed)

        def dawdle(point: str) -> None:
            if point == "before-commit":
                time.sleep(lots.random() * 0.005)
                if lots.random() < 0.1:
                    raise ZeroDivisionError

        own = open_log(url, fault=dawdle if seed % 2 else lambda point: None)
        while time.monotonic() < stop:
            batch = [append(f"{seed}-{lots.random()}", 3) for _ in range(lots.randint(1, 3))]
            with suppress(ZeroDivisionError):
                outcomes = own.append(batch)
                committed.extend(o.position for o in outcomes if isinstance(o, Stored))
        own.close()

    # Every append that has a transaction of its own to dawdle in.
    monkeypatch.setattr(postgres, "COPIED", 4)
    writers = [threading.Thread(target=write, args=(seed,)) for seed in range(6)]
    for writer in writers:
        writer.start()
    delivered = read_until_quiet(log, writers)
    assert len(committed) > 100
    assert sorted(delivered) == sorted(e.position for b in log.read_all() for e in b)
    assert set(committed) <= set(delivered)


def read_until_quiet(log: Log, writers: list[threading.Thread]) -> list[int]:
    """Positions in the order that cursors by shard deliver them, while others write."""
    cursors = dict.fromkeys(range(SHARDS), 0)
    delivered: list[int] = []
    quiet = False
    while not quiet:
        quiet = not any(writer.is_alive() for writer in writers)
        while batch := log.read_shards(cursors, limit=50):
            delivered += [event.position for event in batch]
            cursors.update({event.shard: event.position for event in batch})
    return delivered


def test_a_command_that_another_shard_answers_at_this_moment_is_repeated(
    log: Log, url: str
) -> None:
    """The unique index decides where no lock is shared."""
    command = bytes([7])
    outcomes: list[object] = []
    with connect(url) as other:
        position(other, stream=7, shard=(shard_of("s") + 1) % SHARDS)
        writer = threading.Thread(
            target=lambda: outcomes.extend(log.append([append("s", command_id=command)]))
        )
        writer.start()
        wait_for_lock(url, "transactionid")
        other.commit()
        writer.join()
    assert outcomes == [Repeated(command)]
    assert log.streams() == []


@pytest.mark.parametrize("sent", [True, False], ids=["between", "in the midst of sending"])
def test_who_is_frozen_in_a_transaction_stops_nobody_for_ever(
    sent: bool, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without its end, a session that is frozen in the midst of sending is active for ever."""
    monkeypatch.setattr(postgres, "SESSION", postgres.SESSION.replace("'10s'", "'500ms'"))
    log = open_log(url)
    lock = "SELECT pg_advisory_xact_lock(1282828372, %s)"
    ended = pytest.raises(psycopg.OperationalError)
    with ended, connect(url) as frozen, ExitStack() as left:
        if not sent:
            left.enter_context(frozen.pipeline())
        frozen.execute(lock, (shard_of("s"),))
        if not sent:
            frozen.pgconn.send_flush_request()
            frozen.pgconn.flush()
        time.sleep(0.3)
        with pytest.raises(StoreBusy):
            log.append([append("s")])
        assert isinstance(log.append([append("s")])[0], Stored)
        frozen.commit()
    log.close()


def test_who_waits_too_long_for_a_shard_is_told_and_ends_nobody_who_is_at_work(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "SESSION", postgres.SESSION.replace("'10s'", "'200ms'"))
    log = open_log(url)
    with connect(url) as other:
        other.execute("SELECT pg_advisory_xact_lock(1282828372, %s)", (shard_of("s"),))
        at_work = threading.Thread(target=other.execute, args=("SELECT pg_sleep(1)",))
        at_work.start()
        with pytest.raises(StoreBusy, match="another program holds a lock"):
            log.append([append("s")])
        at_work.join()
        other.commit()
    assert isinstance(log.append([append("s")])[0], Stored)
    log.close()


def test_a_session_is_durable_and_reads_what_is_committed(log: Log, url: str) -> None:
    name = make_url(url).database
    with log.engine.connect() as connection:
        connection.exec_driver_sql(f'ALTER DATABASE "{name}" SET synchronous_commit = off')
        connection.exec_driver_sql(
            f'ALTER DATABASE "{name}" SET default_transaction_isolation = serializable'
        )
    other = open_log(url)
    for setting, value in (
        ("synchronous_commit", "on"),
        ("default_transaction_isolation", "read committed"),
        ("lock_timeout", "10s"),
        ("idle_in_transaction_session_timeout", "1min"),
        # A report of a year is dear enough for it, and is done in less time than compiling takes.
        ("jit", "off"),
    ):
        with other.engine.connect() as connection:
            assert connection.exec_driver_sql(f"SHOW {setting}").scalar() == value
    other.close()


def test_appends_over_the_same_shards_in_any_order_never_deadlock(log: Log, url: str) -> None:
    names = [f"hồ-sơ-{number}" for number in range(20)]

    def write(names: list[str]) -> None:
        for number in range(25):
            outcomes = log.append([append(f"{name}-{number}-{names[0]}") for name in names])
            assert all(isinstance(each, Stored) for each in outcomes)

    writers = [
        threading.Thread(target=write, args=(order,)) for order in (names, names[::-1], names[5:])
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert len(log.streams(limit=9999)) == 25 * (20 + 20 + 15)


def wait_for_lock(url: str, kind: str = "advisory") -> None:
    """Until somebody waits for a lock of this kind."""
    query = f"SELECT count(*) FROM pg_locks WHERE locktype = '{kind}' AND NOT granted"
    with connect(url) as watcher:
        watcher.autocommit = True
        for _ in range(1000):
            if watcher.execute(query).fetchone() == (1,):
                return
            time.sleep(0.01)
    pytest.fail("nobody came to wait for the lock")
