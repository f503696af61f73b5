"""One computation of the board for all who watch, anew when something happened.

While anybody watches, a thread looks whether the views moved and counts at most every `PACE`
seconds; a count that takes longer than that is the rarer, the longer it takes. Whoever only reads
the page gets the last count, or a new one if the views have moved since.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING

import msgspec
from sqlalchemy import func, select

from app.monitor.moments import moments, this_month
from consumers.checkpoints import checkpoints
from consumers.views.board import Counted, Moments, count_ended, count_open, pins
from engine.store import StoreError

if TYPE_CHECKING:
    from app.desk.context import Desk

PACE = 0.25
"""Seconds between two counts, at least."""

REST = 2.0
"""Seconds of rest for each that a count takes longer than `PACE`."""

BEAT = 15.0
"""Seconds after which a watcher hears that he is still connected."""


class Snapshot(msgspec.Struct, frozen=True):
    """The counts of a moment. `number` grows with each; `stamp`: where the views stood and which
    minute it was."""

    number: int
    stamp: tuple[int, int]
    moments: Moments
    open: Sequence[Counted]
    ended: Sequence[Counted]


class Live:
    """Any thread may call it; watchers are of one event loop each."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._lock = threading.Lock()
        self._watching = threading.Lock()
        self._snapshot: Snapshot | None = None
        self._watchers: dict[asyncio.Event, asyncio.AbstractEventLoop] = {}
        self._thread: threading.Thread | None = None

    def snapshot(self) -> Snapshot:
        """The counts as the views have them. Raises StoreError."""
        with self._lock, self._desk.reading(whole=True) as connection:
            moved = connection.scalar(select(func.sum(checkpoints.c.next))) or 0
            stamp = (moved, int(self._desk.house.now.timestamp()) // 60)
            last = self._snapshot
            if last is not None and last.stamp == stamp:
                return last
            at = moments(self._desk.house, pins(connection))
            self._snapshot = Snapshot(
                number=last.number + 1 if last else 1,
                stamp=stamp,
                moments=at,
                open=count_open(connection, at),
                ended=count_ended(connection, *this_month(self._desk.house)),
            )
            return self._snapshot

    async def watch(self, beat: float = BEAT) -> AsyncIterator[Snapshot | None]:
        """Each new snapshot, the present one first; None when nothing happened for `beat`
        seconds. Ends when it is closed."""
        news, seen = asyncio.Event(), 0
        self._enter(news)
        try:
            while True:
                last = self._snapshot
                if last is not None and last.number != seen:
                    seen = last.number
                    yield last
                news.clear()
                if self._snapshot is not last:
                    continue
                try:
                    await asyncio.wait_for(news.wait(), beat)
                except TimeoutError:
                    yield None
        finally:
            with self._watching:
                self._watchers.pop(news, None)

    def _enter(self, news: asyncio.Event) -> None:
        with self._watching:
            self._watchers[news] = asyncio.get_running_loop()
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="board", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        told = 0
        while True:
            with self._watching:
                if not self._watchers:
                    self._thread = None
                    return
            begun = time.monotonic()
            try:
                number = self.snapshot().number
            except (StoreError, OSError):
                # The page says how far the views are; the next look may succeed.
                number = told
            if number != told:
                told = number
                self._tell()
            spent = time.monotonic() - begun
            time.sleep(max(PACE - spent, (spent - PACE) * REST, 0.02))

    def _tell(self) -> None:
        with self._watching:
            for news, loop in list(self._watchers.items()):
                try:
                    loop.call_soon_threadsafe(news.set)
                except RuntimeError:
                    # Its loop has ended without saying so.
                    del self._watchers[news]
