"""How much of bodies is kept at once, in memory or in temporary files, for all requests under way.

Each body has its limit; but a thousand of them that stay at it would fill the machine.
"""

from __future__ import annotations

from collections import Counter

from starlette.types import Scope

MOST = 256_000_000
"""Bytes of all requests under way: eight as large as can be, or a hundred of three megabytes."""

MOST_OF_ONE = 128_000_000
"""Of the requests of one address."""

ALWAYS = 64_000
"""Bytes that every request may have, however much there is: a form is always taken."""


class Held:
    """One for a server; used in its event loop alone."""

    def __init__(self, most: int = MOST, most_of_one: int = MOST_OF_ONE) -> None:
        self._most = most
        self._most_of_one = most_of_one
        self._all = 0
        self._of: Counter[str] = Counter()

    def hold(self, scope: Scope) -> Hold:
        """For one request, which has to end it."""
        client = scope.get("client")
        return Hold(self, client[0] if client else "")

    def change(self, address: str, size: int) -> None:
        self._all += size
        self._of[address] += size
        if not self._of[address]:
            del self._of[address]

    def full(self, address: str) -> bool:
        return self._all > self._most or self._of[address] > self._most_of_one


class Hold:
    """What is kept of one request's body."""

    def __init__(self, held: Held, address: str) -> None:
        self._held = held
        self._address = address
        self._size = 0

    def more(self, size: int) -> bool:
        """Whether `size` bytes more may be kept; they count until the end either way."""
        self._size += size
        self._held.change(self._address, size)
        return self._size <= ALWAYS or not self._held.full(self._address)

    def end(self) -> None:
        if self._size:
            self._held.change(self._address, -self._size)
