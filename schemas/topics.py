"""The topics of a house: their names, partitions and policies; part of what is published.

A keyed topic never changes its number of partitions: a dossier's later events would go to
another partition than its earlier ones, and their order would be lost. It gets a new name.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

DAY = 86_400_000


class Topic(msgspec.Struct, frozen=True):
    """`keyed`: whoever reads relies on the order of a key. `policy`: the broker's settings."""

    name: str
    partitions: int
    policy: Mapping[str, str]
    keyed: bool = True


ARRIVAL = {"message.timestamp.type": "LogAppendTime"}
"""A message's time for Kafka is when it arrived; when something happened is in its headers. Else
what is published late would be past its days at once, and Kafka refuses a message that is dated
more than an hour after its own clock, so that one wrong clock would stop a relay for good."""

FOR_EVER = {"cleanup.policy": "delete", "retention.ms": "-1", "retention.bytes": "-1", **ARRIVAL}
COMPACTED = {"cleanup.policy": "compact", "min.cleanable.dirty.ratio": "0.1", **ARRIVAL}


def kept(days: int) -> dict[str, str]:
    return {"cleanup.policy": "delete", "retention.ms": str(days * DAY), **ARRIVAL}


def events_topic(house: str) -> Topic:
    """Every event of every dossier, in the order of each dossier."""
    return Topic(f"{house}.dossier.events.v1", 12, FOR_EVER)


def status_topic(house: str) -> Topic:
    """Where each dossier is: the last message of a key is the whole of it."""
    return Topic(f"{house}.dossier.status.v1", 12, COMPACTED)


def alerts_topic(house: str) -> Topic:
    """What is about to be late, and what is."""
    return Topic(f"{house}.dossier.alerts.v1", 6, kept(30))


def manifests_topic(house: str) -> Topic:
    """What was published, counted and hashed, so that a subscriber can tell what it misses."""
    return Topic(f"{house}.dossier.manifests.v1", 1, FOR_EVER)


def inbox_topic(house: str) -> Topic:
    """Handovers from other engines: they write, the house reads."""
    return Topic(f"{house}.handover.inbox.v1", 6, kept(90))


def receipts_topic(house: str) -> Topic:
    """What other engines answered to the handovers of this house."""
    return Topic(f"{house}.handover.receipts.v1", 6, kept(90))


def dead_letter_topic(consumer: str) -> Topic:
    """Messages that a consumer could not apply, as they came, with the reason."""
    return Topic(f"{consumer}.dlq.v1", 3, kept(90))


def topics_of(house: str) -> list[Topic]:
    """Every topic that the house's engine writes to or reads from."""
    return [
        events_topic(house),
        status_topic(house),
        alerts_topic(house),
        manifests_topic(house),
        inbox_topic(house),
        receipts_topic(house),
        dead_letter_topic(house),
    ]
