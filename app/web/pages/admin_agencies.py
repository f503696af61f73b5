"""Agencies as they were on any day; a file that changes them checked, compared and activated."""

from __future__ import annotations

from typing import Annotated, NamedTuple

from fastapi import APIRouter, File, Form, Query, Request, Response, UploadFile
from fastapi.responses import RedirectResponse

from app.access.needs import needs
from app.access.principal import Principal
from app.admin import records
from app.admin.checking import checked_agencies
from app.admin.comparing import Turn, turn
from app.desk.context import AtDesk, Desk
from app.desk.problems import Problem
from app.law import peers, registry
from app.times import parse_day
from app.trouble import BadInput
from app.web.pages.admin import activated, ask, has_errors, keep, kept
from app.web.rendering import page
from engine.store.errors import DefinitionChanged
from schemas.sentence import Sentence
from workflows.amend import CheckedAmendment, amended
from workflows.yaml_source import MAX_BYTES
from workflows.yaml_source import Problem as Fault

router = APIRouter(include_in_schema=False)

Administrator = Annotated[Principal, needs("procedures.write")]


class Seen(NamedTuple):
    """A file beside the organisation that it was compared with. `number`: how many amendments
    that has; `turn`: what the file changes of it, None when the file has errors."""

    found: CheckedAmendment
    number: int
    turn: Turn | None


@router.get("/admin/agencies")
def agencies(
    request: Request,
    who: Administrator,
    desk: AtDesk,
    on: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """The tree of a day, each agency under its parent, and the files that wait."""
    wrong = False
    try:
        day = parse_day(on) if on.strip() else desk.house.today
    except ValueError:
        day, wrong = desk.house.today, True
    home, staff = desk.house.home, desk.house.law.organisation
    return page(
        request,
        "admin/agencies.html",
        422 if wrong else 200,
        tree=staff.tree(day),
        day=day.isoformat(),
        wrong=wrong,
        officers={each.id: len(staff.officers_in(each.id, day=day)) for each in staff.agencies()},
        drafts=records.uploaded(home, "agencies", activated=False),
        activated=records.uploaded(home, "agencies", activated=True),
        largest=MAX_BYTES,
    )


@router.post("/admin/agencies")
def upload(
    request: Request, who: Administrator, desk: AtDesk, file: Annotated[UploadFile, File()]
) -> Response:
    """Keeps a file and shows what is wrong with it. Nothing is registered by that."""
    digest = keep(desk, who, "agencies", file)
    return RedirectResponse(f"/admin/agencies/drafts/{digest}", 303)


@router.get("/admin/agencies/drafts/{digest}")
def show_draft(request: Request, who: Administrator, desk: AtDesk, digest: str) -> Response:
    """What is wrong with a file, or what it would change; of one that is in force, what it is."""
    draft = kept(desk, "agencies", digest)
    return page(
        request,
        "admin/agencies_draft.html",
        draft=draft,
        seen=None if draft.activated_at else _seen(desk, draft),
        lines=draft.content.decode("utf-8", "replace").splitlines(),
        largest=MAX_BYTES,
    )


@router.post("/admin/agencies/drafts/{digest}/activate")
def activate(
    request: Request,
    who: Administrator,
    desk: AtDesk,
    digest: str,
    over: Annotated[int, Form(ge=0, le=999_998)],
    sure: Annotated[str, Form()] = "",
) -> Response:
    """Registers the amendment for good. `over`: the number of those that whoever is sure has seen
    it compared with."""
    draft = kept(desk, "agencies", digest)
    back = f"/admin/agencies/drafts/{digest}"
    if draft.activated_at:
        return RedirectResponse(back, 303)
    seen = _seen(desk, draft)
    if seen.number != over:
        raise _overtaken()
    if seen.found.amendment is None or seen.turn is None:
        raise has_errors()
    if seen.turn.empty:
        said = Sentence("All of it is in force already")
        raise Problem(422, "nothing-new", "This file changes nothing", said)
    if sure != "yes":
        return ask(request, "amend", back, name=draft.name, over=over)
    try:
        registry.amend(desk.house.log, over + 1, seen.found.amendment)
    except DefinitionChanged:
        desk.house.learn()
        raise _overtaken() from None
    activated(desk, who, "agencies", draft, f"{over + 1}: {draft.name}")
    return RedirectResponse(back, 303)


def _overtaken() -> Problem:
    said = Sentence("The agencies were changed meanwhile: look again at what this file changes")
    return Problem(409, "overtaken", "Changed meanwhile", said)


def _seen(desk: Desk, draft: records.Draft) -> Seen:
    """Beside what the store has now, whichever server changed it last."""
    log = desk.house.log
    # The number first: an amendment between the two reads is one that was not seen.
    number = len(registry.amendments(log))
    known = registry.organisation(log)
    found = checked_agencies(draft.content, known, desk.house.today)
    if found.amendment is None:
        return Seen(found, number, None)
    new = amended(known, [found.amendment])
    try:
        peers.elsewhere(log, desk.settings, new)
    except BadInput as error:
        fault = Fault("", 1, 1, "", str(error))
        return Seen(CheckedAmendment(None, (fault,), found.warnings), number, None)
    return Seen(found, number, turn(known, new))
