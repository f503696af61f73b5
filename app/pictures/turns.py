"""Who had a dossier when, as a value: the spans and the marks of its timeline.

Folded from the events: at every moment each open leg has one span, so that working time, waiting
for somebody to take it, waiting for other agencies and a stopped clock are apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Literal

import msgspec

from engine.core.calendar import Calendar, CalendarError
from engine.core.clock import working_minutes
from engine.core.dossier import Dossier, LegState
from engine.core.evolve import evolve
from schemas import events as e
from schemas.envelope import Recorded, from_micros
from workflows.machine import LEGS

Kind = Literal["work", "transit", "stopped", "legs", "ready"]

KINDS: tuple[Kind, ...] = ("work", "transit", "stopped", "legs", "ready")
"""Somebody works on it; a handover waits to be taken; the clock stands still; it waits for other
agencies; the result lies ready."""

TOLD = (
    e.DossierRegistered,
    e.DossierReceived,
    e.DossierRefusedAtReceipt,
    e.SupplementRequested,
    e.SupplementReceived,
    e.SupplementExpired,
    e.PaymentConfirmed,
    e.PostingEnded,
    e.HandoverRefused,
    e.HandoverRecalled,
    e.HandoverExpired,
    e.SignatureRecorded,
    e.LegRefused,
    e.LegTransferred,
    e.ClockExtended,
    e.DossierSuspended,
    e.DossierResumed,
    e.WithdrawalAsked,
    e.ResultReady,
    e.ResultReturned,
    e.DossierStopped,
    e.DossierRefused,
    e.DossierReopened,
)
"""The events that are marked; the spans tell of the others."""


class Span(msgspec.Struct, frozen=True):
    """A time in which a leg lay at `agency` in one `kind`; `until` is None while it lasts.
    `who`: who holds it, or the role or officer that it waits for. `minutes`: working time."""

    agency: str
    leg: str
    who: str
    kind: Kind
    since: datetime
    until: datetime | None = None
    ground: str = ""
    minutes: int | None = None


class Total(msgspec.Struct, frozen=True):
    """Working minutes that an agency worked on it, had it wait (to be taken, for others, to be
    fetched), and had it with the clock stopped. Legs at one time count each."""

    agency: str
    work: int
    waited: int
    stopped: int


class Mark(msgspec.Struct, frozen=True):
    """Something that happened at one moment; `number`s grow with time."""

    number: int
    at: datetime
    agency: str
    leg: str
    type: str
    actor: str


class Timeline(msgspec.Struct, frozen=True):
    """`promised`: the appointment of the receipt; `due`: the one that holds now, None while the
    clock stands still. `now` is None when all is over."""

    code: str
    spans: tuple[Span, ...]
    marks: tuple[Mark, ...]
    begin: datetime
    end: datetime
    promised: datetime | None
    due: datetime | None
    now: datetime | None


def timeline_of(
    dossier: Dossier, records: Sequence[Recorded], calendar: Calendar | None, now: datetime
) -> Timeline:
    """`dossier`: what the records fold to; `calendar`: the one that it is pinned to. There is at
    least one record."""
    spans = [_counted(span, calendar, now) for span in _spans(dossier.stream, records)]
    last = from_micros(records[-1].occurred_at)
    over = dossier.status == "ended"
    root = dossier.legs.get("")
    return Timeline(
        code=dossier.stream,
        spans=tuple(spans),
        marks=tuple(_marks(records)),
        begin=from_micros(records[0].occurred_at),
        end=last if over else max(now, last),
        promised=dossier.appointment,
        due=root.due if root and root.running else None,
        now=None if over else max(now, last),
    )


def totals(timeline: Timeline) -> list[Total]:
    """One of each agency, in the order in which they came in; without what no calendar counts."""
    found: dict[str, dict[str, int]] = {}
    for span in timeline.spans:
        of = found.setdefault(span.agency, {"work": 0, "waited": 0, "stopped": 0})
        of[span.kind if span.kind in of else "waited"] += span.minutes or 0
    return [Total(agency, **of) for agency, of in found.items()]


def _counted(span: Span, calendar: Calendar | None, now: datetime) -> Span:
    if calendar is None:
        return span
    try:
        until = span.until or max(now, span.since)
        minutes = working_minutes(calendar, span.since, until)
    except CalendarError:
        return span
    return msgspec.structs.replace(span, minutes=minutes)


def _spans(code: str, records: Sequence[Recorded]) -> list[Span]:
    """In the order in which they began; what lasted for no time at all is left out."""
    dossier = Dossier(code)
    current: dict[str, Span] = {}
    found: list[Span] = []
    for record in records:
        at = from_micros(record.occurred_at)
        dossier = evolve(dossier, record.event(), at)
        for path, leg in dossier.legs.items():
            before, after = current.get(path), _standing(leg, at)
            if before is not None and after is not None and _same(before, after):
                continue
            if before is not None:
                found.append(msgspec.structs.replace(before, until=at))
                del current[path]
            if after is not None:
                current[path] = after
    found += current.values()
    lasting = [each for each in found if each.until != each.since]
    return sorted(lasting, key=lambda each: (each.since, each.leg))


def _same(a: Span, b: Span) -> bool:
    return (a.agency, a.who, a.kind, a.ground) == (b.agency, b.who, b.kind, b.ground)


def _standing(leg: LegState, at: datetime) -> Span | None:
    """How a leg stands; None when it is over."""
    if not leg.open or leg.outcome is not None:
        return None
    if leg.transit is not None:
        to = leg.transit
        return Span(to.to_agency, leg.path, to.to_officer or to.to_role, "transit", at)
    assert leg.holder is not None, "it has a holder or is in transit (I8)"
    kind: Kind = "work"
    ground = next((stop.ground for stop in leg.stops if stop.until is None), "")
    if leg.verdict is not None:
        kind, ground = "ready", ""
    elif ground:
        kind = "stopped"
    elif leg.mode == LEGS:
        kind = "legs"
    return Span(leg.holder.agency, leg.path, leg.holder.officer, kind, at, ground=ground)


def _marks(records: Sequence[Recorded]) -> Iterator[Mark]:
    number = 0
    for record in records:
        event = record.event()
        if isinstance(event, TOLD):
            number += 1
            leg = event.leg if isinstance(event, e.LegEvent) else ""
            at = from_micros(record.occurred_at)
            yield Mark(number, at, record.agency, leg, record.type, record.actor)
