"""The administrator's first page: the ways on, and what was done lately."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Request, Response

from app.access.needs import needs
from app.access.principal import Principal
from app.admin import records
from app.desk.context import AtDesk, Desk
from app.lagging import view_rows
from app.web.rendering import page
from engine.ids import wall_clock
from schemas.envelope import to_micros

router = APIRouter(include_in_schema=False)


@router.get("/admin")
def home(
    request: Request, who: Annotated[Principal, needs("views.write")], desk: AtDesk
) -> Response:
    """Where what is wrong stands first."""
    records.open_records(desk.house.home)
    rows, parked = view_rows(desk.settings, desk.house)
    return page(
        request,
        "admin/home.html",
        acts=records.acts(desk.house.home),
        parked=len(parked),
        behind=sum(1 for each in rows if each["behind"]),
        procedures=len(desk.house.law.procedures()),
        views=len(rows),
    )


def done(desk: Desk, who: Principal, act: str, what: str, detail: str = "") -> None:
    """Keeps that somebody did it."""
    home = desk.house.home
    records.open_records(home)
    at = to_micros(wall_clock())
    records.record(home, records.Act(at, who.account, act, what, detail))


def ask(request: Request, question: str, back: str, **fields: Any) -> Response:
    """The page that asks whether somebody is sure; it sends the same form again, with that.
    `question`: a word that the template knows; `fields`: what is sent."""
    return page(
        request, "admin/sure.html", question=question, back=back, fields=fields,
        action=request.url.path,
    )  # fmt: skip
