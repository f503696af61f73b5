"""Procedures: what is defined, and how it is drawn."""

from __future__ import annotations

from functools import lru_cache
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Response
from msgspec import to_builtins

from app.access.needs import needs
from app.access.principal import Principal
from app.acts.fields import fields_of
from app.api.answers import Pages, answered, beyond
from app.api.models.definitions import ProcedureRow, ProcedureWhole
from app.desk.context import AtDesk, Desk
from app.desk.problems import Problem
from app.plain.definitions import procedure as plain
from app.trouble import NotThere
from schemas.sentence import did_you_mean
from workflows import draw
from workflows.model import Procedure

router = APIRouter(tags=["procedures"])

Id = Annotated[
    str,
    Path(
        description="Id of a procedure.",
        openapi_examples={"land": {"value": "lt-01-land-transfer-tax"}},
    ),
]
Version = Annotated[str | None, Query(description="A version; the newest when left out.")]
Public = Annotated[Principal, needs("public.read")]


@router.get("/procedures", response_model=list[ProcedureRow], summary="Every procedure")
def list_procedures(who: Public, desk: AtDesk, pages: Pages) -> Response:
    """Every procedure and version that is registered, by id."""
    after = pages.after(str, str)
    found = beyond(desk.house.law.procedures(), _key, after)
    return pages.answer(found, _key, plain)


@router.get(
    "/procedures/{procedure}", response_model=ProcedureWhole, summary="One procedure as defined"
)
def show_procedure(who: Public, desk: AtDesk, procedure: Id, version: Version = None) -> Response:
    """Its steps with who, act and limit; its papers; what a receipt may say about it."""
    found = _found(desk, procedure, version)
    return answered({**to_builtins(found), **_asked(desk, found)})


@router.get(
    "/procedures/{procedure}/drawing",
    summary="One procedure drawn",
    response_class=Response,
    responses={200: {"content": {"image/svg+xml": {"schema": {"type": "string"}}}}},
)
def draw_procedure(
    who: Public,
    desk: AtDesk,
    procedure: Id,
    version: Version = None,
    lang: Annotated[Literal["vi", "en"] | None, Query(description="Language of the words.")] = None,
) -> Response:
    """Lanes by agency, limits, pauses and legs, as SVG."""
    found = _found(desk, procedure, version)
    named = draw.functions_named(desk.house.law.organisation)
    source = draw.dot_source(found, lang or desk.settings.lang, {}, named)
    try:
        picture = _picture(source)
    except draw.DotMissing as missing:
        raise Problem(503, "no-graphviz", "Nothing can be drawn here", str(missing)) from None
    return Response(picture, media_type="image/svg+xml")


@lru_cache(maxsize=200)
def _picture(source: str) -> bytes:
    return draw.render(source, "svg")


def _key(found: Procedure) -> tuple[str, str]:
    return found.id, found.version


def _found(desk: Desk, id_: str, version: str | None) -> Procedure:
    versions = {each.version: each for each in desk.house.law.procedures() if each.id == id_}
    if not versions:
        known = {each.id for each in desk.house.law.procedures()}
        raise NotThere(f"There is no procedure {id_!r}{did_you_mean(id_, known)}")
    found = versions.get(max(versions) if version is None else version)
    if found is None:
        raise NotThere(f"{id_} has no version {version!r}; it has: {', '.join(sorted(versions))}")
    return found


def _asked(desk: Desk, found: Procedure) -> dict[str, Any]:
    """What may be said when a dossier is opened."""
    outline = desk.house.law.outline(found.key)
    return {
        "asks": {name: sorted(values) for name, values in sorted(outline.facts.items())},
        "receipt_fields": sorted(fields_of("receive")),
    }
