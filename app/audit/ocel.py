"""Histories as OCEL 2.0 (JSON): events about dossiers, their legs, agencies and officers.

Events are written as they come; what objects there are is known at the end, so that of each
dossier is kept aside on disk meanwhile, and only agencies and officers in memory.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from functools import cache
from tempfile import SpooledTemporaryFile
from typing import Any, Union, get_args, get_origin, get_type_hints

from app.audit.cases import Case, iso, moment, said
from schemas.codec import dumps
from schemas.envelope import Recorded
from schemas.events import EVENT_TYPES, Event

IN_MEMORY = 8_000_000
"""Bytes of objects before they go to disk."""

Named = dict[str, Any]

EnvelopeAttribute = tuple[str, str]
ENVELOPE: tuple[EnvelopeAttribute, ...] = (
    ("version", "integer"),
    ("recorded_at", "time"),
    ("actor", "string"),
    ("hash", "string"),
)
"""What every event has beside what it says."""

OBJECT_TYPES: dict[str, tuple[EnvelopeAttribute, ...]] = {
    "dossier": (
        ("procedure", "string"),
        ("procedure_version", "string"),
        ("calendar", "string"),
        ("channel", "string"),
        ("appointment", "time"),
        ("verdict", "string"),
    ),
    "leg": (("name", "string"), ("procedure", "string"), ("due", "time"), ("verdict", "string")),
    "agency": (("name", "string"), ("level", "string")),
    "officer": (),
}

TO = {"to_agency": "to", "from_agency": "from"}
PEOPLE = {"to_officer": "to", "from_officer": "from", "officer": "given to"}
"""Field of an event -> how what it names is related to the event."""

Describe = Callable[[str], tuple[str, str]]
"""An agency -> its name and its level; ("", "") for one that never was."""


def ocel(found: Iterable[Case], describe: Describe, people: Callable[[str], bool]) -> Iterator[str]:
    """The document, piece by piece. `people`: whether an actor is an officer."""
    yield '{"objectTypes":' + _text([_of_type(n, a) for n, a in OBJECT_TYPES.items()])
    yield ',"eventTypes":' + _text([_of_type(name, attributes(name)) for name in EVENT_TYPES])
    yield ',"events":['
    agencies: dict[str, str] = {}
    officers: dict[str, tuple[str, str]] = {}
    first, objects = True, 0
    with SpooledTemporaryFile(IN_MEMORY, "w+", encoding="utf-8") as aside:
        for case in found:
            written = []
            for event in case.events:
                written.append(_text(_event(case.code, event, agencies, officers, people)))
            yield ("" if first else ",") + ",\n".join(written)
            first = False
            for each in _objects(case):
                aside.write((",\n" if objects else "") + _text(each))
                objects += 1
        yield '],\n"objects":['
        aside.seek(0)
        while piece := aside.read(65_536):
            yield piece
    for each in _around(agencies, officers, describe):
        yield (",\n" if objects else "") + _text(each)
        objects += 1
    yield "]}\n"


@cache
def attributes(type_: str) -> tuple[EnvelopeAttribute, ...]:
    """The attributes of an event type, from the fields of its class."""
    hints = get_type_hints(EVENT_TYPES[type_])
    names = [each for each in EVENT_TYPES[type_].__struct_fields__ if each != "private"]
    own = [(name, _kind(hints[name])) for name in names]
    return (*ENVELOPE, *own)


def _kind(hint: Any) -> str:
    if get_origin(hint) in (Union, types.UnionType):
        hint = next(each for each in get_args(hint) if each is not type(None))
    return {bool: "boolean", int: "integer", datetime: "time"}.get(hint, "string")


def _of_type(name: str, attributes: Iterable[EnvelopeAttribute]) -> Named:
    return {"name": name, "attributes": [{"name": n, "type": kind} for n, kind in attributes]}


def _event(
    code: str,
    event: Recorded,
    agencies: dict[str, str],
    officers: dict[str, tuple[str, str]],
    people: Callable[[str], bool],
) -> Named:
    at, payload = moment(event.occurred_at), said(event)
    related = [_relation(code, "about")]
    if payload.get("leg"):
        related.append(_relation(leg_id(code, payload["leg"]), "in"))
    places = [(event.agency, "at"), *((payload.get(name), how) for name, how in TO.items())]
    persons = [(event.actor, "by"), (event.on_behalf, "for")]
    persons += [(payload.get(name), how) for name, how in PEOPLE.items()]
    for id_, how in places:
        if id_:
            agencies.setdefault(id_, at)
            related.append(_relation(id_, how))
    for id_, how in persons:
        if id_ and people(id_):
            officers.setdefault(id_, (at, id_.rpartition(".")[0]))
            related.append(_relation(id_, how))
    values = {
        "version": event.version,
        "recorded_at": moment(event.recorded_at),
        "actor": event.actor,
        "hash": event.hash.hex(),
        **payload,
    }
    known = dict(attributes(event.type))
    return {
        "id": event.event_id.hex(),
        "type": event.type,
        "time": at,
        "attributes": [
            {"name": name, "value": _value(value, known[name])}
            for name, value in values.items()
            if name in known
        ],
        "relationships": related,
    }


def _value(value: Any, kind: str) -> str:
    """As text, of which the declared type says how to read it: so the published example has it,
    and readers that want text and readers that go by the type both take it."""
    if kind == "time":
        return iso(datetime.fromisoformat(value))
    return value if isinstance(value, str) else _text(value)


def _objects(case: Case) -> Iterator[Named]:
    """The dossier and its legs, with what changed of them when."""
    changing = _Changing(case.code)
    for event in case.events:
        changing.see(event.event(), moment(event.occurred_at))
    opening, at = case.opening, moment(case.events[0].occurred_at)
    fixed = ("procedure", "procedure_version", "calendar", "channel")
    attributes = [_attribute(name, at, opening[name]) for name in fixed if opening.get(name)]
    yield {
        "id": case.code,
        "type": "dossier",
        "attributes": attributes + changing.of[""],
        "relationships": [_relation(opening["agency"], "received at")],
    }
    for leg, agency in changing.legs.items():
        yield {
            "id": leg_id(case.code, leg),
            "type": "leg",
            "attributes": changing.of[leg],
            "relationships": [_relation(case.code, "part of"), _relation(agency, "run by")],
        }


class _Changing:
    """What has a value at a time: due dates, verdicts."""

    def __init__(self, code: str) -> None:
        self.legs: dict[str, str] = {}
        self.of: dict[str, list[Named]] = {"": []}

    def see(self, event: Event, at: str) -> None:
        match event.type:
            case "leg.opened":
                leg = getattr(event, "leg", "")
                self.legs[leg] = getattr(event, "agency", "")
                self.of.setdefault(leg, []).append(_attribute("name", at, leg))
                if procedure := getattr(event, "procedure", None):
                    self.of[leg].append(_attribute("procedure", at, procedure))
            case "dossier.received" | "dossier.arrived":
                self._due("", getattr(event, "appointment", None), at)
            case "clock.started" | "clock.extended":
                self._due(getattr(event, "leg", ""), getattr(event, "due", None), at)
            case "clock.resumed" | "dossier.resumed":
                for leg, due in getattr(event, "dues", {}).items():
                    self._due(leg, due, at)
            case "clock.ended":
                leg = getattr(event, "leg", "")
                self._add(leg, "verdict", at, getattr(event, "verdict", ""))

    def _due(self, leg: str, due: datetime | None, at: str) -> None:
        if due is not None:
            self._add(leg, "due" if leg else "appointment", at, iso(due))

    def _add(self, leg: str, name: str, at: str, value: str) -> None:
        known = self.of.setdefault(leg, [])
        last = next((each["value"] for each in reversed(known) if each["name"] == name), None)
        if last != value:
            known.append(_attribute(name, at, value))


def _around(
    agencies: dict[str, str], officers: dict[str, tuple[str, str]], describe: Describe
) -> Iterator[Named]:
    """Agencies and officers, from when they are first met."""
    for _, agency in officers.values():
        agencies.setdefault(agency, min(agencies.values(), default="1970-01-01T00:00:00.000Z"))
    for id_, at in agencies.items():
        name, level = describe(id_)
        said_ = (("name", name), ("level", level))
        attributes = [_attribute(key, at, value) for key, value in said_ if value]
        yield {"id": id_, "type": "agency", "attributes": attributes, "relationships": []}
    for id_, (_, agency) in officers.items():
        related = [_relation(agency, "of")]
        yield {"id": id_, "type": "officer", "attributes": [], "relationships": related}


def leg_id(code: str, leg: str) -> str:
    return f"{code}#{leg}"


def _attribute(name: str, at: str, value: str) -> Named:
    return {"name": name, "time": at, "value": value}


def _relation(id_: str, how: str) -> Named:
    return {"objectId": id_, "qualifier": how}


def _text(value: Any) -> str:
    return dumps(value).decode()
