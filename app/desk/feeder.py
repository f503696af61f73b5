"""Keeps the views close to the log while the server runs, and lets a read wait for a write."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from sqlalchemy import select

from consumers.checkpoints import Fenced
from consumers.rebuild import open_views
from consumers.subscription import Subscription
from consumers.transport import LogTransport
from consumers.views.status import TABLE as STATUS
from engine.store import StoreError

if TYPE_CHECKING:
    from app.house import House

IDLE = 0.2
"""Seconds until the log is looked at again, when nobody said that there is something new."""

LOOK = 0.01
"""Seconds between two looks of a read that waits, where others feed the views."""

AFTER_TROUBLE = 1.0


class Feeder:
    """One thread feeds the views that no Kafka consumer feeds; `wait` is called by any other."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._new = threading.Event()
        self._turned = threading.Condition()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="feeder", daemon=True)
        self.trouble = ""

    def start(self) -> None:
        """Raises StoreError when the views cannot be made."""
        self._views = self._house.fed_from_log()
        if self._views:
            open_views(self._house.home, self._house.log, self._views)
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        self._new.set()
        self._thread.join()

    def nudge(self) -> None:
        """Something was appended: it is worth looking now."""
        self._new.set()

    def wait(self, code: str, version: int, seconds: float) -> bool:
        """Until the views know version `version` of a dossier; whether they do."""
        end = time.monotonic() + seconds
        while not self._knows(code, version):
            left = end - time.monotonic()
            if left <= 0:
                return False
            with self._turned:
                self._turned.wait(min(left, LOOK))
        return True

    def _knows(self, code: str, version: int) -> bool:
        query = select(STATUS.c.version).where(STATUS.c.dossier == code)
        with self._house.home.engine.connect() as connection:
            found = connection.scalar(query)
        return found is not None and found >= version

    def _run(self) -> None:
        feed: Subscription | None = None
        while not self._over.is_set():
            try:
                if feed is None and self._views:
                    feed = Subscription(
                        self._house.home, LogTransport(self._house.log), self._views
                    )
                fed = self._feed(feed)
                self.trouble = ""
            except (StoreError, OSError) as error:
                self.trouble, feed, fed = str(error), None, 0
                self._over.wait(AFTER_TROUBLE)
            if fed:
                with self._turned:
                    self._turned.notify_all()
            else:
                self._new.wait(IDLE)
                self._new.clear()

    def _feed(self, feed: Subscription | None) -> int:
        if feed is None:
            return 0
        try:
            return feed.step()
        except Fenced:
            # Another program feeds them too.
            feed.load()
            return 0
