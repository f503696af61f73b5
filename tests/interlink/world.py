"""Two engines, a broker in memory between them, and people who work at both."""

from __future__ import annotations

import shutil
import tempfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

from consumers.broker import BrokerError, Record
from consumers.interlink.agreement import faults
from consumers.interlink.peers import Peer, Peers
from consumers.interlink.receiving import Receiver
from consumers.interlink.sending import Sender
from consumers.interlink.tables import open_tables
from engine.core.admission import SYSTEM
from engine.core.dossier import Dossier
from engine.ids import Ids
from engine.runtime import Answer, Call, Runtime
from engine.store import Log, open_log
from schemas import commands as c
from schemas.cloudevents import Message
from schemas.commands import Command
from schemas.topics import Topic, inbox_topic, receipts_topic
from tests.core import walker
from tests.core.scenario import START
from tests.interlink.law import DESK, MINISTRY, PROCEDURE, PROVINCE, law

PEERS = {
    PROVINCE: Peers({MINISTRY: Peer(agencies=("monre", "mae"), accepts=("t-further",))}),
    MINISTRY: Peers({PROVINCE: Peer(under=("qn",), accepts=(PROCEDURE, "t-further"))}),
}
POINTS = ("read", "half-sent", "sent", "taken", "answered", "advanced")


@cache
def empty_store() -> Path:
    """A store with its tables, to be copied: to make one takes longer than most tests."""
    path = Path(tempfile.mkdtemp()) / "empty.db"
    log = open_log(f"sqlite:///{path}")
    open_tables(log)
    log.close()
    return path


class Crash(Exception):
    """The process died here."""


class MemoryBroker:
    """Keeps what was flushed, in order within a partition. `again`: a message comes once more, now
    or later; `down`: nothing gets through."""

    def __init__(self) -> None:
        self.topics: dict[str, list[list[Message]]] = {}
        self.sent: list[tuple[str, Message]] = []
        self.born = 0
        self.down = False
        self.again: Callable[[], bool] = lambda: False

    def make(self, topics: Sequence[Topic]) -> None:
        self.born += 1
        for topic in topics:
            self.topics[topic.name] = [[] for _ in range(topic.partitions)]

    def partitions(self, topic: str) -> int | None:
        return len(self.topics[topic]) if topic in self.topics else None

    def identity(self, topic: str) -> str:
        return f"{topic}#{self.born}"

    def check(self, topic: Topic) -> None:
        self.up()
        assert topic.name in self.topics

    def up(self) -> None:
        if self.down:
            raise BrokerError("the broker is down")

    def producer(self) -> MemoryProducer:
        return MemoryProducer(self)

    def reader(self, topic: str) -> MemoryReader:
        self.up()
        return MemoryReader(self, topic)

    def put(self, topic: str, message: Message) -> None:
        self.sent.append((topic, message))
        key = message.key or b""
        partitions = self.topics[topic]
        partitions[zlib.crc32(key) % len(partitions)].append(message)

    def lose(self) -> None:
        """Everything that was sent is gone."""
        self.topics = {name: [[] for _ in parts] for name, parts in self.topics.items()}

    def everything(self) -> list[Message]:
        return [each for topic in self.topics.values() for part in topic for each in part]


class MemoryProducer:
    """Sends at the flush; a crash before it may have sent some."""

    def __init__(self, broker: MemoryBroker) -> None:
        self.broker = broker
        self.waiting: list[tuple[str, Message]] = []

    def send(self, topic: str, message: Message) -> None:
        self.broker.up()
        self.waiting.append((topic, message))

    def flush(self) -> None:
        self.broker.up()
        sent, self.waiting = self.waiting, []
        for topic, message in sent:
            self.broker.put(topic, message)
            if self.broker.again():
                self.broker.put(topic, message)

    def close(self) -> None:
        """What was not flushed may have been sent: the first half was."""
        for topic, message in self.waiting[: len(self.waiting) // 2]:
            self.broker.put(topic, message)
        self.waiting = []


class MemoryReader:
    def __init__(self, broker: MemoryBroker, topic: str) -> None:
        self.broker = broker
        self.topic = topic

    def read(self, cursors: Mapping[int, int], limit: int, wait: float = 0.0) -> list[Record]:
        self.broker.up()
        found = []
        for partition, at in cursors.items():
            for offset, message in enumerate(self.broker.topics[self.topic][partition]):
                if offset >= at and len(found) < limit:
                    found.append(Record(partition, offset, message))
        return found

    def close(self) -> None: ...


class Side:
    """One house: its log, its runtime and the three workers of its interlink."""

    def __init__(self, house: str, log: Log, broker: Any, world: World, batch: int = 3) -> None:
        self.house, self.log, self.broker, self.world, self.batch = house, log, broker, world, batch
        self.ids = Ids(lambda: self.world.now, zlib.crc32(house.encode()))
        self.crash_at: tuple[str, int] | None = None
        self.start()

    def start(self) -> None:
        """As after a crash: nothing is remembered but what is in the store."""
        self.runtime = Runtime(self.log, law(self.house), lambda: self.world.now, self.ids)
        words = {"batch": self.batch, "fault": self._fault}
        peers = PEERS[self.house]
        topics = (inbox_topic(self.house), receipts_topic(self.house))
        self.workers: list[Any] = [
            Sender(self.runtime, self.broker, self.house, peers, **words),
            *(
                Receiver(self.runtime, self.broker, self.house, peers, each, wait=0.0, **words)
                for each in topics
            ),
        ]

    def _fault(self, point: str) -> None:
        if self.crash_at is None or self.crash_at[0] != point:
            return
        left = self.crash_at[1] - 1
        self.crash_at = (point, left)
        if left < 0:
            self.crash_at = None
            raise Crash(point)

    def work(self, which: int) -> int:
        """One step of one worker; a crash ends the process, which starts again."""
        try:
            return int(self.workers[which].step())
        except Crash:
            for each in self.workers:
                each.close()
            self.start()
            return 1
        except BrokerError:
            return 0

    def tell(self) -> None:
        """Sends all that the log has to say."""
        while self.work(0):
            pass

    def give(self, code: str, command: Command) -> Answer:
        return self.runtime.handle(Call(command, self.ids(), code))

    def dossier(self, code: str) -> Dossier:
        return self.runtime.load(code).dossier

    def streams(self) -> list[str]:
        return self.log.streams()

    def next_of(self, code: str) -> Command | None:
        """What somebody of this house would sensibly do next with a dossier."""
        dossier = self.dossier(code)
        for command in walker.sensible(dossier, self.runtime.law, self.world.now):
            leg = dossier.legs.get(command.leg)
            away = leg and (leg.elsewhere or (leg.transit and leg.transit.house))
            if not away or command.act == "expire-handover":
                return command
        return None


class World:
    """Both sides and their one time."""

    def __init__(self, folder: Path) -> None:
        self.now = START
        self.broker = MemoryBroker()
        self.broker.make(
            [f(h) for h in (PROVINCE, MINISTRY) for f in (inbox_topic, receipts_topic)]
        )
        self.stores = {
            house: open_log(f"sqlite:///{shutil.copy(empty_store(), folder / house)}")
            for house in (PROVINCE, MINISTRY)
        }
        self.province = Side(PROVINCE, self.stores[PROVINCE], self.broker, self)
        self.ministry = Side(MINISTRY, self.stores[MINISTRY], self.broker, self)
        self.number = 0

    @property
    def sides(self) -> tuple[Side, Side]:
        return self.province, self.ministry

    def later(self, **duration: float) -> None:
        self.now += timedelta(**duration)

    def offer(self) -> str:
        """A dossier of the province whose leg is offered to the ministry; its code."""
        self.number += 1
        code = f"qn-centre-210301-{self.number:04d}"
        receipt = c.Receive(
            actor=DESK,
            procedure=PROCEDURE,
            agency="qn-centre",
            facts={"ministry": "monre"},
            papers=("application",),
        )
        self.done(self.province.give(code, receipt))
        self.done(self.province.give(code, c.Forward(actor=DESK)))
        return code

    def done(self, answer: Answer) -> None:
        assert hasattr(answer, "events"), answer

    def deliver(self) -> None:
        """Until nobody has anything to say to anybody."""
        while any([side.work(which) for side in self.sides for which in range(3)]):
            self.agree()

    def agree(self, *, settled: bool = False) -> None:
        assert faults(self.stores, settled=settled) == []

    def expire(self) -> None:
        """What the sweep of alerts does on either side."""
        for side in self.sides:
            for code in side.streams():
                for leg in list(side.dossier(code).open_legs()):
                    transit = leg.transit
                    if transit and self.now >= transit.expires and transit.asked != "expired":
                        side.give(code, c.ExpireHandover(actor=SYSTEM, leg=leg.path))

    def close(self) -> None:
        for side in self.sides:
            for each in side.workers:
                each.close()
            side.log.close()
