"""The counts of form II.06a from the view: one query, which looks at nothing but rows that
happened by the end of the period and were recorded by the moment asked about.

A dossier is one case, received where its receipt was given; each of its legs is one more case, of
the agency that runs the leg, and the two are never added up. Of a case whose procedure or way of
handing in is not its own, the dossier's counts.

What decides, for each case:

- received: when work on it first began; what another engine offered, when that was accepted;
- finished: when its clock ended with a verdict (the result was ready, or it was broken off);
  without one, when it was over, early or late by its dates; unless it was opened again since;
- in progress it is overdue when its date has passed on the period's last day (or now, while that
  is still to come), unless its clock stands still: it waits for papers, for a payment, or is
  suspended.

A case that was finished before the period and opened again in it is carried over: it was
received before, and there was work on it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from datetime import date
from typing import Any, Literal

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    case,
    func,
    literal,
    or_,
    select,
)

from app.reporting.period import Period
from app.times import local
from consumers.views.report import CODES, MINUTE, MINUTES, SIGN, SPANS, STAMP, TABLE, VERDICTS
from engine.core.dossier import WHOLE
from engine.core.moves import INTERLINKED
from schemas.envelope import from_micros

EARLY, ON_TIME, OVERDUE = range(len(VERDICTS))
WITHIN, LATE = 3, 4
STATES = ("c8", "c9", "c10", "c12", "c13")
"""The column of each of the five."""

COLUMNS = tuple(f"c{number}" for number in range(3, 14))
"""The numbered columns of form II.06a, as scripts know them."""

DAY = 1_440
"""Minutes."""

ZONE = 420
"""Minutes by which Asia/Ho_Chi_Minh is ahead of UTC, all year round since 1975."""

Kind = Literal["dossiers", "legs"]


class Key(msgspec.Struct, frozen=True):
    """Cases that are counted together: of one kind, unit and procedure version."""

    kind: Kind
    unit: str
    procedure: str
    procedure_version: str


class Counts(msgspec.Struct, frozen=True):
    """`numbers` are those of COLUMNS, each of them counted, none made of others."""

    key: Key
    numbers: tuple[int, ...]


def counted(
    connection: Connection,
    period: Period,
    known: int | None = None,
    units: Collection[str] | None = None,
    today: date | None = None,
) -> list[Counts]:
    """The counts as of the period's end. `known`: what was recorded up to then (microseconds since
    1970), everything when it is None; `units`: only of these agencies; `today`: see `as_of`."""
    found: dict[Key, Counter[str]] = {}
    query = _grouped(period, known, as_of(period, known, today))
    for what, moved, of_whole, here, state, count in connection.execute(query):
        key, online = _read(what, moved, of_whole)
        if units is None or key.unit in units:
            counts = found.setdefault(key, Counter())
            for column in _columns(bool(here), online, state):
                counts[column] += count
    return [
        Counts(key, tuple(counts[column] for column in COLUMNS)) for key, counts in found.items()
    ]


def as_of(period: Period, known: int | None, today: date | None) -> date:
    """The day whose state is counted: the period's last or, while it has not ended, the one on
    which it is asked about (`today`) or of which it is asked what was known. What is due later in
    the period is not overdue yet."""
    days = [period.last] if today is None else [period.last, today]
    return min(days if known is None else [*days, local(from_micros(known)).date()])


def _columns(here: bool, online: bool, state: int) -> tuple[str, str, str, str]:
    """The columns in which a case counts."""
    came = "c6" if not here else "c4" if online else "c5"
    return "c3", came, "c7" if state < WITHIN else "c11", STATES[state]


def _read(what: str, moved: str | None, of_whole: str | None) -> tuple[Key, bool]:
    """Whose cases these are, and whether their dossiers were handed in online."""
    unit, procedure, version, *channels = what[SIGN:].split("\t")
    kind: Kind = "dossiers"
    if of_whole is not None:
        _, of_dossier, its_version, *channels = of_whole[SIGN:].split("\t")
        kind = "legs"
        if not procedure:
            procedure, version = of_dossier, its_version
    elif channels == [INTERLINKED]:
        kind = "legs"
    if kind == "legs" and moved is not None and moved[:SIGN] > what[:SIGN]:
        unit = moved[SIGN:]
    return Key(kind, unit, procedure, version), channels == ["online"]


def _grouped(period: Period, known: int | None, day: date) -> Select[Any]:
    """How many of the period's cases, those that were not finished before it, are alike."""
    until = period.until
    at = with_end(until, known, touched(period, known)).subquery("ending").c
    late = and_(
        local_day(minute_of(at.due)) < days_since_1970(day),
        ~_stands_still(at, until, known),
    )
    state = case(
        (at.end.is_not(None), verdict_of(at)),
        (late, LATE),
        else_=WITHIN,
    )
    alike = (
        at.what,
        at.moved,
        case((at.leg != "", _what_of_whole(at, until, known))).label("of_whole"),
        case((at.received >= period.since, 1), else_=0).label("here"),
        state.label("state"),
    )
    ongoing = or_(at.end.is_(None), at.end >= period.since // MINUTE)
    return select(*alike, func.count()).where(ongoing).group_by(*(each.name for each in alike))


def visible(table: Any, until: int, known: int | None) -> ColumnElement[bool]:
    """What had happened by `until` and was recorded by `known`."""
    happened: ColumnElement[bool] = table.c.occurred <= until
    return happened if known is None else and_(happened, table.c.recorded <= known)


def touched(period: Period, known: int | None) -> Select[Any]:
    """The dossiers that may have to do with a period. Of the others nothing is lost: they were
    received after it, or every case of them was finished before it, never to be opened again, and
    all that was known; what was recorded of them since cannot begin or end a case."""
    c = SPANS.c
    ongoing = or_(c.over == 0, c.last >= period.since)
    if known is not None:
        ongoing = or_(ongoing, c.told > known)
    return select(c.dossier).where(received(period, known), ongoing)


def received(period: Period, known: int | None) -> ColumnElement[bool]:
    """What was received by the period's end. Of what another engine offered that is asked here
    alone, so only what had been accepted, and was known to be: nothing else of it counts."""
    c = SPANS.c
    taken = c.taken <= period.until
    if known is not None:
        taken = and_(taken, c.taken_told <= known)
    return or_(c.begun <= period.until, and_(c.begun.is_(None), taken))


def with_end(
    until: int, known: int | None, dossiers: Select[Any], *more: ColumnElement[Any]
) -> Select[Any]:
    """Every case of these dossiers that had begun, with the last of each of its facts, versions
    still in front, and `end`: when it was finished, in minutes since 1970, or None. `more`: of the
    same rows."""
    c = TABLE.c
    at = (
        select(
            c.dossier,
            c.leg,
            # The first thing that happens to a case is that it is opened.
            func.min(c.occurred).label("received"),
            func.max(c.opened).label("opened"),
            func.max(c.verdict).label("verdict"),
            func.max(c.ended).label("ended"),
            func.max(c.due).label("due"),
            # A leg that is opened again is whose it is then.
            func.max(c.what).label("what"),
            func.max(c.moved).label("moved"),
            *more,
        )
        .where(visible(TABLE, until, known), c.dossier.in_(dossiers))
        .group_by(c.dossier, c.leg)
        .having(func.max(c.opened).is_not(None))
        .subquery("cases")
        .c
    )
    end = func.coalesce(
        since_opened(at, at.verdict, minute_of(at.verdict)),
        since_opened(at, at.ended, minute_of(at.ended)),
        case((at.leg != "", _end_of_whole(at, until, known))),
    )
    # Of the time before, a leg that has no limit this time keeps no date.
    due = case((at.due // STAMP >= at.opened, at.due)).label("due")
    others = {"due": due, "received": _received(at).label("received")}
    return select(*(others.get(each.name, each) for each in at), end.label("end"))


def since_opened(at: Any, stamped: Any, value: Any) -> ColumnElement[Any]:
    """The value, if it was stamped after the case was last opened."""
    return case((stamped // STAMP > at.opened, value))


def verdict_of(at: Any) -> ColumnElement[Any]:
    """What the engine said when the clock ended; else by date; without a date on time."""
    ended, due = local_day(at.end), local_day(minute_of(at.due))
    by_date = case(
        (at.due.is_(None), ON_TIME),
        (ended < due, EARLY),
        (ended == due, ON_TIME),
        else_=OVERDUE,
    )
    return func.coalesce(since_opened(at, at.verdict, at.verdict % CODES), by_date)


def _received(at: Any) -> ColumnElement[Any]:
    """When work on it began; of what another engine offered, when that was accepted."""
    c = SPANS.c
    begun = select(func.coalesce(c.begun, c.taken)).where(c.dossier == at.dossier)
    offered = and_(at.leg == "", at.what.endswith(f"\t{INTERLINKED}"))
    return case((offered, begun.scalar_subquery()), else_=at.received)


def _end_of_whole(at: Any, until: int, known: int | None) -> Any:
    """When the dossier of a leg that has no end of its own was over."""
    whole = TABLE.alias("whole")
    return (
        select(func.min(minute_of(whole.c.ended)))
        .where(whole.c.dossier == at.dossier, whole.c.leg == "", visible(whole, until, known))
        .where(whole.c.ended // STAMP > at.opened)
        .scalar_subquery()
    )


def _what_of_whole(at: Any, until: int, known: int | None) -> Any:
    whole = TABLE.alias("whole")
    return (
        select(func.min(whole.c.what))
        .where(whole.c.dossier == at.dossier, whole.c.leg == "", visible(whole, until, known))
        .scalar_subquery()
    )


def _stands_still(at: Any, until: int, known: int | None) -> ColumnElement[bool]:
    """Whether a ground that lies in the leg, in one under it, or in the whole, stops its clock."""
    stop = TABLE.alias("stop")
    under = func.substr(stop.c.leg, 1, func.length(at.leg) + 1) == at.leg + "/"
    turn = func.max(stop.c.turn)
    return (
        select(literal(1))
        .where(stop.c.dossier == at.dossier, visible(stop, until, known))
        .where(or_(at.leg == "", stop.c.leg.in_([at.leg, WHOLE]), under))
        .group_by(stop.c.leg)
        .having(and_(turn % 2 == 1, turn // 2 > at.opened))
        .exists()
    )


def minute_of(stamped: Any) -> Any:
    """The moment behind a stamp, in minutes since 1970."""
    return stamped // CODES % MINUTES


def local_day(minute: Any) -> Any:
    """The local day of a moment in minutes, in days since 1970."""
    return (minute + ZONE) // DAY


def days_since_1970(day: date) -> int:
    return day.toordinal() - date(1970, 1, 1).toordinal()
