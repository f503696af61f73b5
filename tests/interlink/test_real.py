"""The same with a real broker, a SQLite store and a PostgreSQL store, and processes that are killed
at every named point while legs are handed over; and the broker too."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from consumers.broker import Broker
from consumers.interlink import tables
from consumers.interlink.agreement import faults
from consumers.interlink.standing import there
from engine.ids import Ids
from engine.runtime import Answer, Call, Done, Runtime
from engine.store import Log, open_log
from engine.verify import verify_all
from schemas import commands as c
from schemas.commands import Command
from schemas.topics import topics_of
from tests.interlink.law import DESK, MINISTRY, PROCEDURE, PROVINCE, RECEIVER, law
from tests.interlink.process import clock
from tests.interlink.test_protocol import REASON
from tests.interlink.world import POINTS
from tests.servers import Broker as Server
from tests.servers import PostgresDatabase

ROOT = Path(__file__).parents[2]
PATIENCE = 60.0
"""Seconds after which a test that waits for two engines to agree has failed."""


class Town:
    """Two houses with their stores, their people, and the processes between them."""

    def __init__(self, urls: dict[str, str], address: str) -> None:
        self.urls, self.address, self.begun = urls, address, time.time()
        self.stores: dict[str, Log] = {house: open_log(url) for house, url in urls.items()}
        now = clock(self.begun)
        self.runtimes = {
            house: Runtime(log, law(house), now, Ids(now)) for house, log in self.stores.items()
        }
        self.new_id = Ids(now)
        self.codes: list[str] = []
        self.forks = subprocess.Popen(
            [sys.executable, "-m", "tests.interlink.process"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def give(self, house: str, code: str, command: Command) -> Answer:
        return self.runtimes[house].handle(Call(command, self.new_id(), code))

    def offer(self) -> str:
        code = f"qn-centre-210301-{len(self.codes):04d}"
        receipt = c.Receive(
            actor=DESK, procedure=PROCEDURE, agency="qn-centre", facts={"ministry": "monre"}
        )
        for command in (receipt, c.Forward(actor=DESK)):
            assert isinstance(self.give(PROVINCE, code, command), Done)
        self.codes.append(code)
        return code

    def people(self) -> None:
        """Each does what is to be done; the third leg is refused, the fourth one recalled."""
        for number, code in enumerate(self.codes):
            if number % 4 == 3:
                recall = c.RecallHandover(actor=DESK, leg="opinion")
                self.give(PROVINCE, code, recall)
                continue
            refuses = number % 4 == 2
            command: Command = (
                c.RefuseHandover(actor=RECEIVER, reason=REASON)
                if refuses
                else c.Accept(actor=RECEIVER)
            )
            self.give(MINISTRY, there(code, PROVINCE, 1), command)

    @contextmanager
    def process(self, house: str, point: str = "") -> Iterator[int]:
        """The number of a process of a house that kills itself when it comes to this point."""
        assert self.forks.stdin is not None
        assert self.forks.stdout is not None
        self.forks.stdin.write(f"{house} {self.urls[house]} {self.address} {self.begun} {point}\n")
        self.forks.stdin.flush()
        pid = int(self.forks.stdout.readline())
        try:
            yield pid
        finally:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            until(lambda: dead(pid), otherwise="a killed process lives on")

    def answered(self) -> bool:
        """Whether the province has heard what became of every leg, and all agree."""
        for code in self.codes:
            leg = self.runtimes[PROVINCE].load(code).dossier.legs["opinion"]
            if leg.transit is not None:
                return False
        return not faults(self.stores, settled=True)

    def close(self) -> None:
        for stream in (self.forks.stdin, self.forks.stdout):
            assert stream is not None
            stream.close()
        self.forks.wait()
        for log in self.stores.values():
            log.close()


def dead(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def until(condition: Callable[[], bool], *, otherwise: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, otherwise
        time.sleep(0.05)


def test_killed_at_every_point_both_sides_agree(
    tmp_path: Path, own_kafka: Server, postgres_database: PostgresDatabase
) -> None:
    Broker(own_kafka.bootstrap).create([*topics_of(PROVINCE), *topics_of(MINISTRY)], 1)
    urls = {PROVINCE: f"sqlite:///{tmp_path / 'province.db'}", MINISTRY: postgres_database()}
    with closing(Town(urls, own_kafka.bootstrap)) as town:
        _killed_everywhere(town, own_kafka)


def _killed_everywhere(town: Town, broker: Server) -> None:
    killed = 0
    for point in POINTS:
        with town.process(PROVINCE, point) as ours, town.process(MINISTRY, point) as theirs:
            town.offer()
            # Whoever comes to the point dies there; the other one is killed where it is.
            until(
                lambda pair=(ours, theirs): any(map(dead, pair)),
                otherwise=f"nobody came to {point!r}",
            )
            town.people()
            killed += sum(map(dead, (ours, theirs)))
        assert faults(town.stores) == []
    assert killed >= len(POINTS)
    with town.process(PROVINCE), town.process(MINISTRY):
        for _ in range(2):
            town.offer()
        broker.kill()
        town.people()
        assert faults(town.stores) == []
        broker.start()
        until(lambda: _pressed(town), otherwise="the two never agreed")
    for log in town.stores.values():
        assert verify_all(log).ok
    verdicts = {house: tables.tally(log) for house, log in town.stores.items()}
    assert all(set(tally) <= {"taken", "again", "noted"} for tally in verdicts.values()), verdicts
    answers = {
        town.runtimes[PROVINCE].load(code).dossier.legs["opinion"].mode for code in town.codes
    }
    assert answers >= {"", "back"}, "some were accepted, some came back"


def _pressed(town: Town) -> bool:
    """People go on answering what comes to them, until everything is answered."""
    town.people()
    assert faults(town.stores) == []
    return town.answered()
