"""Kafka, as the rest of the program knows it. The only user of kafka-python.

Why these settings: `docs/decisions/0004-kafka.md`. The producer is idempotent and waits for all
replicas; nobody commits offsets to the broker, they stand beside the rows they led to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from typing import Any, NamedTuple

from kafka import ConsumerRebalanceListener, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import KafkaAdminClient
from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor
from kafka.errors import (
    FencedInstanceIdError,
    KafkaError,
    TopicAlreadyExistsError,
    UnknownTopicOrPartitionError,
)
from kafka.partitioner.default import murmur2
from kafka.record.default_records import DefaultRecord, DefaultRecordBatch

from consumers.reaching import why_unreachable
from consumers.record_bytes import next_record
from schemas.cloudevents import Message
from schemas.topics import Topic

PATIENCE = 10_000
"""Milliseconds until a broker that does not answer counts as unreachable."""

LARGEST = 1_000_000
"""Bytes of a message that a broker takes by default; no event comes near it."""


class BrokerError(Exception):
    """Kafka cannot be reached, or does not do what was asked; the sentence says what."""


class Barred(BrokerError):
    """Another process took this member's lasting name: one of the two has to have another."""


class WrongTopic(Exception):
    """A topic is missing, or is not as this program declares it."""


class Record(NamedTuple):
    """One message of a partition, at its offset."""

    partition: int
    offset: int
    message: Message


class Broker:
    """A cluster, by one or more of its addresses (`host:port,host:port`).

    Nothing is opened until it is asked for.
    """

    def __init__(self, address: str, client: str = "lienthong") -> None:
        self.address = address
        self._common = {
            "bootstrap_servers": address.split(","),
            "client_id": client,
            "bootstrap_timeout_ms": PATIENCE,
            "reconnect_backoff_max_ms": 2_000,
        }

    def producer(self) -> Producer:
        """A new producer, idempotent within its life. Raises BrokerError."""
        return Producer(self.address, self._common)

    def reader(self, topic: str, partitions: Iterable[int] | None = None) -> Reader:
        """Reads partitions of a topic by number, all when none are named; no group is joined.

        Raises BrokerError, WrongTopic.
        """
        return Reader(self.address, self._common, topic, partitions)

    def member(self, topic: str, group: str, instance: str | None = None) -> Member:
        """Joins a group, which shares the partitions of a topic among its members.

        `instance`: the member's lasting name; one that comes back under it within the session's
        time gets its partitions back without a rebalance, and one that has none gives them to
        the others when it is closed. Raises BrokerError, WrongTopic.
        """
        return Member(self.address, self._common, topic, group, instance)

    # --- topics ---

    def partitions(self, topic: str) -> int | None:
        """How many partitions a topic has; None when there is no such topic."""
        with self._admin() as admin:
            return _partitions(admin, topic)

    def identity(self, topic: str) -> str:
        """What tells a topic from one of the same name that was made later. Raises BrokerError,
        WrongTopic."""
        with self._admin() as admin:
            [found] = admin.describe_topics([topic])
        if found["error_code"] != 0:
            raise WrongTopic(f"There is no topic {topic} at {self.address}.")
        return str(found["topic_id"])

    def create(self, topics: Iterable[Topic], replication: int) -> list[str]:
        """Makes the topics that are missing and returns their names.

        `replication`: copies of each partition; 1 for a lone broker. Raises BrokerError, and
        WrongTopic when a keyed topic that is there has another number of partitions.
        """
        declared = list(topics)
        made = []
        with self._admin() as admin:
            there = set(admin.list_topics())
            for topic in declared:
                if topic.name in there:
                    continue
                policy = dict(topic.policy)
                if replication > 1:
                    policy["min.insync.replicas"] = str(replication // 2 + 1)
                with suppress(TopicAlreadyExistsError):
                    admin.create_topics(
                        {
                            topic.name: {
                                "num_partitions": topic.partitions,
                                "replication_factor": replication,
                                "configs": policy,
                            }
                        },
                        wait_for_metadata=True,
                    )
                    made.append(topic.name)
            for topic in declared:
                self._as_declared(topic, _partitions(admin, topic.name))
        return made

    def check(self, topic: Topic) -> None:
        """Raises WrongTopic unless the topic is there with its declared partitions."""
        self._as_declared(topic, self.partitions(topic.name))

    def _as_declared(self, topic: Topic, found: int | None) -> None:
        if found is None:
            raise WrongTopic(
                f"There is no topic {topic.name} at {self.address}: "
                "`lienthong relay --topics create` makes it."
            )
        if topic.keyed and found != topic.partitions:
            raise WrongTopic(
                f"The topic {topic.name} has {found} partitions, not {topic.partitions}: with "
                "another number a dossier's events would be out of order. Restore the topic, or "
                "give it a new name."
            )

    @contextmanager
    def _admin(self) -> Iterator[Any]:
        _reach(self.address)
        with _plain(self.address):
            admin = KafkaAdminClient(**self._common, request_timeout_ms=PATIENCE)
            try:
                yield admin
            finally:
                with suppress(Exception):
                    admin.close()


@lru_cache(maxsize=50_000)
def _hashed(key: bytes) -> int:
    return int(murmur2(key)) & 0x7FFFFFFF


class Producer:
    """Sends, and says at `flush` whether all of it arrived. After an error: discard it."""

    def __init__(self, address: str, common: Mapping[str, Any]) -> None:
        self._address = address
        self._futures: list[Any] = []
        _reach(address)
        with _plain(address):
            self._producer = KafkaProducer(
                **common,
                enable_idempotence=True,
                acks="all",
                max_in_flight_requests_per_connection=5,
                delivery_timeout_ms=30_000,
                request_timeout_ms=PATIENCE,
                max_block_ms=PATIENCE,
                linger_ms=5,
                batch_size=131_072,
                compression_type="zstd",
                max_request_size=LARGEST,
                allow_auto_create_topics=False,
            )

    def send(self, topic: str, message: Message, partition: int | None = None) -> None:
        """Hands a message over; it has not arrived before `flush` returns. Raises BrokerError."""
        with _plain(self._address):
            if partition is None and message.key is not None:
                # Where every client puts it; a dossier's key comes again and again.
                partition = _hashed(message.key) % len(self._producer.partitions_for(topic))
            self._futures.append(
                self._producer.send(
                    topic,
                    value=message.value,
                    key=message.key,
                    headers=list(message.headers),
                    partition=partition,
                    timestamp_ms=message.timestamp,
                )
            )

    def flush(self) -> None:
        """Returns when everything sent has arrived. Raises BrokerError when anything did not:
        kafka-python's own flush returns without a word then."""
        futures, self._futures = self._futures, []
        with _plain(self._address):
            self._producer.flush(timeout=40)
            for future in futures:
                future.get(timeout=0)

    def close(self) -> None:
        """Lets go at once; what was not flushed may or may not arrive. Never raises: with the
        broker gone, closing fails as well."""
        with suppress(Exception):
            self._producer.close(timeout=1)


_CONSUMER: dict[str, Any] = {
    "auto_offset_reset": "earliest",
    "enable_auto_commit": False,
    "allow_auto_create_topics": False,
    "request_timeout_ms": 30_000,
    "fetch_max_bytes": 16 << 20,
    "max_partition_fetch_bytes": 4 << 20,
    # Answered at once when there is anything: only an empty topic is asked less often.
    "fetch_max_wait_ms": 250,
    "check_crcs": True,
}


_slowly = DefaultRecordBatch._read_msg


def _quickly(batch: Any) -> Any:
    """The next record of a batch, in the place of kafka-python's own reading of it."""
    return _slowly(batch) if batch.is_control_batch else next_record(batch, DefaultRecord)


class Reader:
    """Some partitions of a topic, each from wherever it is asked. Not for several threads."""

    def __init__(
        self,
        address: str,
        common: Mapping[str, Any],
        topic: str,
        only: Iterable[int] | None = None,
        **group: Any,
    ) -> None:
        self._address = address
        self._topic = topic
        self._at: dict[int, int] = {}
        self._moved = False
        _reach(address)
        DefaultRecordBatch._read_msg = _quickly
        with _plain(address):
            self._consumer = KafkaConsumer(**common, **_CONSUMER, **group)
            found = self._consumer.partitions_for_topic(topic)
            if found:
                self._begin(found if only is None else only)
        if not found:
            self.close()
            raise WrongTopic(f"There is no topic {topic} at {address}.")
        self.partitions: Sequence[int] = sorted(found)

    def _begin(self, only: Iterable[int]) -> None:
        self._consumer.assign([TopicPartition(self._topic, each) for each in sorted(only)])

    @property
    def held(self) -> frozenset[int]:
        """The partitions that are read."""
        return frozenset(place.partition for place in self._consumer.assignment())

    def moved(self) -> bool:
        """Whether partitions came or went since this was asked last."""
        moved, self._moved = self._moved, False
        return moved

    def ends(self) -> dict[int, int]:
        """The offset after the last message of each partition. Raises BrokerError."""
        places = [TopicPartition(self._topic, each) for each in self.partitions]
        with _plain(self._address):
            found = self._consumer.end_offsets(places)
        return {place.partition: offset for place, offset in found.items()}

    def read(self, cursors: Mapping[int, int], limit: int, wait: float = 0.0) -> list[Record]:
        """At most `limit` messages at or beyond the cursors, in order within each partition;
        waits up to `wait` seconds for the first. A message below its cursor says that the broker
        has no longer what stood there. Raises BrokerError."""
        with _plain(self._address):
            for partition in self.held & cursors.keys():
                if self._at.get(partition) != cursors[partition]:
                    place = TopicPartition(self._topic, partition)
                    self._consumer.seek(place, cursors[partition])
                    self._at[partition] = cursors[partition]
            polled = _records(self._consumer.poll(int(wait * 1000), max_records=limit))
        # What came meanwhile of a partition that was given only now stands nowhere.
        found = [each for each in polled if each.partition in self._at]
        for each in found:
            self._at[each.partition] = each.offset + 1
        return found

    def close(self) -> None:
        with suppress(Exception):
            self._consumer.close(autocommit=False)


class Member(Reader):
    """A member of a group: reads whatever partitions the group gives it, and nothing before its
    caller has said where those stand now, for others have moved them since (`moved`)."""

    def __init__(
        self, address: str, common: Mapping[str, Any], topic: str, group: str, instance: str | None
    ) -> None:
        super().__init__(
            address,
            common,
            topic,
            group_id=group,
            group_instance_id=instance,
            partition_assignment_strategy=[CooperativeStickyAssignor],
            session_timeout_ms=10_000,
            heartbeat_interval_ms=1_000,
            max_poll_interval_ms=60_000,
        )

    def _begin(self, only: Iterable[int]) -> None:
        self._consumer.subscribe([self._topic], listener=_Turns(self._turned))

    def _turned(self, places: Iterable[Any]) -> None:
        for place in places:
            self._at.pop(place.partition, None)
        self._moved = True


class _Turns(ConsumerRebalanceListener):  # type: ignore[misc]
    """Tells of partitions that come and go."""

    def __init__(self, turned: Callable[[Iterable[Any]], None]) -> None:
        self._turned = turned

    def on_partitions_assigned(self, assigned: Iterable[Any]) -> None:
        self._turned(assigned)

    def on_partitions_revoked(self, revoked: Iterable[Any]) -> None:
        self._turned(revoked)


def _partitions(admin: Any, topic: str) -> int | None:
    [found] = admin.describe_topics([topic])
    missing = found["error_code"] == UnknownTopicOrPartitionError.errno
    return None if missing else len(found["partitions"])


def _reach(address: str) -> None:
    """kafka-python asks for half a minute, and leaves its sockets open when nobody answers. Raises
    BrokerError."""
    if why := why_unreachable(address, PATIENCE / 1000):
        raise BrokerError(f"Kafka at {address} cannot be reached: {why}.")


def _records(polled: Mapping[Any, Sequence[Any]]) -> list[Record]:
    return [
        Record(
            place.partition,
            each.offset,
            Message(each.key, each.value, tuple(each.headers), each.timestamp),
        )
        for place, batch in polled.items()
        for each in batch
    ]


@contextmanager
def _plain(address: str) -> Iterator[None]:
    """Says what went wrong with Kafka in the user's words."""
    try:
        yield
    except FencedInstanceIdError as error:
        raise Barred(
            "Another consumer runs under this name: give one another --instance."
        ) from error
    except KafkaError as error:
        raise BrokerError(f"Kafka at {address}: {type(error).__name__}: {error}") from error
    except (OSError, AssertionError, ValueError) as error:
        raise BrokerError(f"Kafka at {address} cannot be used: {error}") from error
