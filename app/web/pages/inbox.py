"""What an agency has to do, most urgent first; many tasks of one kind done at once."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Form, Request, Response

from app.access.needs import needs
from app.access.principal import Principal
from app.desk.context import AtDesk, Desk
from app.settings import Lang
from app.trouble import BadInput
from app.web.bulk import Choice, Result, carried_out, choices
from app.web.names import Names
from app.web.rendering import language, page
from app.web.summary import namer
from app.web.tasks import PAGE, Reader, acts_of, filters, tasks
from engine.ids import id_text
from schemas.sentence import Sentence

router = APIRouter(include_in_schema=False)

Reads = Annotated[Principal, needs("inbox.read")]

POLL = 15
"""Seconds after which the list is asked for again; an answer without news is empty."""


@router.get("/inbox")
def own(request: Request, who: Reads, desk: AtDesk, after: str = "") -> Response:
    """The inbox of who asks; for who belongs to none, which there are."""
    if who.officer is None or who.agency is None:
        return _agencies(request, who, desk)
    return _list(request, who, desk, who.agency, after)


@router.get("/inbox/{agency}")
def of_agency(request: Request, who: Reads, desk: AtDesk, agency: str, after: str = "") -> Response:
    return _list(request, who, desk, agency, after)


@router.get("/inbox/{agency}/list")
def again(request: Request, who: Reads, desk: AtDesk, agency: str, seen: str = "") -> Response:
    """Only the list, for a page that is open; nothing when it is as `seen` says."""
    shown = _shown(request, who, desk, agency, "")
    if shown["digest"] == seen:
        return Response(status_code=204)
    return page(request, "officer/inbox_list.html", **shown)


@router.post("/inbox/{agency}/bulk")
def bulk(
    request: Request,
    who: Annotated[Principal, needs("dossier.act")],
    desk: AtDesk,
    agency: str,
    act: Annotated[str, Form()],
    batch: Annotated[str, Form()],
    task: Annotated[list[str] | None, Form()] = None,
) -> Response:
    """Does an act on all that were chosen. Sent again, it has no second effect: each has a
    command id that follows from the page's batch."""
    chosen: list[Choice] = choices(task or [])
    try:
        id_ = uuid.UUID(batch)
    except ValueError:
        raise BadInput(Sentence("batch is no UUID")) from None
    results = carried_out(desk, who, act, id_, chosen)
    refused = [each for each in results if each.refused is not None]
    return page(
        request,
        "officer/bulk.html",
        agency=agency,
        act=act,
        went=[each for each in results if each.refused is None],
        refused=refused,
        named=_names(desk, refused, language(request)),
        after=next((each.position for each in reversed(results) if each.position), ""),
    )


def _names(desk: Desk, refused: list[Result], lang: Lang) -> dict[str, Names]:
    """What the parts of each dossier are called, by its code; not of what is not there for who
    asked."""
    there = {
        each.code for each in refused if each.refused and each.refused.rule != "unknown-dossier"
    }
    found = {code: desk.house.runtime.latest(code).dossier for code in there}
    return {code: namer(desk.house, dossier, lang) for code, dossier in found.items()}


def _list(request: Request, who: Principal, desk: Desk, agency: str, after: str) -> Response:
    return page(request, "officer/inbox.html", **_shown(request, who, desk, agency, after))


def _shown(request: Request, who: Principal, desk: Desk, agency: str, after: str) -> dict[str, Any]:
    """What both the page and its list show."""
    house, lang, asked = desk.house, language(request), filters(request.query_params)
    gone = house.gone(desk.access.in_place_of(agency))
    reader = Reader(agency, gone, _post(who, agency), _roles(desk, who), lang)
    with desk.reading(after=after or None, views=["inbox"]) as connection:
        found = tasks(connection, house, reader, asked)
    digest = hashlib.sha256(msgspec.json.encode([found, asked, lang])).hexdigest()[:16]
    versions = {each.id: each for each in house.law.procedures()}
    title = "vi" if lang == "vi" else "en"
    return {
        "agency": agency,
        "own": agency == who.agency,
        "filters": asked,
        "found": found,
        "digest": digest,
        "pages": max(1, -(-found.total // PAGE)),
        "batch": id_text(house.runtime.new_id()),
        "poll": POLL,
        "procedures": [(id_, getattr(each.title, title)) for id_, each in sorted(versions.items())],
        "acts": acts_of(house),
    }


def _post(who: Principal, agency: str) -> str | None:
    return who.officer if who.agency == agency else None


def _roles(desk: Desk, who: Principal) -> tuple[str, ...]:
    try:
        return desk.house.law.organisation.officer(who.officer or "").roles
    except KeyError:
        return ()


def _agencies(request: Request, who: Principal, desk: Desk) -> Response:
    """Every agency of today whose inbox may be seen, by level."""
    may = desk.access.agencies(who)
    today = desk.house.today
    levels: dict[str, list[str]] = {}
    for each in desk.house.law.organisation.on(today):
        if may is None or each.id in may:
            levels.setdefault(each.level, []).append(each.id)
    return page(request, "officer/agencies.html", levels=_in_order(levels))


def _in_order(levels: dict[str, list[str]]) -> list[tuple[str, list[str]]]:
    order = ("central", "province", "region", "district", "commune")

    def ranked() -> Iterator[str]:
        yield from (each for each in order if each in levels)
        yield from sorted(levels.keys() - set(order))

    return [(level, levels[level]) for level in ranked()]
