"""A dossier's history, its state at any moment of it, and why its deadlines are what they are."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from app.access.needs import needs
from app.access.principal import Principal
from app.api.answers import Pages, answered
from app.api.asking import MOMENT_HOW, Code, moment
from app.api.models.definitions import Why
from app.api.models.dossiers import Event, State
from app.desk.context import AtDesk, Desk
from app.plain.definitions import derivation
from app.plain.histories import event, state
from app.replaying import as_it_was
from app.trouble import NotThere
from schemas.envelope import Recorded

router = APIRouter(tags=["history"])

Reader = Annotated[Principal, needs("history.read")]
NEWEST = 2**31 - 1


@router.get("/dossiers/{code}/history", response_model=list[Event], summary="Every event")
def list_history(
    who: Reader,
    desk: AtDesk,
    pages: Pages,
    code: Code,
) -> Response:
    """What happened, when it happened and was recorded, who did it for whom; read from the log.
    Free text stands apart from `payload`, which has its digest, and is not given out here."""
    key = pages.after(int)
    after = key[0] if key else 0
    found = desk.house.log.read_stream(code, after=int(after or 0), limit=pages.look)
    if not found and key is None:
        raise NotThere(desk.house.unknown(code))
    return pages.answer(found, lambda each: (each.version,), event)


@router.get("/dossiers/{code}/history/{version}", response_model=Event, summary="One event")
def show_event(
    who: Reader,
    desk: AtDesk,
    code: Code,
    version: Annotated[int, Path(description="Its number, from 1.", ge=1, le=NEWEST)],
) -> Response:
    """The event of a version; it never changes."""
    found = desk.house.log.read_stream(code, after=version - 1, limit=1)
    if not found:
        _events(desk, code)
        raise NotThere(f"{code} has no event {version} yet")
    return answered(event(found[0]))


@router.get("/dossiers/{code}/replay", response_model=State, summary="A dossier as it was")
def replay(
    who: Reader,
    desk: AtDesk,
    code: Code,
    version: Annotated[int | None, Query(description="After that event.", ge=1, le=NEWEST)] = None,
    at: Annotated[
        str | None, Query(description=f"As things stood then. {MOMENT_HOW} A date is its end.")
    ] = None,
    as_known: Annotated[
        str | None, Query(description="By what had been recorded by then; a date is its end.")
    ] = None,
) -> Response:
    """Its state from its events alone. `at` asks what had happened by then, `as_known` what had
    been recorded: an act that is recorded late is in the first and not in the second."""
    happened = moment("at", at, end_of_day=True)
    known = moment("as_known", as_known, end_of_day=True)
    records = _events(desk, code)
    if version is not None and version > len(records):
        raise NotThere(f"{code} has {len(records)} events, not {version}")

    found, last = as_it_was(records, version, happened, known)
    return answered(state(found.dossier, found.version, last))


@router.get("/dossiers/{code}/why", response_model=Why, summary="How its deadlines come about")
def why(who: Annotated[Principal, needs("dossier.read")], desk: AtDesk, code: Code) -> Response:
    """Of the whole, of each leg, of each step that is open: each day that counted and each that
    did not, by the calendar that the receipt pinned."""
    folded = desk.house.runtime.latest(code)
    if folded.version == 0:
        raise NotThere(desk.house.unknown(code))
    found = desk.house.derivations(folded.dossier)
    lang = desk.settings.lang
    lines = [{"leg": leg, "step": step, **derivation(each, lang)} for leg, step, each in found]
    return answered({"code": code, "deadlines": lines})


def _events(desk: Desk, code: str) -> list[Recorded]:
    """Raises NotThere where there are none."""
    records = desk.house.log.read_stream(code)
    if not records:
        raise NotThere(desk.house.unknown(code))
    return records
