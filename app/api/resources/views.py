"""The read models and how far they are behind."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Response

from app.access.needs import needs
from app.access.principal import Principal
from app.api.answers import Pages, beyond
from app.api.models.tasks import View
from app.desk.context import AtDesk
from app.feeding.lagging import view_rows

router = APIRouter(tags=["views"])


@router.get("/views", response_model=list[View], summary="The read models and their lag")
def list_views(
    who: Annotated[Principal, needs("views.read")],
    desk: AtDesk,
    pages: Pages,
) -> Response:
    """Each view, its version, how many events it has not seen yet and how much time that is."""
    after = pages.after(str)
    rows, _ = view_rows(desk.settings, desk.house)
    found = beyond(rows, lambda each: (each["view"],), after)
    return pages.answer(found, lambda each: (each["view"],), lambda each: each)
