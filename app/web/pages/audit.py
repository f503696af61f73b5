"""An auditor's page of a dossier: as it was at any version or moment, what changed, what proves it.

Nothing private is shown here: of free text only that there is some, or that it was destroyed. What
the chain does not prove is listed as it lies in the store, and nothing is concluded from it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse

from app.access.needs import needs
from app.access.principal import Principal
from app.audit.cases import FORMATS
from app.audit.differences import Seen, history
from app.audit.proof import proved, why
from app.audit.saying import Line, Saying
from app.audit.taking import EVIDENCE, taken
from app.desk.context import AtDesk, Desk
from app.replaying import as_it_was
from app.times import local, parse_moment
from app.trouble import BadInput, NotThere
from app.web.pages.search import as_file, refused
from app.web.rendering import agency_names, language, page
from app.web.summary import leg_rows, namer, state_of
from consumers.views.status import status
from engine.verify import Verdict
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

SECOND = 1_000_000

TIMES: dict[str, Callable[[Recorded], int]] = {
    "at": lambda record: record.occurred_at,
    "known": lambda record: record.recorded_at,
}
"""The two times of an event, by the field of the page that asks for one."""


class Entry(msgspec.Struct, frozen=True):
    """One line of the history. `private`: "" when there never was any, else kept or gone;
    `proven`: whether the chain holds up to here. Of an event that is not, moments may be None and
    hashes "?": somebody may have put anything in their place."""

    version: int
    type: str
    leg: str
    at: int | None
    known: int | None
    actor: str
    on_behalf: str | None
    agency: str
    hashes: tuple[str, str, str]
    position: int
    late: bool
    private: str
    lines: Sequence[Line]
    proven: bool


class Asked(msgspec.Struct):
    """What is asked for: `typed` and `wrong` are of the two times."""

    version: int | None
    typed: dict[str, str]
    moments: dict[str, datetime | None]
    wrong: list[str]


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
    records, verdict = history_of(desk, code)
    proven = records[: verdict.events]
    asked = _asked(version, {"at": at, "known": known})
    lang = language(request)
    shows: dict[str, Any] = {
        "code": code,
        "verdict": verdict,
        "why": why(verdict.first_bad, lang) if verdict.first_bad else "",
        "versions": len(proven),
        "times": {name: _times(map(of, proven)) for name, of in TIMES.items()},
        "asked": asked,
        "reads": desk.reads.who_read(code, limit=READS),
        "formats": tuple(each for each in FORMATS if verdict.ok or each == EVIDENCE),
    }
    after = [bare(each) for each in records[verdict.events :]]
    if not proven:
        return page(request, "auditor/audit.html", entries=after, version=0, **shows)
    folded, last = as_it_was(proven, asked.version, asked.moments["at"], asked.moments["known"])
    seen = list(history(proven))
    whole = seen[-1].dossier
    named = namer(desk.house, whole, lang)
    saying = Saying(lang, agency_names(desk, lang), named)
    procedure = desk.house.law.procedure(whole.procedure)
    return page(
        request,
        "auditor/audit.html",
        named=named,
        title=procedure.title.vi if lang == "vi" else procedure.title.en,
        procedure=procedure,
        dossier=folded.dossier,
        version=folded.version,
        last=last,
        state=state_of(folded.dossier) if folded.version else "",
        legs=leg_rows(desk.house, folded.dossier, lang) if folded.version else [],
        entries=[*(entry(each, saying) for each in seen), *after],
        **shows,
    )


def history_of(desk: Desk, code: str) -> tuple[Sequence[Recorded], Verdict]:
    """Its events, and how many of them are proven. Raises NotThere for a dossier that nobody has
    ever seen."""
    records = desk.house.log.read_stream(code)
    with desk.reading() as connection:
        found = status(connection, code)
    if not records and found is None:
        raise NotThere(desk.house.unknown(code))
    return records, proved(desk.house.log, code, found.version if found else 0)


def _asked(version: int | None, typed: dict[str, str]) -> Asked:
    """A moment is shown as the browser writes one, so that its field takes it."""
    asked = Asked(version, typed, dict.fromkeys(typed), [])
    for name, text in typed.items():
        try:
            moment = parse_moment(text, end_of_day=True) if text.strip() else None
        except ValueError:
            asked.wrong.append(name)
            continue
        asked.moments[name] = moment
        asked.typed[name] = _typed(moment) if moment else ""
    return asked


def _typed(moment: datetime | int) -> str:
    return f"{local(moment):%Y-%m-%dT%H:%M:%S}"


def _times(moments: Iterable[int]) -> list[tuple[str, int]]:
    """The moments in order, each once, as the browser writes them; the second after, for whoever
    asks for it asks for what has happened by then."""
    return [(_typed(each), each) for each in sorted({-(-at // SECOND) * SECOND for at in moments})]


def entry(seen: Seen, saying: Saying) -> Entry:
    record = seen.event
    private = ""
    if record.private is not None:
        private = "kept"
    elif private_digest(record.payload):
        private = "gone"
    return msgspec.structs.replace(
        bare(record),
        leg=getattr(record.event(), "leg", ""),
        late=record.recorded_at - record.occurred_at > LATE,
        private=private,
        lines=[saying.line(each) for each in seen.changes],
        proven=True,
    )


def bare(record: Recorded) -> Entry:
    """What stands beside an event, whatever it says."""
    at, known = (each if isinstance(each, int) else None
                 for each in (record.occurred_at, record.recorded_at))  # fmt: skip
    return Entry(
        version=record.version,
        type=record.type,
        leg="",
        at=at,
        known=known,
        actor=record.actor,
        on_behalf=record.on_behalf,
        agency=record.agency,
        hashes=(_hex(record.hash), _hex(record.previous), _hex(record.command_id)),
        position=record.position,
        late=False,
        private="",
        lines=(),
        proven=False,
    )


def _hex(value: Any) -> str:
    return value.hex() if isinstance(value, bytes) else "?"


@router.get("/dossiers/{code}/audit/history")
def download(
    request: Request,
    who: Auditor,
    desk: AtDesk,
    code: str,
    format_: Annotated[str, Query(alias="format", max_length=10)] = "json",
) -> Response:
    """The history as a file: every event as JSON, OCEL 2.0 or XES. One that is not proven is only
    given as evidence, not as a log of what happened."""
    if format_ not in FORMATS:
        raise BadInput(Sentence("no format %(format)r", format=format_))
    _, verdict = history_of(desk, code)
    if format_ != EVIDENCE and verdict.first_bad is not None:
        raise refused(verdict.first_bad)
    pieces = taken(desk.house, [code], format_)
    return StreamingResponse(pieces, headers=as_file(code, format_), media_type=FORMATS[format_])
