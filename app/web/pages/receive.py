"""Receiving a dossier at a desk: which procedure, what is handed in, and when it will be done."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote

import msgspec
from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from msgspec.structs import replace

from app.access.needs import needs
from app.access.principal import Principal
from app.acts import acting
from app.acts.fields import APPLICANT, Wrong
from app.citizen import facts
from app.desk.context import AtDesk, Desk, position
from app.desk.problems import Problem
from app.forms import paper
from app.forms.slip import slip
from app.trouble import NotThere
from app.web import opening
from app.web.act_forms import FACT
from app.web.address import look_up_address
from app.web.names import Names
from app.web.pages.dossier import latest
from app.web.pages.forms import form_for
from app.web.rendering import language, page
from app.web.sent import Sent, typed, word
from app.web.switch import only_begun, switched
from engine.core.calendar import CalendarError
from engine.core.clock import ClockError
from engine.core.dossier import Dossier
from engine.core.draft import Draft
from engine.core.rules import rejection
from engine.ids import id_text
from engine.runtime import Call, Done
from schemas.rejection import Rejected
from schemas.sentence import Sentence
from workflows.model import Procedure


class Filling(msgspec.Struct, frozen=True):
    """A form as far as it is filled in, and what was said about it."""

    procedure: Procedure
    filled: dict[str, Any]
    command_id: str = ""
    code: str = ""
    before: Dossier = Dossier("")
    promise: opening.Promise | None = None
    errors: dict[str, str] = {}
    refused: Rejected | None = None


router = APIRouter(include_in_schema=False)

Receives = Annotated[Principal, needs("dossier.receive")]


@router.get("/receive")
def choose(
    request: Request,
    who: Receives,
    desk: AtDesk,
    q: str = "",
    procedure: str = "",
    dossier: str = "",
) -> Response:
    """Which procedure; once it is chosen, its form. `dossier`: one that was registered online."""
    at = _desk_of(who)
    if dossier:
        return _registered(request, who, desk, dossier)
    if procedure:
        return _form(request, desk, at, Filling(_procedure(desk, at, procedure), {}))
    found = opening.offered(desk.house, at, q[:100])
    part = request.headers.get("HX-Request")
    template = "officer/procedures.html" if part else "officer/choose.html"
    return page(request, template, found=found, q=q[:100])


@router.post("/receive")
def receive(request: Request, who: Receives, desk: AtDesk, sent: Sent) -> Response:
    """First shows what the receipt will say; with `confirm`, receives the dossier, once for each
    command id however often it is sent."""
    house, filled = desk.house, typed(sent)
    code = word(sent, "dossier")
    filled.pop("dossier", None)
    before = _before(desk, who, code, word(sent, "command_id"))
    at = _desk_of(who)
    procedure = _procedure(desk, at, before.procedure[0] or word(sent, "procedure"))
    form = Filling(procedure, filled, word(sent, "command_id"), code, before)
    only_shown = switched(request) is not None
    if only_begun(request):
        return _form(request, desk, at, form)
    try:
        command = opening.command_of(house, procedure, at, who.officer or "", filled)
        id_ = acting.command_id(house, form.command_id)
        if only_shown or house.log.answer(id_) is None:
            promise = opening.promised(house, before, command)
            # Also when something that was written, or the hour, has changed the date since.
            looked_at = word(sent, "confirm") and word(sent, "promised") == promise.date
            if only_shown or not looked_at:
                return _form(request, desk, at, replace(form, promise=promise))
        call = Call(command, id_, code, house.happened(None), now=house.now)
        answer = house.runtime.handle(call)
    except Wrong as wrong:
        return _form(request, desk, at, replace(form, errors=dict(wrong.problems)))
    except (CalendarError, ClockError) as error:
        answer = rejection("bad-limit", why=error)
    if isinstance(answer, Done):
        desk.feeder.nudge()
        after = position(answer.code, answer.version)
        return RedirectResponse(f"/receive/{answer.code}?after={after}", 303)
    # A refusal is remembered with its id; another attempt is another command.
    return _form(request, desk, at, replace(form, refused=answer, command_id=""))


@router.get("/receive/{code}")
def receipt(
    request: Request, who: Annotated[Principal, needs("dossier.read")], desk: AtDesk, code: str
) -> Response:
    """What to tell the citizen: the code, the date, the word by which he looks it up, and the
    receipt to print."""
    mine = _at_its_desk(desk, who, code)
    return _receipt(request, desk, code, facts.at_receipt(desk.house, code) if mine else None, mine)


@router.post("/receive/{code}/word")
def another_word(request: Request, who: Receives, desk: AtDesk, code: str) -> Response:
    """A new word for who has lost his; the old one is void. It is shown this once."""
    if not _at_its_desk(desk, who, code):
        raise NotThere(Sentence("Only the desk of a dossier gives its bearer another word"))
    return _receipt(request, desk, code, facts.issue(desk.house, code), True)


@router.post("/receive/{code}/receipt.pdf")
def receipt_pdf(request: Request, who: Receives, desk: AtDesk, code: str, sent: Sent) -> Response:
    """The citizen's copy of the receipt: form 01 and, on a sheet of its own, his access code. The
    word comes with the form of the page that shows it, so that no address and no log has it."""
    given = word(sent, "word")
    if not _at_its_desk(desk, who, code) or not facts.Facts(desk.house.log).proven(code, given):
        raise NotThere(Sentence("This access code is not the one that the dossier has now"))
    content = form_for(request, who, desk, code, "01", None)
    sheet = slip(code, facts.printed(facts.plain(given)), language(request))
    made = paper.pdf(content, look_up_address(request, code), sheet)
    return Response(
        made,
        media_type="application/pdf",
        headers={
            "Content-Disposition": f"inline; filename*=UTF-8''{quote(code, safe='')}-01.pdf",
            "Cache-Control": "no-store",
        },
    )


def _at_its_desk(desk: Desk, who: Principal, code: str) -> bool:
    """Whether he is of the desk where its citizen is served now: the one that received it, or who
    took over from that."""
    house, dossier = desk.house, latest(desk, code).dossier
    return who.role == "officer" and Draft(dossier, house.law, house.now).desk() == who.agency


def _receipt(request: Request, desk: Desk, code: str, word_: str | None, mine: bool) -> Response:
    dossier = latest(desk, code).dossier
    procedure = desk.house.law.procedure(dossier.procedure)
    return page(request, "officer/receipt.html", code=code, dossier=dossier, procedure=procedure,
                word=word_, mine=mine)  # fmt: skip


def _desk_of(who: Principal) -> str:
    """Where the officer receives. Raises NotThere for who has no post."""
    if who.officer is None or who.agency is None:
        raise NotThere(Sentence("Only an officer of a desk receives"))
    return who.agency


def _procedure(desk: Desk, at: str, id_: str) -> Procedure:
    """The version in force of a procedure that the desk takes. Raises NotThere."""
    for each in opening.offered(desk.house, at):
        if each.id == id_:
            return each
    raise NotThere(Sentence("This desk takes no procedure %(id)r today", id=id_))


def _before(desk: Desk, who: Principal, code: str, command_id: str = "") -> Dossier:
    """The dossier that was registered online, or the empty one that is new. One that is received
    only for who sends the command again that may have done it: he gets the first answer."""
    if not code:
        return Dossier("")
    if not desk.access.permits(who, "dossier.act", {"code": code}):
        raise NotThere(Sentence("There is no dossier %(code)r", code=code))
    found = latest(desk, code).dossier
    if found.status != "registered" and not _answered(desk, command_id):
        said = Sentence("The dossier %(code)s was received before.", code=code)
        raise Problem(409, "dossier-exists", "It was received before", said)
    desk.reads.note(who, code, "dossier.act", "/receive")
    return found


def _answered(desk: Desk, command_id: str) -> bool:
    house = desk.house
    return bool(command_id) and (house.log.answer(acting.command_id(house, command_id)) is not None)


def _registered(request: Request, who: Principal, desk: Desk, code: str) -> Response:
    before = _before(desk, who, code)
    at = _desk_of(who)
    procedure = _procedure(desk, at, before.procedure[0])
    filled = {"papers": list(before.papers), "channel": "online"}
    filled |= {f"{FACT}{name}": value for name, value in before.facts.items()}
    return _form(request, desk, at, Filling(procedure, filled, "", code, before))


def _form(request: Request, desk: Desk, at: str, form: Filling) -> Response:
    house, lang, procedure = desk.house, language(request), form.procedure
    refused = form.refused or (form.promise.refused if form.promise else None)
    return page(
        request,
        "officer/receive.html",
        409 if refused else 422 if form.errors else 200,
        procedure=procedure,
        code=form.code,
        title=procedure.title.vi if lang == "vi" else procedure.title.en,
        facts=opening.fact_fields(house, procedure, at, form.filled, lang),
        papers=opening.papers_ticked(procedure, form.filled.get("papers", ()), lang),
        particulars=[(APPLICANT + each, each) for each in opening.PARTICULARS],
        channels=opening.channels(procedure, lang),
        filled=form.filled,
        errors=form.errors,
        refused=refused,
        promise=None if refused else form.promise,
        command_id=form.command_id or id_text(house.runtime.new_id()),
        registered=form.before.status == "registered",
        named=Names(house.law, procedure, lang),
    )
