"""A real Kafka for the tests: one broker per pytest process, shared by those who do not harm it.

Routes, in order: `LIENTHONG_TEST_KAFKA` (HOST:PORT of a broker), a container where Docker has an
image, and the jars that Maven fetches once. One node, KRaft, topics are never made by themselves.
"""

from __future__ import annotations

import base64
import os
import random
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO, Protocol
from uuid import uuid4

import pytest

from tests.servers.containers import image_of
from tests.servers.jars import java, kafka_jars

IMAGES = ("lienthong/kafka-for-tests", "apache/kafka:4.3.1")
STARTED = "Kafka Server started"
SECONDS_TO_START = 60
LIGHT = ("-Xmx512M", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
"""Of a Java that lives for minutes: to compile it well takes longer than it ever gains."""

SECONDS_TO_STOP = 20

# One node is the whole cluster, and a group's first poll does not wait for members to come.
ALONE = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "PLAINTEXT",
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "2",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "group.initial.rebalance.delay.ms": "0",
    "auto.create.topics.enable": "false",
    # A broker that was killed is not let in again before its last session ended.
    "broker.session.timeout.ms": "2000",
    "broker.heartbeat.interval.ms": "500",
}


class Broker(Protocol):
    """A broker of one node, running. Whatever happens to it, it comes back at the same address."""

    bootstrap: str

    def start(self) -> None:
        """Returns when the broker serves what it had when it was stopped or killed."""

    def stop(self) -> None:
        """As an operator stops it."""

    def kill(self) -> None:
        """SIGKILL."""

    def wipe(self) -> None:
        """Stops it, and starts it without any topic, offset or record."""


@pytest.fixture(scope="session")
def kafka() -> Iterator[Broker]:
    """The broker that tests share: leave it running, and keep to topics of your `topic_prefix`."""
    with real_kafka() as broker:
        yield broker


@pytest.fixture
def own_kafka() -> Iterator[Broker]:
    """A broker of the test's own, to be stopped, killed and wiped at will."""
    with real_kafka() as broker:
        yield broker


@pytest.fixture
def topic_prefix(request: pytest.FixtureRequest) -> Iterator[str]:
    """Stands for an agency's id that no other test has; the shared broker forgets its topics."""
    prefix = f"xa-{uuid4().hex[:12]}"
    shared = request.getfixturevalue("kafka") if "kafka" in request.fixturenames else None
    yield prefix
    if shared is not None:
        from kafka.admin import KafkaAdminClient

        with closing(KafkaAdminClient(bootstrap_servers=shared.bootstrap)) as admin:
            made = [name for name in admin.list_topics() if name.startswith(prefix)]
            if made:
                admin.delete_topics(made)


@contextmanager
def real_kafka() -> Iterator[Broker]:
    """A running broker. Fails, never skips, where none can be had."""
    if given := os.environ.get("LIENTHONG_TEST_KAFKA"):
        yield GivenBroker(given)
    elif image := image_of(*IMAGES):
        from tests.servers.kafka_container import ContainerBroker

        with closing(ContainerBroker(image)) as contained:
            contained.start()
            yield contained
    else:
        with (
            tempfile.TemporaryDirectory(prefix="lienthong-kafka-") as folder,
            closing(LocalBroker(Path(folder), kafka_jars())) as local,
        ):
            local.start()
            yield local


class GivenBroker:
    """Someone else's broker, which the tests use and never touch."""

    def __init__(self, bootstrap: str) -> None:
        self.bootstrap = bootstrap

    def start(self) -> None:
        self._refuse()

    def stop(self) -> None:
        self._refuse()

    def kill(self) -> None:
        self._refuse()

    def wipe(self) -> None:
        self._refuse()

    def _refuse(self) -> None:
        pytest.fail(
            "LIENTHONG_TEST_KAFKA gives a broker that the tests may not stop, start or wipe:"
            " unset it to run this test.",
            pytrace=False,
        )


class LocalBroker:
    """A broker from jars, with its settings, records and log in a folder of its own."""

    def __init__(self, folder: Path, jars: Path) -> None:
        address, controller = (f"127.0.0.1:{free_port()}" for _ in range(2))
        self.bootstrap = address
        self._jars = jars
        self._records = folder / "records"
        self._settings = folder / "server.properties"
        self._log = folder / "broker.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._starts = 0
        # Processes are started on a thread that lives as long as this broker: see `_java`.
        self._starter = ThreadPoolExecutor(max_workers=1)
        listeners = f"PLAINTEXT://{address},CONTROLLER://{controller}"
        settings = ALONE | {
            "controller.quorum.bootstrap.servers": controller,
            "listeners": listeners,
            "advertised.listeners": listeners,
            "log.dirs": str(self._records),
        }
        self._settings.write_text("".join(f"{k}={v}\n" for k, v in settings.items()))

    @property
    def pid(self) -> int:
        """The process id of the running broker."""
        assert self._process is not None, "the broker is not running"
        return self._process.pid

    def start(self) -> None:
        with self._log.open("ab") as log:
            if not self._records.exists():
                tool = ("kafka.tools.StorageTool", "format", "--standalone", "-t", _cluster_id())
                self._java(*tool, "-c", str(self._settings), log=log).wait()
            process = self._process = self._java("kafka.Kafka", str(self._settings), log=log)
        self._starts += 1
        await_start(self._starts, self._said, lambda: process.poll() is None)

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(SECONDS_TO_STOP)
            except subprocess.TimeoutExpired:
                self.kill()
            self._process = None

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def wipe(self) -> None:
        self.kill()
        shutil.rmtree(self._records)
        self.start()

    def close(self) -> None:
        self.kill()
        self._starter.shutdown()

    def _said(self) -> str:
        return self._log.read_text(errors="replace")

    def _java(self, *command: str, log: IO[bytes]) -> subprocess.Popen[bytes]:
        """Starts a class of Kafka's. It gets no Ctrl-C of ours, and dies with us even by SIGKILL.

        The kernel knows the thread that started it, not the process: hence the starter's.
        """
        tied = ("setpriv", "--pdeathsig", "KILL") if shutil.which("setpriv") else ()
        return self._starter.submit(
            subprocess.Popen,
            [*tied, java(), *LIGHT, "-cp", f"{self._jars}/*", *command],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        ).result()


def await_start(starts: int, said: Callable[[], str], runs: Callable[[], bool]) -> None:
    """Until the broker has said as often as it was started that it did."""
    deadline = time.monotonic() + SECONDS_TO_START
    while (log := said()).count(STARTED) < starts:
        if not runs() or time.monotonic() > deadline:
            pytest.fail(f"Kafka does not start:\n{log[-3000:]}", pytrace=False)
        time.sleep(0.05)


def free_port() -> int:
    """One below those that the system gives to whoever connects: a client that keeps calling a
    dead broker's port would else be given that port itself one day, and talk to itself."""
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def _cluster_id() -> str:
    return base64.urlsafe_b64encode(b"\x00" + uuid4().bytes[1:]).decode().rstrip("=")
