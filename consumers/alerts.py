"""Raises what the timers say is due: each (dossier, leg, kind, deadline) exactly once.

A sweep takes the time as an argument. It raises nothing early; late by at most the time
between two sweeps and the lag of the timers. What is raised by a moment follows from the
events alone: a deadline that passed and was met, moved or answered before anybody swept is
raised all the same. An alert's id follows from what it is about, so that a sweep that is
repeated, or a table of timers that is rebuilt, raises nothing twice. A deadline that moved is
another deadline.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Sequence
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
    delete,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from consumers.home import Home, ensure
from consumers.paging import Ended, beyond
from consumers.views import custody, status
from consumers.views.timers import (
    ANSWER,
    MOMENTS,
    NEVER,
    OFFER,
    OWN,
    STEP,
    TABLE,
    TO_COMPUTE,
    first_of,
)
from schemas.envelope import from_micros, to_micros

DUE_SOON = "due-soon"
APOLOGY_DUE = "apology-due"
DOSSIER_OVERDUE = "dossier-overdue"
LEG_OVERDUE = "leg-overdue"
STEP_OVERDUE = "step-overdue"
HANDOVER_NOT_ACCEPTED = "handover-not-accepted"
SUPPLEMENT_UNANSWERED = "supplement-unanswered"

KINDS = {
    OWN: LEG_OVERDUE,
    STEP: STEP_OVERDUE,
    OFFER: HANDOVER_NOT_ACCEPTED,
    ANSWER: SUPPLEMENT_UNANSWERED,
}
"""What a timer waits for -> the kind of alert when it has passed."""

ACTED_ON = (HANDOVER_NOT_ACCEPTED,)
"""The kinds that make the engine do something."""

SWEEP = 500

Submit = Callable[[Sequence["Alert"]], Sequence[bool]]
"""Alerts to act on -> whether each is settled, in their order."""

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
    Column("told", SmallInteger, nullable=False, server_default="0"),
)
_TO_ACT = alerts_table.c.to_act == 1
Index("alerts_to_act", alerts_table.c.due_at, sqlite_where=_TO_ACT, postgresql_where=_TO_ACT)
_TO_TELL = alerts_table.c.told == 0
Index("alerts_to_tell", alerts_table.c.due_at, sqlite_where=_TO_TELL, postgresql_where=_TO_TELL)


class Alert(msgspec.Struct, frozen=True):
    """One alert. Moments are microseconds since 1970, UTC.

    `deadline`: the date it is about; `due_at`: when it had to be raised; `raised_at`: the
    moment of the sweep that did; `agency`: who held the leg at `due_at`, or was offered it.
    `to_act`: whether something is left to do, which is not so when it was answered late.
    """

    id: bytes
    dossier: str
    leg: str
    kind: str
    deadline: int
    due_at: int
    raised_at: int
    agency: str | None
    to_act: bool = False


def alert_id(dossier: str, leg: str, kind: str, deadline: int) -> bytes:
    return hashlib.sha256(f"{dossier}\n{leg}\n{kind}\n{deadline}".encode()).digest()[:16]


def open_alerts(home: Home) -> None:
    """Makes the table unless it is there."""
    ensure(home, metadata)


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
            left = [_fire(dict(row), at, warn_at, fired) for row in rows]
            _clear(connection, left)
            raised += _insert(connection, _with_agencies(connection, fired))
        if len(rows) < batch:
            return raised


def act_on(home: Home, submit: Submit, *, batch: int = SWEEP) -> int:
    """Lets the engine act on the alerts that ask for it; how many are done with.

    `submit` gives the commands of a batch (each with the alert's id as its command id, so that
    a repetition has no second effect) and says of each whether that is settled, by an effect
    or for good by a refusal; one that is not is asked again by the next call.
    """
    with home.engine.connect() as connection:
        query = select(alerts_table).where(_TO_ACT).order_by(alerts_table.c.due_at).limit(batch)
        waiting = [alert_of(row) for row in connection.execute(query)]
    if not waiting:
        return 0
    settled = [each.id for each, done in zip(waiting, submit(waiting), strict=True) if done]
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
    among: Collection[str] | None = None,
    after: tuple[int, int, bytes] | None = None,
) -> list[Alert]:
    """Alerts raised, the newest first; `among`: of these agencies. `after`: when it was raised
    and due, and the id, of the last one of the page before."""
    query = select(alerts_table).limit(limit)
    query = query.order_by(alerts_table.c.raised_at.desc(), alerts_table.c.due_at.desc())
    if since is not None:
        query = query.where(alerts_table.c.raised_at >= since)
    if dossier is not None:
        query = query.where(alerts_table.c.dossier == dossier)
    if kind is not None:
        query = query.where(alerts_table.c.kind == kind)
    if among is not None:
        query = query.where(alerts_table.c.agency.in_(among))
    if after is not None:
        of = alerts_table.c
        raised, due, last = after
        ended = Ended(of.raised_at, raised, True), Ended(of.due_at, due, True), Ended(of.id, last)
        query = query.where(beyond(*ended))
    return [alert_of(row) for row in connection.execute(query.order_by(alerts_table.c.id))]


# --- a batch of a sweep ------------------------------------------------------------------

_KEY = [column == bindparam(f"of_{column.name}") for column in TABLE.primary_key]
_CLEAR = (
    update(TABLE)
    .where(*_KEY)
    .values({each: bindparam(f"new_{each}") for each in (*MOMENTS, "next_at")})
)
_DELETE = delete(TABLE).where(*_KEY)


def _due(connection: Connection, at: int, batch: int) -> Sequence[Any]:
    of = status.TABLE.c
    query = (
        select(*TABLE.c, of.procedure, of.procedure_version, of.calendar, of.desk)
        .outerjoin(status.TABLE, of.dossier == TABLE.c.dossier)
        .where(TABLE.c.next_at <= at)
        .order_by(TABLE.c.next_at)
        .limit(batch)
        .with_for_update(of=TABLE, skip_locked=True)
    )
    return connection.execute(query).mappings().all()


def _fire(row: dict[str, Any], at: int, warn_at: WarnAt, fired: list[Alert]) -> dict[str, Any]:
    """Adds the alerts of a timer that are due; what is left of the row then."""
    if row["warn_at"] == TO_COMPUTE:
        row["warn_at"] = _warning(row, warn_at)
    stood_until = NEVER if row["ends_at"] is None else row["ends_at"]
    left: dict[str, int | None] = dict.fromkeys(MOMENTS)
    for name in MOMENTS:
        moment = row[name]
        if moment is None or moment > stood_until:
            continue
        if moment > at:
            left[name] = moment
        else:
            fired.append(_raise(row, name, at))
    return {
        **{f"of_{column.name}": row[column.name] for column in TABLE.primary_key},
        **{f"new_{name}": moment for name, moment in left.items()},
        "new_next_at": first_of(left),
        "over": row["ends_at"] is not None and first_of(left) == NEVER,
    }


def _clear(connection: Connection, left: list[dict[str, Any]]) -> None:
    """A timer that stands keeps its row; of one that ended nothing is left in the end."""
    over = [each for each in left if each.pop("over")]
    if over:
        connection.execute(_DELETE, over)
    if left:
        connection.execute(_CLEAR, left)


def _warning(row: dict[str, Any], warn_at: WarnAt) -> int | None:
    """None where the warning would have been due before there was a deadline."""
    pinned = row["procedure"], row["procedure_version"], row["calendar"]
    if None in pinned:
        return None
    moment = to_micros(warn_at(from_micros(row["deadline"]), *pinned))
    return moment if moment > row["since"] else None


def _raise(row: dict[str, Any], name: str, at: int) -> Alert:
    kind = {"warn_at": DUE_SOON, "apology_at": APOLOGY_DUE}.get(name, KINDS[row["what"]])
    if kind == LEG_OVERDUE and not row["leg"]:
        kind = DOSSIER_OVERDUE
    return Alert(
        id=alert_id(row["dossier"], row["leg"], kind, row["deadline"]),
        dossier=row["dossier"],
        leg=row["leg"],
        kind=kind,
        deadline=row["deadline"],
        due_at=row[name],
        raised_at=at,
        agency=row["desk"],
        to_act=kind in ACTED_ON and row["ends_at"] is None,
    )


def _with_agencies(connection: Connection, fired: list[Alert]) -> list[Alert]:
    """With who held each leg when it was due; before the receipt there is only the desk."""
    of = custody.TABLE.c
    query = select(of.dossier, of.turns).where(of.dossier.in_({each.dossier for each in fired}))
    turns = {code: custody.turns_of(lines) for code, lines in connection.execute(query)}
    found = []
    for each in fired:
        held = [
            turn
            for turn in turns.get(each.dossier, ())
            if turn.leg == each.leg and turn.since < each.due_at
        ]
        if held:
            waits = held[-1].waiting_for
            agency = waits[0] if waits else held[-1].agency
            found.append(msgspec.structs.replace(each, agency=agency))
        else:
            found.append(each)
    return found


def _insert(connection: Connection, fired: list[Alert]) -> list[Alert]:
    """Inserts those that were never raised, and returns them."""
    if not fired:
        return []
    make = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    once = {each.id: each for each in reversed(fired)}
    rows = [{**msgspec.structs.asdict(each), "to_act": int(each.to_act)} for each in once.values()]
    statement = make(alerts_table).values(rows).on_conflict_do_nothing()
    new = set(connection.execute(statement.returning(alerts_table.c.id)).scalars())
    return [each for each in fired if each.id in new and once[each.id] is each]


def alert_of(row: Any) -> Alert:
    """The alert in a row of the table."""
    return Alert(
        row.id,
        row.dossier,
        row.leg,
        row.kind,
        row.deadline,
        row.due_at,
        row.raised_at,
        row.agency,
        bool(row.to_act),
    )
