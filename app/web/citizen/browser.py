"""What a citizen's browser keeps for a while, signed and out of the address bar."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, NamedTuple

from fastapi import Request
from fastapi.responses import Response

from app.access.needs import who_asks
from app.citizen.online import SEEN_FOR, Online


class Kept(NamedTuple):
    """A cookie: its name, the path it is sent to, for how long it is good."""

    name: str
    path: str
    within: timedelta


APPLIED = Kept("applied", "/applied", timedelta(minutes=30))
"""The code and the word of what was just handed in."""

SEEN = Kept("looked-up", "/look-up", SEEN_FOR)
"""The code of the dossier whose word was given."""

TYPED = Kept("look-up-code", "/look-up", timedelta(minutes=5))
"""A code that came with an address (of a printed form), until the word is given too."""


def keep(request: Request, answer: Response, online: Online, what: Kept, value: Any) -> None:
    answer.set_cookie(
        what.name,
        online.note(what.name, value),
        max_age=int(what.within.total_seconds()),
        path=what.path,
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="strict" if what is SEEN else "lax",
    )


def kept(request: Request, online: Online, what: Kept) -> Any:
    """None when there is none, or it is too old, or it was not given here."""
    found = request.cookies.get(what.name)
    return online.noted(what.name, found, what.within) if found else None


def seen(request: Request, online: Online) -> str | None:
    """The code of the dossier whose word was given; that it is looked at is noted, as what
    somebody without an account did. Raises Unrecorded."""
    code: str | None = kept(request, online, SEEN)
    if code is not None:
        online.desk.reads.note(who_asks(request), code, "citizen.look-up", request.url.path)
    return code


def drop(answer: Response, what: Kept) -> None:
    answer.delete_cookie(what.name, path=what.path, httponly=True)


def private(answer: Response) -> Response:
    """Kept nowhere, and told to no other site by a link. (To no site at all would also take the
    origin from our own forms, by which those of others are told apart.)"""
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Referrer-Policy"] = "same-origin"
    return answer
