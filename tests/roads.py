"""The two roads from a log to a subscription, for tests of what both have to do."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import ExitStack, closing

from consumers.broker import Broker, Reader
from consumers.home import Home
from consumers.kafka_past import FollowedPast, KafkaPast
from consumers.kafka_transport import KafkaTransport
from consumers.ownership import ownership_of
from consumers.relay import Relay, open_tables
from consumers.subscription import LIVE
from consumers.transport import LogTransport, Transport
from engine.store import Append, Log
from schemas.envelope import Recorded
from schemas.topics import events_topic, topics_of
from tests.streams import appends, walks
from tests.views_check import faults

PATIENCE = 60.0
"""Seconds in which any of this has come; none is expected to need them."""


class Road(ABC):
    """From a log to whoever subscribes. `name`: the subscription that is tested."""

    name: str

    def __init__(self, log: Log) -> None:
        self.log = log
        self.open = ExitStack()

    def add(self, batches: list[list[Recorded]]) -> list[Recorded]:
        """These events are in the log, and on their way."""
        self.log.append([Append(tuple(each)) for each in batches])
        self.send()
        return [event for each in batches for event in each]

    def fill(self, count: int, seed: int = 1, prefix: str = "a") -> list[Recorded]:
        return self.add(list(appends(walks(count, seed, prefix=prefix), spread=10)))

    @abstractmethod
    def send(self) -> None: ...

    @abstractmethod
    def transport(self) -> Transport: ...

    @abstractmethod
    def faults(self, home: Home) -> list[str]:
        """I6: what a view holds that its events do not make of it."""


class OverTheLog(Road):
    name = LIVE

    def send(self) -> None:
        pass

    def transport(self) -> Transport:
        return LogTransport(self.log)

    def faults(self, home: Home) -> list[str]:
        return faults(home, self.log)


class OverKafka(Road):
    name = "suite"

    def __init__(self, log: Log, address: str, house: str) -> None:
        super().__init__(log)
        self.broker = Broker(address)
        self.broker.create(topics_of(house), 1)
        self.topic = events_topic(house).name
        open_tables(log)
        self.relay = Relay(log, lambda: ownership_of(log), self.broker, house)
        self.open.callback(self.relay.close)

    def send(self) -> None:
        self.relay.renew()
        self.relay.catch_up()

    def transport(self) -> Transport:
        made = KafkaTransport(self.broker, self.topic, self.broker.reader(self.topic), wait=0.02)
        self.open.callback(made.close)
        return made

    def faults(self, home: Home) -> list[str]:
        def reader(partition: int) -> Reader:
            return self.broker.reader(self.topic, [partition])

        with closing(KafkaPast(self.name, reader, self.log)) as past:
            return faults(home, FollowedPast(self.log, past))
