"""What runs beside the requests, in a thread of its own, for as long as the server does."""

from __future__ import annotations

import logging
import threading
from abc import ABC, abstractmethod

AFTER_TROUBLE = 1.0
"""Seconds until it is tried again."""

UNTIL_NUDGED = 3600.0
"""What a turn returns when there is nothing to do before a nudge says so."""

_log = logging.getLogger("lienthong.desk")


class Beside(ABC):
    """Calls `turn` again and again. Whatever a turn raises is told in `trouble`, which /readyz
    shows, and logged once; the next turn tries anew."""

    name: str

    def __init__(self) -> None:
        self._over = threading.Event()
        self._wanted = threading.Event()
        self._thread = threading.Thread(target=self._run, name=self.name, daemon=True)
        self.trouble = ""

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Waits for the turn that is under way."""
        self._over.set()
        self._wanted.set()
        self._thread.join()

    def nudge(self) -> None:
        """There is something to do: the next turn comes now."""
        self._wanted.set()

    @abstractmethod
    def turn(self) -> float:
        """Seconds until the next one, 0 for at once."""

    def _run(self) -> None:
        while not self._over.is_set():
            try:
                seconds = self.turn()
                self.trouble = ""
            except Exception as error:
                seconds = AFTER_TROUBLE
                if str(error) != self.trouble:
                    _log.exception("%s is in trouble", self.name)
                self.trouble = str(error) or type(error).__name__
            if seconds:
                self._wanted.wait(seconds)
            self._wanted.clear()
