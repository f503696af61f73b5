"""How long to wait for a server that cannot be reached: ever longer, and not by others' beat."""

from __future__ import annotations

import random
from collections.abc import Callable

FIRST_WAIT, LONGEST_WAIT = 0.2, 10.0
"""Seconds before the first and before any later attempt."""

Chance = Callable[[], float]
"""A number from 0 to 1."""


class Backoff:
    """Counts failures in a row. `chance`: for the jitter of what is waited."""

    def __init__(self, chance: Chance = random.random) -> None:
        self._chance = chance
        self._failures = 0

    def failed(self) -> float:
        """Seconds to wait now: from half of the longest that this failure allows to all of it."""
        longest = min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** min(self._failures, 16))
        self._failures += 1
        return longest * (0.5 + 0.5 * self._chance())

    def succeeded(self) -> None:
        self._failures = 0
