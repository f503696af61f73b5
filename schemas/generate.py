"""JSON Schemas of what crosses a process boundary, made from the classes: `schemas/json/`.

    python -m schemas.generate

One file for each event type and each other message, one for the headers of each kind of message,
one for the text kept apart (`private`), one for the envelope. They are committed, and a test
compares them with the classes.
"""

from __future__ import annotations

from collections.abc import Mapping
from inspect import cleandoc
from pathlib import Path
from typing import Any

import msgspec

from schemas.cloudevents import ATTRIBUTES, JSON, OPTIONAL
from schemas.codec import dumps
from schemas.envelope import Recorded
from schemas.events import EVENT_TYPES, Event, Private
from schemas.handover import HEADERS as HANDOVER_HEADERS
from schemas.handover import MESSAGES as BETWEEN_HOUSES
from schemas.manifests import HEADERS as MANIFEST_HEADERS
from schemas.manifests import Manifest
from schemas.messages import DEAD_LETTER_HEADERS, HEADERS, PUBLISHED, Published

FOLDER = Path(__file__).parent / "json"
DIALECT = "https://json-schema.org/draft/2020-12/schema"

MESSAGES: tuple[type[Published], ...] = (*PUBLISHED, Manifest, *BETWEEN_HOUSES)
"""Every message that is no event."""

DIGEST = {
    "type": "string",
    "pattern": "^[0-9a-f]{64}$",
    "description": "SHA-256 (hex) of the private text that belongs to this event, kept apart.",
}
"""What stands in the public payload where the event has its private text."""

MAY_BE_ABSENT = OPTIONAL | {"x-dlq-left-out"}
"""The headers that not every message of a kind has."""

_UUID = {"pattern": "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"}
_MOMENT = {"format": "date-time", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{15}Z$"}
_SHA256 = {"pattern": "^[0-9a-f]{64}$"}

HEADER_FORMS: dict[str, dict[str, str]] = {
    "ce_specversion": {"const": "1.0"},
    "ce_id": _UUID,
    "ce_source": {"pattern": "^urn:lienthong:."},
    "ce_time": _MOMENT,
    "ce_dataschema": {"pattern": "^urn:lienthong:[a-z_.]+:[1-9][0-9]*$"},
    "ce_sequence": {"pattern": "^[0-9]{20}$"},
    "ce_shard": {"pattern": "^([0-9]|1[0-5])$"},
    "ce_streamversion": {"pattern": "^[1-9][0-9]*$"},
    "ce_streamhash": _SHA256,
    "ce_previoushash": _SHA256,
    "ce_commandid": _UUID,
    "ce_correlationid": _UUID,
    "ce_recordedtime": _MOMENT,
    "content-type": {"const": JSON},
    "x-dlq-partition": {"pattern": "^[0-9]+$"},
    "x-dlq-offset": {"pattern": "^[0-9]+$"},
}
"""How a header's text is written, where that can be said; it is always UTF-8."""


def schemas() -> dict[str, dict[str, Any]]:
    """Every schema by the name of its file."""
    found = {f"{type_}.json": _event(cls) for type_, cls in sorted(EVENT_TYPES.items())}
    messages = {f"{cls.type}.json": _schema(cls, cls.type, cls.schema_version) for cls in MESSAGES}
    named = {**HEADERS, Manifest.type: MANIFEST_HEADERS}
    named |= {cls.type: HANDOVER_HEADERS for cls in BETWEEN_HOUSES}
    headers = {
        f"{type_}-headers.json": _headers(f"{type_}-headers", names)
        for type_, names in named.items()
    }
    return {
        "dead-letter-headers.json": _headers("dead-letter-headers", DEAD_LETTER_HEADERS),
        "envelope.json": _schema(Recorded, "envelope"),
        "event-headers.json": _headers("event-headers", ATTRIBUTES),
        "private.json": _schema(Private, "private"),
        **messages,
        **headers,
        **found,
    }


def write(folder: Path = FOLDER) -> None:
    """Writes every schema, and removes those of types that were never published."""
    folder.mkdir(exist_ok=True)
    documents = schemas()
    for old in folder.glob("*.json"):
        if old.name not in documents:
            old.unlink()
    for name, document in documents.items():
        (folder / name).write_bytes(text(document))


def text(document: dict[str, Any]) -> bytes:
    return dumps(document, pretty=True) + b"\n"


def _event(cls: type[Event]) -> dict[str, Any]:
    document = _schema(cls, cls.type, cls.schema_version)
    document["properties"]["private"] = DIGEST
    return document


def _headers(title: str, names: Mapping[str, str]) -> dict[str, Any]:
    return {
        "$schema": DIALECT,
        "$id": f"urn:lienthong:{title}:1",
        "title": title,
        "description": "The headers of a Kafka message; each is UTF-8 text, and comes once.",
        "type": "object",
        "properties": {
            name: {"type": "string", "description": says, **HEADER_FORMS.get(name, {})}
            for name, says in names.items()
        },
        "required": [name for name in names if name not in MAY_BE_ABSENT],
    }


def _schema(cls: type[msgspec.Struct], title: str, version: int = 1) -> dict[str, Any]:
    _, components = msgspec.json.schema_components([cls], ref_template="#/$defs/{name}")
    document = components.pop(cls.__name__)
    # The text kept apart has a schema of its own; an event's has its digest in its place.
    components.pop(Private.__name__, None)
    if components:
        document["$defs"] = components
    document["description"] = cleandoc(cls.__doc__ or "")
    info = msgspec.inspect.type_info(cls)
    assert isinstance(info, msgspec.inspect.StructType)
    for field in info.fields:
        _moments(document["properties"][field.encode_name], field.type)
    return {
        "$schema": DIALECT,
        "$id": f"urn:lienthong:{title}:{version}",
        "title": title,
        **{key: value for key, value in document.items() if key != "title"},
    }


def _moments(schema: dict[str, Any], type_: msgspec.inspect.Type) -> None:
    """Says which strings are moments; msgspec does not when they may have any time zone."""
    if isinstance(type_, msgspec.inspect.DateTimeType):
        schema["format"] = "date-time"
    elif isinstance(type_, msgspec.inspect.DictType):
        _moments(schema.get("additionalProperties", {}), type_.value_type)
    elif isinstance(type_, msgspec.inspect.UnionType):
        for each, inner in zip(schema["anyOf"], type_.types, strict=True):
            _moments(each, inner)


if __name__ == "__main__":
    write()
