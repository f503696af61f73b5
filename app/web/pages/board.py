"""The monitor's board: what each agency has, how near it is to its date, live."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterable
from datetime import datetime
from operator import itemgetter
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from fastapi.responses import RedirectResponse, StreamingResponse
from starlette.concurrency import run_in_threadpool

from app.access.needs import NotPermitted, needs
from app.access.principal import Principal
from app.desk.context import AtDesk, Desk
from app.law.in_force import begin_anew
from app.monitor import kept
from app.monitor.board import LEVELS, Board, board
from app.monitor.lagging import lagging
from app.monitor.live import Live, Snapshot
from app.monitor.scope import leg_names, level_of, number, percent, titles, under
from app.web.address import InAddress
from app.web.rendering import language, page, rendered
from consumers.views.board import OPEN_STATES, Counted, listed
from engine.ids import wall_clock
from schemas.envelope import to_micros

router = APIRouter(include_in_schema=False)

FED = ("board", "status")
"""The views that a board is made of."""

PARTS = ("summary", "agencies", "heat", "lag")
WATCHED = 600.0
"""Seconds after which a browser has to ask again, and is asked who it is."""

LOOK = 5.0
"""Seconds after which a watcher is told how far the views are, though nothing was counted anew:
they may stand while the log goes on."""

A_PAGE = 100
MOST_HEAT = 40
"""Agencies in the heat table, those with most overdue."""


class Filters(InAddress, frozen=True):
    """What of the board is shown; `agency` with all under it."""

    agency: str = ""
    level: str = ""
    procedure: str = ""

    @staticmethod
    def of(agency: str, level: str, procedure: str) -> Filters:
        return Filters(agency.strip()[:80], level if level in LEVELS else "", procedure[:80])


Given = Annotated[str, Query(max_length=80)]


def _filters(agency: Given = "", level: Given = "", procedure: Given = "") -> Filters:
    return Filters.of(agency, level, procedure)


AtFilters = Annotated[Filters, Depends(_filters)]
Watcher = Annotated[Principal, needs("board.read")]


@router.get("/board")
def show(
    request: Request,
    who: Watcher,
    desk: AtDesk,
    filters: AtFilters,
    wall: bool = False,
) -> Response:
    """The board; `wall`: large, without a way around, one part after the other."""
    snapshot = desk.one(Live).snapshot()
    shows = _shows(request, desk, who, filters, snapshot)
    if wall:
        return page(request, "monitor/wall.html", **shows)
    with desk.reading() as connection:
        mine = kept.saved(connection, who.account)
    saved = [(each.name, Filters(**_known(each.filters)).query()) for each in mine]
    return page(request, "monitor/board.html", saved=saved, **shows, **_choices(request, desk, who))


@router.get("/board/live")
def follow(
    request: Request,
    who: Watcher,
    desk: AtDesk,
    filters: AtFilters,
) -> Response:
    """Server-sent events: a part of the board, whenever it has changed."""
    stream = _changes(request, desk, who, filters)
    kept_back = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(stream, media_type="text/event-stream", headers=kept_back)


async def _changes(
    request: Request, desk: Desk, who: Principal, filters: Filters
) -> AsyncIterator[bytes]:
    shown: dict[str, str] = {}
    until = time.monotonic() + WATCHED
    as_of = desk.house.now
    async for snapshot in desk.one(Live).watch(LOOK):
        if not await run_in_threadpool(desk.access.still, request, who):
            return
        if snapshot is None:
            parts = await run_in_threadpool(_lag_alone, request, desk, as_of)
            yield b": here\n\n"
        else:
            as_of = desk.house.now
            parts = await run_in_threadpool(_parts, request, desk, who, filters, snapshot)
        for name, text in parts.items():
            if shown.get(name) != text:
                shown[name] = text
                yield event(name, text)
        if time.monotonic() > until:
            return


def event(name: str, text: str) -> bytes:
    """One server-sent event."""
    lines = "".join(f"data: {line}\n" for line in text.splitlines() if line.strip())
    return f"event: {name}\n{lines}\n".encode()


def _parts(
    request: Request, desk: Desk, who: Principal, filters: Filters, snapshot: Snapshot
) -> dict[str, str]:
    begin_anew()
    shows = _shows(request, desk, who, filters, snapshot)
    return {name: rendered(request, f"monitor/parts/{name}.html", **shows) for name in PARTS}


def _lag_alone(request: Request, desk: Desk, as_of: datetime) -> dict[str, str]:
    """How far the views are; the figures are still those of `as_of`."""
    shows = {"as_of": as_of, "lag": lagging(desk.house, FED)}
    return {"lag": rendered(request, "monitor/parts/lag.html", **shows)}


def _shows(
    request: Request, desk: Desk, who: Principal, filters: Filters, snapshot: Snapshot
) -> dict[str, Any]:
    lang = language(request)
    return {
        "board": board_for(desk, who, filters, snapshot),
        "filters": filters,
        "titles": titles(desk, lang),
        "number": number(lang),
        "percent": percent(lang),
        "as_of": desk.house.now,
        "lag": lagging(desk.house, FED),
        "most": MOST_HEAT,
    }


def board_for(desk: Desk, who: Principal, filters: Filters, snapshot: Snapshot) -> Board:
    """What of the counts somebody sees who asks for these filters."""
    mine = desk.access.agencies(who)
    asked = under(desk, filters.agency) if filters.agency else None
    level = level_of(desk)

    def sees(agency: str) -> bool:
        return (
            (mine is None or agency in mine)
            and (asked is None or agency in asked)
            and filters.level in ("", level(agency))
        )

    def of_procedure(counted: Iterable[Counted]) -> Iterable[Counted]:
        return (each for each in counted if filters.procedure in ("", each.procedure))

    return board(of_procedure(snapshot.open), of_procedure(snapshot.ended), level, sees)


def _choices(request: Request, desk: Desk, who: Principal) -> dict[str, Any]:
    """What may be chosen in the filters."""
    mine = desk.access.agencies(who)
    day = desk.house.now.date()
    agencies = [
        each
        for each in desk.house.law.organisation.agencies()
        if (mine is None or each.id in mine) and each.valid_on(day)
    ]
    lang = language(request)
    named = [(each.id, each.name.vi if lang == "vi" else each.name.en) for each in agencies]
    levels = {each.level for each in agencies}
    return {
        "agencies": sorted(named, key=itemgetter(1, 0)),
        "levels": [each for each in LEVELS if each in levels],
    }


# --- down to the dossiers ---


@router.get("/board/dossiers")
def dossiers(
    request: Request,
    who: Watcher,
    desk: AtDesk,
    filters: AtFilters,
    state: Given = "",
    whole: bool = False,
    own: bool = False,
    page_: Annotated[int, Query(alias="page", ge=1, le=1000)] = 1,
) -> Response:
    """The dossiers and legs behind a figure, what is due first first. `whole`: dossiers alone, each
    once, as the figures of all agencies together count them; `own`: of the agency alone, without
    those under it, as its line counts them."""
    state = state if state in OPEN_STATES else ""
    agencies = _agencies(desk, who, filters)
    if own:
        agencies &= {filters.agency}
    snapshot = desk.one(Live).snapshot()
    with desk.reading() as connection:
        found = listed(
            connection,
            snapshot.moments,
            agencies,
            procedure=filters.procedure or None,
            state=state or None,
            whole=whole,
            limit=A_PAGE + 1,
            offset=(page_ - 1) * A_PAGE,
        )
    return page(
        request,
        "monitor/dossiers.html",
        parts=found[:A_PAGE],
        more=len(found) > A_PAGE,
        number_of_page=page_,
        filters=filters,
        state=state,
        whole="1" if whole else "",
        own="1" if own else "",
        states=OPEN_STATES,
        titles=titles(desk, language(request)),
        leg_name=leg_names(desk, language(request)),
    )


def _agencies(desk: Desk, who: Principal, filters: Filters) -> frozenset[str]:
    """Those that are asked for. Raises NotPermitted for one that `who` does not oversee."""
    mine = desk.access.agencies(who)
    every = frozenset(each.id for each in desk.house.law.organisation.agencies())
    asked = under(desk, filters.agency) if filters.agency else (every if mine is None else mine)
    if mine is not None:
        if filters.agency and filters.agency not in mine:
            raise NotPermitted("board.read")
        # One that is no more is its successor's; what stood under it may be another's.
        asked &= mine
    if filters.level:
        level = level_of(desk)
        asked = frozenset(each for each in asked if level(each) == filters.level)
    return asked


# --- sets of filters ---


@router.post("/board/saved")
def save(
    request: Request,
    who: Watcher,
    desk: AtDesk,
    name: Annotated[str, Form(max_length=kept.LONGEST_NAME)],
    agency: Annotated[str, Form(max_length=80)] = "",
    level: Annotated[str, Form(max_length=80)] = "",
    procedure: Annotated[str, Form(max_length=80)] = "",
) -> Response:
    """Keeps what is shown under a name."""
    filters = Filters.of(agency, level, procedure)
    plain, back = " ".join(name.split()), f"/board{filters.query()}"
    at = to_micros(wall_clock())
    if plain and kept.save(desk.house.home, who.account, plain, filters.set(), at):
        return RedirectResponse(back, 303)
    shows = {"name": plain, "most": kept.MOST_SAVED, "back": back}
    return page(request, "monitor/not_saved.html", 422, **shows)


@router.post("/board/saved/forget")
def forget(
    request: Request,
    who: Watcher,
    desk: AtDesk,
    name: Annotated[str, Form(max_length=kept.LONGEST_NAME)],
) -> Response:
    kept.forget(desk.house.home, who.account, name)
    return RedirectResponse("/board", 303)


def _known(filters: dict[str, str]) -> dict[str, str]:
    """Without what an older or newer version kept beside."""
    return {name: filters[name] for name in Filters.__struct_fields__ if name in filters}
