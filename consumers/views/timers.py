"""What has to be raised when, unless something happens first: one row per open leg.

A row holds one moment per kind of alert, None when there is nothing to wait for; the next
of them is computed by the database and indexed. `consumers/alerts.py` sweeps the table and
clears the moments that it has raised.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, Computed, Index, func, literal_column
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from consumers.changes import Change, Drop, Every, Put, Value
from consumers.view import View, micros, moment, number, table, text
from engine.core.dossier import upward
from schemas import events as e
from schemas.envelope import Recorded
from workflows.model import DONE

DAY = 86_400_000_000
ZONE = 7 * 3_600_000_000
"""Asia/Ho_Chi_Minh is UTC+7 all year round, since 1975."""

NEVER = 2**62
TO_COMPUTE = 0
"""As `warn_at`: the sweep still has to work out the moment, with the calendar."""

MOMENTS = ("warn_at", "apology_at", "late_at", "step_due", "expires", "answer_by")


class _Earliest(FunctionElement[int]):
    """The smallest of the arguments: `least` on PostgreSQL, `min` on SQLite."""

    type = BigInteger()
    inherit_cache = True


@compiles(_Earliest, "sqlite")
def _min(element: Any, compiler: Any, **words: Any) -> str:
    return f"min({compiler.process(element.clauses, **words)})"


@compiles(_Earliest)
def _least(element: Any, compiler: Any, **words: Any) -> str:
    return f"least({compiler.process(element.clauses, **words)})"


TABLE = table(
    "timers",
    ["dossier", "leg"],
    [
        text("agency"),
        moment("since"),
        moment("due"),
        moment("warn_at"),
        moment("apology_at"),
        moment("late_at"),
        moment("step_due"),
        moment("expires"),
        moment("answer_by"),
        number("extended"),
        # On SQLite one NULL makes the `min` NULL, so "never" is a number.
        Column(
            "next_at",
            BigInteger,
            Computed(
                _Earliest(*(func.coalesce(literal_column(each), NEVER) for each in MOMENTS)),
                persisted=True,
            ),
        ),
    ],
)
"""`agency`: who holds the leg, or has been offered it. `since`: when `due` was set."""
Index("next_at", TABLE.c.next_at)


def midnight_after(due: int) -> int:
    """The first moment of the local day after a deadline: not overdue when the date is today."""
    return ((due + ZONE) // DAY + 1) * DAY - ZONE


def apology_day(due: int) -> int:
    """The first moment of the last local day on which an apology is in time (form 04)."""
    return midnight_after(due) - 2 * DAY


# --- handlers ----------------------------------------------------------------------------

NOT_TICKING: dict[str, Value] = {
    "due": None,
    "warn_at": None,
    "apology_at": None,
    "late_at": None,
    "step_due": None,
}
"""The moments that stand still with the clock; an offer and a request go on waiting."""


def _row(seen: Recorded, leg: str, **columns: Value) -> Put:
    return Put(TABLE, (seen.stream, leg), columns)


def _own(seen: Recorded, leg: str, due: int) -> dict[str, Value]:
    """What a leg's own deadline sets; the root's also warns, and asks for an apology."""
    set_: dict[str, Value] = {"due": due, "since": seen.occurred_at, "late_at": midnight_after(due)}
    if not leg:
        day = apology_day(due)
        set_["warn_at"] = TO_COMPUTE
        set_["apology_at"] = day if day > seen.occurred_at else None
    return set_


def _registered(event: e.DossierRegistered, seen: Recorded) -> list[Change]:
    return [_row(seen, "", agency=event.agency, step_due=micros(event.check_by))]


def _received(event: e.DossierReceived, seen: Recorded) -> list[Change]:
    return [
        _row(
            seen,
            "",
            agency=event.agency,
            step_due=micros(event.step_due),
            **_own(seen, "", micros(event.appointment)),
        )
    ]


def _opened(event: e.LegOpened, seen: Recorded) -> list[Change]:
    return [_row(seen, event.leg, agency=event.agency)]


def _step_ended(event: e.StepEnded, seen: Recorded) -> list[Change]:
    return [_row(seen, event.leg, step_due=micros(event.due))]


def _returned(event: e.ResultReturned, seen: Recorded) -> list[Change]:
    if event.leg or event.to != DONE:
        return _step_ended(event, seen)
    return [Drop(TABLE, (seen.stream,))]


def _offered(event: e.HandoverOffered, seen: Recorded) -> list[Change]:
    return [
        _row(
            seen,
            event.leg,
            agency=event.to_agency,
            step_due=micros(event.due),
            expires=micros(event.expires),
        )
    ]


def _accepted(event: e.HandoverAccepted, seen: Recorded) -> list[Change]:
    # Not its `due`: that is the offer's, unless the clock was stopped since.
    return [_row(seen, event.leg, agency=event.agency, expires=None)]


def _not_taken(event: e.HandoverNotTaken, seen: Recorded) -> list[Change]:
    due = micros(event.due)
    return [_row(seen, event.leg, agency=event.agency, step_due=due, expires=None)]


def _started(event: e.ClockStarted, seen: Recorded) -> list[Change]:
    return [_row(seen, event.leg, **_own(seen, event.leg, micros(event.due)))]


def _extended(event: e.ClockExtended, seen: Recorded) -> list[Change]:
    # There is one apology; nobody need be asked for a second.
    own = _own(seen, event.leg, micros(event.due))
    return [_row(seen, event.leg, **{**own, "extended": 1, "apology_at": None})]


def _stopped(event: e.ClockStopped, seen: Recorded) -> list[Change]:
    return [_row(seen, leg, **NOT_TICKING) for leg in upward(event.leg)]


def _suspended(event: e.DossierSuspended, seen: Recorded) -> list[Change]:
    return [Every(TABLE, seen.stream, NOT_TICKING)]


def _resumed(event: e.ClockResumed | e.DossierResumed, seen: Recorded) -> list[Change]:
    changes: list[Change] = [
        _row(seen, leg, **_own(seen, leg, micros(due))) for leg, due in event.dues.items()
    ]
    changes += [_row(seen, leg, step_due=micros(due)) for leg, due in event.step_dues.items()]
    return changes


def _clock_ended(event: e.ClockEnded, seen: Recorded) -> list[Change]:
    ended = {**NOT_TICKING}
    del ended["step_due"]
    return [_row(seen, event.leg, **ended)]


def _asked(event: e.SupplementRequested, seen: Recorded) -> list[Change]:
    return [_row(seen, event.leg, answer_by=micros(event.answer_by))]


def _answered(event: e.SupplementReceived | e.SupplementExpired, seen: Recorded) -> list[Change]:
    return [_row(seen, event.leg, answer_by=None)]


def _leg_over(event: e.LegResulted | e.LegRefused, seen: Recorded) -> list[Change]:
    return [Drop(TABLE, (seen.stream, event.leg))]


def _over(event: e.Event, seen: Recorded) -> list[Change]:
    return [Drop(TABLE, (seen.stream,))]


def _reopened(event: e.DossierReopened, seen: Recorded) -> list[Change]:
    # The row of the life that ended is gone; nothing of it may come back.
    return [
        _row(
            seen,
            "",
            agency=event.agency,
            step_due=micros(event.step_due),
            **_own(seen, "", micros(event.due)),
        )
    ]


VIEW = View(
    "timers",
    1,
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
        e.ClockStarted: _started,
        e.ClockExtended: _extended,
        e.ClockStopped: _stopped,
        e.ClockResumed: _resumed,
        e.DossierSuspended: _suspended,
        e.DossierResumed: _resumed,
        e.ClockEnded: _clock_ended,
        e.SupplementRequested: _asked,
        e.SupplementReceived: _answered,
        e.SupplementExpired: _answered,
        e.LegResulted: _leg_over,
        e.LegRefused: _leg_over,
        e.DossierStopped: _over,
        e.DossierRefused: _over,
        e.DossierReopened: _reopened,
    },
    swept=True,
)
