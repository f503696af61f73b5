"""The golden files: whole lives of dossiers, and every event type in bytes. Only ever added to.

A history is one line for each event with its envelope, and a last line with the dossier at the
end. A corpus file is one line for each sample of one event type and schema version.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from engine.core.dossier import Dossier
from schemas.codec import dumps, loads
from schemas.envelope import Recorded

HERE = Path(__file__).parent
HISTORIES = sorted((HERE / "histories").glob("*.jsonl"))
CORPUS = sorted((HERE / "corpus").glob("*.jsonl"))

HEX = ("event_id", "command_id", "correlation", "previous", "hash")
TEXT = ("payload", "private")


class History(msgspec.Struct, frozen=True):
    """One golden dossier: its events, and the dossier they must lead to, as plain values."""

    records: list[Recorded]
    end: dict[str, Any]


class Sample(msgspec.Struct, frozen=True):
    """The exact bytes of one event."""

    payload: bytes
    private: bytes | None


def history_text(records: Iterable[Recorded], end: Dossier) -> bytes:
    lines = [dumps(_line(record)) for record in records]
    return b"\n".join([*lines, dumps({"end": plain(end)})]) + b"\n"


def read_history(path: Path) -> History:
    *lines, last = path.read_bytes().splitlines()
    return History([_record(loads(line)) for line in lines], loads(last)["end"])


def corpus_text(samples: Iterable[tuple[bytes, bytes | None]]) -> bytes:
    lines = [
        dumps({"payload": payload.decode(), "private": private.decode() if private else None})
        for payload, private in samples
    ]
    return b"\n".join(lines) + b"\n"


def read_corpus(path: Path) -> tuple[str, int, list[Sample]]:
    """The type and schema version that a file's name says, and its samples."""
    type_, _, version = path.stem.rpartition(".v")
    bodies = [loads(line) for line in path.read_bytes().splitlines()]
    samples = [
        Sample(body["payload"].encode(), body["private"] and body["private"].encode())
        for body in bodies
    ]
    return type_, int(version), samples


def plain(dossier: Dossier) -> dict[str, Any]:
    """The dossier as a file has it."""
    found: dict[str, Any] = loads(dumps(dossier))
    return found


def _line(record: Recorded) -> dict[str, Any]:
    line = {name: getattr(record, name) for name in Recorded.__struct_fields__}
    for name in HEX:
        line[name] = line[name].hex()
    for name in TEXT:
        line[name] = line[name] and line[name].decode()
    del line["position"]
    return line


def _record(line: dict[str, Any]) -> Recorded:
    fields = dict(line)
    for name in HEX:
        fields[name] = bytes.fromhex(fields[name])
    for name in TEXT:
        fields[name] = fields[name] and fields[name].encode()
    return Recorded(**fields)
