"""The contract of the topics as an AsyncAPI 3.0 document, made from the code.

    python -m schemas.asyncapi

writes `schemas/asyncapi.yaml` and, for people, `docs/contracts/index.html`. Both are committed,
and a test compares them with the code. The examples of events are taken from the golden
histories, so that whoever reads them reads whole lives; that is why this is run in a checkout.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from schemas.cloudevents import Message, to_message
from schemas.codec import loads
from schemas.contract_page import page
from schemas.envelope import Recorded
from schemas.events import EVENT_TYPES
from schemas.generate import MESSAGES, schemas
from schemas.handover import HandoverReceipt, LegAskedBack, LegOffered, MessageRefused
from schemas.manifests import Manifest
from schemas.messages import REMOVED, AlertRaised, StatusSnapshot
from schemas.topics import (
    Topic,
    alerts_topic,
    dead_letter_topic,
    events_topic,
    inbox_topic,
    manifests_topic,
    receipts_topic,
    status_topic,
)
from schemas.yaml_text import yaml_text

Document = dict[str, Any]

ROOT = Path(__file__).parents[1]
YAML = ROOT / "schemas" / "asyncapi.yaml"
PAGE = ROOT / "docs" / "contracts" / "index.html"
GOLDEN = ROOT / "tests" / "golden"

BINDING = "0.5.0"
REPLICAS = 3
EXAMPLE_HOUSE = "ub-tinh"
DEAD_LETTER = "dead-letter"

ABOUT = """
Every fact about a dossier is an event; every event is published, once or more, in the order of
its dossier. Where a dossier is and what is late are published beside them. Any Kafka client can
subscribe; messages are CloudEvents 1.0 in binary mode: attributes are headers, the value is JSON.

**What holds.** A dossier's messages have its code as their key, so they are in one partition and in
order. Events number from 1 within their dossier (`ce_streamversion`), without a gap. An event may
come again, with the same `ce_id` and the same bytes: drop it by (`ce_subject`, `ce_streamversion`).
Nothing personal is in a message; free text is kept apart, and the payload has its digest.

**To check an event's seal**, compute SHA-256 over these lines, each ended by a line feed, and then
the bytes of the value. It is `ce_streamhash`, and the next event of the dossier has it as its
`ce_previoushash`; the first has 64 zeros.

1. `ce_previoushash`
2. `ce_subject`
3. `ce_streamversion`
4. `ce_type`
5. the number after the last colon of `ce_dataschema`
6. `ce_id` without hyphens
7. `ce_commandid` without hyphens
8. `ce_correlationid` without hyphens
9. `ce_actor`
10. `ce_agency`
11. `ce_onbehalf`, empty when it is not there
12. `ce_time` as microseconds since 1970
13. `ce_recordedtime` as microseconds since 1970

**To know that nothing is missing**, read the manifests. Each counts the events of one shard between
two sequences, in the order of `ce_sequence`, and hashes them: the rolling hash begins as 32 zero
bytes, and after each event is SHA-256 over itself and the 32 bytes of the event's `ce_streamhash`.
Manifests of a shard are numbered from 1; each begins with the hash that the one before ended with.

**What may change.** A message may gain an optional field, a header may be added, a new type of
event may come: pass over what you do not know. A breaking change is a new type or a new schema
version in `ce_dataschema`; the published versions stay.
"""


class Channel(NamedTuple):
    """A topic and what stands in it. `parameter`: what its name begins with, and what that is."""

    title: str
    topic: Callable[[str], Topic]
    action: str
    messages: tuple[str, ...]
    about: str
    parameter: tuple[str, str] = (
        "house",
        "Code of the agency whose engine publishes; it is in `ce_source` too.",
    )


CHANNELS: dict[str, Channel] = {
    "dossierEvents": Channel(
        "Events",
        events_topic,
        "send",
        tuple(sorted(EVENT_TYPES)),
        "Every event of every dossier, kept for ever.",
    ),
    "dossierStatus": Channel(
        "Status",
        status_topic,
        "send",
        (StatusSnapshot.type, REMOVED),
        "Where each dossier is. Compacted: the last message of a key is the whole of it, and a "
        "message without a value takes the dossier out.",
    ),
    "dossierAlerts": Channel(
        "Alerts",
        alerts_topic,
        "send",
        (AlertRaised.type,),
        "Deadlines that come close or have passed. Each alert has one id for ever; it may come "
        "again with it.",
    ),
    "dossierManifests": Channel(
        "Manifests",
        manifests_topic,
        "send",
        (Manifest.type,),
        "What was published, counted and hashed shard by shard, so that a subscriber can say: I "
        "have everything up to here.",
    ),
    "handoverInbox": Channel(
        "Handover inbox",
        inbox_topic,
        "send",
        (LegOffered.type, LegAskedBack.type),
        "Legs that other houses hand over to this one: they write, it reads. An offer carries the "
        "sealed history of the dossier, and nothing beside that history is believed. A receipt "
        "that was not taken comes back here as `message.refused`.",
        ("house", "The house that is to take the legs over."),
    ),
    "handoverReceipts": Channel(
        "Handover receipts",
        receipts_topic,
        "send",
        (HandoverReceipt.type, MessageRefused.type),
        "What other houses answered to the offers of this one, with the sealed history there that "
        "proves it.",
        ("house", "The house that handed the legs over."),
    ),
    "deadLetters": Channel(
        "Dead letters",
        dead_letter_topic,
        "send",
        (DEAD_LETTER,),
        "Messages that a consumer of the engine could not apply, with their key, value and "
        "headers as they came, and the reason beside them.",
        ("consumer", "Name of the consumer that could not apply them."),
    ),
}


KEYS = {Manifest.type: "Number of the shard."}
"""What the key says, where it is not the dossier."""


def document(examples: Mapping[str, list[Message]]) -> Document:
    """The AsyncAPI document. `examples`: messages by type."""
    types = dict.fromkeys(each for channel in CHANNELS.values() for each in channel.messages)
    return {
        "asyncapi": "3.0.0",
        "id": "urn:lienthong:contract",
        "info": {
            "title": "Liên thông: events of administrative dossiers",
            "version": "1.0.0",
            "description": ABOUT.strip(),
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": {
            "kafka": {
                "host": "{broker}",
                "protocol": "kafka",
                "description": "The cluster of the house; one or more of its brokers.",
                "variables": {"broker": {"default": "localhost:9092"}},
            }
        },
        "channels": {name: _channel(channel) for name, channel in CHANNELS.items()},
        "operations": {
            f"{channel.action}{name[0].upper()}{name[1:]}": {
                "action": channel.action,
                "channel": {"$ref": f"#/channels/{name}"},
                "summary": f"The engine publishes; who subscribes reads {channel.title.lower()}.",
            }
            for name, channel in CHANNELS.items()
        },
        "components": {"messages": {type_: _message(type_, examples) for type_ in types}},
    }


def _channel(channel: Channel) -> Document:
    parameter, meaning = channel.parameter
    topic = channel.topic(f"{{{parameter}}}")
    return {
        "address": topic.name,
        "title": channel.title,
        "description": channel.about,
        "servers": [{"$ref": "#/servers/kafka"}],
        "parameters": {parameter: {"description": meaning}},
        "messages": {
            type_: {"$ref": f"#/components/messages/{type_}"} for type_ in channel.messages
        },
        "bindings": {
            "kafka": {
                "partitions": topic.partitions,
                "replicas": REPLICAS,
                "topicConfiguration": {
                    name: _setting(name, value) for name, value in topic.policy.items()
                },
                "bindingVersion": BINDING,
            }
        },
    }


def _setting(name: str, value: str) -> Any:
    """As the binding wants it: policies in a list, numbers as numbers."""
    if name == "cleanup.policy":
        return value.split(",")
    if name.startswith("retention."):
        return int(value)
    return value


def _message(type_: str, examples: Mapping[str, list[Message]]) -> Document:
    if type_ == DEAD_LETTER:
        return _dead_letter()
    headers = "event" if type_ in EVENT_TYPES else type_
    found: Document = {
        "name": type_,
        "title": _first_line(type_),
        "summary": _about(type_),
        "headers": {"$ref": f"./json/{headers}-headers.json"},
        "payload": {"$ref": f"./json/{type_}.json"},
        "bindings": _key(KEYS.get(type_, "Code of the dossier.")),
        "examples": [_example(each) for each in examples.get(type_, ())],
    }
    if type_ == REMOVED:
        found["payload"] = {"type": "null", "description": "No value: a tombstone."}
    else:
        found["contentType"] = "application/json"
    if type_ in EVENT_TYPES:
        found["correlationId"] = {
            "description": "What several commands of one undertaking have in common.",
            "location": "$message.header#/ce_correlationid",
        }
    return found


def _dead_letter() -> Document:
    return {
        "name": DEAD_LETTER,
        "title": "A message that could not be applied.",
        "summary": "The original key, value and headers, byte by byte.",
        "description": "Its headers are those of the original, and beside them the following.",
        "headers": {"$ref": f"./json/{DEAD_LETTER}-headers.json"},
        "payload": {"description": "The bytes of the original, whatever they are."},
        "bindings": _key("That of the original."),
    }


def _key(says: str) -> Document:
    key = {"type": "string", "description": says}
    return {"kafka": {"key": key, "bindingVersion": BINDING}}


def _about(type_: str) -> str:
    if type_ == REMOVED:
        return (
            "A tombstone: the dossier has ended and was archived, and left the status view.\n\n"
            "Its events stay. A dossier that is reopened has a snapshot again."
        )
    return str(_schemas()[f"{type_}.json"]["description"])


@cache
def _schemas() -> Document:
    return schemas()


def _first_line(type_: str) -> str:
    return _about(type_).partition("\n\n")[0].replace("\n", " ")


def _example(message: Message) -> Document:
    return {
        "name": dict(message.headers)["ce_subject"].decode(),
        "headers": {name: value.decode() for name, value in message.headers},
        "payload": None if message.value is None else loads(message.value),
    }


# --- examples and files ------------------------------------------------------------------


def golden_examples(folder: Path = GOLDEN) -> dict[str, list[Message]]:
    """One message of each type: an event as it first stands in the golden histories, the last
    golden sample of every other."""
    found: dict[str, list[Message]] = {}
    for path in sorted((folder / "histories").glob("*.jsonl")):
        *lines, _ = path.read_bytes().splitlines()
        for position, line in enumerate(lines, start=1):
            event = _recorded(loads(line), position)
            found.setdefault(event.type, [to_message(event, EXAMPLE_HOUSE)])
    for type_ in (*(cls.type for cls in MESSAGES), REMOVED):
        path = folder / "messages" / f"{type_}.v1.jsonl"
        found[type_] = [_golden(loads(path.read_bytes().splitlines()[-1]))]
    return found


def _recorded(line: Document, position: int) -> Recorded:
    for name in ("event_id", "command_id", "correlation", "previous", "hash"):
        line[name] = bytes.fromhex(line[name])
    line["payload"] = line["payload"].encode()
    line["private"] = None
    return Recorded(**line, position=position)


def _golden(line: Document) -> Message:
    headers = tuple((name, value.encode()) for name, value in line["headers"])
    value = None if line["value"] is None else line["value"].encode()
    return Message(line["key"].encode(), value, headers, line["timestamp"])


@cache
def texts() -> dict[Path, str]:
    """Every file that is made here, with its text."""
    made = document(golden_examples())
    heading = "# Made by `python -m schemas.asyncapi`; do not edit.\n"
    return {YAML: heading + yaml_text(made), PAGE: page(made, _schemas())}


def write() -> None:
    for path, text in texts().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write()
