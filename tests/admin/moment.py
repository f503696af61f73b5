"""What several do at the same moment."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

Result = TypeVar("Result")


def at_once(act: Callable[..., Result], of: Sequence[tuple[Any, ...]]) -> list[Result]:
    """What `act` gives to each of `of`, which all begin together."""
    begin = threading.Barrier(len(of))

    def go(each: tuple[Any, ...]) -> Result:
        begin.wait()
        return act(*each)

    with ThreadPoolExecutor(len(of)) as pool:
        return list(pool.map(go, of))
