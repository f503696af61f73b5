"""A log that gathers what is appended and commits many appends at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.store import Append, Log, Outcome, Stored
from schemas.envelope import Recorded
from schemas.rejection import Rejected

COMMIT = 1_000
"""The most appends that one commit takes."""


class Disturbed(Exception):
    """Somebody else wrote to the store while the office was played on it."""


class Gathering:
    """In front of a log, for the one writer of a store. An append is durable after `flush`;
    whoever reads a stream reads what was gathered, too. All else is the log's own."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._gathered: list[Append] = []

    def append(self, appends: Sequence[Append]) -> list[Outcome]:
        self._gathered.extend(appends)
        if len(self._gathered) >= COMMIT:
            self.flush()
        return [Stored(0) for _ in appends]

    def flush(self) -> None:
        """Commits what was gathered. Raises Disturbed, StoreError."""
        if not self._gathered:
            return
        outcomes = self._log.append(self._gathered)
        self._gathered = []
        if not all(isinstance(outcome, Stored) for outcome in outcomes):
            raise Disturbed("Another program writes to this store: play on a fresh one.")

    def read_stream(self, stream: str, **range_: int) -> list[Recorded]:
        self.flush()
        return self._log.read_stream(stream, **range_)

    def answer(self, command_id: bytes) -> list[Recorded] | Rejected | None:
        self.flush()
        return self._log.answer(command_id)

    def reject(self, command_id: bytes, stream: str, rejected: Rejected, at: int) -> bool:
        self.flush()
        return self._log.reject(command_id, stream, rejected, at)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._log, name)
