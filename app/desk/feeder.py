"""Keeps the views close to the log while the server runs, and lets a read wait for a write.

`Feeding` is what the server has of it, whoever does the feeding; `Feeder` does it in a thread.
"""

from __future__ import annotations

import threading
import time
from abc import abstractmethod
from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy import select

from app.desk.beside import Beside
from consumers import checkpoints
from consumers.checkpoints import Fenced, followed
from consumers.rebuild import open_views
from consumers.subscription import LIVE, Subscription
from consumers.transport import LogTransport
from consumers.views.parties import TABLE as PARTIES
from consumers.views.status import TABLE as STATUS

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from sqlalchemy import Connection

    from app.access.asking import Asking
    from app.house import House

IDLE = 0.2
"""Seconds until the log is looked at again, when nobody said that there is something new."""

GATHER = 0.05
"""Seconds that what is appended gathers before it is handled, unless a read waits for it: a batch
costs the views little more than an event."""

LOOK = 0.01
"""Seconds between two looks of a read that waits, where others feed the views."""


SOON = 0.25
"""Seconds that every read may wait: what is written comes to be known within."""

PATIENT = 20
"""Reads that may wait longer at a time, each in a thread: half of those that answer requests. Were
views far behind, whoever waits for them would hold up everybody else."""


class Feeding(Beside):
    """`nudge` it when something was appended; `wait` is called by any thread."""

    name = "feeder"

    def __init__(self, house: House) -> None:
        super().__init__()
        self._house = house
        self._turned = threading.Condition()
        self._patient = threading.Semaphore(PATIENT)

    def start(self) -> None:
        """Raises StoreError when the views cannot be made."""
        views = self._house.fed_from_log()
        if views:
            open_views(self._house.home, self._house.log, views)
        super().start()

    def wait(
        self,
        code: str,
        version: int,
        seconds: float,
        seen: Asking | None = None,
        views: Collection[str] = (),
    ) -> bool:
        """Until the status and these views know version `version` of a dossier; whether they do.
        At most so many seconds, less when many wait. `seen`: what may be seen: any other dossier is
        one that they will never know."""
        known = partial(self._knows, code, version, seen, views)
        if self._until(known, min(seconds, SOON)):
            return True
        if seconds <= SOON or not self._patient.acquire(blocking=False):
            return False
        try:
            return self._until(known, seconds - SOON)
        finally:
            self._patient.release()

    def _until(self, known: Callable[[], bool], seconds: float) -> bool:
        end = time.monotonic() + seconds
        while not known():
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

    def _knows(self, code: str, version: int, seen: Asking | None, views: Collection[str]) -> bool:
        query = select(STATUS.c.version).where(STATUS.c.dossier == code)
        if seen is not None and code not in seen.dossiers:
            mine = PARTIES.c.dossier == code, PARTIES.c.agency.in_(sorted(seen.agencies))
            query = query.where(select(PARTIES.c.agency).where(*mine).exists())
        with self._house.home.engine.connect() as connection:
            found = connection.scalar(query)
            if found is None or found < version:
                return False
            if not views:
                return True
            # What one subscription feeds it moves in one transaction.
            fed = {name: info.subscription for name, info in checkpoints.views(connection).items()}
            apart = {fed[each] for each in views if each in fed} - {fed["status"]}
            return all(self._applied(connection, each, code, version) for each in apart)

    def _applied(self, connection: Connection, subscription: str, code: str, version: int) -> bool:
        """Whether the rows of what this subscription feeds know that version."""
        if subscription != LIVE:
            mine = followed.c.subscription == subscription, followed.c.dossier == code
            last = connection.scalar(select(followed.c.version).where(*mine))
            return last is not None and last >= version
        (event,) = self._house.log.read_stream(code, after=version - 1, limit=1)
        if version >= checkpoints.parked_from(connection, LIVE).get(code, version + 1):
            return False
        return event.position <= checkpoints.cursors(connection, LIVE)[event.shard]


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
            log = LogTransport(self._house.log)
            # `fed`: whoever went on with one that Kafka feeds by now would count its events twice.
            self._feed = Subscription(self._house.home, log, views, fed=True)
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
