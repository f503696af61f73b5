"""Ratings and complaints of citizens, put into rows by desk, by procedure or by both."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

import msgspec
from sqlalchemy import Connection

from app.reporting.form import titles
from app.reporting.period import Period
from app.reporting.wording import in_
from app.settings import Lang
from app.times import iso
from consumers.views.feedback import Complaint, Marks, Said, said
from engine.core.law import Law
from schemas.envelope import from_micros
from schemas.events import ASPECTS, BEST

By = Literal["unit", "procedure", "unit,procedure"]

NO_MARKS: Marks = dict.fromkeys(ASPECTS, (0,) * BEST)


class Asked(msgspec.Struct, frozen=True):
    """`period`: the days on which it was said, None for all; `units`: of these desks alone, None
    for every one."""

    by: By = "unit"
    period: Period | None = None
    units: frozenset[str] | None = None
    lang: Lang = "vi"

    @property
    def where(self) -> dict[str, Any]:
        """As the queries of the view take it."""
        span = self.period
        return {
            "units": self.units,
            "since": span.since if span else None,
            "until": span.until if span else None,
        }


class Row(msgspec.Struct, frozen=True):
    """`labels`: by what it is grouped, ids; `names`: what people call these. `ratings`: dossiers
    that were rated; each has a mark for one aspect at least."""

    labels: dict[str, str]
    names: dict[str, str]
    ratings: int
    marks: Marks
    waiting: int
    answered: int

    @property
    def spread(self) -> tuple[int, ...]:
        """How often each mark was given, whatever it was given to."""
        return tuple(sum(each) for each in zip(*self.marks.values(), strict=True))

    @property
    def mean(self) -> float | None:
        return mean(self.spread)

    def plain(self) -> dict[str, Any]:
        names = {f"{by}_name": name for by, name in self.names.items()}
        aspects = {a: {"marks": _plain(m), "mean": mean(m)} for a, m in self.marks.items()}
        return {
            **self.labels,
            **names,
            "ratings": self.ratings,
            "mean": self.mean,
            "marks": _plain(self.spread),
            "aspects": aspects,
            "complaints": {"waiting": self.waiting, "answered": self.answered},
        }


class Feedback(msgspec.Struct, frozen=True):
    asked: Asked
    by: tuple[str, ...]
    rows: list[Row]
    total: Row

    def plain(self) -> dict[str, Any]:
        """As JSON."""
        span = self.asked.period
        return {
            "from": span.first.isoformat() if span else None,
            "to": span.last.isoformat() if span else None,
            "by": list(self.by),
            "rows": [row.plain() for row in self.rows],
            "total": self.total.plain(),
        }


def mean(marks: tuple[int, ...]) -> float | None:
    """Of marks that were given so often each, from 1 on, to the hundredth; None without any."""
    count = sum(marks)
    return round(sum(mark * n for mark, n in enumerate(marks, 1)) / count, 2) if count else None


def feedback(connection: Connection, law: Law, asked: Asked) -> Feedback:
    by = tuple(asked.by.split(","))
    grouped: dict[tuple[str, ...], list[Said]] = {}
    found = said(connection, **asked.where)
    for each in found:
        grouped.setdefault(tuple(getattr(each, name) for name in by), []).append(each)
    called = names(law, asked.lang)
    order = {each.id: place for place, each in enumerate(law.organisation.agencies())}

    def place(key: tuple[str, ...]) -> tuple[Any, ...]:
        """Desks in the order of the organisation, procedures by name."""
        return tuple(
            (order.get(id_, len(order)), id_) if name == "unit" else (0, called[name].get(id_, id_))
            for name, id_ in zip(by, key, strict=True)
        )

    rows = []
    for key in sorted(grouped, key=place):
        labels = dict(zip(by, key, strict=True))
        words = {name: called[name].get(id_, id_) for name, id_ in labels.items()}
        rows.append(_row(labels, words, grouped[key]))
    return Feedback(asked, by, rows, _row({}, {}, found))


def names(law: Law, lang: Lang) -> Mapping[str, Mapping[str, str]]:
    """What desks and procedures are called, by id."""
    units = {each.id: in_(lang, each.name) for each in law.organisation.agencies()}
    return {"unit": units, "procedure": titles(law, lang)}


def complaint(found: Complaint) -> dict[str, Any]:
    """As JSON."""
    waits = found.answered_at is None
    return {
        "code": found.code,
        "complaint": found.number,
        "unit": found.unit,
        "procedure": found.procedure,
        "ground": found.ground,
        "filed": iso(from_micros(found.filed_at)),
        "answered": None if waits else iso(from_micros(found.answered_at or 0)),
        "reference": found.reference,
    }


def _row(labels: dict[str, str], words: dict[str, str], parts: Iterable[Said]) -> Row:
    ratings = waiting = answered = 0
    marks = NO_MARKS
    for each in parts:
        ratings += each.ratings
        waiting += each.waiting
        answered += each.answered
        if each.marks:
            marks = {a: _added(marks[a], each.marks[a]) for a in ASPECTS}
    return Row(labels, words, ratings, marks, waiting, answered)


def _added(one: tuple[int, ...], other: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(a + b for a, b in zip(one, other, strict=True))


def _plain(marks: tuple[int, ...]) -> dict[str, int]:
    return {str(mark): count for mark, count in enumerate(marks, 1)}
