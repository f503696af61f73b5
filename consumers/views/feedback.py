"""What citizens say when it is over: marks, and complaints with their answers.

There are rows only of dossiers that something was said of; at which desk and for which procedure
these were received is in the register, which the queries join. Nothing said in words is here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, case, func, select, tuple_

from consumers.changes import Change, Put, Value
from consumers.view import View, moment, number, table, text
from consumers.views.register import TABLE as DOSSIERS
from schemas import events as e
from schemas.envelope import Recorded
from schemas.events import ASPECTS, BEST

RATINGS = table("feedback_ratings", ["dossier"], [moment("rated_at"), *map(number, ASPECTS)])
"""A mark of 0: this aspect was not rated."""

COMPLAINTS = table(
    "feedback_complaints",
    ["dossier", "complaint"],
    [text("ground"), moment("filed_at"), moment("answered_at"), text("reference")],
    fill=80,
)
"""`complaint`: its number, counted from 1."""

Marks = dict[str, tuple[int, ...]]
"""Aspect -> how often each mark was given, from 1 to BEST."""


class Said(msgspec.Struct, frozen=True):
    """Of the dossiers that a desk received for a procedure: how many were rated and how, how many
    complaints have an answer and how many wait for one."""

    unit: str
    procedure: str
    ratings: int = 0
    marks: Marks = {}
    waiting: int = 0
    answered: int = 0


class Complaint(msgspec.Struct, frozen=True):
    """Moments are microseconds since 1970, UTC; `answered_at` is None while it waits."""

    code: str
    number: int
    unit: str
    procedure: str
    ground: str
    filed_at: int
    answered_at: int | None
    reference: str | None


def said(
    connection: Connection,
    *,
    units: Collection[str] | None = None,
    since: int | None = None,
    until: int | None = None,
) -> list[Said]:
    """What was said from `since` to `until`, by desk and procedure; `units`: of these desks."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    when = _when(RATINGS.c.rated_at, since, until)
    counts = [
        func.sum(case((RATINGS.c[aspect] == mark, 1), else_=0))
        for aspect in ASPECTS
        for mark in range(1, BEST + 1)
    ]
    for unit, procedure, ratings, *marks in _grouped(connection, RATINGS, counts, units, when):
        each = {a: tuple(marks[at * BEST : (at + 1) * BEST]) for at, a in enumerate(ASPECTS)}
        found[unit, procedure] = {"ratings": ratings, "marks": each}
    when = _when(COMPLAINTS.c.filed_at, since, until)
    answered = [func.count(COMPLAINTS.c.answered_at)]
    for unit, procedure, all_, done in _grouped(connection, COMPLAINTS, answered, units, when):
        of = found.setdefault((unit, procedure), {})
        of |= {"waiting": all_ - done, "answered": done}
    return [Said(*key, **found[key]) for key in sorted(found)]


def complaints(
    connection: Connection,
    *,
    units: Collection[str] | None = None,
    since: int | None = None,
    until: int | None = None,
    answered: bool | None = None,
    after: tuple[int, str, int] | None = None,
    limit: int = 1000,
    offset: int = 0,
) -> list[Complaint]:
    """Complaints filed from `since` to `until`, the oldest first. `answered`: only those that are,
    or only those that wait; `after`: those that follow this moment, code and number."""
    query = (
        select(COMPLAINTS, DOSSIERS.c.unit, DOSSIERS.c.procedure)
        .join(DOSSIERS, DOSSIERS.c.dossier == COMPLAINTS.c.dossier)
        .where(*_when(COMPLAINTS.c.filed_at, since, until), *_of(units))
    )
    if answered is not None:
        is_ = COMPLAINTS.c.answered_at.is_not(None)
        query = query.where(is_ if answered else ~is_)
    order = (COMPLAINTS.c.filed_at, COMPLAINTS.c.dossier, COMPLAINTS.c.complaint)
    if after is not None:
        at, code, number_ = after
        query = query.where(tuple_(*order) > tuple_(at, code, _key(number_)))
    query = query.order_by(*order).limit(limit).offset(offset)
    return [
        Complaint(
            row["dossier"], int(row["complaint"]), row["unit"], row["procedure"], row["ground"],
            row["filed_at"], row["answered_at"], row["reference"],
        )
        for row in connection.execute(query).mappings()
    ]  # fmt: skip


def _grouped(
    connection: Connection,
    of: Any,
    counts: list[Any],
    units: Collection[str] | None,
    when: Iterable[ColumnElement[bool]],
) -> Any:
    by = (DOSSIERS.c.unit, DOSSIERS.c.procedure)
    query = (
        select(*by, func.count(), *counts)
        .select_from(of)
        .join(DOSSIERS, DOSSIERS.c.dossier == of.c.dossier)
        .where(*when, *_of(units))
        .group_by(*by)
    )
    return connection.execute(query)


def _when(
    column: ColumnElement[Any], since: int | None, until: int | None
) -> list[ColumnElement[bool]]:
    found = [] if since is None else [column >= since]
    return found if until is None else [*found, column <= until]


def _of(units: Collection[str] | None) -> list[ColumnElement[bool]]:
    return [] if units is None else [DOSSIERS.c.unit.in_(sorted(units))]


# --- handlers ----------------------------------------------------------------------------


def _key(complaint: int) -> str:
    """A number as a key, so that 10 comes after 9."""
    return f"{complaint:04d}"


def _rated(event: e.RatingGiven, seen: Recorded) -> list[Change]:
    marks = {aspect: event.marks[aspect] for aspect in ASPECTS if aspect in event.marks}
    return [Put(RATINGS, (seen.stream,), {"rated_at": seen.occurred_at, **marks})]


def _complained(event: e.ComplaintFiled, seen: Recorded) -> list[Change]:
    columns: dict[str, Value] = {"ground": event.ground, "filed_at": seen.occurred_at}
    return [Put(COMPLAINTS, (seen.stream, _key(event.complaint)), columns)]


def _answered(event: e.ComplaintAnswered, seen: Recorded) -> list[Change]:
    columns: dict[str, Value] = {"answered_at": seen.occurred_at, "reference": event.reference}
    return [Put(COMPLAINTS, (seen.stream, _key(event.complaint)), columns)]


VIEW = View(
    "feedback",
    1,
    [RATINGS, COMPLAINTS],
    {e.RatingGiven: _rated, e.ComplaintFiled: _complained, e.ComplaintAnswered: _answered},
)
