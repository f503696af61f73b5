"""A second process that keeps the views and the alerts up while the office works.

It reads the log like any subscriber. After each window of virtual time it is told how far
time has come, brings the views up to there and no further, and sweeps the timers: what it
raises depends on virtual time alone, not on which process was faster.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from datetime import datetime
from multiprocessing import get_context
from multiprocessing.connection import Connection
from types import TracebackType
from typing import NamedTuple

from app.house import House
from app.settings import Settings
from consumers.alerts import sweep
from consumers.subscription import Subscription
from consumers.transport import Delivery, LogTransport
from consumers.views import all_views
from engine.store import Log, open_log
from schemas.envelope import to_micros

READ = 4_000
"""Events read from the log at once."""

BATCH = 4_000
"""Events written to the views in one transaction, at most."""


class FeedFailed(Exception):
    """The second process has ended before its time."""


class Window(NamedTuple):
    """Virtual time has come to `until`; `sweep`: whether alerts are due by it."""

    until: datetime
    sweep: bool


class Bounded(LogTransport):
    """The log up to a virtual moment. Reads ahead, so that a window costs no read of its own."""

    def __init__(self, log: Log) -> None:
        super().__init__(log)
        self._ahead: deque[Delivery] = deque()
        self.until = 0

    def read(self, cursors: Mapping[int, int], limit: int) -> list[Delivery]:
        if not self._ahead:
            self._ahead.extend(super().read(cursors, READ))
        found: list[Delivery] = []
        ahead = self._ahead
        while ahead and len(found) < limit and ahead[0].event.recorded_at < self.until:
            found.append(ahead.popleft())
        return found


class Feed:
    """Runs the second process; ends it when the block ends."""

    def __init__(self, settings: Settings) -> None:
        context = get_context("spawn")
        self._ours, theirs = context.Pipe()
        self._process = context.Process(target=_work, args=(settings, theirs), daemon=True)
        self._process.start()
        theirs.close()

    def window(self, until: datetime, *, sweep: bool) -> None:
        """Tells how far virtual time has come. Raises FeedFailed."""
        try:
            self._ours.send(Window(until, sweep))
        except OSError as error:
            raise FeedFailed(self._why()) from error

    def wait(self) -> int:
        """Returns when everything told so far is done; how many events were handled by then.

        Raises FeedFailed.
        """
        try:
            self._ours.send(None)
            handled: int | str = self._ours.recv()
        except (OSError, EOFError) as error:
            raise FeedFailed(self._why()) from error
        if isinstance(handled, str):
            raise FeedFailed(f"The views could not be fed: {handled}")
        return handled

    def _why(self) -> str:
        try:
            return f"The views could not be fed: {self._ours.recv()}"
        except (OSError, EOFError):
            return "The process that feeds the views has ended."

    def __enter__(self) -> Feed:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._ours.close()
        self._process.join(timeout=5)
        if self._process.is_alive():
            self._process.terminate()
            self._process.join()


def _work(settings: Settings, pipe: Connection) -> None:
    """The second process: a window after the other, until the pipe is closed."""
    try:
        log = open_log(settings.database, create=False)
        try:
            _windows(House(settings, log), log, pipe)
        finally:
            log.close()
    except (EOFError, BrokenPipeError, KeyboardInterrupt):
        return
    except Exception as error:
        # Whatever it was, the first process has to tell it: nobody looks here.
        pipe.send(f"{type(error).__name__}: {error}")


def _windows(house: House, log: Log, pipe: Connection) -> None:
    transport = Bounded(log)
    subscription = Subscription(log, transport, all_views(), batch=BATCH)
    handled = 0
    while True:
        window: Window | None = pipe.recv()
        if window is None:
            pipe.send(handled)
            continue
        transport.until = to_micros(window.until)
        handled += subscription.catch_up()
        if window.sweep:
            sweep(log, window.until, house.warn_at)
