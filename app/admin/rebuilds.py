"""Views made anew from within the server: in a thread, one rebuild at a time."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import msgspec

from app.feeding.reading import Reading
from app.feeding.rebuilding import rebuild_fed
from app.trouble import as_trouble
from consumers.views import view

if TYPE_CHECKING:
    from app.desk.context import Desk


class Rebuild(msgspec.Struct, frozen=True):
    """One that runs or is over. `events` were read so far, of about `all`, which is 0 while that
    is not known; `trouble`: why it failed, if so."""

    view: str
    account: str
    events: int = 0
    all: int = 0
    over: bool = False
    seconds: float = 0.0
    trouble: str = ""


class Rebuilds:
    """Any thread may call it."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._lock = threading.Lock()
        self._now: Rebuild | None = None

    @property
    def last(self) -> Rebuild | None:
        """The one that runs, else the one that was last."""
        return self._now

    def start(self, name: str, account: str) -> bool:
        """False while another one runs. Raises KeyError for a view that there is not."""
        chosen = view(name)
        with self._lock:
            if self._now is not None and not self._now.over:
                return False
            self._now = Rebuild(name, account)
        threading.Thread(target=self._run, args=(chosen.name,), daemon=True).start()
        return True

    def _run(self, name: str) -> None:
        begun, trouble = time.monotonic(), ""
        house = self._desk.house
        try:
            reading = Reading(self._desk.settings, house.home, house)
            self._expect(house.log.count())
            rebuild_fed(self._desk.settings, reading, [view(name)], None, self._advance)
        except Exception as error:
            # Told to whoever looks at the page: the thread has nobody else to tell.
            trouble = as_trouble(error).message
        spent = time.monotonic() - begun
        with self._lock:
            assert self._now is not None
            self._now = msgspec.structs.replace(
                self._now, over=True, seconds=spent, trouble=trouble
            )

    def _expect(self, events: int) -> None:
        with self._lock:
            assert self._now is not None
            self._now = msgspec.structs.replace(self._now, all=events)

    def _advance(self, events: int) -> None:
        with self._lock:
            assert self._now is not None
            self._now = msgspec.structs.replace(self._now, events=self._now.events + events)
