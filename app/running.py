"""What commands that go on until they are stopped have in common: what they say, and their end."""

from __future__ import annotations

import gc
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from types import FrameType

from app.output import note


def collect_seldom() -> None:
    """A batch is many small values that live as long as it does: to look through them all the time
    for cycles costs a twentieth of everything, and holds up whoever waits."""
    gc.freeze()
    gc.set_threshold(50_000, 50, 100)


def collect_less() -> None:
    """For a server, which lives long and leaves cycles behind with every error: they are looked for
    less often, but all of them, so that its memory stays what it is."""
    gc.freeze()
    gc.set_threshold(10_000, 10, 10)


class Troubles:
    """Says once that there is trouble, and once that it is over; the figures are `lag`'s."""

    def __init__(self) -> None:
        self._last = ""

    def tell(self, trouble: str, over: str = "It goes on.") -> None:
        """`trouble`: why nothing went just now, "" when it did."""
        if trouble and trouble != self._last:
            note(f"{trouble} Nothing is lost: it goes on when that is over.")
        elif self._last and not trouble:
            note(over)
        self._last = trouble


class Stop:
    """Whether the program was asked to end, and a way to wait that ends when it is."""

    def __init__(self) -> None:
        self._asked = Event()

    def ask(self) -> None:
        self._asked.set()

    def asked(self) -> bool:
        return self._asked.is_set()

    def wait(self, seconds: float) -> None:
        self._asked.wait(seconds)


@contextmanager
def until_stopped() -> Iterator[Stop]:
    """For a program that goes on until it is asked to end (SIGTERM, Ctrl-C): what has been begun
    is then finished first. Asked a second time, it ends at once."""
    stop = Stop()

    def ask(number: int, frame: FrameType | None) -> None:
        if stop.asked():
            raise KeyboardInterrupt
        stop.ask()

    before = {each: signal.signal(each, ask) for each in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
