"""Errors as RFC 9457 problems, with the rule codes that the command line shows too."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.types import Scope

from app.access.forgery import Forged
from app.access.guard import Refused, Tell
from app.access.identity import BadToken
from app.access.needs import Hidden, NotPermitted, NotSignedIn
from app.access.pace import TooMany
from app.access.reads import Unrecorded
from app.api.explained import status_of
from app.trouble import (
    BadInput,
    Broken,
    NotThere,
    RefusedByRule,
    Trouble,
    Unexpected,
    WrongFields,
    as_trouble,
)
from engine.core.calendar import CalendarError
from engine.core.clock import ClockError
from engine.core.rules import Refusal
from engine.runtime import Busy
from engine.store import StoreDamaged, StoreError
from schemas.codec import DamagedEvent, UnknownEvent, dumps
from schemas.sentence import Sentence

if TYPE_CHECKING:
    from app.house import House

MEDIA_TYPE = "application/problem+json"

FOR_PROGRAMS = ("/api/", "/livez", "/readyz")
"""Under these nobody reads pages."""

TYPE = "/api/v1/problems/"
"""Before the code of a problem: where it is explained."""


class Problem(Exception):
    """Ends a request: `status`, a stable `code`, a short `title`, and what is said about this
    very case in `detail`. `more`: members beside those of RFC 9457; `headers`: of the answer."""

    def __init__(
        self,
        status: int,
        code: str,
        title: str,
        detail: str = "",
        *,
        headers: dict[str, str] | None = None,
        **more: Any,
    ) -> None:
        super().__init__(detail or title)
        self.status = status
        self.code = code
        self.title = title
        self.detail = detail
        self.headers = headers
        self.more = more

    def body(self) -> dict[str, Any]:
        said = {"type": TYPE + self.code, "title": self.title, "status": self.status}
        return {**said, **({"detail": self.detail} if self.detail else {}), **self.more}


def problem_of(error: Exception) -> Problem:
    """Whatever went wrong, as what is told to who asked."""
    found = _of_access(error) or _of_store(error)
    if found is not None:
        return found
    match error:
        case Problem():
            return error
        case RequestValidationError():
            return _invalid(error)
        case HTTPException():
            title, headers = str(error.detail), dict(error.headers or {})
            return Problem(error.status_code, f"http-{error.status_code}", title, headers=headers)
        case RefusedByRule() | Refusal():
            return _refused(error)
        case NotThere():
            return Problem(404, "not-there", "There is no such thing", error.message)
        case WrongFields():
            return _wrong([(f"body.fields.{field}", said) for field, said in error.problems])
        case BadInput():
            return Problem(422, "bad-input", "What was sent is wrong", error.message)
        case Unexpected():
            # Not its text, which may hold what was sent; whoever runs the server has it logged.
            return Problem(500, "trouble", "Something went wrong")
        case Broken():
            return Problem(503, "not-ready", "Not possible just now", error.message,
                           headers={"Retry-After": "2"})  # fmt: skip
        case Trouble():
            return Problem(500, "trouble", "Something went wrong", error.message)
    return problem_of(as_trouble(error))


async def problem_at(house: House, error: Exception) -> Problem:
    """Whatever went wrong at a house. Another server of it may have activated a procedure, an
    agency or a calendar a moment ago, so that it was not found here: it is known now."""
    doubtful = isinstance(error, DOUBTFUL) or not isinstance(error, EXPECTED)
    if doubtful and await run_in_threadpool(_overtaken, house):
        return _not_known_yet()
    return problem_of(error)


def _overtaken(house: House) -> bool:
    try:
        return house.in_force.overtaken
    except StoreError:
        # What went wrong first is what has to be told.
        return False


def _refused(error: RefusedByRule | Refusal) -> Problem:
    rejected = error.rejected
    if isinstance(error, Refusal) and rejected.rule in PINNED:
        return _not_known_yet()
    status = status_of(rejected.rule)
    return Problem(status, rejected.rule, "A rule refused it", rejected.message,
                   rule=rejected.rule, legal_basis=rejected.legal_basis)  # fmt: skip


def _not_known_yet() -> Problem:
    said: str = Sentence("What this rests on was activated a moment ago; try again")
    return Problem(503, "not-known-yet", "Not known here yet", said, headers={"Retry-After": "1"})


def _of_store(error: Exception) -> Problem | None:
    """Without its words, which name the database or what is stored: they are for whoever runs the
    server. None for any other error."""
    if isinstance(error, DamagedEvent | UnknownEvent | StoreDamaged):
        return Problem(500, "damaged", "The history cannot be read")
    if isinstance(error, StoreError):
        return Problem(503, "not-ready", "Not possible just now", headers={"Retry-After": "2"})
    return None


def _of_access(error: Exception) -> Problem | None:
    """What is told to who may not do what was asked; None for any other error."""
    match error:
        case NotSignedIn():
            headers = {"WWW-Authenticate": "Bearer"}
            return Problem(401, "not-signed-in", "Sign in first", headers=headers)
        case BadToken():
            headers = {"WWW-Authenticate": 'Bearer error="invalid_token"'}
            return Problem(401, "bad-token", "This token is good for nothing", headers=headers)
        case Forged():
            return Problem(403, "forged", "This did not come from a page of ours")
        case NotPermitted():
            return Problem(403, "not-permitted", "You may not do that", action=error.what)
        case Hidden():
            said: str = Sentence("There is no dossier %(code)r", code=error.code)
            return Problem(404, "not-there", "There is no such thing", said)
        case TooMany():
            headers = {"Retry-After": str(error.seconds)}
            return Problem(429, "too-many", "Too many requests", error.args[0], headers=headers)
        case Unrecorded():
            headers = {"Retry-After": "5"}
            said = "Who reads what cannot be noted"
            return Problem(503, "unrecorded", "Not possible just now", said, headers=headers)
    return None


def _invalid(error: RequestValidationError) -> Problem:
    return _wrong(
        [(".".join(str(part) for part in each["loc"]), each["msg"]) for each in error.errors()]
    )


def _wrong(fields: Sequence[tuple[str, str]]) -> Problem:
    """Every wrong field, by where it stands."""
    errors = [{"field": field, "message": message} for field, message in fields]
    detail = "; ".join(f"{each['field']}: {each['message']}" for each in errors)
    return Problem(422, "invalid", "What was sent is wrong", detail, errors=errors)


def no_json() -> Problem:
    return Problem(415, "not-json", "This is not JSON", "The body has to be application/json")


def _by_the_request(request: Request, error: Exception, problem: Problem) -> Problem:
    """What only the whole request tells: that its body is of another kind than the API takes, and
    by which methods the address is there, where several routes have it."""
    if problem.status == HTTPStatus.METHOD_NOT_ALLOWED:
        problem.headers = {**(problem.headers or {}), "Allow": ", ".join(_methods(request))}
    body = isinstance(error, RequestValidationError) and error.errors()[0]["loc"][0] == "body"
    kind = request.headers.get("content-type", "")
    of_api = request.url.path.startswith(FOR_PROGRAMS)
    return no_json() if body and of_api and kind and "json" not in kind else problem


def _methods(request: Request) -> list[str]:
    found: set[str] = set()
    for each in iter_route_contexts(request.app.routes):
        if isinstance(each.original_route, APIRoute) and each.path_regex.match(request.url.path):
            found |= each.original_route.methods or set()
    return sorted(found | ({"HEAD"} if "GET" in found else set()))


def answer(problem: Problem) -> Response:
    content = dumps(problem.body())
    return Response(content, problem.status, problem.headers, MEDIA_TYPE)


EXPECTED = (
    HTTPException, RequestValidationError, Problem, NotSignedIn, NotPermitted, Hidden, BadToken,
    Forged, TooMany, Unrecorded, Trouble,
    StoreError, Busy, CalendarError, ClockError, Refusal,
)  # fmt: skip
"""What is answered and no more; any other exception is a fault, which is logged too."""

PINNED = ("procedure-unknown", "unknown-calendar")
"""Rules that refuse what a dossier was received under. It was registered before, so it is there."""

DOUBTFUL = (Refusal, BadInput, Hidden, NotPermitted)
"""What may be wrong with a request because something is not known here yet."""


def tell_as_problems(app: FastAPI) -> None:
    """Lets every error of the API end as a problem, and every other as a page."""

    async def tell(request: Request, error: Exception) -> Response:
        problem = await problem_at(request.app.state.desk.house, error)
        return await _tell(request, _by_the_request(request, error, problem))

    for kind in (Exception, *EXPECTED):
        app.add_exception_handler(kind, tell)


def told(app: FastAPI) -> Tell:
    """How those are answered whose body is refused before any route could say so."""

    async def tell(scope: Scope, refused: Refused) -> Response:
        return await _tell(Request({**scope, "app": app}), Problem(*refused))

    return tell


async def _tell(request: Request, problem: Problem) -> Response:
    from app.web.errors import error_page

    if request.url.path.startswith(FOR_PROGRAMS):
        return answer(problem)
    return await run_in_threadpool(error_page, request, problem)
