"""A dossier: where it is, what can be done with it now, and all that has happened to it."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Request, Response

from app.access.needs import needs
from app.access.principal import Principal
from app.desk.context import AtDesk, Desk
from app.pictures.markup import lanes, walked
from app.trouble import NotThere
from app.web.act_forms import Asks, act_form
from app.web.rendering import language, page
from app.web.sent import Sent, typed, version_of, word
from app.web.summary import (
    acts_for,
    event_rows,
    leg_rows,
    namer,
    papers_of,
    state_of,
    step_limits,
)
from engine.core.explain import explain
from engine.runtime import Folded
from schemas.envelope import Recorded

router = APIRouter(include_in_schema=False)

Reads = Annotated[Principal, needs("dossier.read")]


@router.get("/dossiers/{code}")
def dossier(
    request: Request,
    who: Reads,
    desk: AtDesk,
    code: str,
    leg: str | None = None,
    after: str = "",
) -> Response:
    """The page. It reads the history itself, so that it knows every act that was answered;
    `after` names the one that has just been done, to be told about at the top."""
    return page(request, "officer/dossier.html", **shown(request, who, desk, code, leg, after))


@router.post("/dossiers/{code}")
def as_it_stands(request: Request, who: Reads, desk: AtDesk, code: str, sent: Sent) -> Response:
    """The same page in the other language, with what was typed into its form; see
    `app.web.switch`."""
    found = shown(request, who, desk, code, word(sent, "leg"), "")
    form = found["form"]
    if form is not None and (form.act, form.leg) == (word(sent, "act"), word(sent, "leg")):
        # Still on the version that the officer saw: he is told when somebody was before him.
        asks = msgspec.structs.replace(found["asks"], version=version_of(sent))
        form = act_form(asks, typed(sent), command_id=word(sent, "command_id"))
    return page(request, "officer/dossier.html", **{**found, "form": form})


@router.get("/dossiers/{code}/why")
def why(request: Request, who: Reads, desk: AtDesk, code: str) -> Response:
    """Each day that counted and each that did not, for every deadline."""
    lang, folded = language(request), latest(desk, code)
    named = namer(desk.house, folded.dossier, lang)
    found = [
        (leg, named(leg, step) if step else None, derivation, explain(derivation, lang))
        for leg, step, derivation in desk.house.derivations(folded.dossier)
    ]
    return page(request, "officer/why.html", code=code, deadlines=found, named=named)


@router.get("/dossiers/{code}/way")
def way(request: Request, who: Reads, desk: AtDesk, code: str) -> Response:
    """The pictures: apart from the page, because drawing them takes longer than reading it."""
    house, lang, dossier = desk.house, language(request), latest(desk, code).dossier
    records = house.log.read_stream(code)
    part = request.headers.get("HX-Request")
    return page(
        request,
        "officer/way_part.html" if part else "officer/way.html",
        code=code,
        walked=walked(house, dossier, records, lang),
        lanes=lanes(house, dossier, records, lang),
    )


@router.get("/dossiers/{code}/applicant")
def applicant(
    request: Request, who: Annotated[Principal, needs("history.read")], desk: AtDesk, code: str
) -> Response:
    """The applicant's particulars, on a page of their own: so it is noted who read them."""
    latest(desk, code)
    particulars: dict[str, str] = {}
    for record in desk.house.log.read_stream(code):
        words = record.event().private
        if words is not None:
            particulars |= words.applicant
    return page(request, "officer/applicant.html", code=code, particulars=particulars)


def latest(desk: Desk, code: str) -> Folded:
    """The dossier as the log has it now. Raises NotThere."""
    found = desk.house.runtime.latest(code)
    if found.version == 0:
        raise NotThere(desk.house.unknown(code))
    return found


def shown(
    request: Request, who: Principal, desk: Desk, code: str, leg: str | None, after: str
) -> dict[str, Any]:
    """What the page of a dossier shows to who asks."""
    house, lang = desk.house, language(request)
    folded = latest(desk, code)
    dossier = folded.dossier
    records = house.log.read_stream(code)
    procedure = house.law.procedure(dossier.procedure)
    private = desk.access.permits(who, "history.read", {"code": code})
    acts, asks, form = None, None, None
    if who.officer is not None and desk.access.permits(who, "dossier.act", {"code": code}):
        acts = acts_for(house, dossier, who.officer, leg)
        if acts.first is not None and acts.first[0] != "receive":
            act, path = acts.first
            asks = Asks(house, dossier, folded.version, act, path, who.officer, lang)
            form = act_form(asks)
    return {
        "code": code,
        "dossier": dossier,
        "version": folded.version,
        "state": state_of(dossier),
        "procedure": procedure,
        "title": procedure.title.vi if lang == "vi" else procedure.title.en,
        "legs": leg_rows(house, dossier, lang),
        "step_limits": step_limits(house, dossier),
        "papers": papers_of(house, dossier, lang),
        "history": event_rows(records, private=private),
        "private": private,
        "named": namer(house, dossier, lang),
        "acts": acts,
        "asks": asks,
        "form": form,
        "just": _just_done(records, after),
        "registered": dossier.status == "registered",
    }


def _just_done(records: list[Recorded], after: str) -> list[Recorded]:
    """The events of the command that led to the version that `after` names."""
    version = after.rpartition("@")[2]
    number = int(version) if version.isdecimal() and len(version) < 10 else 0
    if not 0 < number <= len(records):
        return []
    last = records[number - 1]
    return [each for each in records if each.command_id == last.command_id]
