"""The register (form 07): the dossiers received in a period, as they stood at its end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Select, and_, case, func, or_, select

from app.reporting.counting import minute_of, since_opened, verdict_of, with_end
from app.reporting.form import titles
from app.reporting.period import Period, known_at
from app.reporting.picking import Picks
from app.reporting.wording import WORDS, in_, when, word
from app.settings import Lang
from app.times import iso, shown
from consumers.views.report import CODES, MINUTE, OUTCOMES, SIGN, SPANS, TABLE, VERDICTS
from engine.core.law import Law
from engine.core.moves import INTERLINKED
from engine.core.rules import Refusal
from schemas.envelope import to_micros

DONE = OUTCOMES.index("done")


class Entry(msgspec.Struct, frozen=True):
    """One line. Moments are microseconds since 1970, UTC. `ended`: when processing ended;
    `outcome`: done, refused, stopped, or None while it is open; `way`: by which the result was
    returned; `supplements`: how often papers were asked for."""

    code: str
    procedure: str
    procedure_version: str
    unit: str
    channel: str
    received: int
    appointment: int | None
    ended: int | None
    verdict: str | None
    outcome: str | None
    returned: int | None
    way: str | None
    supplements: int


class Register(msgspec.Struct, frozen=True):
    """What is asked for; see `form.Asked`. `picks`: which of it, None for all."""

    period: Period
    known: datetime | None = None
    units: frozenset[str] | None = None
    picks: Picks | None = None


def entries(
    connection: Connection,
    asked: Register,
    *,
    after: tuple[int, str] | None = None,
    limit: int | None = None,
) -> Iterator[Entry]:
    """In the order of receipt. `after`: (received, code) of the entry behind which to begin."""
    known = None if asked.known is None else to_micros(known_at(asked.known))
    query = _query(asked.period, known)
    if after is not None:
        at, code = query.selected_columns.received, query.selected_columns.dossier
        query = query.where(or_(at > after[0], and_(at == after[0], code > after[1])))
    units, picks = asked.units, asked.picks
    if units is None and picks is None:
        query = query.limit(limit)
    mine = (
        each
        for each in map(_entry, connection.execute(query))
        if units is None or each.unit in units
        if picks is None or picks(each.unit, each.procedure, each.procedure_version)
    )
    return islice(mine, limit)


def _query(period: Period, known: int | None) -> Select[Any]:
    c = TABLE.c
    more = (func.max(c.returned).label("way"), func.sum(c.asked).label("asked"))
    received = select(SPANS.c.dossier).where(SPANS.c.begun.between(period.since, period.until))
    at = with_end(period.until, known, received, *more).subquery("ending").c
    over: ColumnElement[bool] = at.end.is_not(None)
    query = select(
        at.dossier,
        at.received,
        at.what,
        minute_of(at.due).label("due"),
        at.end,
        case((over, verdict_of(at))).label("verdict"),
        since_opened(at, at.ended, at.ended % CODES).label("outcome"),
        since_opened(at, at.ended, minute_of(at.ended)).label("over"),
        at.way,
        at.asked,
    ).where(at.leg == "", at.received >= period.since)
    # Another engine's dossier, of which a leg came here, is in the register there.
    query = query.where(~at.what.endswith(f"\t{INTERLINKED}"))
    return query.order_by(at.received, at.dossier)


def _entry(row: Any) -> Entry:
    # Taken apart at once: a register may have a hundred thousand lines.
    code, received, what, due, end, verdict, outcome, over, way, asked = row
    unit, procedure, version, channel = what[SIGN:].split("\t")
    back = outcome == DONE
    return Entry(
        code,
        procedure,
        version,
        unit,
        channel,
        received,
        None if due is None else due * MINUTE,
        None if end is None else end * MINUTE,
        None if verdict is None else VERDICTS[verdict],
        None if outcome is None else OUTCOMES[outcome],
        over * MINUTE if back else None,
        way[SIGN:] if back and way else None,
        asked,
    )


def plain(entry: Entry, law: Law) -> dict[str, Any]:
    """As JSON."""
    return {
        "code": entry.code,
        "procedure": entry.procedure,
        "procedure_version": entry.procedure_version,
        "field": _field(law, "vi", entry),
        "unit": entry.unit,
        "level": _level(law, entry),
        "channel": entry.channel,
        "received": iso(entry.received),
        "appointment": iso(entry.appointment),
        "ended": iso(entry.ended),
        "verdict": entry.verdict,
        "outcome": entry.outcome,
        "returned": iso(entry.returned),
        "returned_by": entry.way,
        "supplements": entry.supplements,
    }


def _level(law: Law, entry: Entry) -> str | None:
    try:
        return law.organisation.agency(entry.unit).level
    except KeyError:
        return None


def _field(law: Law, lang: Lang, entry: Entry) -> str | None:
    try:
        return in_(lang, law.procedure((entry.procedure, entry.procedure_version)).field)
    except Refusal:
        return None


def writer(law: Law, lang: Lang, *, paper: bool = False) -> Callable[[Entry], list[str]]:
    """An entry as the columns of form 07 (REGISTER). What is not kept here stays blank: the
    applicant and his signature. `paper`: with moments as people write them in that language, else
    as programs read them, too."""
    said = partial(when, lang) if paper else partial(shown, nothing="")
    called = titles(law, lang)
    names = {each.id: in_(lang, each.name) for each in law.organisation.agencies()}

    def written(entry: Entry) -> list[str]:
        remarks = [word(lang, each) for each in (entry.verdict, entry.outcome) if each]
        if entry.outcome == "done":
            remarks.pop()
        if entry.supplements:
            remarks.append(in_(lang, WORDS["supplements"], count=entry.supplements))
        return [
            entry.code,
            called.get(entry.procedure, entry.procedure),
            "",
            names.get(entry.unit, entry.unit),
            word(lang, entry.channel),
            said(entry.received),
            said(entry.appointment),
            said(entry.ended),
            said(entry.returned),
            word(lang, entry.way) if entry.way else "",
            "",
            "; ".join(remarks),
        ]

    return written


def heading(asked: Register) -> dict[str, Any]:
    """What the JSON of a register begins with."""
    return {
        "form": "register",
        "from": asked.period.first.isoformat(),
        "to": asked.period.last.isoformat(),
        "as_known": iso(known_at(asked.known)),
    }
