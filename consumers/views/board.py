"""What a monitor counts: one row per dossier and per leg, narrow, with two indexes to count by.

A dossier counts once, at its own row (leg ""); the agency of a leg counts its leg too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from sqlalchemy import (
    BigInteger,
    Connection,
    Index,
    Select,
    Text,
    and_,
    case,
    column,
    func,
    literal_column,
    select,
    union_all,
    values,
)

from consumers.changes import Change, Every, Put, Value
from consumers.view import View, micros, moment, number, table, text
from engine.core.dossier import upward
from schemas import events as e
from schemas.envelope import Recorded

TABLE = table(
    "board",
    ["dossier", "leg"],
    [
        text("procedure"),
        text("procedure_version"),
        text("calendar"),
        text("desk"),
        text("agency"),
        moment("due"),
        number("stopped"),
        moment("open_since"),
        moment("ended_at"),
        text("verdict"),
    ],
    fill=50,
)
"""`agency` has the leg or was offered it. `open_since` is None once its clock has ended; then
`ended_at` and `verdict` say how. Of a leg, procedure, calendar and desk are its dossier's."""

_OPEN = TABLE.c.open_since.is_not(None)
_ENDED = TABLE.c.ended_at.is_not(None)
Index(
    "open",
    TABLE.c.agency,
    TABLE.c.procedure,
    TABLE.c.procedure_version,
    TABLE.c.calendar,
    TABLE.c.stopped,
    TABLE.c.due,
    TABLE.c.open_since,
    sqlite_where=_OPEN,
    postgresql_where=_OPEN,
)
Index("ended", TABLE.c.ended_at, sqlite_where=_ENDED, postgresql_where=_ENDED)

WITHIN, SOON, OVERDUE, STOPPED = "within", "due-soon", "overdue", "stopped"
OPEN_STATES = (WITHIN, SOON, OVERDUE, STOPPED)

Pin = tuple[str, str, str]
"""Procedure, its version and the calendar version that a dossier is pinned to."""


class Moments(msgspec.Struct, frozen=True):
    """What "now" means for a count, in microseconds since 1970, UTC. What is due before `today`
    (the first moment of the local day) is overdue; `soon`: by pin, until when what is due is due
    soon, by the policy of the procedure."""

    today: int
    soon: Mapping[Pin, int]


class Counted(msgspec.Struct, frozen=True):
    """So many open ones of an agency and a procedure. `whole`: dossiers, else legs of them."""

    agency: str
    procedure: str
    whole: bool
    state: str
    count: int


class Part(msgspec.Struct, frozen=True):
    """One open dossier or leg. Moments are microseconds since 1970, UTC."""

    code: str
    leg: str
    procedure: str
    agency: str
    state: str
    due: int | None
    open_since: int


def pins(connection: Connection) -> list[Pin]:
    """What the open dossiers are pinned to."""
    of = TABLE.c
    query = select(of.procedure, of.procedure_version, of.calendar).where(_OPEN, of.leg == "")
    return [(row[0], row[1], row[2]) for row in connection.execute(query.distinct())]


def count_open(connection: Connection, moments: Moments) -> list[Counted]:
    """The open dossiers and legs, by agency, procedure and state."""
    parts = _parts(moments).subquery()
    by = [parts.c.agency, parts.c.procedure, parts.c.whole, parts.c.state]
    rows = connection.execute(select(*by, func.count()).group_by(*by))
    return [Counted(row[0], row[1], bool(row[2]), row[3], row[4]) for row in rows]


def count_ended(connection: Connection, since: int) -> list[Counted]:
    """What ended from `since` on, by who received the dossier or ran the leg; `state` is the
    verdict: early, on time or overdue."""
    root = TABLE.alias("root")
    own = TABLE.c.leg == ""
    agency = func.coalesce(TABLE.c.desk, TABLE.c.agency).label("agency")
    query = (
        select(agency, root.c.procedure, case((own, 1), else_=0).label("whole"),
               TABLE.c.verdict, func.count())
        .join(root, and_(root.c.dossier == TABLE.c.dossier, root.c.leg == ""))
        .where(TABLE.c.ended_at >= since, TABLE.c.verdict.is_not(None))
        .group_by(agency, root.c.procedure, literal_column("whole"), TABLE.c.verdict)
    )  # fmt: skip
    rows = connection.execute(query)
    return [Counted(row[0], row[1], bool(row[2]), row[3], row[4]) for row in rows]


def listed(
    connection: Connection,
    moments: Moments,
    agencies: Iterable[str],
    *,
    procedure: str | None = None,
    state: str | None = None,
    limit: int = 100,
    offset: int = 0,
) -> list[Part]:
    """The open dossiers and legs of agencies, what is due first first."""
    parts = _parts(moments).subquery()
    query = select(parts).where(parts.c.agency.in_(sorted(agencies)))
    if procedure is not None:
        query = query.where(parts.c.procedure == procedure)
    if state is not None:
        query = query.where(parts.c.state == state)
    query = query.order_by(parts.c.due.is_(None), parts.c.due, parts.c.dossier, parts.c.leg)
    rows = connection.execute(query.limit(limit).offset(offset)).mappings()
    return [
        Part(
            code=row["dossier"],
            leg=row["leg"],
            procedure=row["procedure"],
            agency=row["agency"],
            state=row["state"],
            due=row["due"],
            open_since=row["open_since"],
        )
        for row in rows
    ]


def _parts(moments: Moments) -> Select[Any]:
    """Every open dossier and leg with its procedure and its state."""
    root = TABLE.alias("root")
    own = select(
        TABLE.c.dossier, TABLE.c.leg, TABLE.c.agency, TABLE.c.procedure, TABLE.c.procedure_version,
        TABLE.c.calendar, TABLE.c.due, TABLE.c.stopped, TABLE.c.open_since,
        literal_column("1").label("whole"),
    ).where(_OPEN, TABLE.c.leg == "")  # fmt: skip
    legs = (
        select(
            TABLE.c.dossier, TABLE.c.leg, TABLE.c.agency, root.c.procedure,
            root.c.procedure_version, root.c.calendar, TABLE.c.due, TABLE.c.stopped,
            TABLE.c.open_since, literal_column("0").label("whole"),
        )
        .join(root, and_(root.c.dossier == TABLE.c.dossier, root.c.leg == ""))
        .where(_OPEN, TABLE.c.leg != "")
    )  # fmt: skip
    part = union_all(own, legs).subquery("part")
    soon = (
        values(
            column("procedure", Text),
            column("procedure_version", Text),
            column("calendar", Text),
            column("until", BigInteger),
            name="soon",
        )
        .data([(*pin, until) for pin, until in sorted(moments.soon.items())] or [("", "", "", 0)])
        .cte("soon")
    )
    state = case(
        (part.c.stopped == 1, STOPPED),
        (part.c.due.is_(None), WITHIN),
        (part.c.due < moments.today, OVERDUE),
        (part.c.due <= soon.c.until, SOON),
        else_=WITHIN,
    ).label("state")
    same = and_(
        soon.c.procedure == part.c.procedure,
        soon.c.procedure_version == part.c.procedure_version,
        soon.c.calendar == part.c.calendar,
    )
    return select(part, state).outerjoin(soon, same)


# --- handlers ----------------------------------------------------------------------------


def _row(seen: Recorded, leg: str, **columns: Value) -> Put:
    return Put(TABLE, (seen.stream, leg), columns)


def _registered(event: e.DossierRegistered, seen: Recorded) -> list[Change]:
    # Not counted before it is received.
    return [_row(seen, "", procedure=event.procedure, desk=event.agency, agency=event.agency)]


def _received(event: e.DossierReceived, seen: Recorded) -> list[Change]:
    return [
        _row(
            seen,
            "",
            procedure=event.procedure,
            procedure_version=event.procedure_version,
            calendar=event.calendar,
            desk=event.agency,
            agency=event.agency,
            due=micros(event.appointment),
            open_since=seen.occurred_at,
        )
    ]


def _opened(event: e.LegOpened, seen: Recorded) -> list[Change]:
    # A leg that is opened again begins anew.
    fresh: dict[str, Value] = {"due": None, "stopped": 0, "ended_at": None, "verdict": None}
    return [_row(seen, event.leg, agency=event.agency, open_since=seen.occurred_at, **fresh)]


def _offered(event: e.HandoverOffered, seen: Recorded) -> list[Change]:
    return [_row(seen, event.leg, agency=event.to_agency)]


def _held(event: e.HandoverAccepted | e.HandoverNotTaken, seen: Recorded) -> list[Change]:
    return [_row(seen, event.leg, agency=event.agency)]


def _clock(event: e.ClockStarted | e.ClockExtended, seen: Recorded) -> list[Change]:
    return [_row(seen, event.leg, due=micros(event.due))]


def _stopped(event: e.ClockStopped, seen: Recorded) -> list[Change]:
    return [_row(seen, leg, stopped=1) for leg in upward(event.leg)]


def _suspended(event: e.DossierSuspended, seen: Recorded) -> list[Change]:
    return [Every(TABLE, seen.stream, {"stopped": 1})]


def _resumed(event: e.ClockResumed | e.DossierResumed, seen: Recorded) -> list[Change]:
    changes: list[Change] = [_row(seen, leg, stopped=0) for leg in event.running]
    return changes + [_row(seen, leg, due=micros(due)) for leg, due in event.dues.items()]


def _clock_ended(event: e.ClockEnded, seen: Recorded) -> list[Change]:
    ended: dict[str, Value] = {"ended_at": seen.occurred_at, "verdict": event.verdict}
    return [_row(seen, event.leg, open_since=None, **ended)]


def _leg_over(event: e.LegResulted | e.LegRefused, seen: Recorded) -> list[Change]:
    return [_row(seen, event.leg, open_since=None)]


def _over(event: e.DossierStopped | e.DossierRefused, seen: Recorded) -> list[Change]:
    return [Every(TABLE, seen.stream, {"open_since": None})]


def _reopened(event: e.DossierReopened, seen: Recorded) -> list[Change]:
    due = micros(event.due)
    again: dict[str, Value] = {"stopped": 0, "ended_at": None, "verdict": None}
    return [
        _row(seen, "", agency=event.agency, due=due, open_since=seen.occurred_at, **again),
    ]


VIEW = View(
    "board",
    1,
    [TABLE],
    {
        e.DossierRegistered: _registered,
        e.DossierReceived: _received,
        e.LegOpened: _opened,
        e.HandoverOffered: _offered,
        e.HandoverAccepted: _held,
        e.HandoverNotTaken: _held,
        e.ClockStarted: _clock,
        e.ClockExtended: _clock,
        e.ClockStopped: _stopped,
        e.ClockResumed: _resumed,
        e.DossierSuspended: _suspended,
        e.DossierResumed: _resumed,
        e.ClockEnded: _clock_ended,
        e.LegResulted: _leg_over,
        e.LegRefused: _leg_over,
        e.DossierStopped: _over,
        e.DossierRefused: _over,
        e.DossierReopened: _reopened,
    },
)
