"""A record of Kafka's format 2 out of its bytes, with its twenty headers.

What kafka-python does, in a third of its time: our messages say everything in headers, whose
names are always the same, and whose lengths are mostly one byte. Format: KIP-82 and
https://kafka.apache.org/documentation/#record.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

MOST_NAMES = 1_000

_names: dict[bytes, str] = {}


class Headers(list[tuple[str, bytes | None]]):
    """Headers that claim to be none to who only asks in order to add up their lengths."""

    __slots__ = ()

    def __bool__(self) -> bool:
        return False


class Parts(NamedTuple):
    """`end`: where the next record begins. Deltas are to the batch's own time and offset."""

    end: int
    length: int
    time_delta: int
    offset_delta: int
    key: bytes | None
    value: bytes | None
    headers: Headers


def next_record(batch: Any, make: Callable[..., Any]) -> Any:
    """Reads on in a batch of kafka-python's; `make` makes its record. Raises ValueError."""
    if type(batch._buffer) is not bytes:
        batch._buffer = bytes(batch._buffer)
    try:
        found = parts(batch._buffer, batch._pos)
    except IndexError as error:
        raise ValueError(f"a record beyond its batch at {batch.base_offset}") from error
    batch._pos = found.end
    at, kind = batch.first_timestamp + found.time_delta, batch.timestamp_type
    if kind == batch.LOG_APPEND_TIME:
        at = batch.max_timestamp
    offset = batch.base_offset + found.offset_delta
    return make(found.length, offset, at, kind, found.key, found.value, found.headers)


def parts(buffer: bytes, at: int) -> Parts:
    """The record that begins there. Raises ValueError, IndexError for what is none."""
    length, start = _varint(buffer, at)
    # One byte of attributes, which nobody uses.
    time_delta, pos = _varint(buffer, start + 1)
    offset_delta, pos = _varint(buffer, pos)
    key, pos = _bytes(buffer, pos)
    value, pos = _bytes(buffer, pos)
    count, pos = _varint(buffer, pos)
    if count < 0:
        raise ValueError(f"{count} headers")
    headers = Headers()
    for _ in range(count):
        size = buffer[pos]
        pos += 1
        if size & 0x81:
            size, pos = _varint(buffer, pos - 1)
            if size < 0:
                raise ValueError("a header without a name")
        else:
            size >>= 1
        name = buffer[pos : pos + size]
        pos += size
        size = buffer[pos]
        if size & 0x81:
            content, pos = _bytes(buffer, pos)
        else:
            pos += 1
            end = pos + (size >> 1)
            content = buffer[pos:end]
            pos = end
        headers.append((_names.get(name) or _named(name), content))
    if pos - start != length:
        raise ValueError(f"a record of {length} bytes takes {pos - start}")
    return Parts(pos, length, time_delta, offset_delta, key, value, headers)


def _named(name: bytes) -> str:
    text = name.decode()
    if len(_names) < MOST_NAMES:
        _names[name] = text
    return text


def _bytes(buffer: bytes, pos: int) -> tuple[bytes | None, int]:
    size, pos = _varint(buffer, pos)
    if size < 0:
        return None, pos
    return buffer[pos : pos + size], pos + size


def _varint(buffer: bytes, pos: int) -> tuple[int, int]:
    """A zigzag number of one byte or more, and where it ends."""
    first = buffer[pos]
    if first < 0x80:
        return (first >> 1) ^ -(first & 1), pos + 1
    result, shift = first & 0x7F, 7
    while True:
        pos += 1
        byte = buffer[pos]
        result |= (byte & 0x7F) << shift
        if byte < 0x80:
            return (result >> 1) ^ -(result & 1), pos + 1
        shift += 7
        if shift >= 70:
            raise ValueError("a number of more than ten bytes")
