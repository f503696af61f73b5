"""I4 and I5: a topic holds the whole log, each dossier in one partition, in order. A checker."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from msgspec.structs import replace

from consumers.broker import Broker
from consumers.whole import whole
from engine.store import Log
from schemas.cloudevents import from_message
from schemas.envelope import Recorded
from schemas.topics import events_topic

Published = dict[int, list[Recorded]]
"""Events by partition, in the order in which they stand there."""

Events = dict[tuple[str, int], Recorded]
"""Events by dossier and version."""


def published(broker: Broker, house: str) -> Published:
    """Everything in the events topic of a house, every seal checked."""
    found: Published = defaultdict(list)
    for batch in whole(broker, events_topic(house).name):
        for record in batch:
            found[record.partition].append(from_message(record.message))
    return found


def logged(log: Log) -> Events:
    """Everything in the log, as a subscriber may see it: nothing private."""
    return {
        (e.stream, e.version): replace(e, private=None) for batch in log.read_all() for e in batch
    }


def faults(topic: Mapping[int, list[Recorded]], log: Events) -> Iterator[str]:
    """What is missing, altered, in two partitions, or before its turn; duplicates do no harm."""
    once: Events = {}
    home: dict[str, int] = {}
    for partition, events in topic.items():
        last: dict[str, int] = {}
        for event in events:
            if home.setdefault(event.stream, partition) != partition:
                yield f"I5: {event.stream} is in two partitions"
            if event.version > last.get(event.stream, 0) + 1:
                yield f"I5: {event.stream}: a gap before version {event.version}"
            last[event.stream] = max(event.version, last.get(event.stream, 0))
            once[event.stream, event.version] = event
    if once != log:
        yield f"I4: {len(log)} events in the log, {len(once)} in the topic"
