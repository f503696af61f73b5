"""Alerts: those that nobody answered first, and what was said to them by whom."""

from __future__ import annotations

from datetime import timedelta
from operator import itemgetter
from typing import Annotated, Any
from urllib.parse import parse_qsl, urlsplit

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from app.access.needs import NotPermitted, needs
from app.access.principal import Principal
from app.desk.context import AtDesk, Desk
from app.monitor import kept
from app.monitor.kept import Answer, Filter
from app.monitor.scope import agencies_of, leg_names, under
from app.times import parse_day, parse_moment
from app.web.address import InAddress
from app.web.back import safe_back
from app.web.rendering import language, page
from app.web.switch import switched
from consumers.alerts import (
    APOLOGY_DUE,
    DOSSIER_OVERDUE,
    DUE_SOON,
    HANDOVER_NOT_ACCEPTED,
    LEG_OVERDUE,
    STEP_OVERDUE,
    SUPPLEMENT_UNANSWERED,
)
from consumers.views.board import procedures
from engine.ids import wall_clock
from schemas.envelope import to_micros

router = APIRouter(include_in_schema=False)

A_PAGE = 50
KINDS = (
    DOSSIER_OVERDUE,
    LEG_OVERDUE,
    STEP_OVERDUE,
    HANDOVER_NOT_ACCEPTED,
    SUPPLEMENT_UNANSWERED,
    APOLOGY_DUE,
    DUE_SOON,
)
ANSWERED = {"no": False, "yes": True}

Given = Annotated[str, Query(max_length=80)]


class Asked(InAddress, frozen=True):
    """The filters as they stand in the address; days as "2021-03-04"."""

    kind: str = ""
    agency: str = ""
    code: str = ""
    answered: str = ""
    since: str = ""
    until: str = ""


def _asked(
    kind: Given = "",
    agency: Given = "",
    code: Given = "",
    answered: Given = "",
    since: Given = "",
    until: Given = "",
) -> Asked:
    """`since` and `until` are days, both included."""
    return Asked(
        kind if kind in KINDS else "",
        agency.strip(),
        code.strip(),
        answered if answered in ANSWERED else "",
        since.strip(),
        until.strip(),
    )


@router.get("/alerts")
def show(
    request: Request,
    who: Annotated[Principal, needs("alerts.read")],
    desk: AtDesk,
    asked: Annotated[Asked, Depends(_asked)],
    page_: Annotated[int, Query(alias="page", ge=1, le=1000)] = 1,
) -> Response:
    """A list with filters."""
    return _list(request, who, desk, asked, page_)


def _list(
    request: Request,
    who: Principal,
    desk: Desk,
    asked: Asked,
    number: int,
    **begun: Any,
) -> Response:
    """`begun`: what was done to the form on it so far."""
    by, wrong = _filter(desk, who, asked)
    with desk.reading() as connection:
        found = kept.list_alerts(connection, by, limit=A_PAGE + 1, offset=(number - 1) * A_PAGE)
        most = kept.MOST_COUNTED
        waiting = kept.count_alerts(connection, by, answered=False, most=most + 1)
        pinned = procedures(connection, (each.code for each in found if each.leg))
    leg_name = leg_names(desk, language(request))
    return page(
        request,
        "monitor/alerts.html",
        422 if wrong else 200,
        leg_name=lambda each: leg_name(*pinned.get(each.code, ("", "")), each.leg),
        alerts=found[:A_PAGE],
        more=len(found) > A_PAGE,
        number_of_page=number,
        waiting=min(waiting, most),
        more_wait=waiting > most,
        asked=asked,
        wrong=wrong,
        kinds=KINDS,
        agencies=sorted(agencies_of(desk, who, language(request)), key=itemgetter(1, 0)),
        may_answer=desk.access.permits(who, "alerts.acknowledge", {}),
        longest=kept.LONGEST_NOTE,
        **begun,
    )


def _filter(desk: Desk, who: Principal, asked: Asked) -> tuple[Filter, list[str]]:
    """What is asked of the table, and the filters that are no days."""
    agencies = desk.access.agencies(who)
    if asked.agency:
        of = under(desk, asked.agency)
        agencies = of if agencies is None else agencies & of
    moments: dict[str, int] = {}
    wrong = []
    for name, days in (("since", 0), ("until", 1)):
        text = getattr(asked, name)
        if not text:
            continue
        try:
            day = parse_moment(parse_day(text).isoformat()) + timedelta(days=days)
            moments[name] = to_micros(day)
        except (ValueError, OverflowError):
            wrong.append(name)
    by = Filter(
        agencies=agencies,
        kind=asked.kind or None,
        code=asked.code or None,
        answered=ANSWERED.get(asked.answered),
        since=moments.get("since"),
        until=moments.get("until"),
    )
    return by, wrong


@router.post("/alerts/answers")
def acknowledge(
    request: Request,
    who: Annotated[Principal, needs("alerts.acknowledge")],
    desk: AtDesk,
    note: Annotated[str, Form(max_length=kept.LONGEST_NOTE)] = "",
    alert: Annotated[list[str] | None, Form()] = None,
    back: Annotated[str, Form()] = "/alerts",
) -> Response:
    """Says of the alerts that were ticked who has seen them, and what is done about it."""
    said, ids = note.strip(), _ids(alert or [])
    if switched(request):
        where = safe_back(back)
        asked, number = _of_address(where)
        begun = {"ticked": ids, "note": note, "here": "/alerts", "address": where}
        return _list(request, who, desk, asked, number, **begun)
    if not said or not ids:
        return _not_answered(request, said, not ids, safe_back(back))
    with desk.reading() as connection:
        there = kept.known(connection, ids)
    mine = desk.access.agencies(who)
    if mine is not None and any(agency not in mine for _, agency in there.values()):
        raise NotPermitted("alerts.acknowledge")
    at = to_micros(wall_clock())
    answers = [Answer(each, at, who.account, who.officer, said) for each in there]
    kept.answer(desk.house.home, answers)
    return RedirectResponse(safe_back(back), 303)


def _of_address(address: str) -> tuple[Asked, int]:
    """The filters and the number of a page of the list."""
    given = dict(parse_qsl(urlsplit(address).query))
    number = given.get("page", "")
    of_list = {name: text for name, text in given.items() if name in Asked.__struct_fields__}
    return _asked(**of_list), int(number) if number.isdecimal() and len(number) < 4 else 1


def _ids(written: list[str]) -> list[bytes]:
    """Those that are ids of alerts; at most a page of them."""
    found: dict[bytes, Any] = {}
    for each in written[:A_PAGE]:
        try:
            found[bytes.fromhex(each)] = None
        except ValueError:
            continue
    return list(found)


def _not_answered(request: Request, note: str, no_alert: bool, back: str) -> Response:
    shows = {"note": note, "no_alert": no_alert, "back": back}
    return page(request, "monitor/not_answered.html", 422, **shows)
