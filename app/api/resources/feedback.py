"""What citizens say when it is over, counted by desk and procedure; their complaints."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from app.access.needs import needs
from app.access.principal import Principal
from app.api.answers import Pages, answered
from app.api.asking import AtLeast
from app.api.models.feedback import Complaint as ComplaintModel
from app.api.models.feedback import Feedback as FeedbackModel
from app.api.resources.reports import FILES, READ, Kind, OfUnit, sent, units_for
from app.desk.context import AtDesk
from app.reporting.download import of_feedback
from app.reporting.feedback import Asked, By, complaint, feedback
from app.reporting.period import Period, between
from app.trouble import BadInput
from consumers.views.feedback import complaints

router = APIRouter(tags=["reports"])

READ_FROM = "feedback", "register"

First = Annotated[date | None, Query(alias="from", description="Said on this day or later.")]
Last = Annotated[date | None, Query(alias="to", description="Said on this day or before.")]


async def _period(first: First = None, last: Last = None) -> Period | None:
    try:
        return between(first, last)
    except ValueError as error:
        raise BadInput(f"from {first} to {last}: {error}") from None


InPeriod = Annotated[Period | None, Depends(_period)]


@router.get(
    "/feedback",
    response_model=FeedbackModel,
    responses=FILES,
    summary="Ratings and complaints, counted",
)
def show_feedback(
    who: Annotated[Principal, needs(READ)],
    desk: AtDesk,
    fresh: AtLeast,
    period: InPeriod,
    agency: OfUnit = None,
    by: Annotated[By, Query(description="What a row is of.")] = "unit",
    kind: Kind = "json",
) -> Response:
    """By the desk that received the dossier, and by procedure. An agency sees its own and what
    stands under it. A spreadsheet lists the complaints beside."""
    asked = Asked(by, period, units_for(desk, who, agency), desk.settings.lang)
    with desk.reading(*fresh, views=READ_FROM) as connection:
        found = feedback(connection, desk.house.law, asked)
        if kind != "json":
            return sent(of_feedback(connection, desk.house.law, found, kind))
    return answered(found.plain())


@router.get("/feedback/complaints", response_model=list[ComplaintModel], summary="Complaints")
def list_complaints(
    who: Annotated[Principal, needs(READ)],
    desk: AtDesk,
    pages: Pages,
    fresh: AtLeast,
    period: InPeriod,
    agency: OfUnit = None,
    answered: Annotated[
        bool | None, Query(description="Only those that are answered, or that wait.")
    ] = None,
) -> Response:
    """The oldest first. What was said is in the history of the dossier, for who may read it."""
    asked = Asked("unit", period, units_for(desk, who, agency))
    after = pages.after(int, str, int)
    with desk.reading(*fresh, views=READ_FROM) as connection:
        found = complaints(
            connection, **asked.where, answered=answered, after=after, limit=pages.look
        )
    return pages.answer(found, lambda each: (each.filed_at, each.code, each.number), complaint)
