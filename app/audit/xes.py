"""Histories as XES (IEEE 1849-2016): a trace per dossier, for tools that mine processes.

The activity of an event is the step it is about, where there is one, and its lifecycle says what
happened to the step: assigned, started, suspended, completed. Every event also carries its own
type, its version and its hash, so that it can be found in the log again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any
from xml.sax.saxutils import quoteattr

from app.audit.cases import Case, moment, said
from schemas.envelope import Recorded

EXTENSIONS = ("Concept", "Lifecycle", "Organizational", "Time")
PREFIXES = {"Concept": "concept", "Lifecycle": "lifecycle", "Organizational": "org", "Time": "time"}

LIFECYCLE = {
    "handover.offered": "assign",
    "handover.accepted": "start",
    "handover.refused": "reassign",
    "handover.recalled": "reassign",
    "handover.expired": "reassign",
    "step.assigned": "reassign",
    "clock.stopped": "suspend",
    "clock.resumed": "resume",
    "dossier.received": "start",
    "dossier.stopped": "pi_abort",
    "dossier.refused": "pi_abort",
    "withdrawal.asked": "withdraw",
}
"""Event type -> transition of the standard lifecycle; any other completes something."""

OF_A_STEP = ("handover.", "step.", "clock.stopped", "clock.resumed", "dossier.received")
"""Types whose `step` is what they are about, beside those that end a step."""

_NOT_IN_A_KEY = re.compile(r"[^\w.:-]")
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def xes(found: Iterable[Case]) -> Iterator[str]:
    """The document, piece by piece."""
    yield _HEAD
    for case in found:
        yield "".join(_trace(case))
    yield "</log>\n"


def _trace(case: Case) -> Iterator[str]:
    opening = case.opening
    yield "<trace>\n"
    yield _string("concept:name", case.code)
    for name in ("procedure", "procedure_version", "calendar", "agency", "channel"):
        if opening.get(name):
            yield _string(f"dossier:{name}", opening[name])
    for event in case.events:
        yield from _event(event)
    yield "</trace>\n"


def _event(event: Recorded) -> Iterator[str]:
    payload = said(event)
    yield "<event>"
    yield _string("concept:name", activity(event, payload))
    yield _string("lifecycle:transition", LIFECYCLE.get(event.type, "complete"))
    yield _string("org:resource", event.actor)
    yield _string("org:group", event.agency)
    yield f'<date key="time:timestamp" value="{moment(event.occurred_at)}"/>'
    yield f'<date key="recorded_at" value="{moment(event.recorded_at)}"/>'
    yield _string("type", event.type)
    yield f'<int key="version" value="{event.version}"/>'
    yield _string("hash", event.hash.hex())
    if event.on_behalf:
        yield _string("on_behalf", event.on_behalf)
    for name, value in payload.items():
        yield from _attribute(f"event:{name}", value)
    yield "</event>\n"


def activity(event: Recorded, payload: dict[str, Any]) -> str:
    """The step, under its leg ("confirm/check"); else the event's own type."""
    step = payload.get("step")
    if not step or not (payload.get("to") or event.type.startswith(OF_A_STEP)):
        return event.type
    leg = payload.get("leg")
    return f"{leg}/{step}" if leg else str(step)


def _attribute(key: str, value: Any) -> Iterator[str]:
    if isinstance(value, bool):
        yield f'<boolean key="{_key(key)}" value="{str(value).lower()}"/>'
    elif isinstance(value, int):
        yield f'<int key="{_key(key)}" value="{value}"/>'
    elif isinstance(value, str):
        yield _string(key, value)
    elif isinstance(value, dict):
        for name, each in value.items():
            yield from _attribute(f"{key}.{name or 'root'}", each)
    elif isinstance(value, list) and value and all(isinstance(each, str) for each in value):
        yield _string(key, ", ".join(value))
    elif isinstance(value, list):
        for number, each in enumerate(value, 1):
            yield from _attribute(f"{key}.{number}", each)


def _string(key: str, value: Any) -> str:
    return f'<string key="{_key(key)}" value={quoteattr(_NOT_IN_XML.sub("�", str(value)))}/>'


def _key(key: str) -> str:
    """A key has to be a name of XML."""
    return _NOT_IN_A_KEY.sub(".", key)


def _extension(name: str) -> str:
    prefix = PREFIXES[name]
    uri = f"http://www.xes-standard.org/{prefix}.xesext"
    return f'<extension name="{name}" prefix="{prefix}" uri="{uri}"/>\n'


# Says the standard's schema: a version is a decimal number, a classifier's name has no space.
_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<log xes.version="1849.2016" xes.features="" xmlns="http://www.xes-standard.org/">\n'
    + "".join(_extension(each) for each in EXTENSIONS)
    + '<global scope="trace"><string key="concept:name" value=""/></global>\n'
    '<global scope="event"><string key="concept:name" value=""/>'
    '<string key="lifecycle:transition" value="complete"/>'
    '<string key="org:resource" value=""/><string key="org:group" value=""/>'
    '<string key="type" value=""/>'
    '<date key="time:timestamp" value="1970-01-01T00:00:00.000Z"/></global>\n'
    '<classifier name="Activity" keys="concept:name lifecycle:transition"/>\n'
    '<classifier name="Type" keys="type"/>\n'
    '<string key="concept:name" value="lienthong"/>\n'
    '<string key="lifecycle:model" value="standard"/>\n'
)
