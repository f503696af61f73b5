"""Handing a dossier in online: choose a procedure and a desk, fill in, look over, submit."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from app.access.needs import needs
from app.access.pace import address
from app.access.principal import Principal
from app.citizen.offered import choices, desks, in_force, procedures, unclear
from app.citizen.online import FILES, AtOnline, Online, TooOld
from app.forms.paper import qr
from app.trouble import NotThere
from app.uploads.bounded import BoundedForm, text_of
from app.uploads.store import Gone
from app.web.citizen import browser
from app.web.citizen.form import PARTICULARS, Filled, Wrong, _, gone_again, read
from app.web.rendering import language, page
from app.web.sentences import sentence
from app.web.switch import switched, told
from app.web.words import FACTS, said
from consumers.folding import folded, words_of
from engine.core.admission import CITIZEN
from engine.core.explain import limit_text
from schemas.commands import Register
from schemas.events import DossierRegistered
from schemas.rejection import Rejected
from schemas.sentence import Sentence
from workflows.model import Procedure, Text
from workflows.organisation import Agency

router = APIRouter(include_in_schema=False)

May = Annotated[Principal, needs("citizen.submit")]

LONGEST_QUERY = 100


@router.get("/apply")
def choose(request: Request, who: May, online: AtOnline, q: str = "") -> Response:
    """The procedures that are taken online, by field; `q` narrows them down, and names those too
    that are not."""
    asked = q.strip()[:LONGEST_QUERY]
    fields: dict[str, list[Procedure]] = {}
    at_desks: list[Procedure] = []
    for each in procedures(online.desk.house.law, online.today):
        words = folded(" ".join((each.title.vi, each.title.en, each.id)))
        if not all(word in words for word in words_of(asked)):
            continue
        if each.taken_online:
            fields.setdefault(_said(request, each.field), []).append(each)
        elif asked:
            at_desks.append(each)
    return page(
        request,
        "citizen/apply.html",
        fields=fields,
        at_desks=at_desks,
        q=asked,
        limit_text=limit_text,
    )


@router.get("/apply/{id_}")
def begin(
    request: Request, who: May, online: AtOnline, id_: str, desk: str | None = None
) -> Response:
    """The form of a procedure at a desk; where several take it, the desk is chosen first. For one
    that is not taken online, which desks take it."""
    procedure, takes = _procedure(online, id_)
    if not procedure.taken_online:
        return _at_desks(request, procedure, takes)
    # Told before anything is typed, if files cannot be taken in.
    assert online.uploads
    chosen = takes[0].id if len(takes) == 1 else desk
    if chosen not in {each.id for each in takes}:
        wrong = [] if desk is None else [Wrong("desk", _("Choose the desk"))]
        shows = {"procedure": procedure, "desks": takes, "errors": wrong}
        return page(request, "citizen/desk.html", 422 if wrong else 200, **shows)
    filled = Filled(procedure, chosen, online.new_command())
    return _form(request, online, filled, looked_over=False)


@router.post("/apply/{id_}")
def go_on(request: Request, who: May, online: AtOnline, id_: str, sent: BoundedForm) -> Response:
    """`go`: add files, change, review or submit; a button `remove` takes a file away. Switching
    the language goes no further than what was there: the form, or looking it over."""
    online.limit(FILES, "apply", address(request))
    procedure, takes = _procedure(online, id_)
    if not procedure.taken_online:
        return _at_desks(request, procedure, takes, 409)
    desk, command = text_of(sent, "desk"), text_of(sent, "command")
    if desk not in {each.id for each in takes}:
        return RedirectResponse(f"/apply/{id_}", 303)
    filled = read(online, procedure, desk, command, sent)
    try:
        command_id = online.command_id(command)
    except TooOld:
        filled.command = online.new_command()
        again = _("The form was open for too long: look it over and send it again")
        filled.wrong = [Wrong("desk", again)]
        return _form(request, online, filled)
    go = "add" if "remove" in sent else text_of(sent, "go")
    if switched(request) is not None:
        go = "review" if told(request) else "add"
    if go in ("add", "change"):
        # What is still missing is told when it is looked over, not before.
        filled.wrong = [each for each in filled.wrong if go == "add" and each.words]
        return _form(request, online, filled, looked_over=False)
    if filled.wrong:
        return _form(request, online, filled)
    if go != "submit":
        return page(request, "citizen/review.html", **_shown(request, online, filled))
    return _submit(request, online, filled, command_id)


def _at_desks(
    request: Request, procedure: Procedure, takes: list[Agency], status: int = 200
) -> Response:
    return page(request, "citizen/at_desks.html", status, procedure=procedure, desks=takes)


def _submit(request: Request, online: Online, filled: Filled, command_id: bytes) -> Response:
    try:
        for each in filled.files:
            online.uploads.keep(each.digest)
    except Gone as gone:
        filled.wrong = [gone_again(filled, str(gone))]
        return _form(request, online, filled)
    register = Register(
        actor=CITIZEN,
        procedure=filled.procedure.id,
        agency=filled.desk,
        facts=filled.facts,
        papers=filled.papers,
        attached=tuple(each.attached for each in filled.files),
        files={each.digest: each.name for each in filled.files},
        applicant=filled.applicant,
        note=filled.note,
    )
    done = online.act(register, command_id)
    changed = isinstance(done, Rejected)
    if isinstance(done, Rejected):
        # Sent before, and changed since the answer was lost? Then this browser has the id of the
        # first form, which nobody else was given.
        first = online.opened_by(command_id)
        if first is None:
            why = sentence(done.rule, done.message, language(request))
            filled.wrong = [Wrong("desk", "%(why)s", {"why": why})]
            # What was refused under this id stays refused under it.
            filled.command = online.new_command()
            return _form(request, online, filled, 409)
        code = first
    else:
        code = done.code
    word = online.facts.derived(code, command_id, online.desk.house.real_now)
    answer = RedirectResponse("/applied", 303)
    browser.keep(request, answer, online, browser.APPLIED, [code, word, changed])
    return answer


@router.get("/applied")
def applied(request: Request, who: May, online: AtOnline) -> Response:
    """The confirmation, to print: the code, the word, by when the desk answers."""
    found = browser.kept(request, online, browser.APPLIED)
    if found is None:
        return RedirectResponse("/look-up", 303)
    code, word, changed = found
    (record, *_) = online.desk.house.log.read_stream(code, limit=1)
    event = record.event()
    assert isinstance(event, DossierRegistered), "that is how it began"
    shows = {
        "code": code,
        "word": word,
        "changed": changed,
        "event": event,
        "at": record.occurred_at,
        "procedure": online.desk.house.law.procedure((event.procedure, event.procedure_version)),
        "picture": qr(code),
    }
    return browser.private(page(request, "citizen/applied.html", **shows))


def _form(
    request: Request, online: Online, filled: Filled, status: int = 0, *, looked_over: bool = True
) -> Response:
    """`looked_over`: what is missing was told too."""
    shows = {**_shown(request, online, filled), "told": looked_over}
    status = status or (422 if filled.wrong else 200)
    return browser.private(page(request, "citizen/form.html", status, **shows))


def _shown(request: Request, online: Online, filled: Filled) -> dict[str, Any]:
    law, day = online.desk.house.law, online.today
    return {
        "filled": filled,
        "procedure": filled.procedure,
        "limit": limit_text(filled.procedure.limit, language(request)),
        "particulars": PARTICULARS,
        "words_of_fact": lambda name: said(FACTS, name, language(request)),
        "choices": choices(filled.procedure),
        "unclear": unclear(law, filled.procedure, filled.desk, {}, day),
        "note_of": online.stage_note,
        "several": len(desks(law, filled.procedure, day)) > 1,
        "errors": filled.wrong,
        "wrong": {each.field: each for each in reversed(filled.wrong)},
    }


def _procedure(online: Online, id_: str) -> tuple[Procedure, list[Agency]]:
    """Raises NotThere for what is not in force, or no desk takes."""
    law, day = online.desk.house.law, online.today
    procedure = in_force(law, id_, day)
    takes = desks(law, procedure, day) if procedure is not None else []
    if procedure is None or not takes:
        raise NotThere(Sentence("No desk takes the procedure %(id)r today", id=id_))
    return procedure, takes


def _said(request: Request, text: Text) -> str:
    return text.vi if language(request) == "vi" else text.en
