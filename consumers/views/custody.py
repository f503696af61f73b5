"""Who held each leg from when to when (form 06): one row a dossier, a line per change.

The lines are only ever appended to, so that a change of custody costs one short append
and a finished dossier one row; who follows whom is worked out when it is asked for.
"""

from __future__ import annotations

import msgspec
from sqlalchemy import Connection, select

from consumers.changes import Change, Put
from consumers.view import View, table, text
from engine.core.dossier import parent_of
from schemas import events as e
from schemas.envelope import Recorded
from workflows.model import DONE

TABLE = table("custody", ["dossier"], [text("turns", adds=True)], wide=True, fill=50)

HELD, OFFERED, OPENED, ENDED, OVER = "h", "o", "n", "e", "x"
"""A line is one of these and the moment (in hexadecimal), then the leg, who and the agency, with
tabs between: short, since a dossier keeps its lines for ever. What a line ends with is left out
where it is empty, and so is an agency that its officer's code begins with."""


class Turn(msgspec.Struct, frozen=True):
    """A time in which one officer held a leg, or in which a handover of it waited.

    Moments are microseconds since 1970, UTC; `until` is None while it lasts. A waiting
    handover has `waiting_for` (agency, role or officer); then `agency` and `officer` are
    the sender, who no longer holds it.
    """

    leg: str
    agency: str
    officer: str
    since: int
    until: int | None = None
    waiting_for: tuple[str, str] | None = None


def custody(connection: Connection, dossier: str) -> list[Turn]:
    """Every turn of every leg in the order in which they began. Per leg they follow each
    other without a gap; a leg lies with its parent's holder until it is first offered."""
    query = select(TABLE.c.turns).where(TABLE.c.dossier == dossier)
    return turns_of(connection.execute(query).scalar_one_or_none() or "")


def turns_of(lines: str) -> list[Turn]:
    """The turns that the lines of a row tell of."""
    turns: list[Turn] = []
    now: dict[str, int] = {}
    for line in lines.splitlines():
        begun, leg, whom, agency = (*line.split("\t"), "", "", "")[:4]
        who = (agency or whom.partition(".")[0], whom)
        _read(turns, now, begun[0], int(begun[1:], 16), leg, who)
    return turns


def _read(
    turns: list[Turn], now: dict[str, int], what: str, at: int, leg: str, who: tuple[str, str]
) -> None:
    """Adds a line. `now`: by open leg, the index of its current turn."""
    for each in [*now] if what == OVER else [leg]:
        if each in now:
            current = now.pop(each)
            last = turns[current] = msgspec.structs.replace(turns[current], until=at)
    if what in (ENDED, OVER):
        return
    if what == HELD:
        turn = Turn(leg, *who, at)
    elif what == OPENED:
        holder = turns[now[parent_of(leg)]]
        turn = Turn(leg, holder.agency, holder.officer, at)
    else:
        turn = Turn(leg, last.agency, last.officer, at, waiting_for=who)
    now[leg] = len(turns)
    turns.append(turn)


# --- handlers ----------------------------------------------------------------------------


def _line(seen: Recorded, what: str, *more: str) -> list[Change]:
    line = "\t".join((f"{what}{seen.occurred_at:x}", *more))
    return [Put(TABLE, (seen.stream,), {"turns": f"{line}\n"})]


def _with(seen: Recorded, what: str, leg: str, agency: str, whom: str) -> list[Change]:
    if whom.partition(".")[0] == agency:
        return _line(seen, what, leg, whom)
    return _line(seen, what, leg, whom, agency)


def _received(event: e.DossierReceived, seen: Recorded) -> list[Change]:
    return _with(seen, HELD, "", event.agency, event.officer)


def _arrived(event: e.DossierArrived, seen: Recorded) -> list[Change]:
    # Until the offer that follows is taken, it is with who offered it, in the other house.
    return _with(seen, HELD, "", event.from_agency, event.officer)


def _held(event: e.HandoverAccepted | e.HandoverNotTaken, seen: Recorded) -> list[Change]:
    return _with(seen, HELD, event.leg, event.agency, event.officer)


def _assigned(event: e.StepAssigned, seen: Recorded) -> list[Change]:
    return _with(seen, HELD, event.leg, seen.agency, event.officer)


def _offered(event: e.HandoverOffered, seen: Recorded) -> list[Change]:
    to = event.to_officer or event.to_role
    return _with(seen, OFFERED, event.leg, event.to_agency, to)


def _opened(event: e.LegOpened, seen: Recorded) -> list[Change]:
    return _line(seen, OPENED, event.leg)


def _leg_over(event: e.LegResulted | e.LegRefused, seen: Recorded) -> list[Change]:
    return _line(seen, ENDED, event.leg)


def _returned(event: e.ResultReturned, seen: Recorded) -> list[Change]:
    return [] if event.leg or event.to != DONE else _line(seen, OVER)


def _over(event: e.DossierStopped | e.DossierRefused, seen: Recorded) -> list[Change]:
    return _line(seen, OVER)


def _reopened(event: e.DossierReopened, seen: Recorded) -> list[Change]:
    return _with(seen, HELD, "", event.agency, event.officer)


VIEW = View(
    "custody",
    3,
    [TABLE],
    {
        e.DossierReceived: _received,
        e.DossierArrived: _arrived,
        e.HandoverAccepted: _held,
        e.HandoverNotTaken: _held,
        e.StepAssigned: _assigned,
        e.HandoverOffered: _offered,
        e.LegOpened: _opened,
        e.LegResulted: _leg_over,
        e.LegRefused: _leg_over,
        e.ResultReturned: _returned,
        e.DossierStopped: _over,
        e.DossierRefused: _over,
        e.DossierReopened: _reopened,
    },
)
