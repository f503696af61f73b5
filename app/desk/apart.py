"""The views fed by a process of their own, which leaves the server's to the requests.

It is for stores that several processes may write to at once. The two talk over a pipe: the server
says that something was appended, the other that the views know more; whichever of them dies, the
other notices by the pipe's end.
"""

from __future__ import annotations

import signal
import threading
from contextlib import suppress
from multiprocessing import get_context
from typing import TYPE_CHECKING

from app.desk.feeder import IDLE, Feeder, Feeding
from app.house import open_house
from app.running import collect_seldom

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.context import SpawnProcess

    from app.house import House
    from app.settings import Settings

NEW, AWAITED = b"new", b"awaited"
"""What the server says: something was appended; a read waits for it."""

LOOKED, TROUBLE = b"looked", b"trouble "
"""What the process says: it has handled what there was; what it is troubled by, if it still is."""

ENDS = 30.0
"""Seconds that the process has to end its last batch."""


class FeederApart(Feeding):
    """The server's side. Its thread waits for what the process says, and
    starts it anew when it has ended."""

    def __init__(self, house: House) -> None:
        super().__init__(house)
        self._saying = threading.Lock()
        self._said, self._troubled = b"", ""
        self._line: Connection | None = None
        self._process: SpawnProcess | None = None

    @property
    def process(self) -> int | None:
        """Its number, while there is one."""
        return self._process.pid if self._process is not None else None

    def stop(self) -> None:
        super().stop()
        self._end()

    def nudge(self) -> None:
        self._say(NEW)

    def hurry(self) -> None:
        self._say(AWAITED)

    def turn(self) -> float:
        line = self._line or self._begin()
        try:
            if line.poll(IDLE):
                self._hear(line.recv_bytes())
        except (EOFError, OSError):
            self._end()
            raise RuntimeError("the process that feeds the views has ended") from None
        if self._troubled:
            raise RuntimeError(self._troubled)
        return 0

    def _hear(self, word: bytes) -> None:
        if word == LOOKED:
            self._said = b""
            self.looked()
        else:
            self._troubled = word.removeprefix(TROUBLE).decode()

    def _say(self, word: bytes) -> None:
        """Not again before the process has looked: a pipe that nobody reads from would fill."""
        with self._saying:
            if self._line is None or self._said in (word, AWAITED):
                return
            self._said = word
            # If the process has ended, the thread notices.
            with suppress(OSError):
                self._line.send_bytes(word)

    def _begin(self) -> Connection:
        context = get_context("spawn")
        ours, theirs = context.Pipe()
        self._process = context.Process(
            target=_feed, args=(self._house.settings, theirs), name="feeder", daemon=True
        )
        self._process.start()
        theirs.close()
        self._said, self._troubled = b"", ""
        self._line = ours
        return ours

    def _end(self) -> None:
        with self._saying:
            if self._line is not None:
                self._line.close()
                self._line = None
        if self._process is not None:
            self._process.join(ENDS)
            self._process.kill()
            self._process = None


class _Telling(Feeder):
    """The process's own."""

    def __init__(self, house: House, line: Connection) -> None:
        super().__init__(house)
        self._line = line
        self._saying = threading.Lock()
        self._asked = threading.Event()

    def hear(self, word: bytes) -> None:
        self._asked.set()
        if word == AWAITED:
            self.hurry()
        else:
            self.nudge()

    def turn(self) -> float:
        asked = self._asked.is_set()
        self._asked.clear()
        seconds = super().turn()
        if asked:
            self.looked()
        return seconds

    def looked(self) -> None:
        self.say(LOOKED)

    def say(self, word: bytes) -> None:
        # That the server has ended is seen where it is listened to.
        with self._saying, suppress(OSError):
            self._line.send_bytes(word)


def _feed(settings: Settings, line: Connection) -> None:
    """What the process runs, until the server has ended."""
    # Ctrl-C is meant for the server, which ends this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with open_house(settings) as house:
        collect_seldom()
        feeder = _Telling(house, line)
        feeder.start()
        told = ""
        with suppress(EOFError, OSError):
            while True:
                if line.poll(IDLE):
                    feeder.hear(line.recv_bytes())
                if feeder.trouble != told:
                    told = feeder.trouble
                    feeder.say(TROUBLE + told.encode())
        feeder.stop()
