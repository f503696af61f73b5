"""Form II.06a by folding the log: what the query over the view has to come to.

It shares nothing with the view: each dossier is folded by the engine's own `evolve` from those of
its events that had happened and were known, and then looked at.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime

from app.reporting.counting import COLUMNS, Counts, Key, Kind
from app.reporting.period import Period
from app.times import ZONE
from engine.core.dossier import Dossier, LegState
from engine.core.evolve import evolve
from schemas import events as e
from schemas.envelope import Recorded, from_micros

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


class _Life:
    """One dossier at the end of the period, as it was known. `begun`, `ended`: by leg, when work
    on it first began, and when it was finished, while it is."""

    def __init__(self, stream: Iterable[Recorded], period: Period, known: int | None) -> None:
        self.period = period
        self.dossier = Dossier("")
        self.begun: dict[str, datetime] = {}
        self.ended: dict[str, datetime] = {}
        self.procedures: dict[str, tuple[str, str]] = {}
        for recorded in stream:
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
        for path, leg in self.dossier.legs.items():
            self.begun.setdefault(path, at)
            if leg.verdict is None and leg.open:
                self.ended.pop(path, None)
            else:
                self.ended.setdefault(path, at)

    def cases(self) -> Iterable[tuple[Key, list[str]]]:
        for path, leg in self.dossier.legs.items():
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
        late = leg.due is not None and _day(leg.due) < self.period.last and running
        return "c11", "c13" if late else "c12"


def _finished(leg: LegState, ended: datetime) -> str:
    if leg.verdict is not None:
        return {"early": "c8", "on time": "c9", "overdue": "c10"}[leg.verdict]
    if leg.due is None or _day(ended) == _day(leg.due):
        return "c9"
    return "c8" if _day(ended) < _day(leg.due) else "c10"


def _day(moment: datetime) -> date:
    return moment.astimezone(ZONE).date()
