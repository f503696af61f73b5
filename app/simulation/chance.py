"""Everything that is left to chance, drawn from one seed; and what is shared out evenly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import floor
from random import Random
from typing import TypeVar

from app.simulation.scenario import Spread

T = TypeVar("T")


class Chance:
    """Draws from the seed. Each use of chance has a `name` of its own, so that one more
    draw in one place changes nothing in another."""

    def __init__(self, seed: int, name: str) -> None:
        self._seed = seed
        self._random = Random(f"{seed} {name}")
        self._owed: dict[str, float] = {}

    def one_of(self, choices: Sequence[T]) -> T:
        return choices[int(self._random.random() * len(choices))]

    def weighted(self, weights: Mapping[str, int]) -> str:
        at = self._random.random() * sum(weights.values())
        for name, weight in weights.items():
            at -= weight
            if at < 0:
                return name
        return name

    def below(self, end: int) -> int:
        """A whole number from 0 to `end` - 1."""
        return int(self._random.random() * end)

    def share(self) -> float:
        return self._random.random()

    def factor(self, spread: float) -> float:
        """Around 1: half of all are below. `spread`: standard deviation of the logarithm."""
        return self._random.lognormvariate(0.0, spread)

    def minutes(self, length: Spread) -> int:
        """Working minutes of one such wait."""
        return max(2, round(length.minutes * self._random.lognormvariate(0.0, length.spread)))

    def happens(self, name: str, share: float) -> bool:
        """Whether it happens this time: every 1/share-th time, from a first time that is drawn.

        So a hundredth of the year has a hundredth of its accidents, and hardly more or less.
        """
        owed = self._owed.get(name)
        if owed is None:
            owed = Random(f"{self._seed} first {name}").random()
        owed += share
        self._owed[name] = owed % 1
        return owed >= 1


def apportion(total: int, weights: Mapping[str, int], least: Mapping[str, int]) -> dict[str, int]:
    """`total` in whole parts by weight, none below its `least`; largest remainders round up."""
    whole = sum(weights.values())
    ideal = {name: total * weight / whole for name, weight in weights.items()}
    found = {name: max(least.get(name, 0), floor(part)) for name, part in ideal.items()}
    while (missing := total - sum(found.values())) != 0:
        step = 1 if missing > 0 else -1
        movable = [n for n in found if step > 0 or found[n] > least.get(n, 0)]
        if not movable:
            break
        furthest = max(movable, key=lambda name: step * (ideal[name] - found[name]))
        found[furthest] += step
    return found
