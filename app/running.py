"""What a command that goes on until it is stopped has in common with others: its end."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from types import FrameType


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
