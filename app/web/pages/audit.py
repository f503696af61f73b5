"""An auditor's page of a dossier: as it was at any version or moment, what changed, what proves it.

Nothing private is shown here: of free text only that there is some, or that it was destroyed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import msgspec
from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse

from app.access.needs import needs
from app.access.principal import Principal
from app.audit.cases import FORMATS
from app.audit.differences import Seen, history
from app.audit.saying import Line, Saying
from app.audit.taking import taken
from app.desk.context import AtDesk, Desk
from app.replaying import as_it_was
from app.times import parse_moment
from app.trouble import BadInput, NotThere
from app.web.pages.search import as_file
from app.web.rendering import agency_names, language, page
from app.web.summary import leg_rows, namer, papers_of, state_of
from engine.verify import verify_stream
from schemas.codec import private_digest
from schemas.envelope import Recorded
from schemas.sentence import Sentence

router = APIRouter(include_in_schema=False)

Auditor = Annotated[Principal, needs("audit.read")]
Moment = Annotated[str, Query(max_length=40)]

NEWEST = 2**31 - 1
READS = 50
LATE = 24 * 3600 * 1_000_000
"""Microseconds after which an act that is recorded is marked as recorded late."""


class Entry(msgspec.Struct, frozen=True):
    """One line of the history. `private`: "" when there never was any, else kept or gone."""

    event: Recorded
    leg: str
    late: bool
    private: str
    lines: Sequence[Line]


@router.get("/dossiers/{code}/audit")
def show(
    request: Request,
    who: Auditor,
    desk: AtDesk,
    code: str,
    version: Annotated[int | None, Query(ge=1, le=NEWEST)] = None,
    at: Moment = "",
    known: Moment = "",
) -> Response:
    """As it stood after `version`, or by what had happened `at` a moment and was `known` then."""
    records = events_of(desk, code)
    moments, wrong = {}, []
    for name, text in (("at", at), ("known", known)):
        try:
            moments[name] = parse_moment(text, end_of_day=True) if text.strip() else None
        except ValueError:
            moments[name] = None
            wrong.append(name)
    version = None if version is None else min(version, len(records))
    folded, last = as_it_was(records, version, moments["at"], moments["known"])
    lang = language(request)
    name_of = agency_names(desk, lang)
    dossier = folded.dossier
    whole = desk.house.runtime.load(code).dossier
    saying = Saying(lang, name_of, namer(desk.house, whole, lang))
    entries = [entry(each, saying) for each in history(records)]
    began = folded.version > 0 and bool(dossier.legs)
    procedure = desk.house.law.procedure(whole.procedure)
    return page(
        request,
        "auditor/audit.html",
        code=code,
        title=procedure.title.vi if lang == "vi" else procedure.title.en,
        procedure=procedure,
        dossier=dossier,
        version=folded.version,
        versions=len(records),
        last=last,
        by_time=bool(at.strip() or known.strip()),
        at=at,
        known=known,
        first_at=records[0].occurred_at,
        wrong=wrong,
        state=state_of(dossier) if folded.version else "",
        legs=leg_rows(desk.house, dossier, lang) if began else [],
        papers=papers_of(desk.house, dossier, lang) if folded.version else [],
        entries=entries,
        verdict=verify_stream(desk.house.log, code),
        reads=desk.reads.who_read(code, limit=READS),
        formats=tuple(FORMATS),
    )


def events_of(desk: Desk, code: str) -> list[Recorded]:
    """Raises NotThere for a dossier without any."""
    records = desk.house.log.read_stream(code)
    if not records:
        raise NotThere(desk.house.unknown(code))
    return records


def entry(seen: Seen, saying: Saying) -> Entry:
    record = seen.event
    private = ""
    if record.private is not None:
        private = "kept"
    elif private_digest(record.payload):
        private = "gone"
    return Entry(
        record,
        getattr(record.event(), "leg", ""),
        record.recorded_at - record.occurred_at > LATE,
        private,
        [saying.line(each) for each in seen.changes],
    )


@router.get("/dossiers/{code}/audit/history")
def download(
    request: Request,
    who: Auditor,
    desk: AtDesk,
    code: str,
    format_: Annotated[str, Query(alias="format", max_length=10)] = "json",
) -> Response:
    """The history as a file: every event as JSON, OCEL 2.0 or XES."""
    if format_ not in FORMATS:
        raise BadInput(Sentence("no format %(format)r", format=format_))
    events_of(desk, code)
    pieces = taken(desk.house, [code], format_)
    return StreamingResponse(pieces, headers=as_file(code, format_), media_type=FORMATS[format_])
