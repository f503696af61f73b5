"""How fast the machine is just now. A virtual one is given twice as much in one hour as in another,
so that figures of two hours compare only beside this."""

from __future__ import annotations

import os
import time
from concurrent.futures import ProcessPoolExecutor
from statistics import median

STEPS = 2_000_000
ROUNDS = 7


def pace() -> int:
    """Milliseconds that a fixed loop of Python takes with every core at it: the median of some
    rounds, of each its slowest core."""
    cores = os.cpu_count() or 1
    with ProcessPoolExecutor(cores) as pool:
        return round(median(max(pool.map(_loop, [STEPS] * cores)) for _ in range(ROUNDS)))


def _loop(steps: int) -> float:
    begun = time.perf_counter()
    total = 0
    for each in range(steps):
        total += each
    return (time.perf_counter() - begun) * 1_000
