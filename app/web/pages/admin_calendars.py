"""The working calendars as they were known; a new version checked, compared and activated."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, File, Form, Query, Request, Response, UploadFile
from fastapi.responses import RedirectResponse

from app.access.needs import needs
from app.access.principal import Principal
from app.admin import records
from app.admin.checking import checked_calendar
from app.admin.comparing import day_turn
from app.desk.context import AtDesk, Desk
from app.desk.problems import Problem
from app.law import registry
from app.times import local
from app.trouble import NotThere
from app.web.pages.admin import activated, ask, has_errors, keep, kept
from app.web.rendering import page
from engine.store.errors import DefinitionChanged
from schemas.sentence import Sentence
from workflows.calendar_check import CheckedCalendar
from workflows.calendar_files import encode
from workflows.calendar_model import CalendarSource
from workflows.yaml_source import MAX_BYTES

router = APIRouter(include_in_schema=False)

Administrator = Annotated[Principal, needs("procedures.write")]


@router.get("/admin/calendars")
def calendars(request: Request, who: Administrator, desk: AtDesk) -> Response:
    """Every version, the last that was known first, and the files that wait."""
    return page(
        request,
        "admin/calendars.html",
        calendars=registry.calendars(desk.house.log),
        drafts=records.uploaded(desk.house.home, "calendar", activated=False),
        largest=MAX_BYTES,
    )


@router.post("/admin/calendars")
def upload(
    request: Request, who: Administrator, desk: AtDesk, file: Annotated[UploadFile, File()]
) -> Response:
    """Keeps a file and shows what is wrong with it. Nothing is registered by that."""
    digest = keep(desk, who, "calendar", file)
    return RedirectResponse(f"/admin/calendars/drafts/{digest}", 303)


@router.get("/admin/calendars/drafts/{digest}")
def show_draft(request: Request, who: Administrator, desk: AtDesk, digest: str) -> Response:
    """What is wrong with a file, or which days it would change."""
    draft = kept(desk, "calendar", digest)
    known = registry.calendars(desk.house.log)
    found = _checked(desk, draft, known)
    changed = None
    if found.calendar is not None and found.registered == "no" and known:
        with desk.reading() as connection:
            changed = day_turn(connection, known[0], found.calendar, desk.house.today)
    return page(
        request,
        "admin/calendar_draft.html",
        draft=draft,
        found=found,
        lines=draft.content.decode("utf-8", "replace").splitlines(),
        largest=MAX_BYTES,
        newest=known[0] if known else None,
        changed=changed,
    )


@router.post("/admin/calendars/drafts/{digest}/activate")
def activate(
    request: Request,
    who: Administrator,
    desk: AtDesk,
    digest: str,
    over: Annotated[str, Form(max_length=80)] = "",
    sure: Annotated[str, Form()] = "",
) -> Response:
    """Registers the version for good; dossiers received from the day on which it is known follow
    it. `over`: the newest version that whoever is sure has seen it compared with."""
    draft = kept(desk, "calendar", digest)
    back = f"/admin/calendars/drafts/{digest}"
    known = registry.calendars(desk.house.log)
    found = _checked(desk, draft, known)
    if found.registered == "so" and found.calendar is not None:
        return RedirectResponse(f"/admin/calendars/{found.calendar.version}", 303)
    if found.registered == "otherwise":
        raise _otherwise(found.version)
    if known and known[0].version != over:
        said = Sentence("The calendar was changed meanwhile: look again at what this file changes")
        raise Problem(409, "overtaken", "Changed meanwhile", said)
    if found.calendar is None:
        raise has_errors()
    version = found.calendar.version
    if sure != "yes":
        return ask(request, "calendar", back, name=version, over=over)
    try:
        registry.add_calendar(desk.house.log, found.calendar)
    except DefinitionChanged:
        raise _otherwise(version) from None
    activated(desk, who, "calendar", draft, version)
    return RedirectResponse(f"/admin/calendars/{version}", 303)


def _otherwise(version: str) -> Problem:
    said = Sentence(
        "%(version)s is registered with other content: give it another version", version=version
    )
    return Problem(409, "registered-otherwise", "Registered otherwise", said)


@router.get("/admin/calendars/{version}")
def calendar(
    request: Request,
    who: Administrator,
    desk: AtDesk,
    version: str,
    year: Annotated[int | None, Query(ge=1900, le=2999)] = None,
) -> Response:
    """The days off and the weekends worked of a year, and why."""
    each = _known(desk, version)
    now = local(desk.house.now).year
    years = sorted({off.day.year for off in each.days_off} | {each.known_on.year})
    shown = year if year in years else max((y for y in years if y <= now), default=years[-1])
    return page(
        request, "admin/calendar.html", calendar=each, years=years, year=shown,
        off=[off for off in each.days_off if off.day.year == shown],
        worked=[one for one in each.days_worked if one.day.year == shown],
    )  # fmt: skip


@router.get("/admin/calendars/{version}/file")
def download(request: Request, who: Administrator, desk: AtDesk, version: str) -> Response:
    """The version as a file: a new one is made of the newest."""
    found = _known(desk, version)
    kept_as = {"Content-Disposition": f'attachment; filename="{found.version}.json"'}
    return Response(encode(found), media_type="application/json", headers=kept_as)


def _known(desk: Desk, version: str) -> CalendarSource:
    for each in registry.calendars(desk.house.log):
        if each.version == version:
            return each
    raise NotThere(Sentence("There is no calendar %(version)r", version=version))


def _checked(desk: Desk, draft: records.Draft, known: list[CalendarSource]) -> CheckedCalendar:
    return checked_calendar(draft.content, known, desk.house.today)
