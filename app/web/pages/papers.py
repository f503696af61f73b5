"""The files of a dossier, for those who may read it; and files that an officer adds."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from app.access.needs import needs
from app.access.principal import Principal
from app.citizen.online import FILES as ATTEMPTS
from app.citizen.online import AtOnline, Online
from app.trouble import BadInput, RefusedByRule
from app.uploads.bounded import BoundedForm, text_of
from app.uploads.store import Handed
from app.web.citizen import download
from app.web.citizen.form import FILES, Wrong, _, take_files
from app.web.rendering import language, page
from app.web.summary import namer
from engine.core.dossier import Dossier
from schemas.commands import Attach
from schemas.events import Event
from schemas.rejection import Rejected
from schemas.sentence import Sentence
from workflows.model import Paper

router = APIRouter(include_in_schema=False)

MayRead = Annotated[Principal, needs("history.read")]
"""As for all else that is private: what is in a paper describes a person."""
MayAct = Annotated[Principal, needs("dossier.act")]


@router.get("/dossiers/{code}/papers")
def papers(request: Request, who: MayRead, online: AtOnline, code: str) -> Response:
    return _page(request, who, online, code, ())


@router.get("/dossiers/{code}/papers/{digest}")
def paper(request: Request, who: MayRead, online: AtOnline, code: str, digest: str) -> Response:
    """One file, as it was handed in: never shown in the page, always saved."""
    return download.of(online.uploads, online.desk.house.dossier(code).dossier, digest)


@router.post("/dossiers/{code}/papers")
def add(request: Request, who: MayAct, online: AtOnline, code: str, sent: BoundedForm) -> Response:
    """Attaches files: a scan made at the desk, or a result."""
    online.limit(ATTEMPTS, "attach", who.account)
    if who.officer is None:
        raise BadInput(Sentence("Only a post attaches files"))
    dossier = online.desk.house.dossier(code).dossier
    command_id, leg = online.command_id(text_of(sent, "command")), text_of(sent, "leg")
    files: list[Handed] = []
    wrong: list[Wrong] = []
    already = sum(each.size for each in dossier.attached)
    known = _known(online, dossier)
    take_files(online, sent, [each.id for each in known], files, wrong, already)
    if not files and not wrong:
        wrong.append(Wrong(FILES + known[0].id if known else "papers", _("Choose a file")))
    if wrong:
        return _page(request, who, online, code, wrong)
    for each in files:
        online.uploads.keep(each.digest)
    attach = Attach(
        actor=who.officer,
        leg=leg,
        attached=tuple(each.attached for each in files),
        files={each.digest: each.name for each in files},
    )
    done = online.act(attach, command_id, code)
    if isinstance(done, Rejected):
        raise RefusedByRule(done, as_json=False)
    return RedirectResponse(f"/dossiers/{code}/papers", 303)


def _known(online: Online, dossier: Dossier) -> list[Paper]:
    procedure = online.desk.house.law.procedure(dossier.procedure)
    return [*procedure.papers_in, *procedure.papers_out]


def _page(
    request: Request, who: Principal, online: Online, code: str, wrong: list[Wrong] | tuple[()]
) -> Response:
    dossier = online.desk.house.dossier(code).dossier
    house, known = online.desk.house, _known(online, dossier)
    called = namer(house, dossier, language(request))
    # His own agency's first: it stands chosen.
    legs = sorted(dossier.open_legs(), key=lambda leg: (leg.agency != who.agency, leg.path))
    names: dict[str, str] = {}
    for record in house.log.read_stream(code):
        if record.private is not None:
            event: Event = record.event()
            names |= event.private.files if event.private else {}
    shows = {
        "code": code,
        "attached": dossier.attached,
        "names": names,
        "titles": {each.id: each.title for each in known},
        "known": known if who.officer is not None and dossier.status == "open" else [],
        "legs": [(each.path, called.leg(each.path)) for each in legs],
        "command": online.new_command(),
        "errors": wrong,
        "wrong": {each.field: each for each in reversed(wrong)},
    }
    return page(request, "citizen/papers.html", 422 if wrong else 200, **shows)
