"""Raises what the timers say is due: each (dossier, leg, kind, deadline) exactly once.

A sweep takes the time as an argument. It raises nothing early; late by at most the time
between two sweeps and the lag of the timers. An alert's id follows from what it is about, so
that a sweep that is repeated, or a table of timers that is rebuilt, raises nothing twice. A
deadline that moved is another deadline.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Index,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    bindparam,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from consumers.home import Home
from consumers.views import status
from consumers.views.timers import MOMENTS, TABLE, TO_COMPUTE
from schemas.envelope import from_micros, to_micros

DUE_SOON = "due-soon"
APOLOGY_DUE = "apology-due"
DOSSIER_OVERDUE = "dossier-overdue"
LEG_OVERDUE = "leg-overdue"
STEP_OVERDUE = "step-overdue"
HANDOVER_NOT_ACCEPTED = "handover-not-accepted"
SUPPLEMENT_UNANSWERED = "supplement-unanswered"

KINDS = {
    "warn_at": (DUE_SOON, "due"),
    "apology_at": (APOLOGY_DUE, "due"),
    "late_at": (LEG_OVERDUE, "due"),
    "step_due": (STEP_OVERDUE, "step_due"),
    "expires": (HANDOVER_NOT_ACCEPTED, "expires"),
    "answer_by": (SUPPLEMENT_UNANSWERED, "answer_by"),
}
"""Moment of a timer -> the kind of alert, and the column of the deadline it is about."""

ACTED_ON = (HANDOVER_NOT_ACCEPTED,)
"""The kinds that make the engine do something."""

SWEEP = 500

WarnAt = Callable[[datetime, str, str, str], datetime]
"""(due, procedure, its version, calendar version) -> when the policy wants a warning."""

metadata = MetaData()

alerts_table = Table(
    "alerts",
    metadata,
    Column("id", LargeBinary, primary_key=True),
    Column("dossier", Text, nullable=False),
    Column("leg", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("deadline", BigInteger, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("raised_at", BigInteger, nullable=False),
    Column("agency", Text),
    Column("to_act", SmallInteger, nullable=False),
)
_TO_ACT = alerts_table.c.to_act == 1
Index("alerts_to_act", alerts_table.c.due_at, sqlite_where=_TO_ACT, postgresql_where=_TO_ACT)


class Alert(msgspec.Struct, frozen=True):
    """One alert. Moments are microseconds since 1970, UTC.

    `deadline`: the date it is about; `due_at`: when it had to be raised; `agency`: who
    held the leg, or was offered it.
    """

    id: bytes
    dossier: str
    leg: str
    kind: str
    deadline: int
    due_at: int
    raised_at: int
    agency: str | None


def alert_id(dossier: str, leg: str, kind: str, deadline: int) -> bytes:
    return hashlib.sha256(f"{dossier}\n{leg}\n{kind}\n{deadline}".encode()).digest()[:16]


def make_alerts(connection: Connection) -> None:
    metadata.create_all(connection, checkfirst=True)


def sweep(home: Home, now: datetime, warn_at: WarnAt, *, batch: int = SWEEP) -> list[Alert]:
    """Raises everything that is due at `now`; the alerts that are new, in order.

    Several sweeps may run at the same time. Bring the timers up to date before: an alert
    is only as true as they are.
    """
    at = to_micros(now)
    raised: list[Alert] = []
    while True:
        with home.begin() as connection:
            rows = _due(connection, at, batch)
            fired: list[Alert] = []
            cleared = [_fire(dict(row), at, warn_at, fired) for row in rows]
            if cleared:
                connection.execute(_CLEAR, cleared)
            raised += _insert(connection, fired)
        if len(rows) < batch:
            return raised


def act_on(home: Home, submit: Callable[[Alert], bool], *, batch: int = SWEEP) -> int:
    """Lets the engine act on the alerts that ask for it; how many are done with.

    `submit` gives the command (with the alert's id as its command id, so that a repetition
    has no second effect) and says whether that is settled, by an effect or for good by a
    refusal; one that is not is asked again by the next call.
    """
    with home.engine.connect() as connection:
        query = select(alerts_table).where(_TO_ACT).order_by(alerts_table.c.due_at).limit(batch)
        waiting = [_alert(row) for row in connection.execute(query)]
    settled = [each.id for each in waiting if submit(each)]
    if settled:
        with home.begin() as connection:
            done = update(alerts_table).where(alerts_table.c.id.in_(settled)).values(to_act=0)
            connection.execute(done)
    return len(settled)


def alerts(
    connection: Connection,
    *,
    since: int | None = None,
    dossier: str | None = None,
    kind: str | None = None,
    limit: int = 1_000,
) -> list[Alert]:
    """Alerts raised, the newest first."""
    query = select(alerts_table).limit(limit)
    query = query.order_by(alerts_table.c.raised_at.desc(), alerts_table.c.due_at.desc())
    if since is not None:
        query = query.where(alerts_table.c.raised_at >= since)
    if dossier is not None:
        query = query.where(alerts_table.c.dossier == dossier)
    if kind is not None:
        query = query.where(alerts_table.c.kind == kind)
    return [_alert(row) for row in connection.execute(query.order_by(alerts_table.c.id))]


# --- a batch of a sweep ------------------------------------------------------------------

_CLEAR = (
    update(TABLE)
    .where(TABLE.c.dossier == bindparam("of"), TABLE.c.leg == bindparam("in_leg"))
    .values({each: bindparam(f"new_{each}") for each in MOMENTS})
)


def _due(connection: Connection, at: int, batch: int) -> Sequence[Any]:
    of = status.TABLE
    query = (
        select(*TABLE.c, of.c.procedure, of.c.procedure_version, of.c.calendar)
        .outerjoin(of, of.c.dossier == TABLE.c.dossier)
        .where(TABLE.c.next_at <= at)
        .order_by(TABLE.c.next_at)
        .limit(batch)
        .with_for_update(of=TABLE, skip_locked=True)
    )
    return connection.execute(query).mappings().all()


def _fire(row: dict[str, Any], at: int, warn_at: WarnAt, fired: list[Alert]) -> dict[str, Any]:
    """Adds the alerts of a timer that are due; what the row's moments are then."""
    if row["warn_at"] == TO_COMPUTE:
        row["warn_at"] = _warning(row, warn_at)
    for name, (kind, deadline) in KINDS.items():
        if row[name] is None or row[name] > at or (kind == APOLOGY_DUE and row["extended"]):
            continue
        whole = kind == LEG_OVERDUE and not row["leg"]
        fired.append(_raise(row, DOSSIER_OVERDUE if whole else kind, row[deadline], row[name], at))
    cleared = {
        f"new_{name}": None if row[name] is not None and row[name] <= at else row[name]
        for name in MOMENTS
    }
    return {"of": row["dossier"], "in_leg": row["leg"], **cleared}


def _warning(row: dict[str, Any], warn_at: WarnAt) -> int | None:
    """None where the warning would have been due before there was a deadline."""
    pinned = row["procedure"], row["procedure_version"], row["calendar"]
    if None in pinned:
        return None
    moment = to_micros(warn_at(from_micros(row["due"]), *pinned))
    return moment if moment > row["since"] else None


def _raise(row: dict[str, Any], kind: str, deadline: int, due_at: int, at: int) -> Alert:
    return Alert(
        id=alert_id(row["dossier"], row["leg"], kind, deadline),
        dossier=row["dossier"],
        leg=row["leg"],
        kind=kind,
        deadline=deadline,
        due_at=due_at,
        raised_at=at,
        agency=row["agency"],
    )


def _insert(connection: Connection, fired: list[Alert]) -> list[Alert]:
    """Inserts those that were never raised, and returns them."""
    if not fired:
        return []
    make = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    rows = [
        {**msgspec.structs.asdict(each), "to_act": int(each.kind in ACTED_ON)} for each in fired
    ]
    statement = make(alerts_table).values(rows).on_conflict_do_nothing()
    new = set(connection.execute(statement.returning(alerts_table.c.id)).scalars())
    return [each for each in fired if each.id in new]


def _alert(row: Any) -> Alert:
    return Alert(
        row.id,
        row.dossier,
        row.leg,
        row.kind,
        row.deadline,
        row.due_at,
        row.raised_at,
        row.agency,
    )
