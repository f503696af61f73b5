"""Agencies as they were on any day, and the working calendars as they were known."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import msgspec
from fastapi import APIRouter, Query, Request, Response

from app.access.needs import needs
from app.access.principal import Principal
from app.desk.context import AtDesk, Desk
from app.registry import CALENDAR
from app.times import local, parse_day
from app.trouble import NotThere
from app.web.rendering import page
from workflows.calendar_model import CalendarSource
from workflows.organisation import Agency

router = APIRouter(include_in_schema=False)

Administrator = Annotated[Principal, needs("procedures.write")]


@router.get("/admin/agencies")
def agencies(
    request: Request,
    who: Administrator,
    desk: AtDesk,
    on: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """The tree of a day, each agency under its parent."""
    wrong = False
    try:
        day = parse_day(on) if on.strip() else local(desk.house.now).date()
    except ValueError:
        day, wrong = local(desk.house.now).date(), True
    return page(
        request,
        "admin/agencies.html",
        422 if wrong else 200,
        tree=_tree(desk, day),
        day=day.isoformat(),
        wrong=wrong,
        officers={each.id: len(desk.house.law.organisation.officers_in(each.id, day=day))
                  for each in desk.house.law.organisation.agencies()},
    )  # fmt: skip


def _tree(desk: Desk, day: date) -> list[tuple[int, Agency]]:
    """(depth, agency), parents before children; one whose parent is no more stands at the top."""
    valid = {each.id: each for each in desk.house.law.organisation.agencies() if each.valid_on(day)}
    under: dict[str | None, list[Agency]] = {}
    for each in valid.values():
        under.setdefault(each.parent if each.parent in valid else None, []).append(each)
    found: list[tuple[int, Agency]] = []
    waiting = [(0, each) for each in reversed(under.get(None, []))]
    while waiting:
        depth, each = waiting.pop()
        found.append((depth, each))
        waiting += [(depth + 1, child) for child in reversed(under.get(each.id, []))]
    return found


@router.get("/admin/calendars")
def calendars(request: Request, who: Administrator, desk: AtDesk) -> Response:
    """Every version, the last that was known first."""
    return page(request, "admin/calendars.html", calendars=_calendars(desk))


@router.get("/admin/calendars/{version}")
def calendar(
    request: Request,
    who: Administrator,
    desk: AtDesk,
    version: str,
    year: Annotated[int | None, Query(ge=1900, le=2999)] = None,
) -> Response:
    """The days off and the weekends worked of a year, and why."""
    for each in _calendars(desk):
        if each.version == version:
            years = sorted({off.day.year for off in each.days_off})
            shown = (
                year
                if year in years
                else max((y for y in years if y <= local(desk.house.now).year), default=years[-1])
            )
            return page(
                request, "admin/calendar.html", calendar=each, years=years, year=shown,
                off=[off for off in each.days_off if off.day.year == shown],
                worked=[one for one in each.days_worked if one.day.year == shown],
            )  # fmt: skip
    raise NotThere(f"There is no calendar {version!r}")


def _calendars(desk: Desk) -> list[CalendarSource]:

    found = [
        msgspec.json.decode(each.content, type=CalendarSource)
        for each in desk.house.log.definitions(CALENDAR)
    ]
    return sorted(found, key=lambda each: each.known_on, reverse=True)
