"""Whether what the log holds is what was once acknowledged: the hash chain, event by event.

One scan in bounded memory. Beside the chain, what no hash covers is held against what it
follows from: the shard against the stream, the mark of a command's first event against the
command ids; whoever reads by shard, or asks for a command's answer, would miss a misplaced
event. What nobody can see from inside is a stream cut off at its end: for that the last
hash or version, known from elsewhere (a receipt, an archive, a view), is compared.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import NamedTuple, cast

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

    __slots__ = (
        *("command", "events", "hash", "pins", "position", "private_gone", "shard", "stream"),
        *("streams", "version"),
    )

    def __init__(self) -> None:
        self.streams = self.events = self.private_gone = 0
        self.pins: set[Pin] = set()
        self.stream, self.version, self.hash, self.position = "", 0, GENESIS, 0
        self.shard: int | None = None
        self.command = b""

    def add(self, placed: Placed) -> Bad | None:
        """The first of these events that does not follow from those before, or is misplaced."""
        bad = None
        # In variables of its own, for it runs for every event of a store.
        stream, version, before, position = self.stream, self.version, self.hash, self.position
        in_shard, command = self.shard, self.command
        for record, shard, first in zip(placed.events, placed.shards, placed.firsts, strict=True):
            if record.stream != stream:
                stream, version, before, position = record.stream, 0, GENESIS, 0
                in_shard, command = _shard(stream), b""
                self.streams += 1
            if (
                record.version != version + 1
                or record.previous != before
                or _resealed(record) != record.hash
                or record.position <= position
            ):
                bad = _broken(record, version, before, position)
                break
            if record.private is not None:
                if not _sealed(record.private, record.payload):
                    why = "its private text is not the one whose digest was sealed"
                    bad = Bad(stream, record.version, why)
                    break
            elif private_digest(record.payload):
                self.private_gone += 1
            begins = record.command_id != command
            if shard != in_shard or first != begins:
                bad = Bad(stream, record.version, _misplacement(shard, in_shard, begins))
                break
            if record.type in OPENING:
                self.pins.add(_pin(record))
            version, before = record.version, record.hash
            position, command = record.position, record.command_id
            self.events += 1
        self.stream, self.version, self.hash, self.position = stream, version, before, position
        self.shard, self.command = in_shard, command
        return bad


def _broken(record: Recorded, version: int, before: bytes, position: int) -> Bad:
    """How an event does not follow from the one before, which had these."""
    expected, found = version + 1, cast("object", record.version)
    if not isinstance(found, int):
        return Bad(record.stream, expected, f"its version {found!r} is no number")
    if record.version > expected:
        why = f"version {expected} is missing before it"
    elif record.version < expected:
        why = f"it comes after version {version}"
    elif record.previous != before:
        why = "it does not follow from the event before it: their hashes do not meet"
    elif _resealed(record) != record.hash:
        why = "its content is not what was sealed: the hash differs"
    else:
        why = f"its position {record.position} is not beyond {position}, its predecessor's"
    return Bad(record.stream, record.version, why)


def _misplacement(shard: object, in_shard: int | None, begins: bool) -> str:
    if shard != in_shard:
        return f"it stands in shard {shard}, but its dossier is in shard {in_shard}"
    said = "is not marked as" if begins else "is marked as, but is not,"
    return f"it {said} the first event of its command"


def _shard(stream: object) -> int | None:
    """None for a name that is no text, which somebody put there: its events cannot hold."""
    return shard_of(stream) if isinstance(stream, str) else None


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


def _sealed(private: bytes, payload: bytes) -> bool:
    """Private text may have been destroyed, but not changed or put there later."""
    try:
        found = hashlib.sha256(private).hexdigest()
    except TypeError:
        return False
    return private_digest(payload) == found


def verify_stream(log: Log, code: str, last_hash: str | None = None) -> Verdict:
    """One dossier. `last_hash` (hex): what its last event had when it was last seen.

    A dossier that does not exist has no events and is not ok. Raises StoreError.
    """
    chain, hashes, bad = Chain(), set[str](), None
    for placed in log.placed(code):
        bad = chain.add(placed)
        if bad is not None:
            break
        hashes.update(record.hash.hex() for record in placed.events)
    if bad is None and chain.events == 0:
        bad = Bad(code, 0, "it has no events")
    if bad is None and last_hash is not None and last_hash.lower() not in hashes:
        bad = Bad(
            code,
            chain.version + 1,
            f"no event has the last known hash: the stream was cut off after version "
            f"{chain.version}, or replaced",
        )
    tip = chain.hash.hex() if chain.events else None
    return Verdict(bad is None, chain.events, bad, tip, chain.private_gone)


def verify_all(log: Log, progress: Progress = lambda count: None) -> Verdict:
    """Every dossier of the store, up to the first event that does not hold."""
    chain = Chain()
    bad: Bad | None = None
    try:
        for placed in log.placed():
            bad = chain.add(placed)
            progress(len(placed.events))
            if bad is not None:
                break
    except StoreDamaged as damage:
        after = f"after {chain.stream} version {chain.version}: " if chain.stream else ""
        bad = Bad("", 0, f"{after}{damage}")
    bad = bad or _emptied(log, chain.streams) or _unreached(log, chain.events)
    return Verdict(bad is None, chain.events, bad, None, chain.private_gone, frozenset(chain.pins))


def _unreached(log: Log, verified: int) -> Bad | None:
    """Events without a version or a stream: no reading by stream ever comes to them."""
    if log.count() <= verified:
        return None
    # Or others have appended meanwhile: those are not astray.
    lost = log.astray()
    return Bad("", 0, f"{lost} of its events have no stream or no version") if lost else None


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
