"""The lines of a submitted file: read, checked for shape, made into commands.

Nothing here asks what the rules say; that is for the engine, in order, when it is applied.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator
from datetime import datetime
from io import StringIO
from pathlib import Path
from typing import Any

import msgspec

from app.acts.fields import Wrong, act_named, make
from app.house import House
from app.times import parse_moment
from app.trouble import BadInput
from engine.ids import parse_id
from schemas.codec import loads
from schemas.commands import Command
from schemas.sentence import did_you_mean

OPENS = frozenset({"register", "receive"})
NAMES = ("act", "as", "dossier", "leg", "at", "command_id", "procedure", "agency")
"""What a line says beside the fields of its act."""

MAX_BYTES = 256 * 1024 * 1024


class Problem(msgspec.Struct, frozen=True):
    """What is wrong with a line. `line` counts from 1."""

    file: str
    line: int
    field: str
    message: str


class Line(msgspec.Struct, frozen=True):
    """One act of a file. `dossier`: a code, or the label of a dossier that the file opens."""

    number: int
    dossier: str
    opens: bool
    command: Command
    command_id: bytes
    at: datetime | None


def read(file: Path, house: House) -> tuple[list[Line], list[Problem]]:
    """The lines of a file, and everything that is wrong with any of them.

    A line without a command id gets one from the digest of the file and its number, so that
    the same file sent again says the same commands. Raises BadInput for a file that is neither
    JSONL nor CSV in UTF-8, and for one without acts.
    """
    content = _content(file)
    digest = hashlib.sha256(content).digest()
    reader = _Reader(str(file), digest, house)
    text = _text(file, content)
    rows = _csv(reader, text) if file.suffix.lower() == ".csv" else _jsonl(reader, text)
    for number, row in rows:
        reader.take(number, row)
    if not reader.lines and not reader.problems:
        raise BadInput(f"There are no acts in {file}.")
    return reader.lines, reader.problems


def _content(file: Path) -> bytes:
    if file.stat().st_size > MAX_BYTES:
        raise BadInput(f"{file}: larger than {MAX_BYTES >> 20} MiB; submit it in parts")
    return file.read_bytes()


def _text(file: Path, content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        number = content[: error.start].count(b"\n") + 1
        raise BadInput(f"{file}:{number}: this is not UTF-8 text") from None


def _jsonl(reader: _Reader, text: str) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, written in enumerate(text.split("\n"), 1):
        if not written.strip():
            continue
        try:
            row = loads(written)
        except ValueError as error:
            reader.wrong(number, "", f"not JSON: {error}")
            continue
        if isinstance(row, dict):
            yield number, row
        else:
            reader.wrong(number, "", "not a JSON object")


def _csv(reader: _Reader, text: str) -> Iterator[tuple[int, dict[str, Any]]]:
    rows = csv.reader(StringIO(text, newline=""), strict=True)
    try:
        header = [name.strip() for name in next(rows, [])]
        if missing := {"act", "as"} - set(header):
            reader.wrong(1, sorted(missing)[0], "the first line names the columns: this one"
                         " is missing")  # fmt: skip
            return
        for cells in rows:
            if not any(cells):
                continue
            if len(cells) > len(header):
                reader.wrong(rows.line_num, "", f"{len(cells)} cells, but {len(header)} columns")
                continue
            # An empty cell says nothing; a row has every column of every act.
            yield rows.line_num, {n: c for n, c in zip(header, cells, strict=False) if c.strip()}
    except csv.Error as error:
        reader.wrong(rows.line_num, "", f"not CSV: {error}")


class _Reader:
    """Checks line after line, remembering what the file has opened."""

    def __init__(self, file: str, digest: bytes, house: House) -> None:
        self.file, self.digest, self.house = file, digest, house
        self.lines: list[Line] = []
        self.problems: list[Problem] = []
        self._labels: dict[str, frozenset[str]] = {}
        self._ids: dict[bytes, int] = {}
        self._known: dict[str, frozenset[str] | None] = {}
        self._officers = {each.id for each in house.law.organisation.officers()}
        self._agencies = {each.id for each in house.law.organisation.agencies()}
        self._asked: dict[str, frozenset[str]] = {}
        for procedure in house.law.procedures():
            facts = frozenset(house.law.outline(procedure.key).facts)
            self._asked[procedure.id] = self._asked.get(procedure.id, frozenset()) | facts

    def wrong(self, number: int, field: str, message: str) -> None:
        self.problems.append(Problem(self.file, number, field, str(message)))

    def take(self, number: int, row: dict[str, Any]) -> None:
        before = len(self.problems)
        said = {name: self._string(number, row, name) for name in NAMES}
        fields = {name: value for name, value in row.items() if name not in NAMES}
        act = self._act(number, said["act"])
        self._officer(number, said["as"])
        at = self._moment(number, said["at"])
        command_id = self._command_id(number, said["command_id"])
        if act is None:
            return
        fixed: dict[str, Any] = {"actor": said["as"] or "", "leg": said["leg"] or ""}
        asked = self._opening(number, said, fixed) if act in OPENS else self._later(number, said)
        command: Command | None = None
        try:
            command = make(act, fields, asked, **fixed)
        except Wrong as wrong:
            for field, message in wrong.problems:
                self.wrong(number, field, message)
        if command is not None and len(self.problems) == before:
            dossier = said["dossier"] or f"line {number}"
            opens = act in OPENS and not self._exists(dossier)
            self.lines.append(Line(number, dossier, opens, command, command_id, at))

    def _string(self, number: int, row: dict[str, Any], name: str) -> str | None:
        value = row.get(name)
        if value is None or value == "":
            return None
        if not isinstance(value, str):
            self.wrong(number, name, f"{value!r} is not a text")
            return None
        return value.strip()

    def _act(self, number: int, word: str | None) -> str | None:
        if word is None:
            self.wrong(number, "act", "is missing")
            return None
        try:
            return act_named(word)
        except Wrong as wrong:
            self.wrong(number, "act", wrong.problems[0][1])
            return None

    def _officer(self, number: int, officer: str | None) -> None:
        if officer is None:
            self.wrong(number, "as", "is missing: who does it")
        elif officer not in self._officers:
            guess = did_you_mean(officer, self._officers)
            self.wrong(number, "as", f"there is no officer {officer!r}{guess}")

    def _moment(self, number: int, text: str | None) -> datetime | None:
        try:
            return None if text is None else parse_moment(text)
        except ValueError as error:
            self.wrong(number, "at", str(error))
            return None

    def _command_id(self, number: int, text: str | None) -> bytes:
        found = hashlib.sha256(self.digest + number.to_bytes(8)).digest()[:16]
        if text is not None:
            try:
                found = parse_id(text)
            except ValueError:
                self.wrong(number, "command_id", f"{text!r} is no UUID")
        if found in self._ids:
            self.wrong(number, "command_id", f"is that of line {self._ids[found]} too")
        self._ids[found] = number
        return found

    def _opening(
        self, number: int, said: dict[str, str | None], fixed: dict[str, Any]
    ) -> frozenset[str]:
        procedure, agency, label = said["procedure"], said["agency"], said["dossier"]
        asked = frozenset[str]()
        for name, value, known in (
            ("procedure", procedure, set(self._asked)),
            ("agency", agency, self._agencies),
        ):
            if value is None:
                self.wrong(number, name, "is missing")
            elif value not in known:
                guess = did_you_mean(value, known)
                self.wrong(number, name, f"there is no {name} {value!r}{guess}")
            else:
                fixed[name] = value
        if procedure in self._asked:
            asked = self._asked[procedure]
        fixed.setdefault("procedure", "")
        fixed.setdefault("agency", "")
        if label is not None and label in self._labels:
            if said["act"] != "receive":
                self.wrong(number, "dossier", f"{label!r} is opened by an earlier line")
        elif label is not None:
            if not label.startswith("#") and self._facts_of(label) is None:
                self.wrong(number, "dossier", f"{label!r}: write a label for a new dossier as #1")
            self._labels[label] = asked
        return asked

    def _later(self, number: int, said: dict[str, str | None]) -> frozenset[str]:
        for name in ("procedure", "agency"):
            if said[name] is not None:
                self.wrong(number, name, f"only what opens a dossier has one, not {said['act']}")
        dossier = said["dossier"]
        if dossier is None:
            self.wrong(number, "dossier", "is missing: a code, or the label of an earlier line")
            return frozenset()
        if dossier in self._labels:
            return self._labels[dossier]
        if dossier.startswith("#"):
            guess = did_you_mean(dossier, self._labels)
            self.wrong(number, "dossier", f"no earlier line opens {dossier!r}{guess}")
            return frozenset()
        found = self._facts_of(dossier)
        if found is None:
            message = self.house.unknown(dossier)
            self.wrong(number, "dossier", message[0].lower() + message[1:])
        return found or frozenset()

    def _exists(self, dossier: str) -> bool:
        return self._known.get(dossier) is not None

    def _facts_of(self, code: str) -> frozenset[str] | None:
        """The facts that a stored dossier's procedure asks about; None when there is none."""
        if code not in self._known:
            folded = self.house.runtime.current(code)
            found = None
            if folded.version:
                found = frozenset(self.house.law.outline(folded.dossier.procedure).facts)
            self._known[code] = found
        return self._known[code]
