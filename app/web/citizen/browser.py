"""What a citizen's browser keeps for a while, signed and out of the address bar."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any, NamedTuple

from fastapi import Request
from fastapi.responses import RedirectResponse, Response
from starlette.datastructures import FormData

from app.access.needs import who_asks
from app.access.pace import address
from app.citizen.online import SEEN_AT_MOST, SEEN_FOR, Online
from app.uploads.bounded import text_of


class Kept(NamedTuple):
    """A cookie: its name, the path it is sent to, for how long it is good."""

    name: str
    path: str
    within: timedelta


APPLIED = Kept("handed-in", "/applied", timedelta(minutes=30))
"""The code and the word of what was just handed in; whether something else was sent before."""

SEEN = Kept("looked-up", "/look-up", SEEN_FOR)
"""The code of the dossier whose word was given, and when, in seconds since 1970; written anew with
every answer about it."""

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


OF, WORD = "of", "word"
"""The fields of a form about a dossier: a note of its code; its word, when that is asked again."""


OF_FOR = timedelta(days=30)
"""A page that stood open knows for so long what its form is of: words that were typed into it are
not lost for want of it, and without the dossier's word it opens nothing."""

LONGEST = 64
"""Letters of a code or a word that may be typed; none is longer."""


class Looked(NamedTuple):
    """The dossier that a form is of, and whether its word was given: lately, or with the form."""

    code: str
    proven: bool


def seen(request: Request, online: Online) -> str | None:
    """The code of the dossier whose word was given; that it is looked at is noted, as what
    somebody without an account did. Raises Unrecorded."""
    match kept(request, online, SEEN):
        case [str(code), int(begun)] if time.time() < begun + SEEN_AT_MOST.total_seconds():
            _look(request, online, code, begun)
            return code
    return None


def of_note(online: Online, code: str) -> str:
    """For the field `OF`."""
    return online.note(OF, code)


def looked(request: Request, online: Online, sent: FormData) -> Looked | None:
    """What a form is of. What the note in it says is never enough to do it: the page may have
    stood open on a machine that many use. But with the word it is done as it was filled in, also
    when the dossier was closed meanwhile, or another one opened. Raises TooMany, Unrecorded."""
    code = seen(request, online)
    of = online.noted(OF, text_of(sent, OF), OF_FOR)
    if not isinstance(of, str) or of == code:
        return Looked(code, proven=True) if code is not None else None
    word = text_of(sent, WORD)[:LONGEST]
    if not word or online.proven(address(request), of, word) is None:
        return Looked(of, proven=False)
    begin(request, online, of)
    return Looked(of, proven=True)


def begin(request: Request, online: Online, code: str) -> None:
    """The word was given just now. Raises Unrecorded."""
    _look(request, online, code, int(time.time()))


def _look(request: Request, online: Online, code: str, begun: int) -> None:
    online.desk.reads.note(who_asks(request), code, "citizen.look-up", request.url.path)
    request.state.looked_at = [code, begun]


def shown(request: Request, online: Online, answer: Response) -> Response:
    """An answer about the dossier that is looked at, which stays open for another while."""
    found = getattr(request.state, "looked_at", None)
    if found is not None:
        keep(request, answer, online, SEEN, found)
    return private(answer)


def closed() -> Response:
    """No dossier is open, or no longer: both codes are asked for."""
    return RedirectResponse("/look-up?closed=1", 303)


def drop(answer: Response, what: Kept) -> None:
    answer.delete_cookie(what.name, path=what.path, httponly=True)


def private(answer: Response) -> Response:
    """Kept nowhere, and told to no other site by a link. (To no site at all would also take the
    origin from our own forms, by which those of others are told apart.)"""
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Referrer-Policy"] = "same-origin"
    return answer
