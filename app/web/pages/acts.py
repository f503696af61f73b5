"""An act on a dossier: its form, what it would mean, and doing it."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from app.access.needs import needs
from app.access.principal import Principal
from app.acts import acting
from app.acts.fields import Wrong, make
from app.desk.context import AtDesk, Desk, position
from app.trouble import NotThere
from app.web.act_forms import NOT_HERE, ActForm, Asks, act_form, as_fields
from app.web.pages.dossier import latest
from app.web.reasons import left_out
from app.web.rendering import language, page
from app.web.sent import Sent, typed, version_of, word
from app.web.summary import event_rows, namer
from app.web.switch import only_begun, switched
from engine.core.calendar import CalendarError
from engine.core.clock import ClockError
from engine.core.rules import rejection
from engine.runtime import Answer, Call, Done, Folded, Stale
from schemas.commands import COMMANDS
from schemas.sentence import Sentence

router = APIRouter(include_in_schema=False)

Acts = Annotated[Principal, needs("dossier.act")]


@router.get("/dossiers/{code}/acts/{act}")
def form(request: Request, who: Acts, desk: AtDesk, code: str, act: str, leg: str = "") -> Response:
    """The form of an act, with what it would mean."""
    asks = _asks(request, who, desk, latest(desk, code), act, leg)
    return _form(request, asks, act_form(asks))


@router.post("/dossiers/{code}/acts/{act}/meaning")
def means(request: Request, who: Acts, desk: AtDesk, code: str, act: str, sent: Sent) -> Response:
    """Only what the act would mean as it is filled in so far, for a form that is open."""
    asks = _asks(request, who, desk, latest(desk, code), act, word(sent, "leg"))
    made = act_form(asks, typed(sent), command_id=word(sent, "command_id"))
    named = namer(asks.house, asks.dossier, asks.lang)
    return page(request, "officer/meaning.html", form=made, named=named)


@router.post("/dossiers/{code}/acts/{act}")
def carry_out(
    request: Request, who: Acts, desk: AtDesk, code: str, act: str, sent: Sent
) -> Response:
    """Does it, once for each command id however often it is sent, on the version that the officer
    saw. When somebody was before him, he is shown what changed and may go on; nothing that he
    typed is lost."""
    folded = latest(desk, code)
    asks = _asks(request, who, desk, folded, act, word(sent, "leg"))
    filled, id_, seen = typed(sent), word(sent, "command_id"), version_of(sent)
    if only_begun(request):
        return _as_it_stands(request, asks, filled, id_, seen)
    try:
        call = _call(asks, filled, id_, code, seen)
    except Wrong as wrong:
        made = act_form(asks, filled, errors=wrong.problems, command_id=id_)
        return _form(request, asks, made, 422)
    if switched(request):
        return _as_it_stands(request, asks, filled, id_, seen)
    answer = _answer(desk, call)
    if isinstance(answer, Done):
        desk.feeder.nudge()
        after = position(answer.code, answer.version)
        return RedirectResponse(f"/dossiers/{code}?after={after}", 303)
    folded = latest(desk, code)
    asks = msgspec.structs.replace(asks, dossier=folded.dossier, version=folded.version)
    if isinstance(answer, Stale):
        since = desk.house.log.read_stream(code, after=call.expected or 0)
        # The same id: what was not done because of others may be done with it all the same.
        made = act_form(asks, filled, command_id=id_)
        private = desk.access.permits(who, "history.read", {"code": code})
        return _form(request, asks, made, 409, changed=event_rows(since, private=private))
    # A refusal is remembered with its id; another attempt is another command.
    return _form(request, asks, act_form(asks, filled), 409, refused=answer)


def _asks(request: Request, who: Principal, desk: Desk, folded: Folded, act: str, leg: str) -> Asks:
    """Raises NotThere when there is no such act or leg, or its page is another."""
    dossier = folded.dossier
    if act not in COMMANDS or act in NOT_HERE or (leg and leg not in dossier.legs):
        raise NotThere(Sentence("There is no act %(name)r in leg %(leg)r here", name=act, leg=leg))
    house, officer = desk.house, who.officer or ""
    return Asks(house, dossier, folded.version, act, leg, officer, language(request))


def _call(asks: Asks, filled: dict[str, Any], id_: str, code: str, version: int) -> Call:
    """Raises Wrong with every wrong field."""
    house = asks.house
    asked = house.law.outline(asks.dossier.procedure).facts
    fields = as_fields(filled)
    problems = left_out(asks.act, asks.dossier, filled, fields)
    try:
        command = make(asks.act, fields, asked, actor=asks.actor, leg=asks.leg)
    except Wrong as wrong:
        raise Wrong([*problems, *wrong.problems]) from None
    if problems:
        raise Wrong(problems)
    return Call(
        command,
        acting.command_id(house, id_),
        code,
        house.happened(None),
        now=house.now,
        expected=version,
    )


def _as_it_stands(
    request: Request, asks: Asks, filled: dict[str, Any], id_: str, seen: int
) -> Response:
    """The same form in the other language; still on the version that the officer saw, so that he
    is told when somebody was before him."""
    asks = msgspec.structs.replace(asks, version=seen)
    return _form(request, asks, act_form(asks, filled, command_id=id_))


def _answer(desk: Desk, call: Call) -> Answer:
    try:
        return desk.house.runtime.handle(call)
    except (CalendarError, ClockError) as error:
        return rejection("bad-limit", why=error)


def _form(request: Request, asks: Asks, made: ActForm, status: int = 200, **more: Any) -> Response:
    """`more`: `refused`, by which rule; `changed`, the events that the officer had not seen."""
    named = namer(asks.house, asks.dossier, asks.lang)
    shows = {"code": made.code, "form": made, "named": named, **more}
    return page(request, "officer/act.html", status, **shows)
