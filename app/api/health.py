"""Whether the process lives, and whether it can work: for whoever starts and restarts it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Response
from sqlalchemy import text

from app.access.needs import needs
from app.access.principal import Principal
from app.api.answers import answered
from app.api.models.tasks import Alive, Ready
from app.desk.context import AtDesk
from app.feeding.lagging import view_rows
from engine.store.errors import in_plain_words

router = APIRouter(tags=["health"])

Public = Annotated[Principal, needs("public.read")]


@router.get("/livez", response_model=Alive, summary="Whether the process answers")
async def livez(who: Public) -> Response:
    """Asks nothing of anybody: a database that is down is no reason to start this anew."""
    return answered({"alive": True})


@router.get("/readyz", response_model=Ready, summary="Whether it can work")
def readyz(who: Public, desk: AtDesk) -> Response:
    """Whether the store answers, and how far each view is behind the log. 503 `not-ready` where
    it does not. Lag alone is no reason to be taken out: acts are done all the same."""
    house = desk.house
    with in_plain_words(house.name), house.log.engine.connect() as connection:
        connection.execute(text("SELECT 1"))
    rows, _ = view_rows(desk.settings, house)
    # Not its words, which may name the database: anybody may ask here.
    trouble = "in trouble; the server's log says why" if desk.feeder.trouble else None
    return answered({"store": "reachable", "views": rows, "feeder": trouble})
