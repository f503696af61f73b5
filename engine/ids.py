"""Time-ordered ids (UUID version 7, RFC 9562) from a clock and a source of randomness."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Gives the time, aware UTC. The runtime's is the wall clock; tests and the demo own theirs."""


def wall_clock() -> datetime:
    return datetime.now(UTC)


class Ids:
    """Each call gives 16 new bytes, never less than those before.

    `seed`: None takes randomness from the system; a number makes the ids repeatable.
    """

    def __init__(self, clock: Clock, seed: int | None = None) -> None:
        self._clock = clock
        self._bits = random.Random(seed).getrandbits
        self._millis = 0
        self._count = 0

    def __call__(self) -> bytes:
        millis = int(self._clock().timestamp() * 1000)
        if millis > self._millis:
            self._millis, self._count = millis, 0
        else:
            self._count += 1
            if self._count > 0xFFF:
                # RFC 9562, 6.2: borrow from the next millisecond rather than go back.
                self._millis, self._count = self._millis + 1, 0
        bits = self._bits(62)
        high = self._millis << 16 | 0x7000 | self._count
        return (high << 64 | 0x2 << 62 | bits).to_bytes(16)


def id_text(id_: bytes) -> str:
    """The usual spelling of an id."""
    return str(uuid.UUID(bytes=id_))


def parse_id(text: str) -> bytes:
    """The id in a text. Raises ValueError."""
    return uuid.UUID(text).bytes
