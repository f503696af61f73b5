"""What a monitor counts: one row per dossier and per leg, narrow, with two indexes to count by.

A dossier counts once, at its own row (leg ""); the agency of a leg counts its leg too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
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
from engine.core.acts.handover import NOT_TAKEN
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
Index(
    "ended",
    TABLE.c.ended_at,
    TABLE.c.verdict,
    TABLE.c.desk,
    TABLE.c.agency,
    TABLE.c.procedure,
    sqlite_where=_ENDED,
    postgresql_where=_ENDED,
)

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
    procedure_version: str
    agency: str
    state: str
    due: int | None
    open_since: int


def pins(connection: Connection) -> list[Pin]:
    """What the open dossiers are pinned to."""
    of = TABLE.c
    query = select(of.procedure, of.procedure_version, of.calendar).where(_OPEN, of.leg == "")
    return [(row[0], row[1], row[2]) for row in connection.execute(query.distinct())]


def procedures(connection: Connection, dossiers: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Dossier -> its procedure and the version, of those that there are."""
    of = TABLE.c
    query = select(of.dossier, of.procedure, of.procedure_version)
    query = query.where(of.leg == "", of.dossier.in_(sorted(set(dossiers))))
    return {row[0]: (row[1], row[2]) for row in connection.execute(query)}


def count_open(connection: Connection, moments: Moments) -> list[Counted]:
    """The open dossiers and legs, by agency, procedure and state."""
    # By the few moments that matter to any procedure; which of them matters, its pin says. A join
    # with the pins would cost as much as all the rest.
    marks = sorted({moments.today - 1, *moments.soon.values()})
    found: Counter[tuple[str, str, bool, str]] = Counter()
    for whole in (True, False):
        for row in connection.execute(_bucketed(marks, whole=whole)):
            agency, *pin, bucket, count = row
            state = _state(moments, marks, (pin[0], pin[1], pin[2]), bucket)
            found[agency, pin[0], whole, state] += count
    return [Counted(*key, count) for key, count in found.items()]


_ROOT = TABLE.alias("root")
_OF_ITS_ROOT = and_(_ROOT.c.dossier == TABLE.c.dossier, _ROOT.c.leg == "")
_NO_DATE, _STANDS = -1, -2
"""Buckets beside those of the marks: without a date, and stopped."""


def _bucketed(marks: Sequence[int], *, whole: bool) -> Select[Any]:
    of = TABLE.c if whole else _ROOT.c
    later = [(TABLE.c.due <= mark, number_) for number_, mark in enumerate(marks)]
    bucket = case(
        (TABLE.c.stopped == 1, _STANDS),
        (TABLE.c.due.is_(None), _NO_DATE),
        *later,
        else_=len(marks),
    ).label("bucket")
    by = [TABLE.c.agency, of.procedure, of.procedure_version, of.calendar, bucket]
    query = select(*by, func.count()).where(_OPEN).group_by(*by)
    if whole:
        return query.where(TABLE.c.leg == "")
    return query.join(_ROOT, _OF_ITS_ROOT).where(TABLE.c.leg != "")


def _state(moments: Moments, marks: Sequence[int], pin: Pin, bucket: int) -> str:
    """Of what is due after the mark before a bucket's and not after its own."""
    if bucket == _STANDS:
        return STOPPED
    if bucket == _NO_DATE or bucket == len(marks):
        return WITHIN
    if marks[bucket] < moments.today:
        return OVERDUE
    return SOON if marks[bucket] <= moments.soon.get(pin, 0) else WITHIN


def count_ended(connection: Connection, since: int, until: int) -> list[Counted]:
    """What ended in [since, until], by who received the dossier or ran the leg; `state` is the
    verdict: early, on time or overdue."""
    # A store may be looked at as of an earlier moment than it has come to.
    ended = and_(TABLE.c.ended_at.between(since, until), TABLE.c.verdict.is_not(None))
    own = [TABLE.c.desk, TABLE.c.procedure, TABLE.c.verdict]
    wholes = select(*own, func.count()).where(ended, TABLE.c.leg == "").group_by(*own)
    of_leg = [TABLE.c.agency, _ROOT.c.procedure, TABLE.c.verdict]
    legs = select(*of_leg, func.count()).join(_ROOT, _OF_ITS_ROOT).where(ended, TABLE.c.leg != "")
    found = []
    for whole, query in ((True, wholes), (False, legs.group_by(*of_leg))):
        rows = connection.execute(query)
        found += [Counted(row[0], row[1], whole, row[2], row[3]) for row in rows]
    return found


def listed(
    connection: Connection,
    moments: Moments,
    agencies: Iterable[str],
    *,
    procedure: str | None = None,
    state: str | None = None,
    whole: bool = False,
    limit: int = 100,
    offset: int = 0,
) -> list[Part]:
    """The open dossiers and legs of agencies, what is due first first; `whole`: dossiers alone."""
    parts = _parts(moments).subquery()
    query = select(parts).where(parts.c.agency.in_(sorted(agencies)))
    if procedure is not None:
        query = query.where(parts.c.procedure == procedure)
    if state is not None:
        query = query.where(parts.c.state == state)
    if whole:
        query = query.where(parts.c.leg == "")
    query = query.order_by(parts.c.due.is_(None), parts.c.due, parts.c.dossier, parts.c.leg)
    rows = connection.execute(query.limit(limit).offset(offset)).mappings()
    return [
        Part(
            code=row["dossier"],
            leg=row["leg"],
            procedure=row["procedure"],
            procedure_version=row["procedure_version"],
            agency=row["agency"],
            state=row["state"],
            due=row["due"],
            open_since=row["open_since"],
        )
        for row in rows
    ]


def _parts(moments: Moments) -> Select[Any]:
    """Every open dossier and leg with its procedure and its state."""
    own = select(
        TABLE.c.dossier, TABLE.c.leg, TABLE.c.agency, TABLE.c.procedure, TABLE.c.procedure_version,
        TABLE.c.calendar, TABLE.c.due, TABLE.c.stopped, TABLE.c.open_since,
        literal_column("1").label("whole"),
    ).where(_OPEN, TABLE.c.leg == "")  # fmt: skip
    legs = (
        select(
            TABLE.c.dossier, TABLE.c.leg, TABLE.c.agency, _ROOT.c.procedure,
            _ROOT.c.procedure_version, _ROOT.c.calendar, TABLE.c.due, TABLE.c.stopped,
            TABLE.c.open_since, literal_column("0").label("whole"),
        )
        .join(_ROOT, _OF_ITS_ROOT)
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
    over: dict[str, Value] = {"open_since": None}
    if isinstance(event, e.DossierStopped) and event.ground == NOT_TAKEN:
        # What another engine offered and nobody here took did not end here: it never began.
        over |= {"ended_at": None, "verdict": None}
    return [Every(TABLE, seen.stream, over)]


def _reopened(event: e.DossierReopened, seen: Recorded) -> list[Change]:
    due = micros(event.due)
    again: dict[str, Value] = {"stopped": 0, "ended_at": None, "verdict": None}
    return [
        _row(seen, "", agency=event.agency, due=due, open_since=seen.occurred_at, **again),
    ]


VIEW = View(
    "board",
    3,
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
