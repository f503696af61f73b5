"""A dossier's pictures, each as a file of its own."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.access.needs import needs
from app.access.principal import Principal
from app.desk.context import AtDesk, Desk
from app.pictures.drawing import walk_svg
from app.pictures.markup import calendar_of
from app.pictures.timeline import timeline_svg
from app.pictures.turns import timeline_of
from app.pictures.walk import walk_of
from app.trouble import Broken, NotThere
from app.web.rendering import language
from engine.core.dossier import Dossier
from engine.runtime import Folded, fold
from schemas.envelope import Recorded
from schemas.sentence import Sentence
from workflows.draw import DotMissing

router = APIRouter(include_in_schema=False)

May = Annotated[Principal, needs("dossier.read")]

SVG = "image/svg+xml"


@router.get("/dossiers/{code}/picture.svg")
def picture(request: Request, who: May, desk: AtDesk, code: str) -> Response:
    """The procedure's drawing with the way this dossier walked."""
    dossier, records = _read(desk, code)
    law = desk.house.law
    walk = walk_of(dossier, records, law, desk.house.now)
    if walk is None:
        raise NotThere(Sentence("%(code)s was not received: it has not begun its way", code=code))
    try:
        return Response(walk_svg(walk, law, language(request), code), media_type=SVG)
    except DotMissing as missing:
        raise Broken(str(missing)) from missing


@router.get("/dossiers/{code}/timeline.svg")
def timeline(request: Request, who: May, desk: AtDesk, code: str) -> Response:
    """Who had it when: a lane for each agency."""
    dossier, records = _read(desk, code)
    calendar = calendar_of(desk.house.law, dossier)
    drawn = timeline_of(dossier, records, calendar, desk.house.now)
    text = timeline_svg(drawn, calendar, desk.house.law, language(request))
    return Response(text, media_type=SVG)


def _read(desk: Desk, code: str) -> tuple[Dossier, list[Recorded]]:
    """The dossier and its events, of the same moment. Raises NotThere."""
    records = list(desk.house.log.read_stream(code))
    if not records:
        raise NotThere(desk.house.unknown(code))
    return fold(records, Folded(Dossier(code))).dossier, records
