"""Whether what the log holds is what was once acknowledged: the hash chain, event by event.

Streaming, in bounded memory. What nobody can see from inside is a stream cut off at its end:
for that the last hash, known from elsewhere (a receipt, an archive), is compared.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable

import msgspec

from engine.store.errors import StoreDamaged
from engine.store.log import Log
from schemas.codec import private_digest
from schemas.envelope import GENESIS, Recorded

Progress = Callable[[int], None]
"""Told, now and then, how many events were verified since it was told last."""


class Bad(msgspec.Struct, frozen=True):
    """The first event that does not hold, and why. `version` 0: the stream as a whole."""

    code: str
    version: int
    why: str


class Verdict(msgspec.Struct, frozen=True):
    """`events`: how many hold. `last_hash`: of the stream, when it was one (hex)."""

    ok: bool
    events: int
    first_bad: Bad | None = None
    last_hash: str | None = None


class _Chain:
    """One stream after another, each from its first event."""

    __slots__ = ("events", "hash", "position", "stream", "version")

    def __init__(self) -> None:
        self.events = 0
        self._begin("")

    def _begin(self, stream: str) -> None:
        self.stream, self.version, self.hash, self.position = stream, 0, GENESIS, 0

    def add(self, records: Iterable[Recorded]) -> Bad | None:
        """The first of these events that does not follow from those before."""
        for record in records:
            if record.stream != self.stream:
                self._begin(record.stream)
            why = self._fault(record)
            if why is not None:
                return Bad(record.stream, record.version, why)
            self.version, self.hash = record.version, record.hash
            self.position = record.position
            self.events += 1
        return None

    def _fault(self, record: Recorded) -> str | None:
        expected = self.version + 1
        if record.version != expected:
            if record.version > expected:
                return f"version {expected} is missing before it"
            return f"it comes after version {self.version}"
        if record.previous != self.hash:
            return "it does not follow from the event before it: their hashes do not meet"
        if _resealed(record) != record.hash:
            return "its content is not what was sealed: the hash differs"
        if record.position <= self.position:
            before = self.position
            return f"its position {record.position} is not beyond {before}, its predecessor's"
        return _private_fault(record)


def _resealed(record: Recorded) -> bytes | None:
    """The hash that the event should have; None when a field is not even of its type.

    SQLite keeps a value of any type in any column: somebody may have put text in for bytes.
    """
    try:
        return record.expected_hash()
    except (TypeError, ValueError, AttributeError):
        return None


def _private_fault(record: Recorded) -> str | None:
    """Private text may have been destroyed, but not changed or put there later."""
    if record.private is None:
        return None
    try:
        found = hashlib.sha256(record.private).hexdigest()
    except TypeError:
        found = ""
    if private_digest(record.payload) != found:
        return "its private text is not the one whose digest was sealed"
    return None


def verify_stream(log: Log, code: str, last_hash: str | None = None) -> Verdict:
    """One dossier. `last_hash` (hex): what its last event had when it was last seen.

    A dossier that does not exist has no events and is not ok. Raises StoreError.
    """
    chain = _Chain()
    records = log.read_stream(code)
    bad = chain.add(records)
    if bad is None and not records:
        bad = Bad(code, 0, "it has no events")
    if bad is None and last_hash is not None:
        known = {record.hash.hex(): record.version for record in records}
        if last_hash.lower() not in known:
            bad = Bad(
                code,
                chain.version + 1,
                f"no event has the last known hash: the stream was cut off after version "
                f"{chain.version}, or replaced",
            )
    tip = records[-1].hash.hex() if records else None
    return Verdict(bad is None, chain.events, bad, tip)


def verify_all(log: Log, progress: Progress = lambda count: None) -> Verdict:
    """Every dossier of the store, up to the first event that does not hold."""
    chain, streams = _Chain(), 0
    bad: Bad | None = None
    try:
        for records in log.read_all():
            last = chain.stream
            for record in records:
                if record.stream != last:
                    streams, last = streams + 1, record.stream
            bad = chain.add(records)
            progress(len(records))
            if bad is not None:
                break
    except StoreDamaged as damage:
        after = f"after {chain.stream} version {chain.version}: " if chain.stream else ""
        bad = Bad("", 0, f"{after}{damage}")
    if bad is None:
        bad = _emptied(log, streams)
    return Verdict(bad is None, chain.events, bad)


def _emptied(log: Log, verified: int) -> Bad | None:
    """A stream that the store knows by name but of which every event is gone."""
    count, after = 0, ""
    while names := log.streams(after=after):
        count, after = count + len(names), names[-1]
    if count == verified:
        return None
    after = ""
    while names := log.streams(after=after):
        for name in names:
            if not log.read_stream(name, limit=1):
                return Bad(name, 1, "every event of it is missing")
        after = names[-1]
    return None
