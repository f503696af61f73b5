"""YAML read safely, with the place of every value, and without YAML's surprises.

What YAML 1.1 would silently turn into something else is kept apart: `no` is not False,
`1.20` is not 1.2, `15:00` is not 900. Such a value becomes a `Misread`, which no field
accepts, so that whoever wanted text is told to quote it. Aliases, tags, tabs, duplicate
keys, deep nesting and big files are refused before they can do harm.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Literal, TypeAlias

import msgspec
import yaml
from yaml.resolver import Resolver

MAX_BYTES = 1_000_000
MAX_DEPTH = 24

Loc: TypeAlias = tuple[str | int, ...]
"""A way from the top of a file to a value: mapping keys and sequence indices."""


class Problem(msgspec.Struct, frozen=True):
    """Something wrong in a file. `line` and `column` count from 1; `field` is dotted."""

    file: str
    line: int
    column: int
    field: str
    message: str
    severity: Literal["error", "warning"] = "error"

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}:{self.column}"
        return f"{where}: {self.severity}: {self.field + ': ' if self.field else ''}{self.message}"


class Mark(msgspec.Struct, frozen=True):
    """Where a value stands and how it was written (a scalar's text, else "")."""

    line: int
    column: int
    text: str = ""


class Misread(msgspec.Struct, frozen=True):
    """A plain scalar that YAML 1.1 reads as something other than what it looks like."""

    text: str
    kind: str


class Source(msgspec.Struct):
    """One file as plain values, the mark of each, and what was wrong with it."""

    file: str
    value: object
    marks: dict[Loc, Mark]
    keys: dict[Loc, Mark]
    problems: list[Problem]

    def key_mark(self, loc: Loc) -> Mark:
        """Where the key of the value at `loc` stands; a value without one stands itself."""
        found, mark = self.nearest(loc)
        return self.keys.get(found, mark)

    def nearest(self, loc: Loc) -> tuple[Loc, Mark]:
        """The mark at `loc`, passing over the parts of it that the file does not have."""
        found: Loc = ()
        for part in loc:
            if (*found, part) in self.marks:
                found = (*found, part)
        return found, self.marks.get(found, Mark(1, 1))

    def problem(
        self,
        loc: Loc,
        message: str,
        severity: Literal["error", "warning"] = "error",
        at_key: bool = False,
    ) -> Problem:
        mark = self.key_mark(loc) if at_key else self.nearest(loc)[1]
        return Problem(self.file, mark.line, mark.column, dotted(loc), message, severity)


def dotted(loc: Loc) -> str:
    """("steps", "sign", "then", 0) as "steps.sign.then[0]"."""
    text = ""
    for part in loc:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


class _Refused(Exception):
    """The file cannot be read any further."""

    def __init__(self, line: int, column: int, message: str) -> None:
        super().__init__(message)
        self.line, self.column, self.message = line, column, message


def read_source(path: Path) -> Source:
    """The file's values and marks. Never raises for what is in the file: see `problems`."""
    source = Source(str(path), None, {}, {}, [])
    try:
        text = _text(path)
        _Composer(text, source).compose()
    except _Refused as refusal:
        source.problems.append(
            Problem(source.file, refusal.line, refusal.column, "", refusal.message)
        )
    return source


def _text(path: Path) -> str:
    try:
        if not path.is_file():
            raise _Refused(1, 1, "there is no such file")
        size = path.stat().st_size
        if size > MAX_BYTES:
            megabytes = size / 1_000_000
            raise _Refused(1, 1, f"the file has {megabytes:.1f} MB; at most 1 MB is read")
        raw = path.read_bytes()
    except OSError as error:
        raise _Refused(1, 1, f"the file cannot be read: {error.strerror}") from error
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start]
        column = error.start - before.rfind(b"\n")
        line = before.count(b"\n") + 1
        raise _Refused(line, column, "the file is not UTF-8 from here on") from error
    for number, line_text in enumerate(text.splitlines(), 1):
        if "\t" in line_text:
            column = line_text.index("\t") + 1
            raise _Refused(number, column, "a tab: indent and separate with spaces")
    return text


class _Composer:
    """Builds values from parser events, one at a time, so that nothing is ever expanded."""

    def __init__(self, text: str, source: Source) -> None:
        self._events: Iterator[yaml.Event] = iter(yaml.parse(text, Loader=yaml.CSafeLoader))
        self._source = source
        self._resolver = Resolver()

    def compose(self) -> None:
        try:
            self._document()
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
            problem = " ".join(filter(None, (error.context, error.problem)))
            raise _Refused(line, column, f"this is not YAML: {problem}") from error
        except yaml.YAMLError as error:
            raise _Refused(1, 1, f"this is not YAML: {error}") from error

    def _document(self) -> None:
        documents = 0
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise _at(event, "a second document ('---') begins: one file, one document")
            elif isinstance(event, yaml.NodeEvent):
                self._source.value = self._node(event, ())
        if not documents:
            raise _Refused(1, 1, "the file is empty")

    def _node(self, event: yaml.NodeEvent, loc: Loc) -> object:
        if isinstance(event, yaml.AliasEvent):
            raise _at(event, f"an alias (*{event.anchor}): write the value out")
        if event.anchor:
            raise _at(event, f"an anchor (&{event.anchor}): write the value out where it is used")
        if getattr(event, "tag", None):
            raise _at(event, f"a tag ({event.tag}): write the plain value")  # type: ignore[attr-defined]
        if len(loc) > MAX_DEPTH:
            raise _at(event, f"nested more than {MAX_DEPTH} deep")
        text = event.value if isinstance(event, yaml.ScalarEvent) else ""
        self._source.marks.setdefault(loc, Mark(*_place(event), text))
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(loc)
        return self._mapping(loc)

    def _sequence(self, loc: Loc) -> list[object]:
        items: list[object] = []
        for event in self._events:
            if isinstance(event, yaml.SequenceEndEvent):
                break
            assert isinstance(event, yaml.NodeEvent)
            items.append(self._node(event, (*loc, len(items))))
        return items

    def _mapping(self, loc: Loc) -> dict[str, object]:
        entries: dict[str, object] = {}
        for event in self._events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            key = self._key(event, loc)
            value_event = next(self._events)
            assert isinstance(value_event, yaml.NodeEvent)
            if key in entries:
                first = self._source.keys[(*loc, key)].line
                message = f"the key {key!r} is there twice, first in line {first}"
                self._complain((*loc, key), event, message)
                self._node(value_event, (*loc, f"{key} (again)"))
                continue
            self._source.keys[(*loc, key)] = Mark(*_place(event), key)
            entries[key] = self._node(value_event, (*loc, key))
        return entries

    def _key(self, event: yaml.Event, loc: Loc) -> str:
        if isinstance(event, yaml.AliasEvent):
            raise _at(event, f"an alias (*{event.anchor}): write the value out")
        if not isinstance(event, yaml.ScalarEvent):
            raise _at(event, "a key must be a single word or text")
        if event.anchor or event.tag:
            raise _at(event, "a key must have no anchor and no tag")
        if not isinstance(self._scalar(event), str):
            kind = self._kind(event)
            message = f"the key `{event.value}` would be read as {kind}: quote it"
            self._complain((*loc, event.value), event, message)
        return str(event.value)

    def _scalar(self, event: yaml.ScalarEvent) -> object:
        text, kind = event.value, self._kind(event)
        if kind == "text":
            return text
        if kind == "nothing":
            return None
        if text in ("true", "false"):
            return text == "true"
        if kind == "a whole number" and re.fullmatch(r"-?(0|[1-9][0-9]*)", text):
            return int(text)
        if kind == "a date" and re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            try:
                return date.fromisoformat(text)
            except ValueError:
                return Misread(text, "a date that does not exist")
        return Misread(text, kind)

    def _kind(self, event: yaml.ScalarEvent) -> str:
        """What YAML 1.1 takes the scalar for, in words."""
        if not event.implicit[0]:
            return "text"
        tag = self._resolver.resolve(  # type: ignore[no-untyped-call]
            yaml.ScalarNode, event.value, (True, False)
        )
        if ":" in event.value and str(tag).endswith((":int", ":float")):
            return "a number in base 60"
        return _KINDS.get(str(tag).rpartition(":")[2], "something else")

    def _complain(self, loc: Loc, event: yaml.Event, message: str) -> None:
        problem = Problem(self._source.file, *_place(event), dotted(loc), message)
        self._source.problems.append(problem)


_KINDS = {
    "str": "text",
    "null": "nothing",
    "bool": "true or false",
    "int": "a whole number",
    "float": "a number",
    "timestamp": "a date",
    "merge": "a merge key",
}


def _place(event: yaml.Event) -> tuple[int, int]:
    mark = event.start_mark
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)


def _at(event: yaml.Event, message: str) -> _Refused:
    return _Refused(*_place(event), message)
