"""The end of the log, read once for all who follow it.

One thread reads while somebody follows; what it read last is kept, some thousand events. Whoever
is further behind reads the log himself until he has come up to what is kept. So nobody's slowness
costs memory, and nobody has a thread of his own while he waits.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping
from typing import NamedTuple

from app.api.feed.structured import structured
from app.desk.beside import UNTIL_NUDGED, Beside
from app.house import House
from schemas.envelope import SHARDS, Recorded

KEPT = 4096
"""Events that are kept at least, once there have been so many."""

AT_ONCE = 200
"""Events that a follower takes in one go."""

LOOK = 0.1
"""Seconds between two looks at the log."""


class Entry(NamedTuple):
    """An event as it is sent. `text`: CloudEvents JSON."""

    shard: int
    position: int
    dossier: str
    text: bytes


class Tail(Beside):
    """A part of the desk; `Follower`s register with it."""

    name = "feed"

    def __init__(self, house: House, kept: int = KEPT) -> None:
        super().__init__()
        self._house = house
        self._kept = kept
        self._lock = threading.Lock()
        self._entries: list[Entry] = []
        self._first = 0
        self._begin: dict[int, int] = {}
        self._end: dict[int, int] = {}
        self._followers: set[Follower] = set()

    def stop(self) -> None:
        super().stop()
        self.wake()

    @property
    def over(self) -> bool:
        return self._over.is_set()

    def follow(self, follower: Follower) -> None:
        """Raises StoreError."""
        with self._lock:
            if not self._followers:
                # Nobody read meanwhile: what is kept no longer ends where the log does.
                self._begin = {**dict.fromkeys(range(SHARDS), 0), **self._house.log.heads()}
                self._end, self._entries = dict(self._begin), []
            self._followers.add(follower)
        self.nudge()

    def leave(self, follower: Follower) -> None:
        with self._lock:
            self._followers.discard(follower)

    def count(self) -> int:
        return len(self._followers)

    def now(self) -> dict[int, int]:
        """Where the log ends."""
        return {**dict.fromkeys(range(SHARDS), 0), **self._house.log.heads()}

    def read_log(self, cursors: Mapping[int, int]) -> list[Entry]:
        """Beyond the cursors, from the log itself. Raises StoreError."""
        found = self._house.log.read_shards(cursors, limit=AT_ONCE, previous=True)
        return [self._entry(event) for event in found]

    def kept(
        self, number: int | None, cursors: Mapping[int, int]
    ) -> tuple[list[Entry], int | None]:
        """What follows the entry `number` among those that are kept, and the number to go on
        with; None for who is too far behind. `number` None: wherever the cursors are."""
        with self._lock:
            if number is None:
                if any(cursors[shard] < at for shard, at in self._begin.items()):
                    return [], None
                number = self._first
            if number < self._first:
                return [], None
            begin = number - self._first
            found = self._entries[begin : begin + AT_ONCE]
            return found, number + len(found)

    def _entry(self, event: Recorded) -> Entry:
        text = structured(event, self._house.settings.house)
        return Entry(event.shard, event.position, event.stream, text)

    def turn(self) -> float:
        if not self._followers:
            return UNTIL_NUDGED
        if self._read_on():
            self.wake()
            return 0
        return LOOK

    def _read_on(self) -> int:
        with self._lock:
            cursors = dict(self._end)
        if not cursors:
            return 0
        found = self.read_log(cursors)
        with self._lock:
            if cursors != self._end:
                # Everybody left and somebody came meanwhile: it began anew.
                return 0
            for entry in found:
                self._end[entry.shard] = entry.position
            self._entries += found
            if len(self._entries) > 2 * self._kept:
                gone = self._entries[: -self._kept]
                for entry in gone:
                    self._begin[entry.shard] = entry.position
                self._entries = self._entries[-self._kept :]
                self._first += len(gone)
        return len(found)

    def wake(self) -> None:
        with self._lock:
            followers = list(self._followers)
        for each in followers:
            each.wake()


class Follower:
    """One who reads on behind his cursors. `read` is called in any thread, one at a time; `wait`
    in the event loop."""

    def __init__(self, tail: Tail, cursors: Mapping[int, int]) -> None:
        self._tail = tail
        self.cursors = dict(cursors)
        self._number: int | None = None
        self._loop = asyncio.get_running_loop()
        self._new = asyncio.Event()

    def read(self) -> list[Entry]:
        """What is new, at most AT_ONCE; the cursors are not moved. Raises StoreError."""
        while True:
            found, self._number = self._tail.kept(self._number, self.cursors)
            if self._number is None:
                return self._tail.read_log(self.cursors)
            new = [each for each in found if each.position > self.cursors[each.shard]]
            if new or not found:
                return new

    def moved(self, entry: Entry) -> None:
        self.cursors[entry.shard] = entry.position

    async def wait(self, seconds: float) -> bool:
        """Until there may be something new; False when the seconds are over first."""
        try:
            await asyncio.wait_for(self._new.wait(), seconds)
        except TimeoutError:
            return False
        finally:
            self._new.clear()
        return True

    def wake(self) -> None:
        try:
            self._loop.call_soon_threadsafe(self._new.set)
        except RuntimeError:
            # The loop is closed: nobody waits any more.
            return
