"""When something would be due, and why."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Response

from app.access.needs import needs
from app.access.principal import Principal
from app.api.answers import answered
from app.api.asking import MOMENT_HOW, moment
from app.api.models.definitions import Derivation
from app.desk.context import AtDesk, Desk
from app.law.deriving import derived, length, unit_named
from app.plain.definitions import UNITS, derivation
from app.trouble import BadInput
from engine.core.calendar import local_day
from engine.core.rules import Refusal
from workflows.model import Procedure

router = APIRouter(tags=["due"])


@router.get("/due", response_model=Derivation, summary="The appointment date of a limit")
def show_due(
    who: Annotated[Principal, needs("public.read")],
    desk: AtDesk,
    start: Annotated[
        str,
        Query(
            alias="from",
            description=f"When it was received: {MOMENT_HOW}",
            openapi_examples={"then": {"value": "2021-03-04T08:30+07:00"}},
            max_length=60,
        ),
    ],
    limit: Annotated[
        str | None,
        Query(
            description="How much, such as 34 or 0.5.",
            openapi_examples={"some": {"value": "5"}},
            max_length=20,
        ),
    ] = None,
    unit: Annotated[
        str, Query(description=f"Of the limit: {', '.join(UNITS)}.", max_length=40)
    ] = "working-day",
    procedure: Annotated[
        str | None,
        Query(description="Take limit and cut-off of a procedure.", max_length=200),
    ] = None,
    calendar: Annotated[
        str | None,
        Query(
            description="A version of the working calendar; else the one known when received.",
            max_length=60,
        ),
    ] = None,
) -> Response:
    """With each day that counted and each that did not, and the reason."""
    received = moment("from", start)
    assert received is not None, "it is required"
    try:
        named = unit_named(unit)
    except ValueError as error:
        raise BadInput(str(error)) from None
    of = None if procedure is None else _in_force(desk, procedure, received)
    found = derived(received, length(limit, named, of), calendar, desk.house.law)
    return answered(derivation(found, desk.settings.lang))


def _in_force(desk: Desk, id_: str, received: datetime) -> Procedure:
    try:
        return desk.house.law.in_force(id_, None, local_day(received))
    except Refusal as refusal:
        raise BadInput(refusal.rejected.message) from None
