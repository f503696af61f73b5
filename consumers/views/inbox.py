"""Who has to do what by when: one row per open leg, gone when the leg ends."""

from __future__ import annotations

from collections.abc import Callable, Collection

import msgspec
from sqlalchemy import Connection, Index, RowMapping, select

from consumers.changes import Change, Drop, Every, Put, Value
from consumers.paging import Ended, beyond
from consumers.view import View, micros, moment, table, text
from consumers.views import status
from engine.core.dossier import parent_of
from schemas import events as e
from schemas.envelope import Recorded
from workflows.machine import AT_WORK, BACK, LEGS, OFFERED, PAUSED, SUPPLEMENT, resume_act
from workflows.model import DONE

REGISTERED = "registered"
"""The mode of a dossier that waits for the desk's check; the others are the machine's."""

BY_MODE = {REGISTERED: "receive", OFFERED: "accept", BACK: "forward", SUPPLEMENT: "supply"}
"""What is to be done where it does not depend on the definition."""

TABLE = table(
    "inbox",
    ["dossier", "leg"],
    [
        text("agency"),
        text("officer"),
        text("role"),
        text("mode"),
        text("step"),
        text("ground"),
        moment("since"),
        moment("due"),
    ],
    fill=50,
)
Index("agency", TABLE.c.agency)

TRANSFER = "transfer"

ActOf = Callable[[str, str, str, str], str]
"""(procedure, its version, leg, step) -> the act that ends the step, from the definition; "" for
what is nobody's work."""

SUPPLEMENT_GROUND = "supplement"


class Task(msgspec.Struct, frozen=True):
    """One thing that somebody has to do. Moments are microseconds since 1970, UTC.

    `officer` is None when it is open to everyone with `role`. `due` is None when the step
    has no limit or the clock is stopped, and so is `remaining_working_minutes`, which is
    negative when the time is over.
    """

    code: str
    leg: str
    agency: str
    officer: str | None
    role: str | None
    act: str
    step: str
    mode: str
    since: int
    due: int | None
    remaining_working_minutes: int | None


def inbox(
    connection: Connection,
    agency: str,
    officer: str | None = None,
    *,
    act_of: ActOf,
    remaining: Callable[[str, int], int] | None = None,
    limit: int = 1_000,
    after: tuple[int | None, str, str] | None = None,
    in_place_of: Collection[str] = (),
) -> list[Task]:
    """What an agency has to do, most urgent first; of one officer with what anybody may take.

    `remaining`: (calendar version, due) -> working minutes left, negative when overdue.
    `after`: due, code and leg of the last task of the page before.
    `in_place_of`: agencies that are no more, whose dossiers it has; anybody may take those over.
    """
    of = status.TABLE
    columns = [*TABLE.c, of.c.procedure, of.c.procedure_version, of.c.calendar]
    query = (
        select(*columns)
        .join(of, of.c.dossier == TABLE.c.dossier)
        .where(TABLE.c.agency.in_(sorted({agency, *in_place_of})), TABLE.c.mode != LEGS)
        .order_by(TABLE.c.due.is_(None), TABLE.c.due, TABLE.c.dossier, TABLE.c.leg)
        .limit(limit)
    )
    if after is not None:
        ended = zip((TABLE.c.due, TABLE.c.dossier, TABLE.c.leg), after, strict=True)
        query = query.where(beyond(*(Ended(*each) for each in ended)))
    if officer is not None:
        anybody = TABLE.c.officer.is_(None) | (TABLE.c.agency != agency)
        query = query.where((TABLE.c.officer == officer) | anybody)
    rows = connection.execute(query).mappings()
    return [_task(row, act_at(row, act_of, in_place_of), remaining) for row in rows]


def _task(row: RowMapping, act: str, remaining: Callable[[str, int], int] | None) -> Task:
    left = None
    if remaining is not None and row["due"] is not None:
        left = remaining(row["calendar"], row["due"])
    return Task(
        code=row["dossier"],
        leg=row["leg"],
        agency=row["agency"],
        officer=row["officer"],
        role=row["role"],
        act=act,
        step=row["step"],
        mode=row["mode"],
        since=row["since"],
        due=row["due"],
        remaining_working_minutes=left,
    )


def act_at(row: RowMapping, act_of: ActOf, gone: Collection[str]) -> str:
    """What is to be done next. Work that one of the agencies holds which are `gone` goes on when it
    has been transferred."""
    mode = row["mode"]
    if mode == PAUSED:
        return resume_act(row["ground"])
    if mode in (AT_WORK, BACK):
        work = act_of(row["procedure"], row["procedure_version"], row["leg"], row["step"])
        if work and row["agency"] in gone:
            return TRANSFER
        return work if mode == AT_WORK else "forward"
    return BY_MODE[mode]


# --- handlers ----------------------------------------------------------------------------


def _row(seen: Recorded, leg: str, **columns: Value) -> Put:
    return Put(TABLE, (seen.stream, leg), columns)


def _registered(event: e.DossierRegistered, seen: Recorded) -> list[Change]:
    return [
        _row(
            seen,
            "",
            agency=event.agency,
            mode=REGISTERED,
            step=REGISTERED,
            since=seen.occurred_at,
            due=micros(event.check_by),
        )
    ]


def _received(event: e.DossierReceived, seen: Recorded) -> list[Change]:
    due = micros(event.step_due)
    return [_held(seen, "", event.agency, event.officer, event.step, AT_WORK, due=due)]


def _held(
    seen: Recorded, leg: str, agency: str, officer: str, step: str, mode: str, **more: Value
) -> Put:
    return _row(
        seen,
        leg,
        agency=agency,
        officer=officer,
        role=None,
        mode=mode,
        step=step,
        since=seen.occurred_at,
        **more,
    )


def _step_ended(event: e.StepEnded, seen: Recorded) -> list[Change]:
    due = micros(event.due)
    return [_row(seen, event.leg, mode=AT_WORK, step=event.to, since=seen.occurred_at, due=due)]


def _returned(event: e.ResultReturned, seen: Recorded) -> list[Change]:
    if event.leg or event.to != DONE:
        return _step_ended(event, seen)
    return [Drop(TABLE, (seen.stream,))]


def _assigned(event: e.StepAssigned, seen: Recorded) -> list[Change]:
    return [_row(seen, event.leg, officer=event.officer, since=seen.occurred_at)]


def _leg_opened(event: e.LegOpened, seen: Recorded) -> list[Change]:
    above = _row(seen, parent_of(event.leg), mode=LEGS, due=None)
    # The offer to the leg's agency follows in the same command; until then it lies with
    # whoever opened it.
    opened = _held(seen, event.leg, seen.agency, seen.actor, event.step, BACK)
    return [above, opened]


def _offered(event: e.HandoverOffered, seen: Recorded) -> list[Change]:
    return [
        _row(
            seen,
            event.leg,
            agency=event.to_agency,
            officer=event.to_officer,
            role=event.to_role,
            mode=OFFERED,
            step=event.step,
            since=seen.occurred_at,
            due=micros(event.due),
        )
    ]


def _accepted(event: e.HandoverAccepted, seen: Recorded) -> list[Change]:
    # Not its `due`: that is the offer's, unless the clock was stopped since.
    return [_held(seen, event.leg, event.agency, event.officer, event.step, AT_WORK)]


def _not_taken(event: e.HandoverNotTaken, seen: Recorded) -> list[Change]:
    due = micros(event.due)
    return [_held(seen, event.leg, event.agency, event.officer, event.step, BACK, due=due)]


def _stopped(event: e.ClockStopped, seen: Recorded) -> list[Change]:
    mode = SUPPLEMENT if event.ground == SUPPLEMENT_GROUND else PAUSED
    return [_row(seen, event.leg, mode=mode, ground=event.ground, due=None)]


def _resumed(event: e.ClockResumed | e.DossierResumed, seen: Recorded) -> list[Change]:
    return [_row(seen, leg, due=micros(due)) for leg, due in event.step_dues.items()]


def _supplied(event: e.SupplementReceived, seen: Recorded) -> list[Change]:
    return [_row(seen, event.leg, mode=AT_WORK)]


def _suspended(event: e.DossierSuspended, seen: Recorded) -> list[Change]:
    return [Every(TABLE, seen.stream, {"due": None})]


def _leg_over(event: e.LegResulted | e.LegRefused, seen: Recorded) -> list[Change]:
    return [Drop(TABLE, (seen.stream, event.leg))]


def _over(event: e.Event, seen: Recorded) -> list[Change]:
    return [Drop(TABLE, (seen.stream,))]


def _reopened(event: e.DossierReopened, seen: Recorded) -> list[Change]:
    due = micros(event.step_due)
    return [_held(seen, "", event.agency, event.officer, event.step, AT_WORK, due=due)]


VIEW = View(
    "inbox",
    2,
    [TABLE],
    {
        e.DossierRegistered: _registered,
        e.DossierReceived: _received,
        e.DossierRefusedAtReceipt: _over,
        e.StepEnded: _step_ended,
        e.ResultReturned: _returned,
        e.StepAssigned: _assigned,
        e.LegOpened: _leg_opened,
        e.HandoverOffered: _offered,
        e.HandoverAccepted: _accepted,
        e.HandoverNotTaken: _not_taken,
        e.ClockStopped: _stopped,
        e.ClockResumed: _resumed,
        e.DossierResumed: _resumed,
        e.SupplementReceived: _supplied,
        e.DossierSuspended: _suspended,
        e.LegResulted: _leg_over,
        e.LegRefused: _leg_over,
        e.DossierStopped: _over,
        e.DossierRefused: _over,
        e.DossierReopened: _reopened,
    },
)
