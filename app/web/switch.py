"""The switch of language: kept in a cookie, and asked for by a form that is not lost by it.

A page with a form in it is not asked for again: its switch sends the form as it stands, files and
all, to where the form goes, with the language in the address. A route that has such a page shows
it again, and does nothing else: what was refused a minute ago may be possible by now.
"""

from __future__ import annotations

from fastapi import Request
from fastapi.responses import Response

from app.settings import Lang

COOKIE = "lang"

TOLD = "told"
"""Beside the language: the page said already what is wrong with the form, and says it again."""

YEAR = 365 * 24 * 3600

_LANGUAGES: dict[str, Lang] = {"vi": "vi", "en": "en"}


def switched(request: Request) -> Lang | None:
    """The language in which a form asks for its own page; None for a form that is meant."""
    if request.method != "POST":
        return None
    return _LANGUAGES.get(request.query_params.get(COOKIE, ""))


def told(request: Request) -> bool:
    """Whether the page of a form that was switched had said what is wrong with it. Whoever has
    only begun to fill it in is not told what is missing."""
    return TOLD in request.query_params


def only_begun(request: Request) -> bool:
    """A form that was switched before its page had said anything of it."""
    return switched(request) is not None and not told(request)


def chosen(request: Request) -> Lang | None:
    """What was switched to, now or before."""
    return switched(request) or _LANGUAGES.get(request.cookies.get(COOKIE, ""))


def keep(request: Request, answer: Response, lang: Lang) -> None:
    answer.set_cookie(
        COOKIE,
        lang,
        max_age=YEAR,
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )
