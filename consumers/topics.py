"""The topics of a house, under the name that consumers know them by: see `schemas/topics.py`."""

from __future__ import annotations

from schemas.topics import (
    Topic,
    alerts_topic,
    dead_letter_topic,
    events_topic,
    inbox_topic,
    manifests_topic,
    receipts_topic,
    status_topic,
    topics_of,
)

__all__ = [
    "Topic",
    "alerts_topic",
    "dead_letter_topic",
    "events_topic",
    "inbox_topic",
    "manifests_topic",
    "receipts_topic",
    "status_topic",
    "topics_of",
]
