"""What the citizen says when it is over: a rating, given once, and complaints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from starlette.datastructures import FormData

from app.access.needs import needs
from app.access.pace import address
from app.access.principal import Principal
from app.citizen.online import FILES, AtOnline, Online, TooOld
from app.citizen.typed import lines
from app.uploads.bounded import BoundedForm, text_of
from app.web.citizen import browser
from app.web.citizen.again import word_again
from app.web.citizen.form import LONGEST_NOTE, Wrong, _, too_long
from app.web.pages.look_up import found
from app.web.rendering import language, page
from app.web.sentences import sentence
from app.web.switch import only_begun, switched
from engine.core.admission import CITIZEN
from schemas.commands import Command, Complain, Rate
from schemas.events import ASPECTS, BEST, GROUNDS
from schemas.rejection import Rejected

router = APIRouter(include_in_schema=False)

May = Annotated[Principal, needs("citizen.look-up")]

REUSED = "command-id-reused"

MARKS = frozenset(str(mark) for mark in range(1, BEST + 1))


@router.get("/look-up/rate")
def rate(request: Request, who: May, online: AtOnline) -> Response:
    code = browser.seen(request, online)
    if code is None:
        return browser.closed()
    if not found(request, online, code).may_rate:
        return RedirectResponse("/look-up/dossier", 303)
    return _rating(request, online, code, online.new_command(), {}, "", ())


@router.post("/look-up/rate")
def rated(request: Request, who: May, online: AtOnline, sent: BoundedForm) -> Response:
    code = _of(request, online, sent)
    if isinstance(code, Response):
        return code
    command, note = text_of(sent, "command"), lines(text_of(sent, "note"))
    given = {aspect: text_of(sent, f"mark.{aspect}") for aspect in ASPECTS}
    marks = {aspect: int(mark) for aspect, mark in given.items() if mark in MARKS}
    wrong = [too_long("note", note)] if len(note) > LONGEST_NOTE else []
    if not marks:
        wrong.append(Wrong(f"mark.{ASPECTS[0]}", _("Rate at least one")))
    if only_begun(request):
        wrong = []
    if wrong or switched(request):
        return _rating(request, online, code, command, marks, note, wrong)
    act = Rate(actor=CITIZEN, marks=marks, note=note or None)
    refused = _said(request, online, act, command, code)
    if refused is not None:
        return _rating(request, online, code, online.new_command(), marks, note, [refused])
    return browser.shown(request, online, RedirectResponse("/look-up/dossier", 303))


@router.get("/look-up/complain")
def complain(request: Request, who: May, online: AtOnline) -> Response:
    code = browser.seen(request, online)
    if code is None:
        return browser.closed()
    if not found(request, online, code).may_complain:
        return RedirectResponse("/look-up/dossier", 303)
    return _complaint(request, online, code, online.new_command(), "", "", ())


@router.post("/look-up/complain")
def complained(request: Request, who: May, online: AtOnline, sent: BoundedForm) -> Response:
    code = _of(request, online, sent)
    if isinstance(code, Response):
        return code
    command = text_of(sent, "command")
    ground, words = text_of(sent, "ground"), lines(text_of(sent, "words"))
    wrong = (
        [] if ground in GROUNDS else [Wrong(f"ground.{GROUNDS[0]}", _("Choose what it is about"))]
    )
    if not words:
        wrong.append(Wrong("words", _("Say what happened")))
    if len(words) > LONGEST_NOTE:
        wrong.append(too_long("words", words))
    if only_begun(request):
        wrong = []
    if wrong or switched(request):
        return _complaint(request, online, code, command, ground, words, wrong)
    act = Complain(actor=CITIZEN, ground=ground, reason=words)
    refused = _said(request, online, act, command, code)
    if refused is not None:
        return _complaint(request, online, code, online.new_command(), ground, words, [refused])
    return browser.shown(request, online, RedirectResponse("/look-up/dossier", 303))


def _of(request: Request, online: Online, sent: FormData) -> str | Response:
    """The dossier that a form is of; the answer instead, while its word has to be given first."""
    looked = browser.looked(request, online, sent)
    if looked is None:
        return browser.closed()
    return looked.code if looked.proven else word_again(request, online, looked.code, sent)


def _said(request: Request, online: Online, act: Command, command: str, code: str) -> Wrong | None:
    """Does it; what refused it, if a rule did, or the age of its form. It stays refused under that
    id: the form needs another one."""
    online.limit(FILES, "say", address(request))
    try:
        command_id = online.command_id(command)
    except TooOld:
        again = _("The form was open for too long: look it over and send it again")
        return Wrong("main-content", again)
    done = online.act(act, command_id, code)
    if not isinstance(done, Rejected):
        return None
    if done.rule == REUSED:
        # The answer to it was lost, and it was changed since.
        return Wrong("main-content", _("It has arrived as you sent it first, without the changes"))
    said = sentence(done.rule, done.message, language(request))
    return Wrong("main-content", "%(said)s", {"said": said})


def _rating(
    request: Request,
    online: Online,
    code: str,
    command: str,
    marks: dict[str, int],
    note: str,
    wrong: Sequence[Wrong],
) -> Response:
    shows = {"aspects": ASPECTS, "best": BEST, "command": command, "marks": marks, "note": note}
    return _page(request, online, code, "citizen/rate.html", wrong, shows)


def _complaint(
    request: Request,
    online: Online,
    code: str,
    command: str,
    ground: str,
    words: str,
    wrong: Sequence[Wrong],
) -> Response:
    shows = {"grounds": GROUNDS, "command": command, "ground": ground, "words": words}
    return _page(request, online, code, "citizen/complain.html", wrong, shows)


def _page(
    request: Request,
    online: Online,
    code: str,
    template: str,
    wrong: Sequence[Wrong],
    shows: dict[str, Any],
) -> Response:
    shows["of"] = browser.of_note(online, code)
    fields = {each.field: each for each in reversed(wrong)}
    status = 422 if wrong else 200
    answer = page(request, template, status, errors=wrong, wrong=fields, **shows)
    return browser.shown(request, online, answer)
