"""Everything that is in a topic now."""

from __future__ import annotations

from collections.abc import Iterator

from consumers.broker import Broker, Record

READ = 2_000


def whole(broker: Broker, topic: str) -> Iterator[list[Record]]:
    """The messages of a topic up to its present ends, in batches, in order within each partition.
    Raises BrokerError, WrongTopic."""
    reader = broker.reader(topic)
    try:
        ends = reader.ends()
        cursors = dict.fromkeys(reader.partitions, 0)
        while any(cursors[each] < ends[each] for each in ends):
            batch = reader.read(cursors, READ, 1.0)
            cursors.update({each.partition: each.offset + 1 for each in batch})
            yield [each for each in batch if each.offset < ends[each.partition]]
    finally:
        reader.close()
