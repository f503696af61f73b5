"""Acts: what is possible on a dossier, and doing it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from msgspec.structs import replace

from app.access.needs import Hidden, needs
from app.access.principal import Principal
from app.acts import acting
from app.acts.possible import asked_of, plain
from app.api.answers import answered, etag
from app.api.asking import (
    Code,
    IdempotencyKey,
    IfMatch,
    command_id,
    expected_version,
    moment,
)
from app.api.models.acts import Act, Acts, Done, Opened, Opening
from app.api.models.base import Stale as StaleModel
from app.api.scope import known_agency, officer_of
from app.api.straight import Straight
from app.desk.context import AtDesk, Desk, position
from app.desk.problems import Problem
from app.law.definitions import known_officer
from app.times import iso
from app.trouble import BadInput, NotThere, RefusedByRule
from engine.runtime import Answer, Call, Stale
from engine.runtime import Done as Answered
from schemas.rejection import Rejected

router = APIRouter(tags=["acts"])
straight = APIRouter(route_class=Straight)

SHOWN = 100
"""The most events that a stale request is shown of what it had not seen."""

MADE: dict[str, Any] = {
    "description": "It is done, and durable.",
    "headers": {
        "ETag": {"description": "The dossier's version.", "schema": {"type": "string"}},
        "Location": {"description": "Where to look at it.", "schema": {"type": "string"}},
    },
}


@router.get("/dossiers/{code}/acts", response_model=Acts, summary="Which acts are possible now")
def list_acts(
    who: Annotated[Principal, needs("dossier.read")],
    desk: AtDesk,
    code: Code,
    officer: Annotated[
        str | None,
        Query(
            description="For this officer; else for you, if you have a post; else for everybody "
            "who has a part in it.",
            max_length=200,
        ),
    ] = None,
    at: Annotated[str | None, Query(description="As if it were that moment.")] = None,
) -> Response:
    """What may be done, and why the rest may not be."""
    folded = desk.house.runtime.latest(code)
    if folded.version == 0:
        raise NotThere(desk.house.unknown(code))
    actor = officer or who.officer
    if actor is not None:
        known_officer(desk.house.law.organisation, actor)
    now = moment("at", at) or desk.house.now
    found = plain(*asked_of(desk.house, folded.dossier, now, actor))
    tag = {"ETag": etag(folded.version)}
    return answered({"version": folded.version, **found}, headers=tag)


@straight.post(
    "/dossiers",
    status_code=201,
    response_model=Opened,
    responses={201: MADE},
    summary="Receive or register a dossier",
)
async def open_dossier(
    who: Annotated[Principal, needs("dossier.receive")],
    desk: AtDesk,
    opening: Opening,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Opens a dossier, or receives one that was registered online: its code and its appointment
    date. The officer is who is signed in."""

    def prepare() -> Call:
        _no_gaps({**opening.fields, "dossier": opening.dossier or ""})
        agency = opening.agency or who.agency
        if agency is None:
            raise BadInput("Say at which desk: agency")
        known_agency(desk.house, agency)
        if opening.dossier is not None:
            on = {"code": opening.dossier}
            if not desk.access.permits(who, "dossier.act", on):
                raise Hidden(opening.dossier)
        at = moment("at", opening.at)
        wanted = acting.Wanted(opening.act, opening.fields, officer_of(who), at)
        id_ = command_id(desk.house.runtime, idempotency_key)
        of = opening.procedure, agency, opening.dossier or ""
        return acting.opening(desk.house, wanted, *of, id_)

    def told(call: Call, done: Answered) -> Response:
        return _made(acting.told_opened(desk.house, done), f"/api/v1/dossiers/{done.code}")

    return await _done(desk, prepare, told)


@straight.post(
    "/dossiers/{code}/acts",
    status_code=201,
    response_model=Done,
    responses={201: MADE, 412: {"model": StaleModel, "description": "It has changed since."}},
    summary="Do an act on a dossier",
)
async def act(
    who: Annotated[Principal, needs("dossier.act")],
    desk: AtDesk,
    code: Code,
    asked: Act,
    idempotency_key: IdempotencyKey = None,
    if_match: IfMatch = None,
) -> Response:
    """Does it: forward, accept, refuse, appraise, ask-supplement, sign, return, …

    The officer is who is signed in. A rule that refuses is a 409 whose `rule` says which; a
    refusal leaves no trace in the dossier.
    """
    house = desk.house

    def prepare() -> Call:
        _no_gaps(asked.fields)
        wanted = acting.Wanted(asked.act, asked.fields, officer_of(who), moment("at", asked.at))
        id_ = command_id(house.runtime, idempotency_key)
        call = acting.acting(house, code, wanted, asked.leg, id_)
        latest = partial(_version, desk, code)
        expected = expected_version(if_match, latest)
        return call if expected is None else replace(call, expected=expected)

    def told(call: Call, done: Answered) -> Response:
        first = done.events[0].version
        return _made(acting.told(call, done), f"/api/v1/dossiers/{code}/history/{first}")

    return await _done(desk, prepare, told)


router.include_router(straight)


async def _done(
    desk: Desk, prepare: Callable[[], Call], told: Callable[[Call, Answered], Response]
) -> Response:
    """The answer of the engine. Raises RefusedByRule, and Problem for a stale request."""

    def finish(call: Call, answer: Answer) -> Response:
        if isinstance(answer, Stale):
            raise _stale(desk, call)
        if isinstance(answer, Rejected):
            raise RefusedByRule(answer, as_json=False)
        return told(call, answer)

    response: Response = await desk.together.do(prepare, finish)
    return response


def _made(value: dict[str, Any], location: str) -> Response:
    version = value["version"]
    headers = {"ETag": etag(version), "Location": location}
    return answered({**value, "position": position(value["code"], version)}, 201, headers)


def _stale(desk: Desk, call: Call) -> Problem:
    """What changed since the version that the request was meant for."""
    expected, house = call.expected or 0, desk.house
    since = house.log.read_stream(call.code, after=expected, limit=SHOWN)
    changes = [
        {
            "version": each.version,
            "type": each.type,
            "occurred_at": iso(each.occurred_at),
            "actor": each.actor,
            "agency": each.agency,
        }
        for each in since
    ]
    version = house.runtime.current(call.code).version
    said = f"{call.code} is at version {version}, not at {expected}: nothing was done"
    tag = {"ETag": etag(version)}
    return Problem(412, "stale", "The dossier has changed", said, headers=tag,
                   expected=expected, version=version, changes=changes)  # fmt: skip


def _version(desk: Desk, code: str) -> int:
    return desk.house.runtime.latest(code).version


def _no_gaps(fields: dict[str, Any]) -> None:
    """A database has no room for the character NUL. Raises BadInput."""
    for name, value in fields.items():
        for text in (name, *(value if isinstance(value, list) else [value])):
            if isinstance(text, str) and "\x00" in text:
                raise BadInput(f"{name!r} has the character NUL in it")
