"""Form II.06a and the register by folding the log: what the queries have to come to.

It shares nothing with the view: each dossier is folded by the engine's own `evolve` from those of
its events that had happened and were known, and then looked at.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime

from app.reporting.counting import COLUMNS, Counts, Key, Kind
from app.reporting.period import Period
from app.reporting.register import Entry
from app.times import ZONE
from engine.core.dossier import Dossier, LegState
from engine.core.evolve import evolve
from schemas import events as e
from schemas.envelope import Recorded, from_micros, to_micros

Table = dict[Key, Counter[str]]


def folded(
    streams: Iterable[Iterable[Recorded]], period: Period, known: int | None = None
) -> Table:
    """The table of the streams' dossiers, each stream in the order of its versions."""
    table: Table = {}
    for stream in streams:
        for key, columns in _Life(stream, period, known).cases():
            table.setdefault(key, Counter()).update(columns)
    return table


def as_table(counts: Iterable[Counts]) -> Table:
    """What the query came to, in the same shape."""
    return {
        each.key: Counter(
            {name: n for name, n in zip(COLUMNS, each.numbers, strict=True) if n}
        )
        for each in counts
    }  # fmt: skip


def registered(
    streams: Iterable[Iterable[Recorded]], period: Period, known: int | None = None
) -> list[Entry]:
    """The register of the streams' dossiers, in the order of receipt."""
    lives = [_Life(stream, period, known) for stream in streams]
    entries = [life.entry() for life in lives if life.is_in_register()]
    return sorted(entries, key=lambda each: (each.received, each.code))


class _Life:
    """One dossier at the end of the period, as it was known. `begun`, `ended`: by leg, when work
    on it first began, and when it was finished, while it is. `taken`: somebody took something over:
    on what another house offered there is no work before."""

    def __init__(self, stream: Iterable[Recorded], period: Period, known: int | None) -> None:
        self.period = period
        # Of a period that has not ended, the day of which it is asked what was known.
        seen = period.last if known is None else min(period.last, _day(from_micros(known)))
        self.last = seen
        self.dossier = Dossier("")
        self.begun: dict[str, datetime] = {}
        self.ended: dict[str, datetime] = {}
        self.procedures: dict[str, tuple[str, str]] = {}
        self.taken = False
        self.asked = 0
        self.way: str | None = None
        for recorded in stream:
            self.code = recorded.stream
            late = known is not None and recorded.recorded_at > known
            if late or recorded.occurred_at > period.until:
                break
            self._happens(recorded.event(), from_micros(recorded.occurred_at))

    def _happens(self, event: e.Event, at: datetime) -> None:
        self.dossier = evolve(self.dossier, event, at)
        if isinstance(event, e.LegOpened):
            self.procedures.pop(event.leg, None)
            if event.procedure and event.procedure_version:
                self.procedures[event.leg] = (event.procedure, event.procedure_version)
        self.asked += isinstance(event, e.SupplementRequested)
        if isinstance(event, e.ResultReturned) and event.to == "done":
            self.way = event.channel
        self.taken |= isinstance(event, e.HandoverAccepted)
        if self.dossier.origin is not None and not self.taken:
            return
        for path, leg in self.dossier.legs.items():
            self.begun.setdefault(path, at)
            if leg.verdict is None and leg.open:
                self.ended.pop(path, None)
            else:
                self.ended.setdefault(path, at)

    def is_in_register(self) -> bool:
        begun = self.begun.get("")
        return (
            begun is not None and self.dossier.origin is None and _day(begun) >= self.period.first
        )

    def entry(self) -> Entry:
        dossier, root, ended = self.dossier, self.dossier.root, self.ended.get("")
        words = {"c8": "early", "c9": "on time", "c10": "overdue"}
        done = dossier.outcome == "done"
        return Entry(
            code=self.code,
            procedure=dossier.procedure[0],
            procedure_version=dossier.procedure[1],
            unit=dossier.agency,
            channel=dossier.channel,
            received=to_micros(self.begun[""]),
            appointment=_minute(root.due),
            ended=_minute(ended),
            verdict=words[_finished(root, ended)] if ended else None,
            outcome=dossier.outcome,
            returned=_minute(dossier.ended_at) if done else None,
            way=self.way if done else None,
            supplements=self.asked,
        )

    def cases(self) -> Iterable[tuple[Key, list[str]]]:
        for path, leg in self.dossier.legs.items():
            if path not in self.begun:
                continue
            ended = self.ended.get(path)
            if ended is None or _day(ended) >= self.period.first:
                yield self._key(path, leg), ["c3", self._came(path), *self._stands(leg, ended)]

    def _key(self, path: str, leg: LegState) -> Key:
        part = bool(path) or self.dossier.origin is not None
        kind: Kind = "legs" if part else "dossiers"
        unit = leg.agency if part else self.dossier.agency
        return Key(kind, unit, *self.procedures.get(path, self.dossier.procedure))

    def _came(self, path: str) -> str:
        if _day(self.begun[path]) < self.period.first:
            return "c6"
        return "c4" if self.dossier.channel == "online" else "c5"

    def _stands(self, leg: LegState, ended: datetime | None) -> tuple[str, str]:
        if ended is not None:
            return "c7", _finished(leg, ended)
        running = all(stop.until is not None for stop in leg.stops)
        late = leg.due is not None and _day(leg.due) < self.last and running
        return "c11", "c13" if late else "c12"


def _finished(leg: LegState, ended: datetime) -> str:
    if leg.verdict is not None:
        return {"early": "c8", "on time": "c9", "overdue": "c10"}[leg.verdict]
    if leg.due is None or _day(ended) == _day(leg.due):
        return "c9"
    return "c8" if _day(ended) < _day(leg.due) else "c10"


def _minute(moment: datetime | None) -> int | None:
    """To the minute, as a register shows it."""
    return None if moment is None else to_micros(moment.replace(second=0, microsecond=0))


def _day(moment: datetime) -> date:
    return moment.astimezone(ZONE).date()
