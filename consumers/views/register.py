"""The register (form 07, Circular 03/2025/TT-VPCP): one row a dossier, for good.

One submission is one dossier here, however many agencies handle it; an agency's legs are
counted in `legs`.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from sqlalchemy import Connection, RowMapping, select

from consumers.changes import Change, Put, Value
from consumers.view import View, micros, moment, number, table, text
from schemas import events as e
from schemas.envelope import Recorded
from workflows.model import DONE

TABLE = table(
    "register",
    ["dossier"],
    [
        text("procedure"),
        text("procedure_version"),
        text("unit"),
        text("channel"),
        moment("received_at"),
        moment("appointment"),
        moment("ended_at"),
        text("verdict"),
        text("outcome"),
        moment("returned_at"),
        text("returned_by"),
        number("supplements", adds=True),
        number("reopened", adds=True),
    ],
    fill=50,
)


class Entry(msgspec.Struct, frozen=True):
    """One line of the register. Moments are microseconds since 1970, UTC.

    `appointment`: the date promised for the whole, moved by pauses and an extension.
    `ended_at`: when processing ended. `outcome`: done, refused, stopped, or None.
    """

    code: str
    procedure: str
    procedure_version: str
    field: str | None
    unit: str
    channel: str
    received_at: int | None
    appointment: int | None
    ended_at: int | None
    verdict: str | None
    outcome: str | None
    returned_at: int | None
    returned_by: str | None
    supplements: int
    reopened: int


def register(
    connection: Connection,
    *,
    unit: str | None = None,
    since: int | None = None,
    until: int | None = None,
    field_of: Callable[[str, str], str] | None = None,
    limit: int = 10_000,
) -> list[Entry]:
    """The dossiers received in [since, until), in the order of receipt.

    `field_of`: (procedure, version) -> its field, from the definition.
    """
    query = select(TABLE).where(TABLE.c.received_at.is_not(None))
    if unit is not None:
        query = query.where(TABLE.c.unit == unit)
    if since is not None:
        query = query.where(TABLE.c.received_at >= since)
    if until is not None:
        query = query.where(TABLE.c.received_at < until)
    query = query.order_by(TABLE.c.received_at, TABLE.c.dossier).limit(limit)
    return [_entry(row, field_of) for row in connection.execute(query).mappings()]


def _entry(row: RowMapping, field_of: Callable[[str, str], str] | None) -> Entry:
    fields = dict(row)
    key = (fields["procedure"], fields["procedure_version"])
    return Entry(code=fields.pop("dossier"), field=field_of(*key) if field_of else None, **fields)


# --- handlers ----------------------------------------------------------------------------


def _row(seen: Recorded, **columns: Value) -> list[Change]:
    return [Put(TABLE, (seen.stream,), columns)]


def _registered(event: e.DossierRegistered, seen: Recorded) -> list[Change]:
    return _row(
        seen,
        procedure=event.procedure,
        procedure_version=event.procedure_version,
        unit=event.agency,
        channel="online",
    )


def _received(event: e.DossierReceived, seen: Recorded) -> list[Change]:
    return _row(
        seen,
        procedure=event.procedure,
        procedure_version=event.procedure_version,
        unit=event.agency,
        channel=event.channel,
        received_at=seen.occurred_at,
        appointment=micros(event.appointment),
    )


def _due(event: e.ClockStarted | e.ClockExtended, seen: Recorded) -> list[Change]:
    return [] if event.leg else _row(seen, appointment=micros(event.due))


def _resumed(event: e.ClockResumed | e.DossierResumed, seen: Recorded) -> list[Change]:
    return _row(seen, appointment=micros(event.dues[""])) if "" in event.dues else []


def _clock_ended(event: e.ClockEnded, seen: Recorded) -> list[Change]:
    if event.leg:
        return []
    return _row(seen, ended_at=seen.occurred_at, verdict=event.verdict)


def _returned(event: e.ResultReturned, seen: Recorded) -> list[Change]:
    if event.leg or event.to != DONE:
        return []
    at = seen.occurred_at
    return _row(seen, outcome="done", returned_at=at, returned_by=event.channel)


def _supplement(event: e.SupplementRequested, seen: Recorded) -> list[Change]:
    return _row(seen, supplements=1)


def _broken_off(event: e.Event, seen: Recorded) -> list[Change]:
    outcome = "stopped" if isinstance(event, e.DossierStopped) else "refused"
    return _row(seen, outcome=outcome, ended_at=seen.occurred_at)


def _reopened(event: e.DossierReopened, seen: Recorded) -> list[Change]:
    return _row(
        seen,
        appointment=micros(event.due),
        ended_at=None,
        verdict=None,
        outcome=None,
        returned_at=None,
        returned_by=None,
        reopened=1,
    )


VIEW = View(
    "register",
    2,
    [TABLE],
    {
        e.DossierRegistered: _registered,
        e.DossierReceived: _received,
        e.DossierRefusedAtReceipt: _broken_off,
        e.ClockStarted: _due,
        e.ClockExtended: _due,
        e.ClockResumed: _resumed,
        e.DossierResumed: _resumed,
        e.ClockEnded: _clock_ended,
        e.ResultReturned: _returned,
        e.SupplementRequested: _supplement,
        e.DossierStopped: _broken_off,
        e.DossierRefused: _broken_off,
        e.DossierReopened: _reopened,
    },
)
