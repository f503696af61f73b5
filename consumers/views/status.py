"""Where each dossier is: one row a dossier, its root leg, its clock, its portal code."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Index, select

from consumers.changes import Change, Put, Value
from consumers.portal import PORTAL_CODES
from consumers.view import View, micros, moment, number, position, table, text
from engine.core.dossier import WHOLE
from schemas import events as e
from schemas.envelope import Recorded
from workflows.model import DONE, ENDS

GROUNDS = {"supplement": "awaiting-supplement", "financial-duty": "awaiting-payment"}
"""Grounds of a stop that the portal tells apart; any other is "paused"."""

TABLE = table(
    "status",
    ["dossier"],
    [
        position("version"),
        text("procedure"),
        text("procedure_version"),
        text("calendar"),
        text("desk"),
        text("state"),
        text("step"),
        text("agency"),
        text("officer"),
        text("to_agency"),
        moment("since"),
        moment("appointment"),
        moment("unit_appointment"),
        moment("due"),
        text("stops", adds=True),
        text("verdict"),
        number("withdrawal"),
        number("expired"),
        text("withdrawn"),
        moment("received_at"),
        moment("ready_at"),
        moment("processing_ended_at"),
        moment("ended_at"),
        moment("occurred_at"),
    ],
    fill=50,
)
AT_ONCE = 1_000
"""Dossiers that one statement asks about."""
_OPEN = TABLE.c.ended_at.is_(None)
Index("agency", TABLE.c.agency, sqlite_where=_OPEN, postgresql_where=_OPEN)


class Status(msgspec.Struct, frozen=True):
    """One dossier. Moments are microseconds since 1970, UTC.

    `holder`: agency and officer of the root leg, None while in transit and after the end.
    `in_transit`: from agency, to agency, since. `clock`: running, stopped, ended, or None
    before receipt; `ground`: why it is stopped. `verdict`: early, on time or overdue.
    `appointment` is for the whole, `unit_appointment` for the receiving unit's own part.
    `processing_ended_at`: when the clock ended, which the verdict is about.
    """

    code: str
    version: int
    procedure: str
    procedure_version: str
    calendar: str
    desk: str
    state: str
    portal_code: int
    step: str | None
    holder: tuple[str, str] | None
    in_transit: tuple[str, str, int] | None
    appointment: int | None
    unit_appointment: int | None
    due: int | None
    clock: str | None
    ground: str | None
    verdict: str | None
    withdrawn: str | None
    received_at: int | None
    processing_ended_at: int | None
    ended_at: int | None
    occurred_at: int


def status(connection: Connection, dossier: str) -> Status | None:
    """Where the dossier is; None when nothing is known of it."""
    return next(iter(statuses(connection, [dossier])), None)


def statuses(connection: Connection, dossiers: Sequence[str]) -> list[Status]:
    """Where each of these is, in their order; without those of which nothing is known."""
    known: dict[str, Status] = {}
    for some in (dossiers[start : start + AT_ONCE] for start in range(0, len(dossiers), AT_ONCE)):
        rows = connection.execute(select(TABLE).where(TABLE.c.dossier.in_(some)))
        known |= {row.dossier: _status(row) for row in rows}
    return [known[each] for each in dossiers if each in known]


def _status(row: Any) -> Status:
    stops = _open_stops(row.stops)
    state = _state(row, stops)
    held = (row.agency, row.officer) if row.officer and row.ended_at is None else None
    transit = None
    if row.to_agency is not None and row.ended_at is None:
        held, transit = None, (row.agency, row.to_agency, row.since)
    return Status(
        code=row.dossier,
        version=row.version,
        procedure=row.procedure,
        procedure_version=row.procedure_version,
        calendar=row.calendar,
        desk=row.desk,
        state=state,
        portal_code=PORTAL_CODES[state],
        step=row.step,
        holder=held,
        in_transit=transit,
        appointment=row.appointment,
        unit_appointment=row.unit_appointment,
        due=row.due,
        clock=_clock(row, stops),
        ground=next(iter(stops.values()), None),
        verdict=row.verdict,
        withdrawn=row.withdrawn,
        received_at=row.received_at,
        processing_ended_at=row.processing_ended_at,
        ended_at=row.ended_at,
        occurred_at=row.occurred_at,
    )


def _state(row: Any, stops: dict[str, str]) -> str:
    """The state in words: what matters most to the citizen goes first."""
    if row.ended_at is not None:
        return "supplement-expired" if row.expired and row.state == "refused" else str(row.state)
    if row.withdrawal:
        return "withdrawal-asked"
    if WHOLE in stops:
        return "suspended"
    for ground, state in GROUNDS.items():
        if ground in stops.values():
            return state
    if "" in stops:
        return "paused"
    return "result-ready" if row.ready_at is not None else str(row.state)


def _clock(row: Any, stops: dict[str, str]) -> str | None:
    if row.received_at is None:
        return None
    if row.verdict is not None or row.ended_at is not None:
        return "ended"
    return "stopped" if stops else "running"


def _open_stops(stops: str) -> dict[str, str]:
    """The grounds that now stop the clock, by the leg each lies in; see `_stopped`."""
    found: dict[str, str] = {}
    for line in stops.splitlines():
        leg, opens, ground = line.partition("=")
        if not opens:
            found.clear()
        elif ground:
            found[leg] = ground
        else:
            found.pop(leg, None)
    return found


# --- handlers ----------------------------------------------------------------------------


def _row(seen: Recorded, **columns: Value) -> list[Change]:
    columns["version"] = seen.version
    columns["occurred_at"] = seen.occurred_at
    return [Put(TABLE, (seen.stream,), columns)]


def _registered(event: e.DossierRegistered, seen: Recorded) -> list[Change]:
    return _row(
        seen,
        procedure=event.procedure,
        procedure_version=event.procedure_version,
        calendar=event.calendar,
        desk=event.agency,
        agency=event.agency,
        state="registered",
        since=seen.occurred_at,
    )


def _received(event: e.DossierReceived, seen: Recorded) -> list[Change]:
    return _row(
        seen,
        procedure=event.procedure,
        procedure_version=event.procedure_version,
        calendar=event.calendar,
        desk=event.agency,
        state="received",
        step=event.step,
        agency=event.agency,
        officer=event.officer,
        since=seen.occurred_at,
        received_at=seen.occurred_at,
        appointment=micros(event.appointment),
        unit_appointment=micros(event.unit_appointment),
        due=micros(event.appointment),
    )


def _step_ended(event: e.StepEnded, seen: Recorded) -> list[Change]:
    if event.leg or event.to in ENDS:
        return _row(seen)
    return _row(seen, state="at-work", step=event.to)


def _returned(event: e.ResultReturned, seen: Recorded) -> list[Change]:
    if event.leg or event.to != DONE:
        return _step_ended(event, seen)
    return _row(seen, state="returned", step=None, ended_at=seen.occurred_at)


def _assigned(event: e.StepAssigned, seen: Recorded) -> list[Change]:
    if event.leg:
        return _row(seen)
    return _row(seen, officer=event.officer, since=seen.occurred_at)


def _offered(event: e.HandoverOffered, seen: Recorded) -> list[Change]:
    if event.leg:
        return _row(seen)
    return _row(
        seen,
        state="in-transit",
        step=event.step,
        agency=event.from_agency,
        officer=event.from_officer,
        to_agency=event.to_agency,
        since=seen.occurred_at,
    )


def _held(state: str) -> Any:
    def handle(event: e.HandoverAccepted | e.HandoverNotTaken, seen: Recorded) -> list[Change]:
        if event.leg:
            return _row(seen)
        return _row(
            seen,
            state=state,
            step=event.step,
            agency=event.agency,
            officer=event.officer,
            to_agency=None,
            since=seen.occurred_at,
        )

    return handle


def _due(event: e.ClockStarted | e.ClockExtended, seen: Recorded) -> list[Change]:
    if event.leg:
        return _row(seen)
    return _row(seen, due=micros(event.due))


def _stopped(event: e.ClockStopped, seen: Recorded) -> list[Change]:
    # Any leg's stop stops the root. Which are still open is read off the line of them, so
    # that nothing has to be read here: "leg=ground" opens one, "leg=" closes it.
    return _row(seen, stops=f"{event.leg}={event.ground}\n")


def _resumed(event: e.ClockResumed | e.DossierResumed, seen: Recorded) -> list[Change]:
    leg = event.leg if isinstance(event, e.ClockResumed) else WHOLE
    if "" in event.dues:
        return _row(seen, stops=f"{leg}=\n", due=micros(event.dues[""]))
    return _row(seen, stops=f"{leg}=\n")


def _suspended(event: e.DossierSuspended, seen: Recorded) -> list[Change]:
    return _row(seen, stops=f"{WHOLE}={event.ground}\n")


def _clock_ended(event: e.ClockEnded, seen: Recorded) -> list[Change]:
    ended: dict[str, Value] = {"processing_ended_at": seen.occurred_at}
    return _row(seen) if event.leg else _row(seen, verdict=event.verdict, **ended)


def _leg_opened(event: e.LegOpened, seen: Recorded) -> list[Change]:
    return _row(seen) if "/" in event.leg else _row(seen, state="awaiting-legs")


def _ready(event: e.ResultReady, seen: Recorded) -> list[Change]:
    return _row(seen, ready_at=seen.occurred_at)


def _expired(event: e.SupplementExpired, seen: Recorded) -> list[Change]:
    return _row(seen) if event.leg else _row(seen, expired=1)


def _withdrawal(event: e.WithdrawalAsked, seen: Recorded) -> list[Change]:
    return _row(seen, withdrawal=1)


def _ended(state: str) -> Any:
    def handle(event: e.Event, seen: Recorded) -> list[Change]:
        return _row(seen, state=state, step=None, to_agency=None, ended_at=seen.occurred_at)

    return handle


def _reopened(event: e.DossierReopened, seen: Recorded) -> list[Change]:
    return _row(
        seen,
        state="at-work",
        step=event.step,
        agency=event.agency,
        officer=event.officer,
        since=seen.occurred_at,
        due=micros(event.due),
        stops="reopened\n",
        verdict=None,
        withdrawal=0,
        expired=0,
        withdrawn=event.withdraws,
        ready_at=None,
        processing_ended_at=None,
        ended_at=None,
    )


VIEW = View(
    "status",
    4,
    [TABLE],
    {
        e.Event: lambda event, seen: _row(seen),
        e.DossierRegistered: _registered,
        e.DossierReceived: _received,
        e.DossierRefusedAtReceipt: _ended("refused-at-receipt"),
        e.StepEnded: _step_ended,
        e.ResultReturned: _returned,
        e.StepAssigned: _assigned,
        e.HandoverOffered: _offered,
        e.HandoverAccepted: _held("at-work"),
        e.HandoverNotTaken: _held("returned-to-sender"),
        e.ClockStarted: _due,
        e.ClockExtended: _due,
        e.ClockStopped: _stopped,
        e.ClockResumed: _resumed,
        e.ClockEnded: _clock_ended,
        e.DossierSuspended: _suspended,
        e.DossierResumed: _resumed,
        e.LegOpened: _leg_opened,
        e.ResultReady: _ready,
        e.SupplementExpired: _expired,
        e.WithdrawalAsked: _withdrawal,
        e.DossierStopped: _ended("stopped"),
        e.DossierRefused: _ended("refused"),
        e.DossierReopened: _reopened,
    },
)
