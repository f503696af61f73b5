"""The law that a process decides by: read once, and anew when something was registered since.

Definitions are only ever added, by whichever process an administrator speaks to. Whether there are
more of them is one small question to the store; the law is made anew only when there are, and
takes the place of the one before in one step.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from app.law import registry
from app.settings import Settings
from engine.core.law import Law
from engine.store import Log


class InForce:
    """The law of one store. Any thread may call it."""

    def __init__(self, log: Log, settings: Settings) -> None:
        self._log, self._settings = log, settings
        self._reading = threading.Lock()
        self._read = 0
        self._newest: Law | None = None

    @property
    def newest(self) -> Law:
        """As it was last read; the store is asked the first time only."""
        return self._newest or self.renewed()

    def renewed(self) -> Law:
        """As the store has it now. Whoever asks for the newest meanwhile has the one before;
        nobody gets that afterwards. Raises StoreError."""
        with self._reading:
            # Asked first: what is registered between the two is read the next time.
            there = self._log.registered()
            if self._newest is None or there != self._read:
                self._newest = registry.law(self._log, self._settings)
                self._read = there
            return self._newest

    @property
    def law(self) -> Law:
        """The newest; within `one_law` always the one that was asked for first."""
        held = _HELD.get()
        return self.newest if held is None else held.setdefault(self, self.newest)

    def learn(self) -> Law:
        """The law as the store has it now, by which whoever asks goes from here on. Raises
        StoreError."""
        law, held = self.renewed(), _HELD.get()
        if held is not None:
            held[self] = law
        return law

    @property
    def overtaken(self) -> bool:
        """Whether there is another law than the one that was held here. Raises StoreError."""
        held = (_HELD.get() or {}).get(self)
        before = self.newest if held is None else held
        return self.renewed() is not before


_HELD: ContextVar[dict[InForce, Law] | None] = ContextVar("held", default=None)


@contextmanager
def one_law() -> Iterator[None]:
    """What happens within, also in threads that work for it, goes by one law: what is shown in
    one place of a page is true in the next."""
    token = _HELD.set({})
    try:
        yield
    finally:
        _HELD.reset(token)


def begin_anew() -> None:
    """From here on `one_law` means the law of now: for what lasts, and shows one thing after the
    other."""
    held = _HELD.get()
    if held is not None:
        held.clear()
