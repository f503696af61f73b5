"""What has to be raised when, unless something happens first: one row per open deadline.

A deadline that moves is another deadline: the event that moves, answers or cancels it ends
the row, and one that moves it adds a row. A row that was due when it ended stays, with its
end, until it is swept; any other is deleted then. So what has to be raised follows from the
events alone, however late somebody sweeps (`consumers/alerts.py`) or the view is rebuilt.
"""

from __future__ import annotations

from sqlalchemy import Index

from consumers.changes import Change, End, Put, Value
from consumers.view import View, micros, moment, table
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

OWN, STEP, OFFER, ANSWER = "own", "step", "offer", "answer"
"""Whose deadline: the leg's own (of the root: the whole's), its step's, the one to answer a
handover, the citizen's to supply papers."""

MOMENTS = ("warn_at", "apology_at", "due_at")

TABLE = table(
    "timers",
    ["dossier", "what", "leg", "set_by"],
    [
        moment("since"),
        moment("deadline"),
        moment("ends_at"),
        moment("warn_at"),
        moment("apology_at"),
        moment("due_at"),
        moment("next_at"),
    ],
)
"""`set_by`: version of the event that set the deadline, at `since`; `ends_at`: from when on it
no longer stood, None while it stands. The moments are those that were not raised yet, and
`next_at` the first of them."""
Index("next_at", TABLE.c.next_at)


def first_of(moments: dict[str, int | None]) -> int:
    """What `next_at` has to be."""
    return min((each for each in moments.values() if each is not None), default=NEVER)


def midnight_after(due: int) -> int:
    """The first moment of the local day after a deadline: not overdue when the date is today."""
    return ((due + ZONE) // DAY + 1) * DAY - ZONE


def apology_day(due: int) -> int:
    """The first moment of the last local day on which an apology is in time (form 04)."""
    return midnight_after(due) - 2 * DAY


# --- handlers ----------------------------------------------------------------------------


def _end(seen: Recorded, what: str, leg: str) -> End:
    return End(TABLE, (seen.stream, what, leg), seen.occurred_at)


def _set(
    seen: Recorded,
    what: str,
    leg: str,
    deadline: int | None,
    due_at: int | None = None,
    *,
    warn_at: int | None = None,
    apology_at: int | None = None,
) -> list[Change]:
    """This deadline in the place of the one before; `due_at` is the deadline unless given."""
    stream, at = seen.stream, seen.occurred_at
    end = End(TABLE, (stream, what, leg), at)
    if deadline is None:
        return [end]
    if due_at is None:
        due_at = deadline
    columns: dict[str, Value] = {
        "since": at,
        "deadline": deadline,
        "ends_at": None,
        "warn_at": warn_at,
        "apology_at": apology_at,
        "due_at": due_at,
        # A warning is still to be computed, and goes first.
        "next_at": due_at if warn_at is None else warn_at,
    }
    return [end, Put(TABLE, (stream, what, leg, str(seen.version)), columns)]


def _own(seen: Recorded, leg: str, due: int, *, apologised: bool = False) -> list[Change]:
    """A leg's own deadline; the root's also warns, and asks for an apology."""
    late = midnight_after(due)
    if leg:
        return _set(seen, OWN, leg, due, late)
    day: int | None = apology_day(due)
    if apologised or apology_day(due) <= seen.occurred_at:
        day = None
    return _set(seen, OWN, leg, due, late, warn_at=TO_COMPUTE, apology_at=day)


def _registered(event: e.DossierRegistered, seen: Recorded) -> list[Change]:
    return _set(seen, STEP, "", micros(event.check_by))


def _begun(event: e.DossierReceived | e.DossierReopened, seen: Recorded) -> list[Change]:
    # The whole's own deadline comes with its clock, which starts in the same command.
    return _set(seen, STEP, "", micros(event.step_due))


def _step_ended(event: e.StepEnded, seen: Recorded) -> list[Change]:
    return _set(seen, STEP, event.leg, micros(event.due))


def _returned(event: e.ResultReturned, seen: Recorded) -> list[Change]:
    if event.leg or event.to != DONE:
        return _step_ended(event, seen)
    return _over(event, seen)


def _offered(event: e.HandoverOffered, seen: Recorded) -> list[Change]:
    step = _set(seen, STEP, event.leg, micros(event.due))
    return step + _set(seen, OFFER, event.leg, micros(event.expires))


def _accepted(event: e.HandoverAccepted, seen: Recorded) -> list[Change]:
    # Not its `due`: that is the offer's, unless the clock was stopped since.
    return [_end(seen, OFFER, event.leg)]


def _not_taken(event: e.HandoverNotTaken, seen: Recorded) -> list[Change]:
    return [_end(seen, OFFER, event.leg), *_set(seen, STEP, event.leg, micros(event.due))]


def _started(event: e.ClockStarted, seen: Recorded) -> list[Change]:
    return _own(seen, event.leg, micros(event.due))


def _extended(event: e.ClockExtended, seen: Recorded) -> list[Change]:
    # There is one apology; nobody need be asked for a second, nor after a later pause.
    return _own(seen, event.leg, micros(event.due), apologised=True)


def _stopped(event: e.ClockStopped, seen: Recorded) -> list[Change]:
    # An offer and a request go on waiting.
    return [_end(seen, what, leg) for leg in upward(event.leg) for what in (OWN, STEP)]


def _suspended(event: e.DossierSuspended, seen: Recorded) -> list[Change]:
    return [End(TABLE, (seen.stream, what), seen.occurred_at) for what in (OWN, STEP)]


def _resumed(event: e.ClockResumed | e.DossierResumed, seen: Recorded) -> list[Change]:
    changes: list[Change] = []
    for leg, due in event.dues.items():
        changes += _own(seen, leg, micros(due), apologised=leg in event.extended)
    for leg, due in event.step_dues.items():
        changes += _set(seen, STEP, leg, micros(due))
    return changes


def _clock_ended(event: e.ClockEnded, seen: Recorded) -> list[Change]:
    return [_end(seen, OWN, event.leg)]


def _asked(event: e.SupplementRequested, seen: Recorded) -> list[Change]:
    return _set(seen, ANSWER, event.leg, micros(event.answer_by))


def _answered(event: e.SupplementReceived | e.SupplementExpired, seen: Recorded) -> list[Change]:
    return [_end(seen, ANSWER, event.leg)]


def _leg_over(event: e.LegResulted | e.LegRefused, seen: Recorded) -> list[Change]:
    return [_end(seen, what, event.leg) for what in (OWN, STEP, OFFER, ANSWER)]


def _over(event: e.Event, seen: Recorded) -> list[Change]:
    return [End(TABLE, (seen.stream,), seen.occurred_at)]


VIEW = View(
    "timers",
    2,
    [TABLE],
    {
        e.DossierRegistered: _registered,
        e.DossierReceived: _begun,
        e.DossierRefusedAtReceipt: _over,
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
        e.DossierReopened: _begun,
    },
    swept=True,
)
