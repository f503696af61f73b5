"""The relay against a real broker: what is killed, and when, costs no event."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner
from msgspec.structs import replace

from app.cli import cli
from consumers.broker import Broker, WrongTopic
from consumers.ownership import ownership_of
from consumers.relay import Relay, open_tables
from engine.ids import wall_clock
from engine.store import Append, Log, open_log
from schemas.cloudevents import Message
from schemas.codec import loads
from schemas.envelope import SHARDS
from schemas.topics import events_topic, manifests_topic, topics_of
from tests import topic_check
from tests.appends import append
from tests.servers import PostgresDatabase
from tests.servers.kafka import Broker as Server
from tests.streams import appends, walks
from tests.topic_check import logged, published

PATIENCE = 60.0
"""Seconds that anything may take before a test gives it up; none is expected to need them."""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Log]:
    opened = open_log(f"sqlite:///{tmp_path / 'log.db'}")
    open_tables(opened)
    yield opened
    opened.close()


def fill(log: Log, count: int, seed: int = 1) -> None:
    log.append([Append(tuple(events)) for events in appends(walks(count, seed), spread=10)])


def faults(log: Log, address: str, house: str) -> list[str]:
    return list(topic_check.faults(published(Broker(address), house), logged(log)))


def until(true: Callable[[], bool], what: str) -> None:
    begun = time.monotonic()
    while not true():
        assert time.monotonic() - begun < PATIENCE, f"{what}: not within {PATIENCE:.0f} s"
        time.sleep(0.05)


def lienthong(*words: str) -> str:
    result = CliRunner().invoke(cli, words, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_the_log_goes_to_kafka_by_two_commands(
    kafka: Server, topic_prefix: str, store: Log
) -> None:
    fill(store, 20)
    where = ["--database", str(store.engine.url), "--kafka", kafka.bootstrap]
    where += ["--house", topic_prefix]
    made = lienthong("relay", "--topics", "create", "--replication", "1", *where)
    assert made.count(": made") == len(topics_of(topic_prefix))
    again = lienthong("relay", "--topics", "create", "--replication", "1", *where)
    assert again.count(": there already") == len(topics_of(topic_prefix))
    assert f"{store.count():,} events" in lienthong("relay", "--once", *where)
    assert '"events": 0' in lienthong("relay", "--once", "--json", *where)
    assert faults(store, kafka.bootstrap, topic_prefix) == []


def test_a_subscribers_archive_is_complete_or_what_it_lacks_is_named(
    kafka: Server, topic_prefix: str, store: Log, tmp_path: Path
) -> None:
    fill(store, 20)
    file = tmp_path / "archive.jsonl"
    where = ["--kafka", kafka.bootstrap, "--house", topic_prefix]
    lienthong("relay", "--topics", "create", "--replication", "1", *where)
    lienthong("relay", "--once", "--database", str(store.engine.url), *where)
    lienthong("archive", "pull", str(file), *where)
    said = loads(lienthong("archive", "verify", str(file), "--json", *where))
    assert (said["ok"], said["covered"], said["findings"]) == (True, store.count(), [])
    assert sorted(each.name for each in tmp_path.glob("archive*")) == [
        "archive.jsonl",
        "archive.jsonl.manifests",
    ]
    broken = CliRunner().invoke(cli, ["archive", "pull", f"{tmp_path}/b", "--kafka", "nowhere"])
    assert broken.exit_code == 3
    assert "'nowhere' is no HOST:PORT" in broken.output
    assert not list(tmp_path.glob("b*")), "what broke off leaves nothing behind"
    with closing(Broker(kafka.bootstrap).producer()) as anybody:
        topic = manifests_topic(topic_prefix).name
        for value in (None, b"{not json", b"{}", b"[" * 900_000, b'{"house": "another"}'):
            anybody.send(topic, Message(b"0", value, (), 1))
        anybody.flush()
    left_out = CliRunner().invoke(cli, ["archive", "verify", str(file), "--json", *where])
    assert (left_out.exit_code, loads(left_out.stdout)["ok"]) == (0, True)
    assert left_out.stderr.count("no manifest of this house, left out") == 5
    kept = file.read_bytes().splitlines(keepends=True)
    gone = loads(kept.pop(7))["headers"]
    file.write_bytes(b"".join(kept))
    beside = ["--manifests", f"{file}.manifests", "--house", topic_prefix]
    result = CliRunner().invoke(cli, ["archive", "verify", str(file), "--json", *beside])
    assert result.exit_code == 3
    missing = [(each["code"], each["version"]) for each in loads(result.stdout)["findings"]]
    assert missing == [(gone["ce_subject"], int(gone["ce_streamversion"]))]


def test_a_keyed_topic_with_another_number_of_partitions_is_refused(
    kafka: Server, topic_prefix: str, store: Log
) -> None:
    broker = Broker(kafka.bootstrap)
    topic = events_topic(topic_prefix)
    broker.create([replace(topic, partitions=5)], 1)
    with pytest.raises(WrongTopic, match="has 5 partitions, not 12"):
        broker.create(topics_of(topic_prefix), 1)
    where = ["--database", str(store.engine.url), "--kafka", kafka.bootstrap]
    result = CliRunner().invoke(cli, ["relay", "--once", "--house", topic_prefix, *where])
    assert result.exit_code == 3
    assert "5 partitions, not 12" in result.output


def test_no_broker_is_told(store: Log) -> None:
    where = ["--database", str(store.engine.url), "--kafka", "127.0.0.1:1"]
    result = CliRunner().invoke(cli, ["relay", "--once", *where])
    assert result.exit_code == 3
    assert "127.0.0.1:1" in result.output


def test_a_broker_that_is_killed_under_load_costs_nothing(own_kafka: Server, store: Log) -> None:
    broker = Broker(own_kafka.bootstrap)
    broker.create(topics_of("ub"), 1)
    worker = Relay(store, lambda: ownership_of(store), broker, "ub", batch=200)
    written, done = threading.Event(), threading.Event()
    asleep = threading.Event()

    def write() -> None:
        for number in range(150):
            store.append([append(f"dossier-{number}-{each}", 3) for each in range(10)])
            time.sleep(0.02)
        written.set()

    def everything_is_out() -> bool:
        return written.is_set() and worker._cursors == store.heads()

    writing = threading.Thread(target=write)
    relaying = threading.Thread(
        target=worker.run,
        args=(
            done.is_set,
            lambda seconds: asleep.wait(seconds) and None,
            time.monotonic,
            wall_clock,
        ),
    )
    writing.start()
    relaying.start()
    try:
        time.sleep(0.5)
        own_kafka.kill()
        time.sleep(0.5)
        own_kafka.start()
        until(everything_is_out, "the relay catches up with the log")
    finally:
        done.set()
        writing.join()
        relaying.join()
        worker.close()
    assert store.count() == 4_500
    assert faults(store, own_kafka.bootstrap, "ub") == []


def test_relays_that_are_killed_share_and_take_over(
    kafka: Server, topic_prefix: str, postgres_database: PostgresDatabase
) -> None:
    """Two processes; one of them is killed by SIGKILL, again and again, while others append."""
    url = postgres_database()
    log = open_log(url)
    open_tables(log)
    Broker(kafka.bootstrap).create(topics_of(topic_prefix), 1)
    command = [sys.executable, "-m", "app", "relay", "--house", topic_prefix]
    command += ["--kafka", kafka.bootstrap, "--database", url]
    lots = random.Random(3)
    running = [subprocess.Popen(command, stderr=subprocess.PIPE) for _ in range(2)]
    try:
        for number in range(8):
            for each in range(15):
                log.append([append(f"dossier-{number}-{each}-{n}", 3) for n in range(10)])
                time.sleep(0.01)
            victim = running.pop(lots.randrange(2))
            victim.send_signal(signal.SIGKILL)
            victim.communicate()
            running.append(subprocess.Popen(command, stderr=subprocess.PIPE))
        heads = log.heads()
        until(
            lambda: checkpoints_of(log, topic_prefix) == heads, "the relays catch up with the log"
        )
    finally:
        for each in running:
            each.terminate()
            each.communicate()
    assert len(heads) == SHARDS
    assert faults(log, kafka.bootstrap, topic_prefix) == []
    log.close()


def checkpoints_of(log: Log, house: str) -> dict[int, int]:
    from consumers.checkpoints import cursors
    from consumers.relay import checkpoint_of

    with log.engine.connect() as connection:
        return cursors(connection, checkpoint_of(events_topic(house).name))
