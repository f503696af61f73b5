"""What dossiers are found by: one row a dossier, its folded words and who had a part in it.

Only what is not personal: facts that the procedure asks about, numbers and documents; nothing of
the applicant, nor any reason. Names of procedures and agencies are not events': whoever searches
turns them into ids first.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Index, Select, and_, func, or_, select, true

from consumers.changes import Change, Put, Value
from consumers.folding import folded
from consumers.view import View, moment, table, text
from consumers.views import status
from schemas import events as e
from schemas.envelope import Recorded

TABLE = table(
    "search",
    ["dossier"],
    [
        text("procedure"),
        text("desk"),
        moment("begun_at"),
        text("words", adds=True),
        text("parties", adds=True),
    ],
    wide=True,
    fill=70,
)
"""`words`: folded; `parties`: ids of agencies and officers; both between spaces."""
Index("begun_at", TABLE.c.begun_at)

STATES: dict[str, ColumnElement[bool]] = {
    "open": status.TABLE.c.ended_at.is_(None),
    "ended": status.TABLE.c.ended_at.is_not(None),
    "returned": status.TABLE.c.state == "returned",
    "refused": status.TABLE.c.state.in_(("refused", "refused-at-receipt")),
    "stopped": status.TABLE.c.state == "stopped",
    "overdue": status.TABLE.c.verdict == "overdue",
}
"""What may be asked of where a dossier is -> how the status knows it."""


class Word(msgspec.Struct, frozen=True):
    """One word that was asked for, folded, and what it may mean beside itself."""

    text: str
    procedures: Collection[str] = ()
    parties: Collection[str] = ()


class Asked(msgspec.Struct, frozen=True):
    """What is looked for; all of it has to hold. Moments are microseconds since 1970, UTC:
    begun in [since, until)."""

    words: Sequence[Word] = ()
    procedure: str | None = None
    party: str | None = None
    state: str | None = None
    since: int | None = None
    until: int | None = None


class Hit(msgspec.Struct, frozen=True):
    """A dossier that was found. `begun_at`: microseconds since 1970, UTC."""

    code: str
    procedure: str
    desk: str
    begun_at: int


def search(
    connection: Connection,
    asked: Asked,
    allowed: ColumnElement[bool] | None = None,
    *,
    limit: int = 50,
    before: tuple[int, str] | None = None,
) -> list[Hit]:
    """The newest first. `allowed`: what may be read, a condition on `TABLE.c.dossier`;
    `before`: (begun_at, code) of the last one seen."""
    of = TABLE.c
    query = select(of.dossier, of.procedure, of.desk, of.begun_at).where(_condition(asked))
    if allowed is not None:
        query = query.where(allowed)
    if asked.state is not None:
        query = _in_state(query, asked.state)
    if before is not None:
        at, code = before
        query = query.where(or_(of.begun_at < at, and_(of.begun_at == at, of.dossier > code)))
    query = query.order_by(of.begun_at.desc(), of.dossier).limit(limit)
    return [Hit(*row) for row in connection.execute(query)]


def _in_state(query: Select[Any], state: str) -> Select[Any]:
    joined = query.join(status.TABLE, status.TABLE.c.dossier == TABLE.c.dossier)
    return joined.where(STATES[state])


def _condition(asked: Asked) -> ColumnElement[bool]:
    of = TABLE.c
    found: list[ColumnElement[bool]] = [_means(word) for word in asked.words]
    if asked.procedure is not None:
        found.append(of.procedure == asked.procedure)
    if asked.party is not None:
        found.append(_has_party(asked.party))
    if asked.since is not None:
        found.append(of.begun_at >= asked.since)
    if asked.until is not None:
        found.append(of.begun_at < asked.until)
    return and_(true(), *found)


def _means(word: Word) -> ColumnElement[bool]:
    of = TABLE.c
    ways = [func.lower(of.dossier).contains(word.text, autoescape=True)]
    ways.append(of.words.contains(word.text, autoescape=True))
    if word.procedures:
        ways.append(of.procedure.in_(sorted(word.procedures)))
    ways += [_has_party(each) for each in sorted(word.parties)]
    return or_(*ways)


def _has_party(id_: str) -> ColumnElement[bool]:
    return TABLE.c.parties.contains(f" {id_} ", autoescape=True)


# --- handlers ----------------------------------------------------------------------------


def _row(seen: Recorded, **columns: Value) -> list[Change]:
    return [Put(TABLE, (seen.stream,), columns)]


def _words(*found: str | None) -> str:
    plain = " ".join(folded(each) for each in found if each)
    return f" {plain} " if plain.strip() else ""


def _parties(*ids: str | None) -> str:
    return "".join(f" {each} " for each in dict.fromkeys(ids) if each)


def _begun(event: e.DossierRegistered | e.DossierReceived, seen: Recorded) -> list[Change]:
    there = getattr(event, "code", None)
    return _row(
        seen,
        procedure=event.procedure,
        desk=event.agency,
        begun_at=seen.occurred_at,
        words=_words(*event.facts.values(), there),
        parties=_parties(event.agency, seen.actor),
    )


def _step_ended(event: e.StepEnded, seen: Recorded) -> list[Change]:
    said = (getattr(event, name, None) for name in ("number", "document"))
    words = _words(*event.facts.values(), *said)
    return _row(seen, words=words) if words else []


def _leg_opened(event: e.LegOpened, seen: Recorded) -> list[Change]:
    return _row(seen, parties=_parties(event.agency), words=_words(event.procedure))


def _held(event: e.HandoverAccepted, seen: Recorded) -> list[Change]:
    return _row(seen, parties=_parties(event.agency, event.officer))


def _offered(event: e.HandoverOffered, seen: Recorded) -> list[Change]:
    return _row(seen, parties=_parties(event.to_agency, event.to_officer))


def _assigned(event: e.StepAssigned, seen: Recorded) -> list[Change]:
    return _row(seen, parties=_parties(event.officer))


def _transferred(event: e.LegTransferred, seen: Recorded) -> list[Change]:
    return _row(seen, parties=_parties(event.to_agency))


def _returned(event: e.LegReturned, seen: Recorded) -> list[Change]:
    return _row(seen, words=_words(*event.facts.values(), event.there))


VIEW = View(
    "search",
    1,
    [TABLE],
    {
        e.DossierRegistered: _begun,
        e.DossierReceived: _begun,
        e.StepEnded: _step_ended,
        e.LegOpened: _leg_opened,
        e.HandoverOffered: _offered,
        e.HandoverAccepted: _held,
        e.StepAssigned: _assigned,
        e.LegTransferred: _transferred,
        e.LegReturned: _returned,
    },
)
