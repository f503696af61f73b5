"""What a group has read from Kafka, read again: to rebuild its views, or to check them.

By the same rules as the first time: what comes twice is dropped, what does not follow is no event
of its dossier, and what Kafka does not have is had from the log.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from sqlalchemy import select

from consumers import checkpoints
from consumers.broker import BrokerError, Reader
from consumers.checkpoints import followed
from consumers.guard import NOTHING, Standing, follows
from consumers.home import Home
from consumers.kafka_transport import event_of
from consumers.rebuild import READ, Past
from consumers.subscription import Source
from engine.store.log import Log
from schemas.cloudevents import BadMessage
from schemas.envelope import SHARDS, Recorded

WAIT = 10.0
"""Seconds in which a broker gives what it says that it has."""

OpenReader = Callable[[int], Reader]
"""A reader of one partition of the topic."""


class Gone(BrokerError):
    """Kafka has no longer what is to be read again, and neither is there a log to read."""


class KafkaPast(Past):
    """`source`: the log, for what Kafka does not have. Close it.

    The last event of each dossier is kept in memory meanwhile, some 300 bytes of each.
    """

    def __init__(self, name: str, reader: OpenReader, source: Source | None = None) -> None:
        self.name = name
        self._open = reader
        self._source = source
        self._readers: dict[int, Reader] = {}
        self._standing: dict[str, Standing] = {}
        self._parked: dict[str, int] = {}

    def begin(self, home: Home) -> tuple[dict[int, int], Iterable[list[Recorded]]]:
        with home.engine.connect() as connection:
            cursors = checkpoints.cursors(connection, self.name)
            self._parked = checkpoints.parked_from(connection, self.name)
        self._standing = {}
        return dict.fromkeys(cursors, 0), ()

    def resume(self, standing: dict[str, Standing]) -> None:
        """As if everything up to there had been read."""
        self._standing = standing

    def read(self, partition: int, after: int, until: int) -> tuple[int, list[Recorded]]:
        if partition not in self._readers:
            self._readers[partition] = self._open(partition)
        records = self._readers[partition].read({partition: after}, READ, WAIT)
        if not records:
            raise Gone(f"Kafka does not give partition {partition} from offset {after}: try again.")
        found: list[Recorded] = []
        for record in records:
            if record.offset >= until:
                return until, found
            try:
                found += self._next(event_of(record.message))
            except BadMessage:
                continue
        return records[-1].offset + 1, found

    def close(self) -> None:
        for reader in self._readers.values():
            reader.close()

    def _next(self, event: Recorded) -> list[Recorded]:
        stream = event.stream
        if event.version >= self._parked.get(stream, event.version + 1):
            return []
        known = self._standing.get(stream, NOTHING)
        found: list[Recorded] = []
        if event.version > known.version + 1:
            found = self._filled(event, known)
            known = Standing(found[-1].version, found[-1].hash)
        if follows(event, known):
            found.append(event)
        if found:
            self._standing[stream] = Standing(found[-1].version, found[-1].hash)
        return found

    def _filled(self, event: Recorded, known: Standing) -> list[Recorded]:
        found = []
        if self._source is not None:
            until = event.version - 1
            found = self._source.read_stream(event.stream, after=known.version, until=until)
        if len(found) != event.version - 1 - known.version:
            raise Gone(
                f"Kafka has no version {known.version + 1} of {event.stream}, which was applied: "
                "rebuild from the log."
            )
        return found


class FollowedPast(Past):
    """The log up to where a group has applied each dossier, then what it reads from Kafka."""

    def __init__(self, log: Log, later: KafkaPast) -> None:
        self.name = later.name
        self._log = log
        self._later = later

    def begin(self, home: Home) -> tuple[dict[int, int], Iterable[list[Recorded]]]:
        with home.begin() as connection:
            cursors = checkpoints.cursors(connection, self.name, lock=True)
            query = select(followed).where(followed.c.subscription == self.name)
            standing = {
                row.dossier: Standing(row.version, row.hash) for row in connection.execute(query)
            }
        self._later.resume(standing)
        return cursors, self._until(standing)

    def read(self, partition: int, after: int, until: int) -> tuple[int, list[Recorded]]:
        return self._later.read(partition, after, until)

    def _until(self, standing: dict[str, Standing]) -> Iterable[list[Recorded]]:
        # A copy: `standing` itself moves on with what is read from Kafka.
        versions = {stream: each.version for stream, each in standing.items()}
        for shard in range(SHARDS):
            after = 0
            while events := self._log.read_shard(shard, after=after, limit=READ):
                yield [each for each in events if each.version <= versions.get(each.stream, 0)]
                after = events[-1].position
