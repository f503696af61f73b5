"""JSON Schemas of what crosses a process boundary, made from the classes: `schemas/json/`.

    python -m schemas.generate

One file for each event type, one for the text kept apart (`private`), one for the envelope. They
are committed, and a test compares them with the classes.
"""

from __future__ import annotations

from inspect import cleandoc
from pathlib import Path
from typing import Any

import msgspec

from schemas.codec import dumps
from schemas.envelope import Recorded
from schemas.events import EVENT_TYPES, Event, Private

FOLDER = Path(__file__).parent / "json"
DIALECT = "https://json-schema.org/draft/2020-12/schema"

DIGEST = {
    "type": "string",
    "pattern": "^[0-9a-f]{64}$",
    "description": "SHA-256 (hex) of the private text that belongs to this event, kept apart.",
}
"""What stands in the public payload where the event has its private text."""


def schemas() -> dict[str, dict[str, Any]]:
    """Every schema by the name of its file."""
    found = {f"{type_}.json": _event(cls) for type_, cls in sorted(EVENT_TYPES.items())}
    return {
        "envelope.json": _schema(Recorded, "envelope"),
        "private.json": _schema(Private, "private"),
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


def _schema(cls: type[msgspec.Struct], title: str, version: int = 1) -> dict[str, Any]:
    _, components = msgspec.json.schema_components([cls], ref_template="#/$defs/{name}")
    document = components[cls.__name__]
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
