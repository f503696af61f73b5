"""Bytes <-> events. The only user of orjson.

The payload's bytes are what is hashed, stored and published; they are made once and never
re-encoded. An event of an older schema version is upcast on the way in.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import orjson

from schemas.events import EVENT_TYPES, Event

Upcaster = Callable[[dict[str, Any]], dict[str, Any]]

UPCASTERS: dict[tuple[str, int], Upcaster] = {}
"""(type, schema version) -> what makes its body one of the next version."""


class UnknownEvent(Exception):
    """The bytes are of a type or a schema version that this program does not know."""


class DamagedEvent(Exception):
    """The bytes are not an event of the type they claim to be."""


def encode(event: Event) -> tuple[bytes, bytes | None]:
    """The public payload and the private bytes (None when there is nothing private)."""
    if event.private is None:
        return orjson.dumps(msgspec.to_builtins(event)), None
    body = msgspec.to_builtins(event)
    private = orjson.dumps(body.pop("private"))
    body["private"] = hashlib.sha256(private).hexdigest()
    return orjson.dumps(body), private


def decode(
    type_name: str,
    payload: bytes,
    private: bytes | None = None,
    schema_version: int = 1,
    upcasters: Mapping[tuple[str, int], Upcaster] = UPCASTERS,
) -> Event:
    """The event in `payload`. Private text that was destroyed reads as None.

    Raises UnknownEvent for a type or version from the future, DamagedEvent for bytes that
    do not fit the type.
    """
    cls = EVENT_TYPES.get(type_name)
    if cls is None:
        raise UnknownEvent(f"event type {type_name!r} is not known here")
    try:
        body = orjson.loads(payload)
        if not isinstance(body, dict):
            raise DamagedEvent(f"{type_name}: the payload is no JSON object")
        if schema_version != cls.schema_version:
            body = _upcast(cls, schema_version, body, upcasters)
        if "private" in body:
            del body["private"]
            if private is not None:
                body["private"] = orjson.loads(private)
        return msgspec.convert(body, cls)
    except (orjson.JSONDecodeError, msgspec.ValidationError) as error:
        raise DamagedEvent(f"{type_name}: {error}") from error


def private_digest(payload: bytes) -> str | None:
    """The SHA-256 (hex) of the private bytes that belong to this payload, if there are any."""
    # `find` takes half of the time of `in`, and most payloads have none.
    if payload.find(b'"private"') < 0:
        return None
    digest: str | None = orjson.loads(payload).get("private")
    return digest


def dumps(value: object, *, pretty: bool = False) -> bytes:
    """Any plain value as JSON; msgspec structs and tuples included."""
    options = orjson.OPT_INDENT_2 if pretty else 0
    return orjson.dumps(value, default=msgspec.to_builtins, option=options)


def loads(text: bytes | str) -> Any:
    """The value in a JSON text. Raises ValueError."""
    return orjson.loads(text)


def _upcast(
    cls: type[Event],
    version: int,
    body: dict[str, Any],
    upcasters: Mapping[tuple[str, int], Upcaster],
) -> dict[str, Any]:
    if version > cls.schema_version:
        raise UnknownEvent(f"{cls.type} version {version} is newer than this program")
    for each in range(version, cls.schema_version):
        upcast = upcasters[cls.type, each]
        try:
            body = upcast(body)
        except LookupError as error:
            raise DamagedEvent(f"{cls.type} version {each}: {error} is missing") from error
    return body
