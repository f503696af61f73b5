"""The forms of a dossier: which there are, and each to look at and to print."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response
from msgspec.structs import replace

from app.access.needs import needs
from app.access.principal import Principal
from app.desk.context import AtDesk, Desk
from app.forms import paper
from app.forms.form import FormContent, form_of, printable
from app.trouble import NotThere
from app.web.address import look_up_address
from app.web.rendering import language, page
from schemas.envelope import Recorded

router = APIRouter(include_in_schema=False)

May = Annotated[Principal, needs("dossier.read")]
Version = Annotated[int | None, Query(ge=1, description="Of the event that the form was given at")]


@router.get("/dossiers/{code}/forms")
def forms(request: Request, who: May, desk: AtDesk, code: str) -> HTMLResponse:
    """Which forms can be printed, and since when there is each."""
    found = printable(_records(desk, code), desk.house.law, language(request))
    return page(request, "forms/list.html", code=code, forms=found)


@router.get("/dossiers/{code}/forms/{kind}.html")
def form_html(
    request: Request, who: May, desk: AtDesk, code: str, kind: str, version: Version = None
) -> HTMLResponse:
    content = form_for(request, who, desk, code, kind, version)
    return HTMLResponse(paper.html(content, look_up_address(request, code)))


@router.get("/dossiers/{code}/forms/{kind}.pdf")
def form_pdf(
    request: Request, who: May, desk: AtDesk, code: str, kind: str, version: Version = None
) -> Response:
    content = form_for(request, who, desk, code, kind, version)
    name = quote(f"{code}-{content.kind}-{content.version}.pdf", safe="")
    headers = {"Content-Disposition": f"inline; filename*=UTF-8''{name}"}
    return Response(
        paper.pdf(content, look_up_address(request, code)),
        headers=headers,
        media_type="application/pdf",
    )


def form_for(
    request: Request, who: Principal, desk: Desk, code: str, kind: str, version: int | None
) -> FormContent:
    """The form; with lines to write on instead of what is private for who may not read that."""
    records = _records(desk, code)
    if not desk.access.permits(who, "history.read", {"code": code}):
        records = [replace(each, private=None) for each in records]
    return form_of(kind, records, desk.house.law, language(request), version)


def _records(desk: Desk, code: str) -> list[Recorded]:
    """Raises NotThere."""
    records = list(desk.house.log.read_stream(code))
    if not records:
        raise NotThere(desk.house.unknown(code))
    return records
