"""Keeps the views close to the log while the server runs, and lets a read wait for a write.

`Feeding` is what the server has of it, whoever does the feeding; `Feeder` does it in a thread.
"""

from __future__ import annotations

import threading
import time
from abc import abstractmethod
from typing import TYPE_CHECKING

from sqlalchemy import select

from app.desk.beside import Beside
from consumers.checkpoints import Fenced
from consumers.rebuild import open_views
from consumers.subscription import Subscription
from consumers.transport import LogTransport
from consumers.views.parties import TABLE as PARTIES
from consumers.views.status import TABLE as STATUS

if TYPE_CHECKING:
    from app.access.asking import Asking
    from app.house import House

IDLE = 0.2
"""Seconds until the log is looked at again, when nobody said that there is something new."""

GATHER = 0.05
"""Seconds that what is appended gathers before it is handled, unless a read waits for it: a batch
costs the views little more than an event."""

LOOK = 0.01
"""Seconds between two looks of a read that waits, where others feed the views."""


class Feeding(Beside):
    """`nudge` it when something was appended; `wait` is called by any thread."""

    name = "feeder"

    def __init__(self, house: House) -> None:
        super().__init__()
        self._house = house
        self._turned = threading.Condition()

    def start(self) -> None:
        """Raises StoreError when the views cannot be made."""
        views = self._house.fed_from_log()
        if views:
            open_views(self._house.home, self._house.log, views)
        super().start()

    def wait(self, code: str, version: int, seconds: float, seen: Asking | None = None) -> bool:
        """Until the views know version `version` of a dossier; whether they do. `seen`: what may
        be seen: any other dossier is one that they will never know."""
        end = time.monotonic() + seconds
        while not self._knows(code, version, seen):
            left = end - time.monotonic()
            if left <= 0:
                return False
            self.hurry()
            with self._turned:
                self._turned.wait(min(left, LOOK))
        return True

    @abstractmethod
    def hurry(self) -> None:
        """A read waits: what is new is handled without gathering more."""

    def looked(self) -> None:
        """The views may know more than before."""
        with self._turned:
            self._turned.notify_all()

    def _knows(self, code: str, version: int, seen: Asking | None) -> bool:
        query = select(STATUS.c.version).where(STATUS.c.dossier == code)
        if seen is not None and code not in seen.dossiers:
            mine = PARTIES.c.dossier == code, PARTIES.c.agency.in_(sorted(seen.agencies))
            query = query.where(select(PARTIES.c.agency).where(*mine).exists())
        with self._house.home.engine.connect() as connection:
            found = connection.scalar(query)
        return found is not None and found >= version


class Feeder(Feeding):
    """One thread feeds the views that no Kafka consumer feeds."""

    def __init__(self, house: House) -> None:
        super().__init__(house)
        self._awaited = threading.Event()
        self._feed: Subscription | None = None

    def stop(self) -> None:
        self._awaited.set()
        super().stop()

    def hurry(self) -> None:
        self._awaited.set()
        self.nudge()

    def turn(self) -> float:
        if self._feed is None:
            # A view may have been given to Kafka, or taken back, since the last time.
            views = self._house.fed_from_log()
            if not views:
                return IDLE
            self._feed = Subscription(self._house.home, LogTransport(self._house.log), views)
        self._awaited.wait(GATHER)
        self._awaited.clear()
        try:
            fed = self._feed.step()
        except Fenced:
            # Another program feeds them too.
            self._feed.load()
            return IDLE
        except Exception:
            self._feed = None
            raise
        if not fed:
            return IDLE
        self.looked()
        return 0
