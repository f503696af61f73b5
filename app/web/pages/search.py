"""Search over all dossiers that somebody may read; what is found can be taken away."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import StreamingResponse

from app.access.needs import needs
from app.access.principal import Principal
from app.audit.cases import FORMATS
from app.audit.finding import meant
from app.audit.proof import NotProven
from app.audit.taking import prove, taken
from app.desk.context import AtDesk, Desk
from app.desk.problems import Problem
from app.monitor.scope import titles
from app.times import parse_day, parse_moment
from app.trouble import BadInput
from app.web.address import InAddress
from app.web.rendering import language, page
from consumers.views import search as view
from consumers.views.status import statuses
from engine.verify import Bad
from schemas.envelope import to_micros
from schemas.sentence import Sentence

router = APIRouter(include_in_schema=False)

A_PAGE = 50
FLUSHED = 1_000
"""Reads that are noted before they are written, while many dossiers are taken away."""

Given = Annotated[str, Query(max_length=200)]
Short = Annotated[str, Query(max_length=80)]


class Looked(InAddress, frozen=True):
    """What is looked for, as it stands in the address; days as "2021-03-04"."""

    q: str = ""
    procedure: str = ""
    party: str = ""
    state: str = ""
    since: str = ""
    until: str = ""


def _looked(
    q: Given = "",
    procedure: Short = "",
    party: Short = "",
    state: Short = "",
    since: Short = "",
    until: Short = "",
) -> Looked:
    """`since` and `until` are days, both included."""
    state = state if state in view.STATES else ""
    return Looked(q.strip(), procedure.strip(), party.strip(), state, since.strip(), until.strip())


Asked = Annotated[Looked, Depends(_looked)]


@router.get("/search")
def search(
    request: Request,
    who: Annotated[Principal, needs("search")],
    desk: AtDesk,
    looked: Asked,
    before: Annotated[str, Query(max_length=120)] = "",
) -> Response:
    """The newest first; `before` goes on after a page."""
    asked, wrong = _asked(desk, looked)
    hits: list[view.Hit] = []
    found = looked != Looked()
    if found:
        hits = _hits(desk, who, looked, asked, before)
    shown = hits[:A_PAGE]
    with desk.reading() as connection:
        states = {each.code: each for each in statuses(connection, [hit.code for hit in shown])}
    more = f"{shown[-1].begun_at}~{shown[-1].code}" if len(hits) > A_PAGE else ""
    return page(
        request,
        "auditor/search.html",
        looked=looked,
        wrong=wrong,
        hits=shown,
        states=states,
        found=found,
        more=more,
        titles=titles(desk, language(request)),
        parties=_parties(request, desk),
        kinds=tuple(view.STATES),
        formats=tuple(FORMATS),
        may_take=desk.access.permits(who, "audit.read", {}),
    )


def _hits(
    desk: Desk, who: Principal, looked: Looked, asked: view.Asked, before: str
) -> list[view.Hit]:
    allowed = desk.access.readable(who, view.TABLE.c.dossier)
    with desk.reading() as connection:
        if looked == Looked(q=looked.q) and " " not in looked.q and not before:
            # Most look for a code, or for the beginning of one.
            codes = view.beginning(connection, looked.q, allowed, limit=A_PAGE)
            if codes:
                return codes
        return view.search(connection, asked, allowed, limit=A_PAGE + 1, before=_place(before))


def _place(before: str) -> tuple[int, str] | None:
    at, _, code = before.partition("~")
    return (int(at), code) if code and at.isdecimal() and len(at) < 18 else None


def _asked(desk: Desk, looked: Looked) -> tuple[view.Asked, list[str]]:
    """What the view is asked, and the days that are none."""
    moments: dict[str, int] = {}
    wrong = []
    for name, days in (("since", 0), ("until", 1)):
        text = getattr(looked, name)
        if not text:
            continue
        try:
            day = parse_moment(parse_day(text).isoformat()) + timedelta(days=days)
            moments[name] = to_micros(day)
        except (ValueError, OverflowError):
            wrong.append(name)
    asked = view.Asked(
        words=meant(desk.house.law, looked.q),
        procedure=looked.procedure or None,
        party=looked.party or None,
        state=looked.state or None,
        since=moments.get("since"),
        until=moments.get("until"),
    )
    return asked, wrong


def _parties(request: Request, desk: Desk) -> list[tuple[str, str]]:
    vi = language(request) == "vi"
    agencies = desk.house.law.organisation.agencies()
    return sorted((each.name.vi if vi else each.name.en, each.id) for each in agencies)


@router.get("/search/export")
def export(
    request: Request,
    who: Annotated[Principal, needs("audit.read")],
    desk: AtDesk,
    looked: Asked,
    format_: Annotated[str, Query(alias="format", max_length=10)] = "json",
) -> Response:
    """The histories of all that is found, streamed. Each is a read of its dossier. A log of what
    happened is not begun when one of them is not proven: they are looked through before."""
    if format_ not in FORMATS:
        raise BadInput(Sentence("no format %(format)r", format=format_))
    asked, _ = _asked(desk, looked)
    try:
        prove(desk.house, _found(desk, who, asked), format_)
    except NotProven as not_proven:
        raise refused(not_proven.bad) from not_proven
    pieces = taken(desk.house, _noted(desk, who, asked, request.url.path), format_)
    return StreamingResponse(pieces, headers=as_file("dossiers", format_),
                             media_type=FORMATS[format_])  # fmt: skip


def _found(desk: Desk, who: Principal, asked: view.Asked) -> Iterator[str]:
    allowed = desk.access.readable(who, view.TABLE.c.dossier)
    with desk.reading() as connection:
        yield from view.codes(connection, asked, allowed)


def _noted(desk: Desk, who: Principal, asked: view.Asked, path: str) -> Iterator[str]:
    for number, code in enumerate(_found(desk, who, asked), 1):
        desk.reads.note(who, code, "audit.read", path)
        if number % FLUSHED == 0:
            desk.reads.write()
        yield code


def refused(bad: Bad) -> Problem:
    """A dossier whose chain does not hold is given as evidence alone."""
    said = Sentence("The chain of %(code)s does not hold from event %(version)s on: take it "
                    "away as JSON, every event as it lies in the store",
                    code=bad.code, version=bad.version)  # fmt: skip
    return Problem(409, "not-proven", "The chain does not hold", said)


def as_file(name: str, format_: str) -> dict[str, str]:
    """The headers of a download. `name`: letters, digits, dots and dashes are kept of it."""
    plain = "".join(letter for letter in name if letter.isascii() and letter not in '"\\/\r\n;')
    ending = {"ocel": "ocel.json", "xes": "xes", "json": "json"}[format_]
    return {"Content-Disposition": f'attachment; filename="{plain}.{ending}"'}
