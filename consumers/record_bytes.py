"""A record of Kafka's format 2 out of its bytes, with its twenty headers.

What kafka-python does, in a tenth of its time: our messages say everything in headers, and the
names of an event's are always the same, in the same order. So one search finds them all; where it
finds something else, they are read one by one. Format: KIP-82 and
https://kafka.apache.org/documentation/#record.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from schemas.cloudevents import ATTRIBUTES, OPTIONAL, WIDTHS

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
    layout = _LAYOUTS.get(count)
    headers, pos = (layout and layout.read(buffer, pos)) or _one_by_one(buffer, pos, count)
    if pos - start != length:
        raise ValueError(f"a record of {length} bytes takes {pos - start}")
    return Parts(pos, length, time_delta, offset_delta, key, value, headers)


def _one_by_one(buffer: bytes, pos: int, count: int) -> tuple[Headers, int]:
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
    return headers, pos


def _encoded(number: int) -> bytes:
    """A length of up to two bytes."""
    return bytes([number << 1] if number < 64 else [(number & 63) << 1 | 128, number >> 6])


_LENGTHS = {_encoded(length): length for length in range(1 << 13)}
_LENGTH = rb"([\x00-\x7e]|[\x80-\xfe][\x01-\x7f])"


class _Layout:
    """Headers of these names in this order. Where the width of a value is not known, it is what
    stands before the next name, if that is as long as it says."""

    def __init__(self, names: Sequence[str], widths: Mapping[str, int]) -> None:
        self._names = names
        self._loose = [number for number, name in enumerate(names) if name not in widths]
        pattern = b""
        for name in names:
            pattern += re.escape(_encoded(len(name)) + name.encode())
            width = widths.get(name)
            if width is None:
                pattern += _LENGTH + rb"(.*?)"
            else:
                pattern += re.escape(_encoded(width)) + b"(.{%d})" % width
        self._find = re.compile(pattern, re.DOTALL)
        assert names[-1] in widths, "the last value has no name behind it"

    def read(self, buffer: bytes, pos: int) -> tuple[Headers, int] | None:
        """The headers that begin there and where they end; None when they are others."""
        found = self._find.match(buffer, pos)
        if found is None:
            return None
        values = list(found.groups())
        for number in self._loose:
            # What is before it has been taken out already, so the length stands at its place.
            if _LENGTHS.get(values.pop(number)) != len(values[number]):
                return None
        return Headers(zip(self._names, values, strict=True)), found.end()


_LAYOUTS = {
    len(names): _Layout(names, WIDTHS)
    for names in ([each for each in ATTRIBUTES if each not in OPTIONAL], list(ATTRIBUTES))
}
"""Those of an event, by their number: with and without a mandate."""


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
