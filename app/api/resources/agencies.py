"""Agencies and their officers, as they were on a day."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from app.access.needs import needs
from app.access.principal import Principal
from app.api.answers import Pages, beyond
from app.api.asking import moment
from app.api.models.definitions import Agency as AgencyModel
from app.desk.context import AtDesk
from app.plain.definitions import agency as plain
from app.times import local
from workflows.organisation import Agency

router = APIRouter(tags=["agencies"])

On = Annotated[
    str | None,
    Query(
        description="As the tree was on that day; today when left out.",
        openapi_examples={"then": {"value": "2021-03-01"}},
    ),
]


@router.get("/agencies", response_model=list[AgencyModel], summary="The agencies of a day")
def list_agencies(
    who: Annotated[Principal, needs("self.read")],
    desk: AtDesk,
    pages: Pages,
    on: On = None,
) -> Response:
    """Levels, functions, validity, successors, and who was in office; by id. `parent` makes the
    tree."""
    after = pages.after(str)
    staff = desk.house.law.organisation
    day = local(moment("on", on) or desk.house.now).date()
    found = beyond(list(staff.on(day)), _key, after)
    return pages.answer(found, _key, lambda each: plain(each, staff, day))


def _key(found: Agency) -> tuple[str]:
    return (found.id,)
