"""How fast the machine is just now. A virtual one is given twice as much in one hour as in another,
so that figures of two hours compare only beside this."""

from __future__ import annotations

import os
import time
from concurrent.futures import ProcessPoolExecutor
from statistics import median

NAMES = 300_000
ROUNDS = 7


def pace() -> int:
    """Milliseconds in which every core at once makes a dictionary of so many names and looks each
    of them up: the interpreter and memory, as the program itself. The median of some rounds, of
    each its slowest core."""
    cores = os.cpu_count() or 1
    with ProcessPoolExecutor(cores) as pool:
        return round(median(max(pool.map(_looked_up, [NAMES] * cores)) for _ in range(ROUNDS)))


def _looked_up(names: int) -> float:
    begun = time.perf_counter()
    table = {str(each): each for each in range(names)}
    assert all(table[str(each)] == each for each in range(names))
    return (time.perf_counter() - begun) * 1_000
