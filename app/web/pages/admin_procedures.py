"""Procedures: those that are registered, a file checked, compared, drawn and activated."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, File, Form, Request, Response, UploadFile
from fastapi.responses import RedirectResponse
from msgspec.json import encode

from app.access.needs import needs
from app.access.principal import Principal
from app.admin import records
from app.admin.changes import differences
from app.admin.checking import Checked, checked, in_force
from app.desk.context import AtDesk, Desk
from app.desk.problems import Problem
from app.law.definitions import catalogue_folder
from app.law.registry import PROCEDURE
from app.trouble import NotThere
from app.web.pages.admin import activated, ask, has_errors, keep, kept
from app.web.rendering import language, page
from engine.core.rules import Refusal
from engine.store.errors import DefinitionChanged
from schemas.sentence import Sentence
from workflows import draw
from workflows.model import Procedure
from workflows.yaml_source import MAX_BYTES

router = APIRouter(include_in_schema=False)

Administrator = Annotated[Principal, needs("procedures.write")]


@router.get("/admin/procedures")
def procedures(request: Request, who: Administrator, desk: AtDesk) -> Response:
    """Every registered version, and the files that wait."""
    day = desk.house.today.isoformat()
    found = sorted(desk.house.law.procedures(), key=lambda each: (each.id, each.valid_from))
    now = {
        each.key for id_ in {p.id for p in found} if (each := in_force(desk.house.law, id_, day))
    }
    return page(
        request,
        "admin/procedures.html",
        procedures=found,
        now=now,
        drafts=records.uploaded(desk.house.home, "procedure", activated=False),
        largest=MAX_BYTES,
    )


@router.post("/admin/procedures")
def upload(
    request: Request, who: Administrator, desk: AtDesk, file: Annotated[UploadFile, File()]
) -> Response:
    """Keeps a file and shows what is wrong with it. Nothing is registered by that."""
    digest = keep(desk, who, "procedure", file)
    return RedirectResponse(f"/admin/procedures/drafts/{digest}", 303)


@router.get("/admin/procedures/drafts/{digest}")
def show_draft(request: Request, who: Administrator, desk: AtDesk, digest: str) -> Response:
    """What is wrong with a file, or what it would change."""
    draft, found = _draft(desk, digest)
    day = desk.house.today.isoformat()
    now = found.procedure and in_force(desk.house.law, found.procedure.id, day)
    registered = found.procedure is not None and _registered(desk, found.procedure.key)
    return page(
        request,
        "admin/draft.html",
        draft=draft,
        found=found,
        lines=draft.content.decode("utf-8", "replace").splitlines(),
        largest=MAX_BYTES,
        now=now,
        registered=registered,
        differences=differences(now, found.procedure) if now and found.procedure else [],
    )


@router.get("/admin/procedures/drafts/{digest}/picture.svg")
def draw_draft(request: Request, who: Administrator, desk: AtDesk, digest: str) -> Response:
    _, found = _draft(desk, digest)
    if found.procedure is None:
        raise NotThere(Sentence("What is wrong cannot be drawn"))
    return _picture(request, desk, found.procedure)


@router.post("/admin/procedures/drafts/{digest}/activate")
def activate(
    request: Request,
    who: Administrator,
    desk: AtDesk,
    digest: str,
    sure: Annotated[str, Form()] = "",
) -> Response:
    """Registers the version for good; dossiers received from its first day on follow it."""
    draft, found = _draft(desk, digest)
    back = f"/admin/procedures/drafts/{digest}"
    if found.procedure is None:
        raise has_errors()
    procedure = found.procedure
    if sure != "yes":
        return ask(request, "activate", back, name=f"{procedure.id} {procedure.version}")
    try:
        desk.house.log.register(
            PROCEDURE, procedure.id, procedure.version, procedure.digest, encode(procedure)
        )
    except DefinitionChanged:
        said = Sentence("%(id)s %(version)s is registered with other content",
                        id=procedure.id, version=procedure.version)  # fmt: skip
        raise Problem(409, "registered-otherwise", "Registered otherwise", said) from None
    activated(desk, who, "procedure", draft, f"{procedure.id} {procedure.version}")
    return RedirectResponse(f"/admin/procedures/{procedure.id}/{procedure.version}", 303)


@router.get("/admin/procedures/{id_}/{version}")
def show(request: Request, who: Administrator, desk: AtDesk, id_: str, version: str) -> Response:
    """One registered version, and what it changed of the one before it."""
    procedure = _known(desk, id_, version)
    others = [each for each in desk.house.law.procedures() if each.id == id_]
    earlier = [each for each in others if each.valid_from < procedure.valid_from]
    before = max(earlier, key=lambda each: each.valid_from, default=None)
    return page(
        request,
        "admin/procedure.html",
        procedure=procedure,
        before=before,
        differences=differences(before, procedure) if before else [],
    )


@router.get("/admin/procedures/{id_}/{version}/picture.svg")
def draw_known(
    request: Request, who: Administrator, desk: AtDesk, id_: str, version: str
) -> Response:
    return _picture(request, desk, _known(desk, id_, version))


def _known(desk: Desk, id_: str, version: str) -> Procedure:
    try:
        return desk.house.law.procedure((id_, version))
    except Refusal:
        raise NotThere(
            Sentence("There is no procedure %(id)r of version %(version)r", id=id_, version=version)
        ) from None


def _registered(desk: Desk, key: tuple[str, str]) -> bool:
    return any(each.key == key for each in desk.house.law.procedures())


def _draft(desk: Desk, digest: str) -> tuple[records.Draft, Checked]:
    """Raises NotThere."""
    draft = kept(desk, "procedure", digest)
    others = records.activated_files(desk.house.home, "procedure")
    return draft, checked(draft.content, desk.house.law, catalogue_folder(desk.settings), others)


def _picture(request: Request, desk: Desk, procedure: Procedure) -> Response:
    named = draw.functions_named(desk.house.law.organisation)
    try:
        picture = draw.render(draw.dot_source(procedure, language(request), None, named), "svg")
    except draw.DotMissing as missing:
        raise Problem(503, "no-graphviz", "No picture", str(missing)) from None
    # A picture of its own: nothing in it may run, whatever a title says.
    kept = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox"}
    return Response(picture, media_type="image/svg+xml", headers=kept)
