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

from schemas.sentence import Sentence
from workflows.yaml_words import CONTROL, NOTICED_LATE, said

MAX_BYTES = 1_000_000
MAX_DEPTH = 24
MAX_VALUES = 10_000
"""In one file; the largest that is shipped has six hundred."""

MAX_PROBLEMS = 100
"""Told of how a file is written; who gets so many has sent something else."""

MAX_DIGITS = 15
"""Of a whole number: Python refuses to read one of thousands."""

Loc: TypeAlias = tuple[str | int, ...]
"""A way from the top of a file to a value: mapping keys and sequence indices."""


TEXT, NOTHING, TRUTH = Sentence("text"), Sentence("nothing"), Sentence("true or false")
WHOLE_NUMBER, DATE = Sentence("a whole number"), Sentence("a date")
ELSE = Sentence("something else")
"""What YAML takes a value for."""


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
    kind: Sentence


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

    def __init__(self, line: int, column: int, message: Sentence) -> None:
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
        if not path.exists():
            raise _Refused(1, 1, Sentence("there is no such file"))
        if not path.is_file():
            raise _Refused(1, 1, Sentence("it is no file"))
        size = path.stat().st_size
        if size > MAX_BYTES:
            message = Sentence(
                "the file has %(size)s MB; at most 1 MB is read", size=f"{size / 1_000_000:.1f}"
            )
            raise _Refused(1, 1, message)
        raw = path.read_bytes()
    except OSError as error:
        message = Sentence("the file cannot be read: %(why)s", why=error.strerror)
        raise _Refused(1, 1, message) from error
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start]
        column = error.start - before.rfind(b"\n")
        line = before.count(b"\n") + 1
        raise _Refused(line, column, Sentence("the file is not UTF-8 from here on")) from error
    for number, line_text in enumerate(text.splitlines(), 1):
        if "\t" in line_text:
            column = line_text.index("\t") + 1
            raise _Refused(number, column, Sentence("a tab: indent and separate with spaces"))
        if control := CONTROL.search(line_text):
            message = Sentence("a control character, which no text has in it")
            raise _Refused(number, control.start() + 1, message)
    return text


class _Composer:
    """Builds values from parser events, one at a time, so that nothing is ever expanded."""

    def __init__(self, text: str, source: Source) -> None:
        self._events: Iterator[yaml.Event] = iter(yaml.parse(text, Loader=yaml.CSafeLoader))
        self._source = source
        self._values = 0
        self._resolver = Resolver()

    def compose(self) -> None:
        try:
            self._document()
        except yaml.MarkedYAMLError as error:
            raise _unreadable(error) from error
        except yaml.YAMLError as error:
            message = Sentence("this is not YAML: %(problem)s", problem=error)
            raise _Refused(1, 1, message) from error

    def _document(self) -> None:
        documents = 0
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    message = Sentence("a second document ('---') begins: one file, one document")
                    raise _at(event, message)
            elif isinstance(event, yaml.NodeEvent):
                self._source.value = self._node(event, ())
        if not documents:
            raise _Refused(1, 1, Sentence("the file is empty"))

    def _node(self, event: yaml.NodeEvent, loc: Loc) -> object:
        if isinstance(event, yaml.AliasEvent):
            raise _at(event, _alias(event))
        if event.anchor:
            message = Sentence("an anchor (&%(name)s): write the value out where it is used",
                               name=event.anchor)  # fmt: skip
            raise _at(event, message)
        if getattr(event, "tag", None):
            tag = event.tag  # type: ignore[attr-defined]
            raise _at(event, Sentence("a tag (%(tag)s): write the plain value", tag=tag))
        if len(loc) > MAX_DEPTH:
            raise _at(event, Sentence("nested more than %(most)s deep", most=MAX_DEPTH))
        self._values += 1
        if self._values > MAX_VALUES:
            message = Sentence("more than %(most)s values in one file", most=f"{MAX_VALUES:,}")
            raise _at(event, message)
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
                message = Sentence(
                    "the key %(key)r is there twice, first in line %(line)s", key=key, line=first
                )
                self._complain((*loc, key), event, message)
                self._node(value_event, (*loc, f"{key} (again)"))
                continue
            self._source.keys[(*loc, key)] = Mark(*_place(event), key)
            entries[key] = self._node(value_event, (*loc, key))
        return entries

    def _key(self, event: yaml.Event, loc: Loc) -> str:
        if isinstance(event, yaml.AliasEvent):
            raise _at(event, _alias(event))
        if not isinstance(event, yaml.ScalarEvent):
            raise _at(event, Sentence("a key must be a single word or text"))
        if event.anchor or event.tag:
            raise _at(event, Sentence("a key must have no anchor and no tag"))
        if not isinstance(self._scalar(event), str):
            message = Sentence("the key `%(key)s` would be read as %(kind)s: quote it",
                               key=event.value, kind=self._kind(event))  # fmt: skip
            self._complain((*loc, event.value), event, message)
        return str(event.value)

    def _scalar(self, event: yaml.ScalarEvent) -> object:
        text, kind = event.value, self._kind(event)
        if kind is TEXT:
            return text
        if kind is NOTHING:
            return None
        if text in ("true", "false"):
            return text == "true"
        if kind is WHOLE_NUMBER and _WHOLE.fullmatch(text):
            return int(text)
        if kind is DATE and re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            try:
                return date.fromisoformat(text)
            except ValueError:
                return Misread(text, Sentence("a date that does not exist"))
        return Misread(text, kind)

    def _kind(self, event: yaml.ScalarEvent) -> Sentence:
        """What YAML 1.1 takes the scalar for, in words."""
        if not event.implicit[0]:
            return TEXT
        tag = self._resolver.resolve(  # type: ignore[no-untyped-call]
            yaml.ScalarNode, event.value, (True, False)
        )
        if ":" in event.value and str(tag).endswith((":int", ":float")):
            return Sentence("a number in base 60")
        return _KINDS.get(str(tag).rpartition(":")[2], ELSE)

    def _complain(self, loc: Loc, event: yaml.Event, message: Sentence) -> None:
        if len(self._source.problems) >= MAX_PROBLEMS:
            message = Sentence(
                "more than %(most)s things are wrong in this file", most=MAX_PROBLEMS
            )
            raise _at(event, message)
        problem = Problem(self._source.file, *_place(event), dotted(loc), message)
        self._source.problems.append(problem)


_WHOLE = re.compile(rf"-?(0|[1-9][0-9]{{0,{MAX_DIGITS - 1}}})")

_KINDS = {
    "str": TEXT,
    "null": NOTHING,
    "bool": TRUTH,
    "int": WHOLE_NUMBER,
    "float": Sentence("a number"),
    "timestamp": DATE,
    "merge": Sentence("a merge key"),
}


def _place(event: yaml.Event) -> tuple[int, int]:
    mark = event.start_mark
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)


def _unreadable(error: yaml.MarkedYAMLError) -> _Refused:
    problem, context = error.problem or "", error.context or ""
    mark = error.problem_mark or error.context_mark
    if problem in NOTICED_LATE and error.context_mark:
        mark = error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    return _Refused(line, column, said(problem, context, line, column))


def _alias(event: yaml.AliasEvent) -> Sentence:
    return Sentence("an alias (*%(name)s): write the value out", name=event.anchor)


def _at(event: yaml.Event, message: Sentence) -> _Refused:
    return _Refused(*_place(event), message)
