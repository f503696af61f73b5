"""Looking a dossier up without an account: its code and the word that came with it."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse, Response
from msgspec.structs import replace

from app.access.needs import needs
from app.access.pace import address
from app.access.principal import Principal
from app.citizen.online import FILES as FORMS_WITH_FILES
from app.citizen.online import AtOnline, Online
from app.citizen.typed import code as plain_code
from app.desk.context import position
from app.forms import paper
from app.forms.content import FormContent
from app.forms.form import form_of
from app.trouble import NotThere
from app.uploads.bounded import BoundedForm, text_of
from app.uploads.store import Gone, Handed
from app.web.address import look_up_address
from app.web.citizen import browser, download
from app.web.citizen.again import word_again
from app.web.citizen.form import FILES, Wrong, _, take_files
from app.web.citizen.standing import FORMS, Asked, Standing, handed_in, results, standing
from app.web.rendering import language, page
from app.web.sentences import sentence
from app.web.switch import switched, told
from app.web.words import STATES, said
from consumers.views.status import status
from engine.core.admission import CITIZEN
from engine.core.dossier import Dossier
from engine.runtime import Folded, fold
from schemas.commands import Supply
from schemas.rejection import Rejected
from schemas.sentence import Sentence
from workflows.model import Paper

router = APIRouter(include_in_schema=False)

May = Annotated[Principal, needs("citizen.look-up")]


@router.get("/look-up")
def ask(request: Request, who: May, online: AtOnline, code: str = "", closed: str = "") -> Response:
    """`code` stands in the addresses on printed forms; it does not stay in the bar. `closed`:
    whoever comes here wanted to see a dossier, and none is open."""
    if code:
        answer: Response = RedirectResponse("/look-up", 303)
        browser.keep(request, answer, online, browser.TYPED, code[: browser.LONGEST])
        return answer
    typed = browser.kept(request, online, browser.TYPED) or ""
    shows: dict[str, Any] = {"code": typed, "closed": bool(closed), "errors": ()}
    return browser.private(page(request, "citizen/look_up.html", **shows))


@router.post("/look-up")
def prove(
    request: Request,
    who: May,
    online: AtOnline,
    code: Annotated[str, Form()] = "",
    word: Annotated[str, Form()] = "",
) -> Response:
    """A wrong code, a wrong word and no such dossier have the same answer, after the same work."""
    typed = plain_code(code[: 4 * browser.LONGEST])[: browser.LONGEST]
    if switched(request) is not None:
        return _codes(request, typed, refused=told(request))
    proven = online.proven(address(request), typed, word[: browser.LONGEST])
    if proven is None:
        return _codes(request, typed, refused=True)
    browser.begin(request, online, proven)
    answer = browser.shown(request, online, RedirectResponse("/look-up/dossier", 303))
    browser.drop(answer, browser.TYPED)
    return answer


def _codes(request: Request, typed: str, *, refused: bool) -> Response:
    """The page for both codes again; the word is shown to nobody."""
    no = _("The code and the access code do not belong together")
    wrong = (Wrong("code", no),) if refused else ()
    status = 422 if refused else 200
    return browser.private(page(request, "citizen/look_up.html", status, code=typed, errors=wrong))


@router.post("/look-up/leave")
def leave(request: Request, who: May) -> Response:
    """Whoever uses the browser next sees neither the dossier nor what opens it."""
    answer = RedirectResponse("/look-up", 303)
    browser.drop(answer, browser.SEEN)
    browser.drop(answer, browser.APPLIED)
    return answer


@router.get("/look-up/dossier")
def dossier(request: Request, who: May, online: AtOnline) -> Response:
    code = browser.seen(request, online)
    if code is None:
        return browser.closed()
    return _shown(request, online, code)


@router.post("/look-up/supplement")
def supplement(request: Request, who: May, online: AtOnline, sent: BoundedForm) -> Response:
    """Hands in what was asked for in a leg: the clock runs from now."""
    looked = browser.looked(request, online, sent)
    if looked is None:
        return browser.closed()
    online.limit(FORMS_WITH_FILES, "supplement", address(request))
    code = looked.code
    now = found(request, online, code)
    leg, go, only_shown = text_of(sent, "leg"), text_of(sent, "go"), switched(request) is not None
    if only_shown:
        go = "submit" if told(request) else "add"
    command_id = online.command_id(text_of(sent, "command"))
    asked = next((each for each in now.asked if each.leg == leg), None)
    if asked is None:
        # Answered already, perhaps by this very form sent twice.
        return _back(request, online)
    papers = [each.id for each in asked.papers] or [each.id for each in _papers(online, now)]
    files: list[Handed] = []
    wrong: list[Wrong] = []
    take_files(online, sent, papers, files, wrong, already=sum(each.size for each in now.given))
    if not looked.proven:
        return word_again(request, online, code, sent, files, wrong)
    for each in asked.papers:
        if go == "submit" and not any(file.paper == each.id for file in files):
            title = each.title.vi if language(request) == "vi" else each.title.en
            wrong.append(Wrong(FILES + each.id, _("Add: %(paper)s"), {"paper": title}))
    if wrong or only_shown or go != "submit" or "remove" in sent:
        return _shown(request, online, code, files, wrong, leg)
    return _supply(request, online, code, asked, files, command_id)


def _supply(
    request: Request,
    online: Online,
    code: str,
    asked: Asked,
    files: list[Handed],
    command_id: bytes,
) -> Response:
    try:
        for each in files:
            online.uploads.keep(each.digest)
    except Gone as gone:
        lost = next(each for each in files if each.digest == str(gone))
        wrong = [Wrong(FILES + lost.paper, _("Choose %(name)s again"), {"name": lost.name})]
        return _shown(request, online, code, files, wrong, asked.leg)
    supply = Supply(
        actor=CITIZEN,
        leg=asked.leg,
        papers=tuple(dict.fromkeys(each.paper for each in files)),
        attached=tuple(each.attached for each in files),
        files={each.digest: each.name for each in files},
    )
    done = online.act(supply, command_id, code)
    if isinstance(done, Rejected):
        why = sentence(done.rule, done.message, language(request))
        wrong = [Wrong("supplement", "%(why)s", {"why": why})]
        return _shown(request, online, code, files, wrong, asked.leg)
    return _back(request, online)


def _back(request: Request, online: Online) -> Response:
    return browser.shown(request, online, RedirectResponse("/look-up/dossier", 303))


@router.get("/look-up/forms/{kind}.pdf")
def form_pdf(
    request: Request,
    who: May,
    online: AtOnline,
    kind: str,
    version: Annotated[int | None, Query(ge=1)] = None,
) -> Response:
    """A form that was given to the citizen, to print."""
    code = browser.seen(request, online)
    if code is None:
        return browser.closed()
    if kind not in FORMS:
        raise NotThere(Sentence("There is no form %(kind)r to print here", kind=kind))
    house = online.desk.house
    content = form_of(kind, house.log.read_stream(code), house.law, language(request), version)
    name = quote(f"{code}-{content.kind}.pdf", safe="")
    made = paper.pdf(without_officers(content), look_up_address(request, code))
    answer = Response(made, media_type="application/pdf")
    answer.headers["Content-Disposition"] = f"inline; filename*=UTF-8''{name}"
    return browser.shown(request, online, answer)


@router.get("/look-up/papers/{digest}")
def own_paper(request: Request, who: May, online: AtOnline, digest: str) -> Response:
    """A file that the citizen handed in, or that he was given as the result, valid or not."""
    code = browser.seen(request, online)
    if code is None:
        return browser.closed()
    house = online.desk.house
    records = house.log.read_stream(code)
    dossier = fold(records, Folded(Dossier(code))).dossier
    made = results(house, dossier, [record.event() for record in records])
    his = [*handed_in(house, dossier), *made.valid, *made.withdrawn]
    return browser.shown(request, online, download.of(online.uploads, dossier, digest, his))


def found(request: Request, online: Online, code: str) -> Standing:
    """How it stands with a dossier, as of its last event."""
    house = online.desk.house
    records = house.log.read_stream(code)
    if not records:
        raise NotThere(house.unknown(code))
    with online.desk.reading(after=position(code, records[-1].version)) as connection:
        seen = status(connection, code)
    if seen is None:
        raise NotThere(Sentence("The views do not know %(code)s yet", code=code))
    dossier = fold(records, Folded(Dossier(code))).dossier
    return standing(house, dossier, records, seen, language(request))


def without_officers(content: FormContent) -> FormContent:
    """Whoever signed at a desk is named on the paper he gave; nobody else is."""
    if content.kind in ("01", "03"):
        return content
    return replace(content, signatures=tuple(replace(each, name="") for each in content.signatures))


def _papers(online: Online, now: Standing) -> list[Paper]:
    law = online.desk.house.law
    dossier = online.desk.house.dossier(now.code).dossier
    return list(law.procedure(dossier.procedure).papers_in)


def _shown(
    request: Request,
    online: Online,
    code: str,
    files: list[Handed] | tuple[()] = (),
    wrong: list[Wrong] | tuple[()] = (),
    leg: str | None = None,
) -> Response:
    """`leg`: the one whose form was sent."""
    now = found(request, online, code)
    shows = {
        "sent": leg,
        "now": now,
        "papers": _papers(online, now),
        "state": said(STATES, now.state, language(request)),
        "command": online.new_command() if now.asked else "",
        "of": browser.of_note(online, code),
        "files": files,
        "note_of": online.stage_note,
        "errors": wrong,
        "wrong": {each.field: each for each in reversed(wrong)},
    }
    answer = page(request, "citizen/dossier.html", 422 if wrong else 200, **shows)
    return browser.shown(request, online, answer)
