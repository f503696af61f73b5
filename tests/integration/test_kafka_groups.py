"""A group on a real broker: whoever joins, leaves, stops or is killed, each effect comes once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path

import pytest
from kafka.errors import FencedInstanceIdError

from consumers import broker as broker_module
from consumers.broker import Barred, Broker, Member
from consumers.checkpoints import Fenced
from consumers.kafka_past import FollowedPast, KafkaPast
from consumers.kafka_transport import KafkaTransport
from consumers.subscription import Subscription
from consumers.taking_over import open_fed
from consumers.views import all_views
from engine.store import Append, Log, open_log
from schemas.cloudevents import to_message
from schemas.topics import events_topic, topics_of
from tests.servers import PostgresDatabase
from tests.servers.kafka import Broker as Server
from tests.streams import appends, walks
from tests.views_check import faults

PATIENCE = 90.0
"""Seconds that anything may take before a test gives it up; none is expected to need them."""


@pytest.fixture
def url(postgres_database: PostgresDatabase) -> str:
    return postgres_database()


@pytest.fixture
def log(url: str) -> Iterator[Log]:
    opened = open_log(url)
    yield opened
    opened.close()


@pytest.fixture
def house(kafka: Server, topic_prefix: str) -> str:
    Broker(kafka.bootstrap).create(topics_of(topic_prefix), 1)
    return topic_prefix


class Scene:
    """A log, its events in the topic, and consumers that feed views beside the log."""

    def __init__(self, log: Log, broker: Broker, house: str) -> None:
        self.log = log
        self.broker = broker
        self.house = house
        self.topic = events_topic(house).name
        self.group = f"{house}.views"

    def make(self) -> None:
        open_fed(self.log, all_views(), self.group, self.of_all, self.past, self.log)

    def send(self, count: int, prefix: str) -> None:
        made = [Append(tuple(each)) for each in appends(walks(count, 3, prefix=prefix), spread=20)]
        self.log.append(made)
        with closing(self.broker.producer()) as producer:
            for each in made:
                for event in each.events:
                    producer.send(self.topic, to_message(event, self.house))
            producer.flush()

    def of_all(self) -> KafkaTransport:
        return KafkaTransport(self.broker, self.topic, self.broker.reader(self.topic))

    def member(self, instance: str | None = None) -> tuple[Subscription, KafkaTransport, Member]:
        member = self.broker.member(self.topic, self.group, instance)
        transport = KafkaTransport(self.broker, self.topic, member, wait=0.02)
        return self.subscription(transport), transport, member

    def subscription(self, transport: KafkaTransport, batch: int = 50) -> Subscription:
        views = all_views()
        return Subscription(
            self.log, transport, views, name=self.group, batch=batch, source=self.log, fed=True
        )

    def past(self) -> KafkaPast:
        return KafkaPast(self.group, lambda each: self.broker.reader(self.topic, [each]), self.log)

    def behind(self) -> int:
        with closing(self.of_all()) as transport, self.log.engine.connect() as connection:
            from consumers import checkpoints

            cursors = checkpoints.cursors(connection, self.group)
            return sum(end - cursors[part] for part, end in transport.ends().items())

    def faults(self) -> list[str]:
        with closing(self.past()) as past:
            found = faults(self.log, FollowedPast(self.log, past))
        with self.log.engine.connect() as connection:
            from consumers import parking

            found += [f"waits: {each}" for each in parking.listed(connection, self.group)]
        return found


@pytest.fixture
def scene(kafka: Server, log: Log, house: str) -> Scene:
    made = Scene(log, Broker(kafka.bootstrap), house)
    made.make()
    return made


def until(true: Callable[[], bool], step: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, "it takes for ever"
        step()


def stepped(*subscriptions: Subscription) -> None:
    for each in subscriptions:
        try:
            each.step()
        except Fenced:
            each.load()


def test_two_zombies_that_own_all_partitions(scene: Scene) -> None:
    scene.send(20, "a")
    with closing(scene.of_all()) as one, closing(scene.of_all()) as two:
        first, second = scene.subscription(one), scene.subscription(two, 70)
        fenced = 0
        end = time.monotonic() + PATIENCE
        while scene.behind():
            assert time.monotonic() < end
            for each in (first, second, second, first):
                try:
                    each.step()
                except Fenced:
                    fenced += 1
                    each.load()
    assert fenced > 0
    assert scene.faults() == []


def test_members_share_partitions_and_a_rebalance_costs_nothing(scene: Scene) -> None:
    scene.send(15, "a")
    with ExitStack() as open_:
        one, transport_1, member_1 = scene.member()
        open_.callback(transport_1.close)
        until(lambda: len(member_1.held) == 12, lambda: stepped(one))
        two, transport_2, member_2 = scene.member()
        open_.callback(transport_2.close)
        scene.send(15, "b")
        until(lambda: len(member_1.held) == len(member_2.held) == 6, lambda: stepped(one, two))
        assert member_1.held.isdisjoint(member_2.held)
        scene.send(10, "c")
        transport_1.close()
        until(lambda: len(member_2.held) == 12, lambda: stepped(two))
        until(lambda: scene.behind() == 0, lambda: stepped(two))
    assert scene.faults() == []


@contextmanager
def consumer(
    scene: Scene, kafka: Server, url: str, folder: Path, *words: str
) -> Iterator[subprocess.Popen[bytes]]:
    environment = {
        **os.environ,
        "LIENTHONG_DATABASE_URL": url,
        "LIENTHONG_KAFKA": kafka.bootstrap,
        "LIENTHONG_HOUSE": scene.house,
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }
    with (folder / "said").open("ab") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "app", "consume", "all", *words],
            cwd=folder, env=environment, stdout=said, stderr=said,
        )  # fmt: skip
    try:
        yield process
    finally:
        process.send_signal(signal.SIGCONT)
        process.kill()
        process.wait()


@pytest.mark.timeout(300)
def test_stopped_for_longer_than_the_session_and_killed(
    scene: Scene, kafka: Server, url: str, tmp_path: Path
) -> None:
    scene.send(20, "a")
    with ExitStack() as open_:
        stopped = open_.enter_context(consumer(scene, kafka, url, tmp_path))
        until(lambda: scene.behind() == 0, lambda: time.sleep(0.1))
        scene.send(15, "b")
        stopped.send_signal(signal.SIGSTOP)
        other = open_.enter_context(consumer(scene, kafka, url, tmp_path))
        until(lambda: scene.behind() == 0, lambda: time.sleep(0.5))
        scene.send(20, "c")
        stopped.send_signal(signal.SIGCONT)
        other.terminate()
        until(lambda: scene.behind() == 0, lambda: time.sleep(0.5))
        scene.send(5, "d")
        until(lambda: scene.behind() == 0, lambda: time.sleep(0.5))
        assert stopped.poll() is None, (tmp_path / "said").read_text()
    assert scene.faults() == []


def test_a_lasting_name_that_another_takes_costs_nothing(scene: Scene) -> None:
    """kafka-python tells who lost the name when he joins next; till then the cursors fence him."""
    one, transport_1, member_1 = scene.member("first")
    with closing(transport_1):
        until(lambda: len(member_1.held) == 12, lambda: stepped(one))
        two, transport_2, member_2 = scene.member("first")
        with closing(transport_2):
            until(lambda: len(member_2.held) == 12, lambda: stepped(two))
            scene.send(10, "a")
            for _ in range(10):
                with suppress(Barred):
                    stepped(one)
            until(lambda: scene.behind() == 0, lambda: stepped(two))
    assert scene.faults() == []


def test_a_lost_name_is_told_in_plain_words() -> None:
    with pytest.raises(Barred, match="give one another --instance"), broker_module._plain("here"):
        raise FencedInstanceIdError


def test_a_topic_made_anew_is_read_from_its_beginning(own_kafka: Server, log: Log) -> None:
    broker = Broker(own_kafka.bootstrap)
    broker.create(topics_of("wiped"), 1)
    scene = Scene(log, broker, "wiped")
    scene.send(10, "a")
    scene.make()
    assert scene.faults() == []
    own_kafka.wipe()
    broker.create(topics_of("wiped"), 1)
    events = [event for batch in log.read_all() for event in batch]
    with closing(broker.producer()) as producer:
        for event in reversed(sorted(events, key=lambda event: event.stream)):
            producer.send(scene.topic, to_message(event, "wiped"))
        producer.flush()
    scene.send(5, "b")
    with closing(scene.of_all()) as transport:
        feed = scene.subscription(transport)
        until(lambda: scene.behind() == 0, lambda: stepped(feed))
    assert scene.faults() == []
