"""The statutory tables, of any period, as known at any moment."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal, NamedTuple

from fastapi import APIRouter, Depends, Path, Query, Response

from app.access.needs import NotPermitted, needs
from app.access.principal import Principal
from app.api.answers import Pages, answered
from app.api.asking import MOMENT_HOW, AtLeast, moment
from app.api.models.reports import Entry, Report
from app.api.scope import known_agency
from app.desk.context import AtDesk, Desk
from app.reporting import register
from app.reporting.download import CSV, XLSX, Download, of_register, of_report
from app.reporting.form import Asked, report, under
from app.reporting.period import Period
from app.reporting.picking import Only, picking
from app.reporting.wording import LEVELS
from app.trouble import BadInput

router = APIRouter(tags=["reports"])

READ = "reports.read"

First = Annotated[
    date,
    Query(
        alias="from",
        description="The first day of the period.",
        openapi_examples={"a year": {"value": "2021-01-01"}},
    ),
]
Last = Annotated[
    date,
    Query(
        alias="to",
        description="The last day of the period.",
        openapi_examples={"a year": {"value": "2021-12-31"}},
    ),
]
AsKnown = Annotated[
    str | None,
    Query(
        description="By what was recorded up to then; else by all that is. A day is its end. "
        f"{MOMENT_HOW}",
        max_length=60,
    ),
]
OfUnit = Annotated[
    str | None,
    Query(
        description="Only this agency, with all under it; else all that you may see.",
        max_length=200,
    ),
]
Kind = Annotated[
    Literal["json", "csv", "xlsx"], Query(description="Of the answer.", alias="format")
]


OfField = Annotated[
    str | None, Query(description="Only this field, as either language calls it.", max_length=200)
]
OfProcedure = Annotated[
    str | None, Query(description="Only this procedure, of any version.", max_length=200)
]
OfLevel = Annotated[
    str | None,
    Query(description=f"Only what agencies of this level count: {', '.join(LEVELS)}."),
]


class Span(NamedTuple):
    """What every table is asked with."""

    period: Period
    known: datetime | None
    agency: str | None
    only: Only


async def _span(
    first: First,
    last: Last,
    as_known: AsKnown = None,
    agency: OfUnit = None,
    field: OfField = None,
    procedure: OfProcedure = None,
    level: OfLevel = None,
) -> Span:
    try:
        period = Period(first, last)
    except ValueError as error:
        raise BadInput(f"from {first} to {last}: {error}") from None
    only = Only(field or "", procedure or "", level or "")
    return Span(period, moment("as_known", as_known, end_of_day=True), agency, only)


OfSpan = Annotated[Span, Depends(_span)]
FILES: dict[int | str, dict[str, Any]] = {
    200: {"content": {CSV.partition(";")[0]: {}, XLSX: {}}, "description": "The table."}
}


@router.get(
    "/reports/register",
    response_model=list[Entry],
    responses=FILES,
    summary="The register (form 07)",
)
def show_register(
    who: Annotated[Principal, needs(READ)],
    desk: AtDesk,
    pages: Pages,
    fresh: AtLeast,
    span: OfSpan,
    kind: Kind = "json",
) -> Response:
    """The dossiers received in the period, in the order of receipt, as they stood at its end. A
    file has them all; JSON comes in pages."""
    law = desk.house.law
    units, picks = units_for(desk, who, span.agency), picking(law, span.only)
    asked = register.Register(span.period, span.known, units, picks)
    with desk.reading(*fresh, views=["report"]) as connection:
        if kind != "json":
            return sent(of_register(connection, law, asked, desk.settings.lang, kind))
        after = pages.after(int, str)
        found = list(register.entries(connection, asked, after=after, limit=pages.look))
    return pages.answer(
        found, lambda each: (each.received, each.code), lambda each: register.plain(each, law)
    )


@router.get("/reports/{form}", response_model=Report, responses=FILES, summary="II.06a or II.06b")
def show_report(
    who: Annotated[Principal, needs(READ)],
    desk: AtDesk,
    form: Annotated[Literal["06a", "06b"], Path(description="Which form.")],
    fresh: AtLeast,
    span: OfSpan,
    by: Annotated[
        str | None,
        Query(
            description="unit, field, procedure or level, several with commas; else as the form "
            "is: 06a by unit and field, 06b by procedure.",
            max_length=60,
            openapi_examples={"by level": {"value": "level"}},
        ),
    ] = None,
    kind: Kind = "json",
) -> Response:
    """Received, resolved and in progress, as of the period's end, or of today while that is to
    come. What is recorded later about it shows in what is asked `as_known` later, and nowhere
    else."""
    units = units_for(desk, who, span.agency)
    words = tuple(each.strip() for each in by.split(",")) if by else ()
    lang, today = desk.settings.lang, desk.house.today
    asked = Asked(form, span.period, span.known, words, units, lang, span.only, today)
    # Only what `units` have is counted; to ask the barrier about each row took longer than that.
    with desk.reading(*fresh, views=["report"], whole=True) as connection:
        found = report(connection, desk.house.law, asked)
    return answered(found.plain()) if kind == "json" else sent(of_report(found, kind))


def units_for(desk: Desk, who: Principal, agency: str | None) -> frozenset[str] | None:
    """The agencies that a report is about: the one asked for with all under it, of those that
    `who` may see; None for every one. Raises NotThere and NotPermitted."""
    mine = desk.access.agencies(who)
    if agency is None:
        return mine
    known_agency(desk.house, agency)
    if mine is not None and agency not in mine:
        raise NotPermitted(READ)
    units = under(desk.house.law.organisation, agency)
    # One that is no more is its successor's; what stood under it may be another's.
    return units if mine is None else units & mine


def sent(download: Download) -> Response:
    return Response(download.content, 200, download.headers, download.media_type)
