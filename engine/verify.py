"""Whether what the log holds is what was once acknowledged: the hash chain, event by event.

Streaming, in bounded memory. Beside the chain, what no hash covers is held against what it
follows from: the shard against the stream, the mark of a command's first event against the
command ids. What nobody can see from inside is a stream cut off at its end: for that the last
hash or version, known from elsewhere (a receipt, an archive, a view), is compared.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from typing import NamedTuple

import msgspec

from engine.store.errors import StoreDamaged
from engine.store.log import Log, Placed
from schemas.codec import loads, private_digest
from schemas.envelope import GENESIS, Recorded, shard_of
from schemas.events import DossierReceived, DossierRegistered

Progress = Callable[[int], None]
"""Told, now and then, how many events were verified since it was told last."""


class Bad(msgspec.Struct, frozen=True):
    """The first event that does not hold, and why. `version` 0: the stream as a whole."""

    code: str
    version: int
    why: str


class Pin(NamedTuple):
    """Procedure, its version and the working calendar that a dossier is pinned to."""

    procedure: str
    version: str
    calendar: str


class Verdict(msgspec.Struct, frozen=True):
    """`events`: how many hold. `last_hash`: of the stream, when it was one (hex).

    `private_gone`: events that hold although their private text was destroyed, as the law on
    personal data may want. `pins`: the definitions under which dossiers were opened.
    """

    ok: bool
    events: int
    first_bad: Bad | None = None
    last_hash: str | None = None
    private_gone: int = 0
    pins: frozenset[Pin] = frozenset()


OPENING = frozenset({DossierRegistered.type, DossierReceived.type})


class Chain:
    """One stream after another, each from its first event."""

    __slots__ = ("events", "hash", "pins", "position", "private_gone", "stream", "version")

    def __init__(self) -> None:
        self.events = self.private_gone = 0
        self.pins: set[Pin] = set()
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
                known = record.version if isinstance(record.version, int) else self.version + 1
                return Bad(record.stream, known, why)
            self.version, self.hash = record.version, record.hash
            self.position = record.position
            self.events += 1
            if record.private is None and private_digest(record.payload):
                self.private_gone += 1
            if record.type in OPENING:
                self.pins.add(_pin(record))
        return None

    def _fault(self, record: Recorded) -> str | None:
        expected = self.version + 1
        if record.version != expected:
            version: object = record.version
            if not isinstance(version, int):
                return f"its version {version!r} is no number"
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


def _pin(record: Recorded) -> Pin:
    """What the event that opened a dossier says it was opened under."""
    said = loads(record.payload)
    return Pin(said["procedure"], said["procedure_version"], said["calendar"])


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
    chain = Chain()
    records = log.read_stream(code)
    bad = chain.add(records)
    if bad is None and not records:
        bad = Bad(code, 0, "it has no events")
    bad = bad or _misplaced(log, code)
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
    return Verdict(bad is None, chain.events, bad, tip, chain.private_gone)


def verify_all(log: Log, progress: Progress = lambda count: None) -> Verdict:
    """Every dossier of the store, up to the first event that does not hold."""
    chain, streams = Chain(), 0
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
    bad = bad or _emptied(log, streams) or _unreached(log, chain.events) or _misplaced(log)
    return Verdict(bad is None, chain.events, bad, None, chain.private_gone, frozenset(chain.pins))


def _unreached(log: Log, verified: int) -> Bad | None:
    """Events without a version or a stream: no reading by stream ever comes to them."""
    if log.count() <= verified:
        return None
    # Or others have appended meanwhile: counted first, they cannot be taken for lost ones.
    lost = log.count() - sum(len(placed) for placed in log.placed())
    return Bad("", 0, f"{lost} of its events have no stream or no version") if lost > 0 else None


def _misplaced(log: Log, stream: str | None = None) -> Bad | None:
    """The first event in another shard than its stream's, or wrongly marked as first of its
    command: whoever reads by shard, or asks for a command's answer, would miss it."""
    name, command = "", b""
    for batch in log.placed(stream):
        for each in batch:
            if each.stream != name:
                name, command, shard = each.stream, b"", shard_of(each.stream)
            why = _misplacement(each, shard, each.command_id != command)
            if why is not None:
                return Bad(each.stream, each.version, why)
            command = each.command_id
    return None


def _misplacement(placed: Placed, shard: int, first: bool) -> str | None:
    if placed.shard != shard:
        return f"it stands in shard {placed.shard}, but its dossier is in shard {shard}"
    if placed.first is not first:
        said = "is not marked as" if first else "is marked as, but is not,"
        return f"it {said} the first event of its command"
    return None


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
