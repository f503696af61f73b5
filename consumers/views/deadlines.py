"""What is close and what is late: one row per open leg with its own due and its step's."""

from __future__ import annotations

from collections.abc import Collection

import msgspec
from sqlalchemy import Connection, literal, select, union_all

from consumers.changes import Change, Drop, Every, Put, Value
from consumers.paging import Ended, beyond
from consumers.view import View, micros, moment, number, table, text
from consumers.views.timers import midnight_after
from engine.core.dossier import upward
from schemas import events as e
from schemas.envelope import Recorded
from workflows.model import DONE

TABLE = table(
    "deadlines",
    ["dossier", "leg"],
    [text("agency"), text("step"), moment("due"), moment("step_due"), number("stopped")],
    fill=50,
)
"""No index on the dates: they move with almost every event, and only open legs have rows."""


class Deadline(msgspec.Struct, frozen=True):
    """One open deadline. `kind`: whole, leg or step; `due`: microseconds since 1970, UTC.

    While `stopped`, the date is the one before the stop: it moves when the clock resumes.
    `agency` holds the leg, or has been offered it.
    """

    code: str
    leg: str
    kind: str
    step: str
    due: int
    stopped: bool
    agency: str

    def overdue(self, now: int) -> bool:
        """Whether it is past at `now`, microseconds since 1970. As for alerts: a step's at its
        moment, any other not while the date is today."""
        late = self.due if self.kind == "step" else midnight_after(self.due)
        return late <= now and not self.stopped


def deadlines(
    connection: Connection,
    *,
    until: int | None = None,
    agency: str | None = None,
    limit: int = 1_000,
    among: Collection[str] | None = None,
    after: tuple[int, str, str, str] | None = None,
) -> list[Deadline]:
    """The open deadlines up to a moment, the nearest first; `among`: of these agencies.
    `after`: due, code, leg and kind (leg or step) of the last one of the page before."""
    parts = []
    for kind, due in (("leg", TABLE.c.due), ("step", TABLE.c.step_due)):
        part = select(
            TABLE.c.dossier,
            TABLE.c.leg,
            literal(kind).label("kind"),
            TABLE.c.step,
            due.label("due"),
            TABLE.c.stopped,
            TABLE.c.agency,
        ).where(due.is_not(None))
        if until is not None:
            part = part.where(due <= until)
        if agency is not None:
            part = part.where(TABLE.c.agency == agency)
        if among is not None:
            part = part.where(TABLE.c.agency.in_(among))
        parts.append(part)
    found = union_all(*parts).subquery()
    order = found.c.due, found.c.dossier, found.c.leg, found.c.kind
    query = select(found).order_by(*order)
    if after is not None:
        query = query.where(beyond(*(Ended(*each) for each in zip(order, after, strict=True))))
    return [
        Deadline(
            code=row.dossier,
            leg=row.leg,
            kind="whole" if row.kind == "leg" and not row.leg else row.kind,
            step=row.step,
            due=row.due,
            stopped=bool(row.stopped),
            agency=row.agency,
        )
        for row in connection.execute(query.limit(limit))
    ]


# --- handlers ----------------------------------------------------------------------------


def _row(seen: Recorded, leg: str, **columns: Value) -> Put:
    return Put(TABLE, (seen.stream, leg), columns)


def _registered(event: e.DossierRegistered, seen: Recorded) -> list[Change]:
    due = micros(event.check_by)
    return [_row(seen, "", agency=event.agency, step="registered", step_due=due)]


def _received(event: e.DossierReceived, seen: Recorded) -> list[Change]:
    return [
        _row(
            seen,
            "",
            agency=event.agency,
            step=event.step,
            due=micros(event.appointment),
            step_due=micros(event.step_due),
        )
    ]


def _opened(event: e.LegOpened, seen: Recorded) -> list[Change]:
    return [_row(seen, event.leg, agency=event.agency, step=event.step)]


def _step_ended(event: e.StepEnded, seen: Recorded) -> list[Change]:
    return [_row(seen, event.leg, step=event.to, step_due=micros(event.due))]


def _returned(event: e.ResultReturned, seen: Recorded) -> list[Change]:
    if event.leg or event.to != DONE:
        return _step_ended(event, seen)
    return [Drop(TABLE, (seen.stream,))]


def _offered(event: e.HandoverOffered, seen: Recorded) -> list[Change]:
    due = micros(event.due)
    return [_row(seen, event.leg, agency=event.to_agency, step=event.step, step_due=due)]


def _accepted(event: e.HandoverAccepted, seen: Recorded) -> list[Change]:
    return [_row(seen, event.leg, agency=event.agency)]


def _not_taken(event: e.HandoverNotTaken, seen: Recorded) -> list[Change]:
    due = micros(event.due)
    return [_row(seen, event.leg, agency=event.agency, step=event.step, step_due=due)]


def _clock(event: e.ClockStarted | e.ClockExtended, seen: Recorded) -> list[Change]:
    return [_row(seen, event.leg, due=micros(event.due))]


def _stopped(event: e.ClockStopped, seen: Recorded) -> list[Change]:
    return [_row(seen, leg, stopped=1) for leg in upward(event.leg)]


def _suspended(event: e.DossierSuspended, seen: Recorded) -> list[Change]:
    return [Every(TABLE, seen.stream, {"stopped": 1})]


def _resumed(event: e.ClockResumed | e.DossierResumed, seen: Recorded) -> list[Change]:
    changes: list[Change] = [_row(seen, leg, stopped=0) for leg in event.running]
    changes += [_row(seen, leg, due=micros(due)) for leg, due in event.dues.items()]
    changes += [_row(seen, leg, step_due=micros(due)) for leg, due in event.step_dues.items()]
    return changes


def _clock_ended(event: e.ClockEnded, seen: Recorded) -> list[Change]:
    return [_row(seen, event.leg, due=None)]


def _leg_over(event: e.LegResulted | e.LegRefused, seen: Recorded) -> list[Change]:
    return [Drop(TABLE, (seen.stream, event.leg))]


def _over(event: e.Event, seen: Recorded) -> list[Change]:
    return [Drop(TABLE, (seen.stream,))]


def _reopened(event: e.DossierReopened, seen: Recorded) -> list[Change]:
    return [
        _row(
            seen,
            "",
            agency=event.agency,
            step=event.step,
            due=micros(event.due),
            step_due=micros(event.step_due),
            stopped=0,
        )
    ]


VIEW = View(
    "deadlines",
    2,
    [TABLE],
    {
        e.DossierRegistered: _registered,
        e.DossierReceived: _received,
        e.DossierRefusedAtReceipt: _over,
        e.LegOpened: _opened,
        e.StepEnded: _step_ended,
        e.ResultReturned: _returned,
        e.HandoverOffered: _offered,
        e.HandoverAccepted: _accepted,
        e.HandoverNotTaken: _not_taken,
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
