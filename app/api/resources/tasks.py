"""What has to be done, what is close, and what is late."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from app.access.needs import NotPermitted, needs
from app.access.principal import Principal
from app.api.answers import Pages
from app.api.asking import AgencyId, AtLeast, OfAgency, moment
from app.api.models.tasks import Alert as AlertModel
from app.api.models.tasks import Deadline as DeadlineModel
from app.api.models.tasks import Task as TaskModel
from app.api.models.webhooks import Kind
from app.api.scope import known_agency, seen
from app.desk.context import AtDesk
from app.desk.problems import Problem
from app.law.definitions import known_officer
from app.plain import tasks as plain
from app.times import parse_span
from consumers.alerts import Alert, alerts
from consumers.views.deadlines import deadlines
from consumers.views.inbox import inbox
from schemas.envelope import to_micros

router = APIRouter(tags=["tasks"])

NONE = type(None)


@router.get("/inbox/{agency}", response_model=list[TaskModel], summary="Who must do what by when")
def list_inbox(
    who: Annotated[Principal, needs("inbox.read")],
    desk: AtDesk,
    pages: Pages,
    fresh: AtLeast,
    agency: AgencyId,
    officer: Annotated[
        str | None,
        Query(description="What is this officer's, or anybody's with his role.", max_length=200),
    ] = None,
) -> Response:
    """What an agency has to do, the most urgent first."""
    key = pages.after((int, NONE), str, str)
    house = desk.house
    known_agency(house, agency)
    if officer is not None:
        known_officer(house.law.organisation, officer)
    with desk.reading(*fresh, views=["inbox"]) as connection:
        found = inbox(connection, agency, officer, act_of=house.act_of,
                      remaining=house.remaining, limit=pages.look, after=key,
                      in_place_of=house.gone(desk.access.in_place_of(agency)))  # fmt: skip
    return pages.answer(found, lambda each: (each.due, each.code, each.leg), plain.task)


@router.get("/deadlines", response_model=list[DeadlineModel], summary="What is close, what is late")
def list_deadlines(
    who: Annotated[Principal, needs("deadlines.read")],
    desk: AtDesk,
    pages: Pages,
    fresh: AtLeast,
    within: Annotated[
        str | None,
        Query(
            description="Only those that end so soon, or are over: 3d, 12h, 2w of calendar time.",
            openapi_examples={"soon": {"value": "3d"}},
        ),
    ] = None,
    agency: OfAgency = None,
) -> Response:
    """The open deadlines, of dossiers, legs and steps, the nearest first."""
    key = pages.after(int, str, str, str)
    among = seen(desk, who, agency, "deadlines.read")
    now = desk.house.now
    try:
        until = None if within is None else to_micros(now + parse_span(within))
    except (ValueError, OverflowError) as error:
        raise Problem(422, "bad-span", "No length of time", f"within: {error}") from None
    with desk.reading(*fresh, views=["deadlines"]) as connection:
        found = deadlines(connection, until=until, limit=pages.look, among=among, after=key)
    late = to_micros(now)
    return pages.answer(
        found,
        lambda each: (each.due, each.code, each.leg, "step" if each.kind == "step" else "leg"),
        lambda each: plain.deadline(each, late),
    )


@router.get("/alerts", response_model=list[AlertModel], summary="What was raised")
def list_alerts(
    who: Annotated[Principal, needs("alerts.read")],
    desk: AtDesk,
    pages: Pages,
    since: Annotated[str | None, Query(description="Only those raised since then.")] = None,
    dossier: Annotated[
        str | None, Query(description="Only those of this dossier.", max_length=200)
    ] = None,
    kind: Annotated[
        Kind | None,
        Query(
            description="Only those of this kind.",
            openapi_examples={"late": {"value": "step-overdue"}},
        ),
    ] = None,
    agency: OfAgency = None,
) -> Response:
    """Due soon, late, unanswered; the newest first. They are raised as time passes, not when
    somebody asks."""
    key = pages.after(int, int, str)
    ended = None if key is None else (key[0], key[1], _id(key[2]))
    among = seen(desk, who, agency, "alerts.read")
    if dossier is not None and not desk.access.permits(who, "alerts.read", {"code": dossier}):
        raise NotPermitted("alerts.read")
    raised = moment("since", since)
    with desk.reading() as connection:
        found = alerts(
            connection,
            since=None if raised is None else to_micros(raised),
            dossier=dossier,
            kind=kind,
            limit=pages.look,
            among=among,
            after=ended,
        )
    return pages.answer(found, _place, plain.alert)


def _place(found: Alert) -> tuple[int, int, str]:
    return found.raised_at, found.due_at, found.id.hex()


def _id(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise Problem(422, "bad-cursor", "No cursor of this list") from None
