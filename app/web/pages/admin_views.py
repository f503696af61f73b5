"""The read models: how far behind, made anew, and what is parked behind them."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from app.access.needs import Hidden, needs
from app.access.principal import Principal
from app.admin.rebuilds import Rebuilds
from app.desk.context import AtDesk, Desk
from app.desk.problems import Problem
from app.feeding.lagging import view_rows
from app.feeding.reading import Reading
from app.feeding.waiting import refused, subscription, waiting
from app.monitor.scope import number
from app.trouble import NotThere
from app.web.pages.admin import ask, done
from app.web.rendering import language, page
from consumers.dead_letters import remove
from consumers.views import all_views
from schemas.sentence import Sentence

router = APIRouter(include_in_schema=False)

MOST = 200
"""Parked events and messages that are listed."""


@router.get("/admin/views")
def views(
    request: Request, who: Annotated[Principal, needs("views.read")], desk: AtDesk
) -> Response:
    """Each view, its version and its lag; the part that changes is read anew while it does."""
    rows, _ = view_rows(desk.settings, desk.house)
    return page(
        request,
        "admin/views.html",
        rows=rows,
        rebuild=desk.one(Rebuilds).last,
        number=number(language(request)),
        may=desk.access.permits(who, "views.write", {}),
    )


@router.post("/admin/views/rebuild")
def rebuild(
    request: Request,
    who: Annotated[Principal, needs("views.write")],
    desk: AtDesk,
    view: Annotated[str, Form(max_length=80)],
    sure: Annotated[str, Form()] = "",
) -> Response:
    """Makes a view anew beside the old one, which is read until the new one is whole."""
    if view not in {each.name for each in all_views()}:
        raise NotThere(Sentence("There is no view %(view)r", view=view))
    if sure != "yes":
        return ask(request, "rebuild", "/admin/views", view=view, name=view)
    if not desk.one(Rebuilds).start(view, who.account):
        said = Sentence("Another view is being made anew")
        raise Problem(409, "rebuilding", "One at a time", said)
    done(desk, who, "view.rebuilt", view)
    return RedirectResponse("/admin/views", 303)


# --- what is parked ---


@router.get("/admin/parked")
def parked(
    request: Request, who: Annotated[Principal, needs("parked.read")], desk: AtDesk
) -> Response:
    """Events that wait, and messages that were refused."""
    reading = _reading(desk)
    events, letters = waiting(reading), refused(reading)
    return page(
        request,
        "admin/parked.html",
        events=events[:MOST],
        letters=letters[:MOST],
        more=len(events) > MOST or len(letters) > MOST,
        may=desk.access.permits(who, "parked.write", {}),
    )


@router.get("/admin/parked/event")
def event(
    request: Request,
    who: Annotated[Principal, needs("parked.read")],
    desk: AtDesk,
    group: Annotated[str, Query(max_length=200)],
    dossier: Annotated[str, Query(max_length=200)],
    version: Annotated[int, Query(ge=1, le=2**31)],
) -> Response:
    """One event that waits, with what it says."""
    if not desk.access.permits(who, "parked.read", {"code": dossier}):
        raise Hidden(dossier)
    for name, each in waiting(_reading(desk), group):
        if (each.dossier, each.version) == (dossier, version):
            desk.reads.note(who, dossier, "parked.read", request.url.path)
            return page(
                request, "admin/parked_event.html", group=name, each=each,
                payload=each.event.payload.decode("utf-8", "replace"),
                may=desk.access.permits(who, "parked.write", {}),
            )  # fmt: skip
    raise NotThere(Sentence("Nothing of that dossier waits there any more"))


@router.post("/admin/parked/retry")
def retry(
    request: Request,
    who: Annotated[Principal, needs("parked.write")],
    desk: AtDesk,
    group: Annotated[str, Form(max_length=200)],
    dossier: Annotated[str, Form(max_length=200)],
    sure: Annotated[str, Form()] = "",
) -> Response:
    """Applies what waits of a dossier, in order, as far as it goes."""
    _must_wait(desk, group, dossier)
    if sure != "yes":
        return ask(request, "retry", "/admin/parked", group=group, dossier=dossier, name=dossier)
    applied = subscription(_reading(desk), group).retry(dossier)
    done(desk, who, "parked.retried", dossier, f"{group}: {applied}")
    return RedirectResponse("/admin/parked", 303)


@router.post("/admin/parked/drop")
def drop(
    request: Request,
    who: Annotated[Principal, needs("parked.write")],
    desk: AtDesk,
    group: Annotated[str, Form(max_length=200)],
    dossier: Annotated[str, Form(max_length=200)],
    version: Annotated[int, Form(ge=1, le=2**31)],
    reason: Annotated[str, Form(max_length=500)] = "",
    sure: Annotated[str, Form()] = "",
) -> Response:
    """Leaves an event out for good, and applies what waits behind it. The reason is kept."""
    _must_wait(desk, group, dossier, version)
    fields: dict[str, Any] = {"group": group, "dossier": dossier, "version": version}
    reason = reason.strip()
    if sure != "yes" or not reason:
        fields["name"] = f"{dossier} {version}"
        return ask(request, "drop", "/admin/parked", missing=sure == "yes", **fields)
    applied = subscription(_reading(desk), group).drop(dossier, version)
    done(desk, who, "parked.dropped", f"{dossier} {version}", f"{reason} ({group}: {applied})")
    return RedirectResponse("/admin/parked", 303)


@router.post("/admin/parked/forget")
def forget(
    request: Request,
    who: Annotated[Principal, needs("parked.write")],
    desk: AtDesk,
    group: Annotated[str, Form(max_length=200)],
    place: Annotated[str, Form(max_length=300)],
    sure: Annotated[str, Form()] = "",
) -> Response:
    """Forgets a message that was refused; `place` is TOPIC/PARTITION/OFFSET."""
    found = [
        (name, each)
        for name, each in refused(_reading(desk), group)
        if f"{each.topic}/{each.partition}/{each.position}" == place
    ]
    if not found:
        raise NotThere(Sentence("No such message is kept any more"))
    if sure != "yes":
        return ask(request, "forget", "/admin/parked", group=group, place=place, name=place)
    with desk.house.home.begin() as connection:
        for name, letter in found:
            remove(connection, name, letter)
    done(desk, who, "message.forgotten", place, group)
    return RedirectResponse("/admin/parked", 303)


def _reading(desk: Desk) -> Reading:
    return Reading(desk.settings, desk.house.home, desk.house)


def _must_wait(desk: Desk, group: str, dossier: str, version: int | None = None) -> None:
    """Raises NotThere for what does not wait there."""
    for _, each in waiting(_reading(desk), group):
        if each.dossier == dossier and not each.dropped and version in (None, each.version):
            return
    raise NotThere(Sentence("Nothing of that dossier waits there any more"))
