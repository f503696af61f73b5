"""Ratings and complaints of citizens: counted, and the complaints one by one."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, get_args

from fastapi import APIRouter, Depends, Query, Request, Response

from app.access.needs import needs
from app.access.principal import Principal
from app.api.resources.reports import READ, sent, units_for
from app.desk.context import AtDesk, Desk
from app.monitor.scope import agencies_of, number, percent
from app.reporting import wording as w
from app.reporting.download import Kind, of_feedback
from app.reporting.feedback import Asked, By, feedback, mean, names
from app.reporting.feedback_words import ASPECTS as RATED
from app.reporting.feedback_words import COMPLAINTS
from app.reporting.period import Period, between
from app.settings import Lang
from app.times import parse_day
from app.web.address import InAddress
from app.web.rendering import language, page
from app.web.words import said
from consumers.views.feedback import complaints
from schemas.events import ASPECTS, BEST

router = APIRouter(include_in_schema=False)

A_PAGE = 50
ANSWERED = {"no": False, "yes": True}

Given = Annotated[str, Query(max_length=80)]


class Filled(InAddress, frozen=True):
    """The filters as they stand in the address; days as "2021-03-04"."""

    by: str = ""
    agency: str = ""
    since: str = ""
    until: str = ""
    answered: str = ""


def _filled(
    by: Given = "",
    agency: Given = "",
    since: Given = "",
    until: Given = "",
    answered: Given = "",
) -> Filled:
    """`since` and `until` are days, both included; `answered` is about the list of complaints."""
    return Filled(
        by if by in get_args(By) else "",
        agency.strip(),
        since.strip(),
        until.strip(),
        answered if answered in ANSWERED else "",
    )


@router.get("/feedback")
def show(
    request: Request,
    who: Annotated[Principal, needs(READ)],
    desk: AtDesk,
    filled: Annotated[Filled, Depends(_filled)],
    kind: Annotated[str, Query(alias="format", max_length=80)] = "",
    page_: Annotated[int, Query(alias="page", ge=1, le=1000)] = 1,
) -> Response:
    """The page; with `format` the table as a file."""
    lang = language(request)
    span, wrong = _period(filled)
    units = units_for(desk, who, filled.agency or None)
    asked = Asked(filled.by or "unit", span, units, lang)  # type: ignore[arg-type]
    with desk.reading() as connection:
        counted = feedback(connection, desk.house.law, asked)
        if kind in get_args(Kind) and not wrong:
            return sent(of_feedback(connection, desk.house.law, counted, kind))  # type: ignore[arg-type]
        found = complaints(
            connection,
            **asked.where,
            answered=ANSWERED.get(filled.answered),
            limit=A_PAGE + 1,
            offset=(page_ - 1) * A_PAGE,
        )
    return page(
        request,
        "monitor/feedback.html",
        422 if wrong else 200,
        counted=counted,
        complaints=found[:A_PAGE],
        more=len(found) > A_PAGE,
        number_of_page=page_,
        filled=filled,
        wrong=wrong,
        agencies=agencies_of(desk, who, lang),
        **_shows(desk, lang),
    )


def _shows(desk: Desk, lang: Lang) -> dict[str, Any]:
    """What the template calls things by."""
    return {
        "aspects": [(each, said(RATED, each, lang)) for each in ASPECTS],
        "about": lambda ground: said(COMPLAINTS, ground, lang),
        "best": BEST,
        "mean": mean,
        "number": number(lang),
        "percent": percent(lang),
        "labels": {by: w.in_(lang, w.LABELS[by]) for by in ("unit", "procedure")},
        "called": names(desk.house.law, lang),
    }


def _period(filled: Filled) -> tuple[Period | None, list[str]]:
    """The days that are asked for, and the fields that are no days."""
    days: dict[str, date] = {}
    wrong = []
    for name in ("since", "until"):
        text = getattr(filled, name)
        try:
            if text:
                days[name] = parse_day(text)
        except (ValueError, OverflowError):
            wrong.append(name)
    if wrong:
        return None, wrong
    try:
        return between(days.get("since"), days.get("until")), []
    except ValueError:
        return None, ["until"]
