"""What a report of any past period is counted from, as it was known at any moment.

A case is a dossier (the leg is "") or one of its legs. Of each case there is a row for every
moment at which something happened that a report asks about; a row has two times: when it
happened and when it was recorded. A report looks at the rows that happened by the end of its
period and were recorded by the moment it asks about, and at nothing else: no row says how the
case stands today, so that no report of the past can change with it. Beside them, a row for each
dossier says which periods cannot have to do with it, so that a report of one year does not cost as
many times more as there are years; it never says what a report counts, but for one thing: whether
and when what another engine offered was received here.

What happened last decides, and a query finds that by a mere maximum: a value is stored with the
version of its event in front (`stamped`, or as text `signed`).
"""

from __future__ import annotations

from consumers.changes import Change, Put, Value
from consumers.view import View, micros, moment, number, position, table, text
from engine.core.dossier import WHOLE
from schemas import events as e
from schemas.envelope import Recorded
from workflows.model import DONE

MINUTE = 60_000_000
MINUTES = 2**27
"""Room for a moment in minutes since 1970: until 2225."""

VERDICTS = ("early", "on time", "overdue")
OUTCOMES = ("done", "refused", "stopped")
CODES = 4
"""Room for a verdict or an outcome behind the moment."""

STAMP = MINUTES * CODES

SPANS = table(
    "report_spans",
    ["dossier"],
    [
        *(moment("begun"), moment("last"), moment("told"), number("over")),
        *(moment("taken"), moment("taken_told")),
    ],
    fill=50,
)
"""`begun`: when the dossier was received; not set for what another engine offered, which is
received when its offer is accepted. `taken`, `taken_told`: when the first offer of the dossier was
accepted, and that was recorded: once, so that they never change. `last`, `told`: when that
happened, and was recorded, which last began or ended work on it or on a leg of it. `over`: 1 if
that ended the whole; a report of a time after `last`, as known after `told`, then finds every case
of it ended before."""

TABLE = table(
    "report",
    ["dossier", "leg", "at"],
    [
        moment("occurred"),
        moment("recorded"),
        position("opened"),
        position("verdict"),
        position("ended"),
        position("due"),
        position("turn"),
        text("what"),
        text("moved"),
        text("returned"),
        number("asked", adds=True),
    ],
)
"""`at`: the two times as a key, so that what one command did is one row. `opened`: version of the
event by which work on the case began, or began again; `verdict`, `ended`, `due`: stamped.
`verdict`: processing has ended (status 9 of the portal); `ended`: the case is over. `turn`: twice
the version at which a clock ran again on a ground that lay in this leg, and one more where it
was stopped; that stops the legs above, too.

`what`: signed, with tabs between: agency, procedure and its version, and of a dossier the channel
(of one that is another engine's leg, "interlinked"); a leg has a procedure only if it is one of
its own. `moved`: signed, the agency that became competent. `returned`: signed, by which way the
result was. `asked`: requests for papers, of the whole dossier. A row whose leg is WHOLE is no
case: it says when the whole was suspended."""


def stamped(version: int, at: int, code: int = 0) -> int:
    """A moment (microseconds since 1970) and a code behind the version of their event: of
    several the greatest is the last. To the minute."""
    return version * STAMP + at // MINUTE * CODES + code


def signed(version: int, *values: str) -> str:
    """The same for texts: seven digits of the version, then the texts with tabs between."""
    return f"{version:07d}" + "\t".join(values)


SIGN = 7
"""Characters before the text in `signed`."""


# --- handlers ----------------------------------------------------------------------------


def _at(seen: Recorded) -> str:
    late = seen.recorded_at - seen.occurred_at
    return f"{seen.occurred_at:x}.{late:x}" if late else f"{seen.occurred_at:x}"


def _turned(seen: Recorded, **columns: Value) -> Put:
    """Work on a case began or ended."""
    columns["last"] = seen.occurred_at
    columns["told"] = seen.recorded_at
    return Put(SPANS, (seen.stream,), columns)


def _fact(seen: Recorded, leg: str = "", **columns: Value) -> Put:
    columns["occurred"] = seen.occurred_at
    columns["recorded"] = seen.recorded_at
    return Put(TABLE, (seen.stream, leg, _at(seen)), columns)


def _turn(seen: Recorded, source: str, *, stopped: bool) -> Put:
    return _fact(seen, source, turn=seen.version * 2 + stopped)


def _received(event: e.DossierReceived, seen: Recorded) -> list[Change]:
    # Its date comes with its clock, which starts in the same command.
    what = (event.agency, event.procedure, event.procedure_version, event.channel)
    begun = None if isinstance(event, e.DossierArrived) else seen.occurred_at
    span = _turned(seen, begun=begun, over=0)
    return [_fact(seen, opened=seen.version, what=signed(seen.version, *what)), span]


def _accepted(event: e.HandoverAccepted, seen: Recorded) -> list[Change]:
    # The first offer of what comes from another engine is the one by which it came.
    if event.leg or event.handover != 1:
        return []
    taken: dict[str, Value] = {"taken": seen.occurred_at, "taken_told": seen.recorded_at}
    return [Put(SPANS, (seen.stream,), taken)]


def _reopened(event: e.DossierReopened, seen: Recorded) -> list[Change]:
    due = stamped(seen.version, micros(event.due))
    return [_fact(seen, opened=seen.version, due=due), _turned(seen, over=0)]


def _leg_opened(event: e.LegOpened, seen: Recorded) -> list[Change]:
    own = (event.procedure or "", event.procedure_version or "")
    what = signed(seen.version, event.agency, *own)
    return [_fact(seen, event.leg, opened=seen.version, what=what), _turned(seen, over=0)]


def _transferred(event: e.LegTransferred, seen: Recorded) -> list[Change]:
    return [_fact(seen, event.leg, moved=signed(seen.version, event.to_agency))]


def _due(event: e.ClockStarted | e.ClockExtended, seen: Recorded) -> list[Change]:
    return [_fact(seen, event.leg, due=stamped(seen.version, micros(event.due)))]


def _stopped(event: e.ClockStopped, seen: Recorded) -> list[Change]:
    return [_turn(seen, event.leg, stopped=True)]


def _suspended(event: e.DossierSuspended, seen: Recorded) -> list[Change]:
    return [_turn(seen, WHOLE, stopped=True)]


def _resumed(event: e.ClockResumed | e.DossierResumed, seen: Recorded) -> list[Change]:
    source = event.leg if isinstance(event, e.ClockResumed) else WHOLE
    changes: list[Change] = [_turn(seen, source, stopped=False)]
    for leg, due in event.dues.items():
        changes.append(_fact(seen, leg, due=stamped(seen.version, micros(due))))
    return changes


def _clock_ended(event: e.ClockEnded, seen: Recorded) -> list[Change]:
    verdict = stamped(seen.version, seen.occurred_at, VERDICTS.index(event.verdict))
    return [_fact(seen, event.leg, verdict=verdict), _turned(seen)]


def _ended(seen: Recorded, leg: str, outcome: str) -> list[Change]:
    ended = stamped(seen.version, seen.occurred_at, OUTCOMES.index(outcome))
    span = _turned(seen) if leg else _turned(seen, over=1)
    return [_fact(seen, leg, ended=ended), span]


def _returned(event: e.ResultReturned, seen: Recorded) -> list[Change]:
    if event.leg or event.to != DONE:
        return []
    way = signed(seen.version, event.channel)
    return [*_ended(seen, "", "done"), _fact(seen, returned=way)]


def _leg_resulted(event: e.LegResulted, seen: Recorded) -> list[Change]:
    return _ended(seen, event.leg, "done")


def _leg_refused(event: e.LegRefused, seen: Recorded) -> list[Change]:
    return _ended(seen, event.leg, "refused")


def _dossier_stopped(event: e.DossierStopped, seen: Recorded) -> list[Change]:
    return _ended(seen, "", "stopped")


def _dossier_refused(event: e.DossierRefused, seen: Recorded) -> list[Change]:
    return _ended(seen, "", "refused")


def _asked(event: e.SupplementRequested, seen: Recorded) -> list[Change]:
    return [_fact(seen, asked=1)]


VIEW = View(
    "report",
    3,
    [TABLE, SPANS],
    {
        e.DossierReceived: _received,
        e.HandoverAccepted: _accepted,
        e.DossierReopened: _reopened,
        e.LegOpened: _leg_opened,
        e.LegTransferred: _transferred,
        e.ClockStarted: _due,
        e.ClockExtended: _due,
        e.ClockStopped: _stopped,
        e.DossierSuspended: _suspended,
        e.ClockResumed: _resumed,
        e.DossierResumed: _resumed,
        e.ClockEnded: _clock_ended,
        e.ResultReturned: _returned,
        e.LegResulted: _leg_resulted,
        e.LegRefused: _leg_refused,
        e.DossierStopped: _dossier_stopped,
        e.DossierRefused: _dossier_refused,
        e.SupplementRequested: _asked,
    },
)
