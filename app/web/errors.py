"""What a person reads when a page cannot be shown: what happened, and what to do now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import Request
from fastapi.responses import RedirectResponse, Response

from app.access.principal import STRANGER
from app.settings import Lang
from app.web.back import safe_back, sign_in_then
from app.web.rendering import language, page
from app.web.sentences import sentence
from app.web.spoken import spoken
from app.web.words import FIELDS, said
from engine.core.rules import RULES
from schemas.sentence import Sentence

if TYPE_CHECKING:
    from app.desk.problems import Problem

NOT_SIGNED_IN = "not-signed-in"


def error_page(request: Request, problem: Problem) -> Response:
    """A page with the problem's status; for who is not signed in, the way to sign in."""
    if problem.code == NOT_SIGNED_IN:
        return _to_sign_in(request)
    _know_who(request)
    detail, lang = _detail(problem, language(request))
    answer = page(
        request,
        "error.html",
        problem.status,
        problem=problem,
        detail=detail,
        detail_lang=lang,
        legal_basis=problem.more.get("legal_basis"),
        back=_page_before(request),
    )
    answer.headers.update(problem.headers or {})
    return answer


def _detail(problem: Problem, lang: Lang) -> tuple[str, Lang]:
    """What is said about this very case, and the language that it is in."""
    if problem.code == "invalid":
        wrong = ", ".join(said(FIELDS, each["field"].rpartition(".")[2], lang)
                          for each in problem.more["errors"])  # fmt: skip
        detail: str = Sentence("Not as it should be: %(fields)s", fields=wrong)
    else:
        detail = problem.detail
    if isinstance(detail, Sentence):
        return spoken(detail, lang), lang
    if problem.code in RULES:
        return sentence(problem.code, detail, lang), lang
    return detail, "en"


def _to_sign_in(request: Request) -> Response:
    """The page that was asked for comes after signing in; after a form that was sent, the page it
    stood on, since what was sent is not kept."""
    if request.method in ("GET", "HEAD"):
        query = f"?{request.url.query}" if request.url.query else ""
        where = sign_in_then(request.url.path + query)
    else:
        where = sign_in_then(_page_before(request), unsent=True)
    if request.headers.get("HX-Request"):
        # A part of a page cannot be the page for signing in: the browser goes there as a whole.
        return Response(status_code=204, headers={"HX-Redirect": where})
    return RedirectResponse(where, 303)


def _page_before(request: Request) -> str:
    """The page of this server that led here, else the first."""
    came_from = request.headers.get("referer", "")
    ours = f"{request.url.scheme}://{request.url.netloc}"
    return safe_back(came_from.removeprefix(ours)) if came_from.startswith(f"{ours}/") else "/"


def _know_who(request: Request) -> None:
    """For the bar at the top, where no route was reached that would have asked."""
    if hasattr(request.state, "who"):
        return
    try:
        request.state.who = request.app.state.desk.access.identify(request)
    except Exception:
        # Whatever broke may also break this, and the page about it has to be shown all the same.
        request.state.who = STRANGER
