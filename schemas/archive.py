"""A subscriber's archive held against the published manifests: what is missing, repeated, altered.

An archive is JSON lines, in any order, each a message as it came from the events topic:

    {"key": "...", "headers": {"ce_id": "...", ...}, "value": "<the payload, exactly>"}

`key` and `partition` and whatever else stands there may be left out; the headers say it all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

import msgspec

from schemas.cloudevents import BadMessage, Message, from_message
from schemas.codec import dumps, loads
from schemas.envelope import GENESIS, Recorded, shard_of
from schemas.manifests import START, Manifest, rolled


class Finding(msgspec.Struct, frozen=True):
    """Something that is not as it was published. `kind`: missing, repeated, altered, foreign
    (never published), manifest (the manifests themselves do not follow one another).

    `line` of the archive, 0 where there is none; `version` 0: the dossier or shard as a whole.
    """

    kind: str
    code: str
    version: int
    why: str
    line: int = 0
    shard: int | None = None


class Audit(msgspec.Struct, frozen=True):
    """`events`: different ones in the archive; `covered`: of these, by manifests that hold.
    `up_to`: for each shard, the sequence up to which the archive is complete and unaltered."""

    events: int
    covered: int
    up_to: dict[int, int]
    findings: list[Finding]

    @property
    def ok(self) -> bool:
        """Whether nothing is missing or altered. What is only repeated does no harm."""
        return all(each.kind == "repeated" for each in self.findings)


class _Kept(NamedTuple):
    sequence: int
    hash: bytes
    previous: bytes
    code: str
    version: int
    line: int


def archived(message: Message) -> bytes:
    """A message as a line of an archive, with its line feed."""
    value = None if message.value is None else message.value.decode()
    key = None if message.key is None else message.key.decode()
    headers = {name: text.decode() for name, text in message.headers}
    return dumps({"key": key, "headers": headers, "value": value}) + b"\n"


def audit(lines: Iterable[bytes], manifests: Iterable[Manifest]) -> Audit:
    """Holds the lines of an archive against the manifests of the same house.

    Keeps some 200 bytes for each event in memory.
    """
    findings: list[Finding] = []
    kept = _Archive(findings)
    for number, line in enumerate(lines, 1):
        if line.strip():
            kept.add(number, line)
    by_shard: dict[int, list[Manifest]] = {}
    for manifest in manifests:
        by_shard.setdefault(manifest.shard, []).append(manifest)
    up_to: dict[int, int] = {}
    covered = 0
    for shard in sorted(by_shard.keys() | {shard_of(code) for code, _ in kept.events}):
        series = _Series(shard, kept.of_shard(shard), findings)
        for manifest in _in_turn(by_shard.get(shard, []), shard, findings):
            series.hold(manifest)
        series.rest()
        covered += series.covered
        up_to[shard] = series.up_to
    order = {"manifest": 0, "missing": 1, "altered": 2, "foreign": 3, "repeated": 4}
    findings.sort(key=lambda each: (order[each.kind], each.code, each.version, each.line))
    return Audit(len(kept.events), covered, up_to, findings)


class _Archive:
    """The events of an archive, each once, by dossier and version."""

    def __init__(self, findings: list[Finding]) -> None:
        self.events: dict[tuple[str, int], _Kept] = {}
        self._findings = findings

    def add(self, number: int, line: bytes) -> None:
        try:
            event = _event(line)
        except (BadMessage, ValueError) as error:
            code, version = _said(line)
            self._findings.append(Finding("altered", code, version, str(error), number))
            return
        place = event.stream, event.version
        kept = _Kept(event.position, event.hash, event.previous, *place, number)
        before = self.events.setdefault(place, kept)
        if before is not kept:
            same = before.hash == kept.hash
            why = f"it is in line {before.line} already" + ("" if same else ", with other content")
            self._findings.append(Finding("repeated" if same else "altered", *place, why, number))

    def of_shard(self, shard: int) -> list[_Kept]:
        return sorted(each for each in self.events.values() if shard_of(each.code) == shard)


class _Series:
    """One shard's events against its manifests, one after the other."""

    def __init__(self, shard: int, events: list[_Kept], findings: list[Finding]) -> None:
        self.shard = shard
        self.covered = self.up_to = 0
        self._events = events
        self._at = 0
        self._heads: dict[str, int] = {}
        self._last: dict[str, _Kept] = {}
        self._findings = findings
        self._whole = True

    def hold(self, manifest: Manifest) -> None:
        self._foreign(self._until(manifest.first - 1), "lies between two manifests")
        found = self._until(manifest.last)
        previous = bytes.fromhex(manifest.previous)
        if rolled(previous, (each.hash for each in found)).hex() == manifest.hash:
            self.covered += len(found)
            self._whole = self._whole and len(found) == manifest.count
            if self._whole:
                self.up_to = manifest.last
        else:
            self._whole = False
            self._differs(manifest, found)
        self._heads.update(manifest.heads)
        self._last.update({each.code: each for each in found})

    def rest(self) -> None:
        """What came after the last manifest: only its gaps can be told."""
        for each in self._events[self._at :]:
            known = self._heads.get(each.code, 0)
            for version in range(known + 1, each.version):
                self._find("missing", each.code, version, "a later event of its dossier is there")
            self._heads[each.code] = max(known, each.version)

    def _until(self, sequence: int) -> list[_Kept]:
        start = self._at
        while self._at < len(self._events) and self._events[self._at].sequence <= sequence:
            self._at += 1
        return self._events[start : self._at]

    def _differs(self, manifest: Manifest, found: list[_Kept]) -> None:
        """Names what makes the hash differ: what should be there and is not, what is and should
        not be, and what does not follow from the event before it."""
        where = f"manifest {manifest.number} of shard {self.shard}"
        there = {(each.code, each.version): each for each in found}
        named = False
        for code, head in manifest.heads.items():
            for version in range(self._heads.get(code, 0) + 1, head + 1):
                if there.pop((code, version), None) is None:
                    self._find("missing", code, version, f"{where} has it")
                    named = True
        named = self._foreign(there.values(), f"is not in {where}") or named
        for each in found:
            if each.previous != self._hash_before(each):
                why = "it does not follow from the event before it"
                self._find("altered", each.code, each.version, why, each.line)
                named = True
            self._last[each.code] = each
        if not named:
            self._find("altered", "", 0, f"{where}: its {manifest.count} events are not those here")

    def _hash_before(self, event: _Kept) -> bytes:
        """What its `previoushash` has to be; its own word for it where that event is missing."""
        if event.version == 1:
            return GENESIS
        last = self._last.get(event.code)
        return last.hash if last and last.version == event.version - 1 else event.previous

    def _foreign(self, events: Iterable[_Kept], why: str) -> bool:
        found = list(events)
        for each in found:
            self._find("foreign", each.code, each.version, f"it {why}", each.line)
        return bool(found)

    def _find(self, kind: str, code: str, version: int, why: str, line: int = 0) -> None:
        self._findings.append(Finding(kind, code, version, why, line, self.shard))


def _in_turn(manifests: list[Manifest], shard: int, findings: list[Finding]) -> Iterator[Manifest]:
    """A shard's manifests, each once, as far as they follow one another."""
    number, last, rolling = 0, 0, START.hex()
    once = {each.number: each for each in manifests}
    for manifest in sorted(manifests, key=lambda each: each.number):
        if once[manifest.number] != manifest:
            why = f"there are two different manifests {manifest.number} of shard {shard}"
            findings.append(Finding("manifest", "", 0, why, shard=shard))
            return
        if manifest.number == number:
            continue
        if manifest.number != number + 1:
            why = f"manifest {number + 1} of shard {shard} is missing"
        elif manifest.previous != rolling or manifest.first <= last:
            why = f"manifest {manifest.number} of shard {shard} does not follow from the one before"
        else:
            number, last, rolling = manifest.number, manifest.last, manifest.hash
            yield manifest
            continue
        findings.append(Finding("manifest", "", 0, why, shard=shard))
        return


def _event(line: bytes) -> Recorded:
    said = loads(line)
    headers = said.get("headers") if isinstance(said, dict) else None
    value = said.get("value") if isinstance(said, dict) else None
    if not isinstance(headers, dict) or not isinstance(value, str):
        raise ValueError("it is no message: headers as an object and value as a text are needed")
    named = tuple((str(name), str(text).encode()) for name, text in headers.items())
    key = said.get("key", headers.get("ce_subject"))
    return from_message(Message(str(key).encode(), value.encode(), named, 0))


def _said(line: bytes) -> tuple[str, int]:
    """The dossier and version that a line claims to be about, as far as it can be read."""
    try:
        headers: Mapping[str, object] = loads(line)["headers"]
        return str(headers["ce_subject"]), int(str(headers["ce_streamversion"]))
    except (ValueError, KeyError, TypeError):
        return "", 0
