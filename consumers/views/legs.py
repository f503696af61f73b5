"""The legs of each dossier, what became of them, and when: one row a leg, for good."""

from __future__ import annotations

import msgspec
from sqlalchemy import Connection, RowMapping, func, select

from consumers.changes import Change, Put, Value
from consumers.view import View, micros, moment, table, text
from engine.core.dossier import parent_of
from schemas import events as e
from schemas.envelope import Recorded
from workflows.model import ENDS

TABLE = table(
    "legs",
    ["dossier", "leg"],
    [
        text("agency"),
        text("state"),
        text("step"),
        text("holder"),
        text("officer"),
        text("to_agency"),
        moment("due"),
        text("verdict"),
        moment("opened_at"),
        moment("ended_at"),
    ],
    fill=50,
)
"""The root has no row of its own; the one with leg "" only says when the whole was broken
off, which ends every leg that was open then."""

OUTCOMES = frozenset({"done", "refused", "stopped"})


class Leg(msgspec.Struct, frozen=True):
    """One leg. Moments are microseconds since 1970, UTC.

    `agency` runs it; `holder` (agency, officer) has it, None while it is in transit to
    `to_agency` and after its end. `outcome`: done, refused, stopped, or None while open.
    """

    leg: str
    agency: str
    state: str
    step: str
    holder: tuple[str, str] | None
    to_agency: str | None
    due: int | None
    verdict: str | None
    opened_at: int
    ended_at: int | None
    outcome: str | None


def legs(connection: Connection, dossier: str) -> list[Leg]:
    """The legs of a dossier, parents before children."""
    query = select(TABLE).where(TABLE.c.dossier == dossier).order_by(TABLE.c.leg)
    rows = {row["leg"]: row for row in connection.execute(query).mappings()}
    broken_off = rows.pop("", None)
    return [_leg(row, broken_off) for row in rows.values()]


def by_agency(connection: Connection) -> dict[str, int]:
    """How many legs each agency ran or runs: a dossier counts once at its desk (see the
    register), and each of its legs at the agency of the leg."""
    query = (
        select(TABLE.c.agency, func.count())
        .where(TABLE.c.leg != "")
        .group_by(TABLE.c.agency)
        .order_by(TABLE.c.agency)
    )
    return {agency: count for agency, count in connection.execute(query)}


def _leg(row: RowMapping, broken_off: RowMapping | None) -> Leg:
    state, ended_at = row["state"], row["ended_at"]
    if ended_at is None and broken_off is not None and row["opened_at"] <= broken_off["ended_at"]:
        state, ended_at = broken_off["state"], broken_off["ended_at"]
    open_ = ended_at is None
    in_transit = row["to_agency"] is not None
    return Leg(
        leg=row["leg"],
        agency=row["agency"],
        state=state,
        step=row["step"],
        holder=(row["holder"], row["officer"]) if open_ and not in_transit else None,
        to_agency=row["to_agency"] if open_ else None,
        due=row["due"],
        verdict=row["verdict"],
        opened_at=row["opened_at"],
        ended_at=ended_at,
        outcome=state if state in OUTCOMES else None,
    )


# --- handlers ----------------------------------------------------------------------------


def _row(seen: Recorded, leg: str, **columns: Value) -> list[Change]:
    return [Put(TABLE, (seen.stream, leg), columns)] if leg else []


def _opened(event: e.LegOpened, seen: Recorded) -> list[Change]:
    return [
        *_row(seen, parent_of(event.leg), state="awaiting-legs"),
        *_row(
            seen,
            event.leg,
            agency=event.agency,
            state="opened",
            step=event.step,
            holder=seen.agency,
            officer=seen.actor,
            to_agency=None,
            due=None,
            verdict=None,
            opened_at=seen.occurred_at,
            ended_at=None,
        ),
    ]


def _step_ended(event: e.StepEnded, seen: Recorded) -> list[Change]:
    if event.to in ENDS:
        return []
    return _row(seen, event.leg, state="at-work", step=event.to)


def _assigned(event: e.StepAssigned, seen: Recorded) -> list[Change]:
    return _row(seen, event.leg, officer=event.officer)


def _offered(event: e.HandoverOffered, seen: Recorded) -> list[Change]:
    return _row(
        seen,
        event.leg,
        state="in-transit",
        step=event.step,
        holder=event.from_agency,
        officer=event.from_officer,
        to_agency=event.to_agency,
    )


def _accepted(event: e.HandoverAccepted, seen: Recorded) -> list[Change]:
    return _held(event, seen, "at-work")


def _not_taken(event: e.HandoverNotTaken, seen: Recorded) -> list[Change]:
    return _held(event, seen, "returned-to-sender")


def _held(
    event: e.HandoverAccepted | e.HandoverNotTaken, seen: Recorded, state: str
) -> list[Change]:
    return _row(
        seen,
        event.leg,
        state=state,
        step=event.step,
        holder=event.agency,
        officer=event.officer,
        to_agency=None,
    )


def _transferred(event: e.LegTransferred, seen: Recorded) -> list[Change]:
    return _row(seen, event.leg, agency=event.to_agency)


def _due(event: e.ClockStarted | e.ClockExtended, seen: Recorded) -> list[Change]:
    return _row(seen, event.leg, due=micros(event.due))


def _stopped(event: e.ClockStopped, seen: Recorded) -> list[Change]:
    supplement = event.ground == "supplement"
    return _row(seen, event.leg, state="awaiting-supplement" if supplement else "paused")


def _supplied(event: e.SupplementReceived, seen: Recorded) -> list[Change]:
    return _row(seen, event.leg, state="at-work")


def _resumed(event: e.ClockResumed | e.DossierResumed, seen: Recorded) -> list[Change]:
    dues = event.dues.items()
    return [change for leg, due in dues for change in _row(seen, leg, due=micros(due))]


def _clock_ended(event: e.ClockEnded, seen: Recorded) -> list[Change]:
    return _row(seen, event.leg, verdict=event.verdict)


def _leg_over(event: e.LegResulted | e.LegRefused, seen: Recorded) -> list[Change]:
    state = "done" if isinstance(event, e.LegResulted) else "refused"
    return _row(
        seen,
        event.leg,
        state=state,
        holder=None,
        officer=None,
        to_agency=None,
        ended_at=seen.occurred_at,
    )


def _broken_off(event: e.DossierStopped | e.DossierRefused, seen: Recorded) -> list[Change]:
    state = "stopped" if isinstance(event, e.DossierStopped) else "refused"
    return [Put(TABLE, (seen.stream, ""), {"state": state, "ended_at": seen.occurred_at})]


VIEW = View(
    "legs",
    2,
    [TABLE],
    {
        e.LegOpened: _opened,
        e.StepEnded: _step_ended,
        e.StepAssigned: _assigned,
        e.HandoverOffered: _offered,
        e.HandoverAccepted: _accepted,
        e.HandoverNotTaken: _not_taken,
        e.LegTransferred: _transferred,
        e.ClockStarted: _due,
        e.ClockExtended: _due,
        e.ClockStopped: _stopped,
        e.SupplementReceived: _supplied,
        e.ClockResumed: _resumed,
        e.DossierResumed: _resumed,
        e.ClockEnded: _clock_ended,
        e.LegResulted: _leg_over,
        e.LegRefused: _leg_over,
        e.DossierStopped: _broken_off,
        e.DossierRefused: _broken_off,
    },
)
