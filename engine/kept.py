"""What was used last, for any number of threads."""

from __future__ import annotations

from threading import Lock
from typing import Generic, TypeVar

from cachetools import LRUCache

Value = TypeVar("Value")


class Kept(Generic[Value]):
    """At most so many values by name; the one not used for longest is forgotten first."""

    def __init__(self, most: int) -> None:
        self._values: LRUCache[str, Value] = LRUCache(maxsize=most)
        self._one = Lock()

    def get(self, name: str) -> Value | None:
        # Also to look one up changes the order in which they are forgotten.
        with self._one:
            return self._values.get(name)

    def put(self, name: str, value: Value) -> None:
        with self._one:
            self._values[name] = value

    def forget(self, name: str) -> None:
        with self._one:
            self._values.pop(name, None)
