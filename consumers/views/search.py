"""What dossiers are found by: one row a dossier, its folded words and who had a part in it.

Only what is not personal: facts that the procedure asks about, numbers and documents; nothing of
the applicant, nor any reason. Names of procedures and agencies are not events': whoever searches
turns them into ids first.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

import msgspec
from sqlalchemy import (
    Boolean,
    ColumnElement,
    Connection,
    Index,
    Select,
    and_,
    exists,
    literal,
    or_,
    select,
    true,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from consumers.changes import Change, Put, Value
from consumers.folding import folded
from consumers.view import View, moment, table, text
from consumers.views import status
from consumers.views.parties import TABLE as PARTIES
from schemas import events as e
from schemas.envelope import Recorded

TABLE = table(
    "search",
    ["dossier"],
    [text("procedure"), text("desk"), moment("begun_at"), text("words", adds=True)],
    wide=True,
    fill=70,
)
"""`words`: the code, what is said of it, and the ids of who had a part; folded, between spaces."""
Index("begun_at", TABLE.c.begun_at)

AT_ONCE = 1_000
"""Codes that are read at once of many."""

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
    """One word that was asked for, folded, and the procedures and agencies called by it."""

    text: str
    procedures: Collection[str] = ()
    agencies: Collection[str] = ()


class Asked(msgspec.Struct, frozen=True):
    """What is looked for; all of it has to hold. `party`: an agency's id. Moments are microseconds
    since 1970, UTC: begun in [since, until)."""

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


def codes(
    connection: Connection, asked: Asked, allowed: ColumnElement[bool] | None = None
) -> Iterator[str]:
    """The dossiers that are found, however many, the newest first."""
    before: tuple[int, str] | None = None
    while found := search(connection, asked, allowed, limit=AT_ONCE, before=before):
        for each in found:
            yield each.code
        before = found[-1].begun_at, found[-1].code


def beginning(
    connection: Connection,
    code: str,
    allowed: ColumnElement[bool] | None = None,
    *,
    limit: int = 50,
) -> list[Hit]:
    """Those whose code begins so, as it is written, in its order."""
    of = TABLE.c
    query = select(of.dossier, of.procedure, of.desk, of.begun_at)
    query = query.where(of.dossier >= code, of.dossier < code + "\U0010ffff")
    if allowed is not None:
        query = query.where(allowed)
    return [Hit(*row) for row in connection.execute(query.order_by(of.dossier).limit(limit))]


def _in_state(query: Select[Any], state: str) -> Select[Any]:
    joined = query.join(status.TABLE, status.TABLE.c.dossier == TABLE.c.dossier)
    return joined.where(STATES[state])


def _condition(asked: Asked) -> ColumnElement[bool]:
    of = TABLE.c
    found: list[ColumnElement[bool]] = [_means(word) for word in asked.words]
    if asked.procedure is not None:
        found.append(of.procedure == asked.procedure)
    if asked.party is not None:
        found.append(_had_a_part([asked.party]))
    if asked.since is not None:
        found.append(of.begun_at >= asked.since)
    if asked.until is not None:
        found.append(of.begun_at < asked.until)
    return and_(true(), *found)


def _means(word: Word) -> ColumnElement[bool]:
    of = TABLE.c
    ways: list[ColumnElement[bool]] = [_has(word.text)]
    if word.procedures:
        ways.append(of.procedure.in_(sorted(word.procedures)))
    if word.agencies:
        agencies = sorted(word.agencies)
        ways += [of.desk.in_(agencies), _had_a_part(agencies)]
    return or_(*ways)


def _had_a_part(agencies: Sequence[str]) -> ColumnElement[bool]:
    """Also those that were offered a dossier and did not take it: their names are not among its
    words."""
    return exists().where(PARTIES.c.dossier == TABLE.c.dossier, PARTIES.c.agency.in_(agencies))


class _has(FunctionElement[bool]):
    """Whether the words of a dossier have a text in them: not LIKE, which costs twice as much."""

    inherit_cache = True
    type = Boolean()

    def __init__(self, text: str) -> None:
        super().__init__(TABLE.c.words, literal(text))


@compiles(_has)
def _instr(element: _has, compiler: Any, **how: Any) -> str:
    return f"instr({compiler.process(element.clauses, **how)}) > 0"


@compiles(_has, "postgresql")
def _strpos(element: _has, compiler: Any, **how: Any) -> str:
    return f"strpos({compiler.process(element.clauses, **how)}) > 0"


# --- handlers ----------------------------------------------------------------------------


def _row(seen: Recorded, **columns: Value) -> list[Change]:
    return [Put(TABLE, (seen.stream,), columns)]


def _words(seen: Recorded, *found: str | None) -> list[Change]:
    plain = " ".join(folded(each) for each in dict.fromkeys(found) if each)
    return _row(seen, words=f" {plain} ") if plain.strip() else []


def _begun(event: e.DossierRegistered | e.DossierReceived, seen: Recorded) -> list[Change]:
    there = getattr(event, "code", None)
    said = (event.agency, seen.actor, *event.facts.values(), there)
    plain = " ".join(folded(each) for each in (seen.stream, *dict.fromkeys(said)) if each)
    return _row(
        seen,
        procedure=event.procedure,
        desk=event.agency,
        begun_at=seen.occurred_at,
        words=f" {plain} ",
    )


def _step_ended(event: e.StepEnded, seen: Recorded) -> list[Change]:
    said = (getattr(event, name, None) for name in ("number", "document"))
    return _words(seen, *event.facts.values(), *said)


def _leg_opened(event: e.LegOpened, seen: Recorded) -> list[Change]:
    return _words(seen, event.agency, event.procedure)


def _held(event: e.HandoverAccepted, seen: Recorded) -> list[Change]:
    return _words(seen, event.agency, event.officer)


def _offered(event: e.HandoverOffered, seen: Recorded) -> list[Change]:
    return _words(seen, event.to_officer)


def _assigned(event: e.StepAssigned, seen: Recorded) -> list[Change]:
    return _words(seen, event.officer)


def _transferred(event: e.LegTransferred, seen: Recorded) -> list[Change]:
    return _words(seen, event.to_agency)


def _returned(event: e.LegReturned, seen: Recorded) -> list[Change]:
    return _words(seen, *event.facts.values(), event.there)


def _reopened(event: e.DossierReopened, seen: Recorded) -> list[Change]:
    return _words(seen, event.agency, event.officer)


VIEW = View(
    "search",
    3,
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
        e.DossierReopened: _reopened,
    },
)
