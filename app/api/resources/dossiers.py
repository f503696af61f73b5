"""Dossiers: where each is."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Query, Response
from sqlalchemy import Connection, select

from app.access.needs import needs
from app.access.principal import Principal
from app.api.answers import Pages, answered, etag, matches
from app.api.asking import AtLeast, Code, OfAgency
from app.api.models.dossiers import ControlSheet, StatusWhole
from app.api.models.dossiers import Status as StatusModel
from app.api.scope import seen
from app.desk.context import AtDesk, Desk
from app.part import has_part
from app.plain import dossiers as plain
from app.plain.tasks import control_sheet
from app.trouble import NotThere
from consumers.views.custody import custody
from consumers.views.legs import legs
from consumers.views.status import TABLE, Status, status, statuses

router = APIRouter(tags=["dossiers"])

Reader = Annotated[Principal, needs("dossier.read")]
NoneMatch = Annotated[
    str | None,
    Header(description="An `ETag`: the answer is 304 while it is still the one.", max_length=200),
]


@router.get("/dossiers", response_model=list[StatusModel], summary="Dossiers of an agency")
def list_dossiers(
    who: Reader,
    desk: AtDesk,
    pages: Pages,
    fresh: AtLeast,
    agency: OfAgency = None,
    state: Annotated[
        Literal["open", "all"], Query(description="Whether those that ended are listed too.")
    ] = "open",
) -> Response:
    """Those that an agency received, holds, or has a leg of; by code. What is most urgent, the
    inbox and the deadlines say."""
    key = pages.after(str)
    agencies = seen(desk, who, agency, "dossier.read")
    with desk.reading(*fresh, views=["inbox"]) as connection:
        codes = _codes(connection, agencies, state == "open", key, pages.look)
        found = statuses(connection, codes)
    return pages.answer(found, lambda each: (each.code,), plain.status)


@router.get(
    "/dossiers/{code}",
    response_model=StatusWhole,
    summary="Where a dossier is",
    responses={304: {"description": "It is still what the `ETag` of If-None-Match says."}},
)
def show_dossier(
    who: Reader,
    desk: AtDesk,
    fresh: AtLeast,
    code: Code,
    if_none_match: NoneMatch = None,
) -> Response:
    """Who holds it, its legs, its clock. `ETag` is its version: an act may say `If-Match` with
    it."""
    with desk.reading(*fresh, views=["legs"]) as connection:
        found = _known(desk, connection, code)
        tag = {"ETag": etag(found.version)}
        if if_none_match and matches(tag["ETag"], if_none_match):
            return Response(status_code=304, headers=tag)
        parts = [plain.leg(each) for each in legs(connection, code)]
    return answered({**plain.status(found), "legs": parts}, headers=tag)


@router.get(
    "/dossiers/{code}/control-sheet",
    response_model=ControlSheet,
    summary="Form 06: who held it from when to when",
)
def show_control_sheet(who: Reader, desk: AtDesk, fresh: AtLeast, code: Code) -> Response:
    """Time in which somebody held it and time in which a handover waited, apart, in working
    time."""
    with desk.reading(*fresh, views=["custody"]) as connection:
        found = _known(desk, connection, code)
        turns = custody(connection, code)
    return answered(control_sheet(desk.house, found, turns))


def _known(desk: Desk, connection: Connection, code: str) -> Status:
    found = status(connection, code)
    if found is None:
        raise NotThere(desk.house.unknown(code))
    return found


def _codes(
    connection: Connection,
    agencies: Collection[str] | None,
    only_open: bool,
    after: Any,
    limit: int,
) -> list[str]:
    query = select(TABLE.c.dossier).order_by(TABLE.c.dossier).limit(limit)
    if agencies is not None:
        query = query.where(has_part(*agencies))
    if only_open:
        query = query.where(TABLE.c.ended_at.is_(None))
    if after is not None:
        query = query.where(TABLE.c.dossier > after[0])
    return list(connection.scalars(query))
