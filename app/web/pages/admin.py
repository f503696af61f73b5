"""The administrator's first page: the ways on, and what was done lately."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Request, Response, UploadFile

from app.access.needs import needs
from app.access.principal import Principal
from app.admin import records
from app.desk.context import AtDesk, Desk
from app.desk.problems import Problem
from app.feeding.lagging import view_rows
from app.trouble import NotThere
from app.web.rendering import page
from engine.ids import wall_clock
from schemas.envelope import to_micros
from schemas.sentence import Sentence
from workflows.yaml_source import MAX_BYTES

router = APIRouter(include_in_schema=False)


@router.get("/admin")
def home(
    request: Request, who: Annotated[Principal, needs("views.write")], desk: AtDesk
) -> Response:
    """Where what is wrong stands first."""
    rows, parked = view_rows(desk.settings, desk.house)
    return page(
        request,
        "admin/home.html",
        acts=records.acts(desk.house.home),
        parked=len(parked),
        behind=sum(1 for each in rows if each["behind"]),
        procedures=len(desk.house.law.procedures()),
        views=len(rows),
    )


def done(desk: Desk, who: Principal, act: str, what: str, detail: str = "") -> None:
    """Keeps that somebody did it."""
    at = to_micros(wall_clock())
    records.record(desk.house.home, records.Act(at, who.account, act, what, detail))


def keep(desk: Desk, who: Principal, kind: records.Kind, file: UploadFile) -> str:
    """Keeps a file that was uploaded; its digest. Raises Problem for one that is not read."""
    content = file.file.read(MAX_BYTES + 1)
    if not content or len(content) > MAX_BYTES:
        most = Sentence("At most %(most)s bytes are read", most=f"{MAX_BYTES:,}")
        said = most if content else Sentence("The file is empty")
        raise Problem(413 if content else 422, "bad-file", "This file is not read", said)
    name = (file.filename or "").replace("\\", "/").rpartition("/")[2][:80] or "?"
    at = to_micros(wall_clock())
    return records.keep(desk.house.home, kind, name, content, who.account, at)


def kept(desk: Desk, kind: records.Kind, digest: str) -> records.Draft:
    """A file that was uploaded. Raises NotThere."""
    draft = records.draft(desk.house.home, kind, digest)
    if draft is None:
        raise NotThere(Sentence("This file is no longer kept; upload it again"))
    return draft


def has_errors() -> Problem:
    """What is told to who would activate a file in which something is wrong."""
    said = Sentence("Correct it and upload it")
    return Problem(422, "bad-definition", "This file has errors", said)


def activated(
    desk: Desk, who: Principal, kind: records.Kind, draft: records.Draft, what: str
) -> None:
    """What a file defines is registered: from now on this server decides by it, and it is kept
    who did that."""
    desk.house.learn()
    records.mark_activated(desk.house.home, kind, draft.digest, to_micros(wall_clock()))
    done(desk, who, f"{kind}.activated", what, draft.digest)


def ask(
    request: Request, question: str, back: str, *, missing: bool = False, **fields: Any
) -> Response:
    """The page that asks whether somebody is sure; it sends the same form again, with that.
    `question`: a word that the template knows; `fields`: what is sent; `missing`: somebody was
    sure and gave no reason where one is asked for."""
    return page(
        request, "admin/sure.html", 422 if missing else 200, question=question, back=back,
        fields=fields, missing=missing, action=request.url.path,
    )  # fmt: skip
