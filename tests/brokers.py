"""A broker in memory, with the failures that a real one has when it is asked to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

from consumers.broker import BrokerError, WrongTopic
from schemas.cloudevents import Message
from schemas.topics import Topic


class MemoryBroker:
    """Keeps what was flushed. `fails` is asked before each message of a flush arrives: whether
    this one is lost; those before it have arrived, those behind it have not."""

    def __init__(self) -> None:
        self.topics: dict[str, list[Message]] = defaultdict(list)
        self.down = False
        self.fails: Callable[[Message], bool] = lambda message: False
        self.producers = 0

    def check(self, topic: Topic) -> None:
        self._reached()
        if topic.name not in self.topics:
            raise WrongTopic(f"There is no topic {topic.name}")

    def create(self, topics: list[Topic]) -> None:
        for topic in topics:
            self.topics[topic.name]

    def producer(self) -> MemoryProducer:
        self._reached()
        self.producers += 1
        return MemoryProducer(self)

    def _reached(self) -> None:
        if self.down:
            raise BrokerError("Kafka is down")


class MemoryProducer:
    """Discarded after an error, like the real one: what it still held is gone."""

    def __init__(self, broker: MemoryBroker) -> None:
        self.broker = broker
        self.held: list[tuple[str, Message]] = []
        self.spoilt = False

    def send(self, topic: str, message: Message, partition: Any = None) -> None:
        assert not self.spoilt, "a producer that failed is not used again"
        self.held.append((topic, message))

    def flush(self) -> None:
        held, self.held = self.held, []
        for topic, message in held:
            if self.broker.down or self.broker.fails(message):
                self.spoilt = True
                raise BrokerError("a message did not arrive")
            self.broker.topics[topic].append(message)

    def close(self) -> None:
        self.spoilt = True
