"""The OpenAPI document: what FastAPI derives from the routes, with errors as they really are and
an example for every operation. And a page that lists it, for people.

    python -m tests.api.write

asks a store of samples for the examples and writes the document to `docs/contracts/openapi.json`; a
test compares it with the code.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts

from app.access.needs import Need
from app.access.policy import ACTIONS
from app.api.models.base import Problem
from schemas.codec import dumps, loads

Document = dict[str, Any]

COMMITTED = Path(__file__).parents[2] / "docs" / "contracts" / "openapi.json"
EXAMPLES = Path(__file__).parent / "examples.json"

ERRORS = "errors"
"""Where the examples of problems stand among those of operations."""

TAGS = {
    "procedures": "What is defined (thủ tục).",
    "agencies": "Who is there (cơ quan), on any day.",
    "dossiers": "Where each dossier (hồ sơ) is.",
    "acts": "What may be done, and doing it.",
    "history": "What happened, and a dossier as it was.",
    "tasks": "What has to be done, what is close, what is late.",
    "due": "When something is due, and why.",
    "reports": "The statutory tables.",
    "feed": "Everything that happens, as it happens.",
    "webhooks": "Alerts, sent to where you want them.",
    "views": "What the lists are read from.",
    "problems": "What errors mean.",
    "health": "For whoever runs the server.",
}

ABOUT = """
The command line's nouns as resources, with the same JSON keys. Times are ISO 8601 with an offset.

**Who asks.** `Authorization: Bearer TOKEN`. The officer of an act is the token's, never one named
in a body.

**Writing.** Send `Idempotency-Key`, a UUID of your own: sent again after a lost answer, the command
has its first answer and no second effect. Send `If-Match` with the `ETag` you decided by: if the
dossier has changed since, nothing is done and 412 tells what changed. A write returns `position`.

**Reading what you wrote.** Lists are made from the log a moment later. A read with
`after=POSITION` waits (`wait` seconds at most) until it knows that write.

**Lists** come in pages; the `Link` header has the next. What is added meanwhile moves nothing.

**Errors** are problems of RFC 9457; `type` leads to what its code means. A rule that refused a
command is a 409 with its code in `rule`, the same as on the command line.
"""

OTHERS = {
    "401": "Nobody is signed in, or the token is not valid.",
    "403": "It is not permitted to who asks, on this.",
    "404": "There is no such thing.",
    "409": "A rule refused it.",
    "412": "The dossier has changed since.",
    "413": "What was sent is too large.",
    "415": "What was sent is not JSON.",
    "422": "What was sent is wrong, all of it is told; or the id of the command was another's.",
    "429": "Too many requests: go on after `Retry-After` seconds.",
    "503": "A server cannot be reached, or the views are behind.",
}


def describe(app: FastAPI) -> None:
    """Lets the application tell this document as its own."""

    @cache
    def openapi() -> Document:
        return document(app)

    app.openapi = openapi  # type: ignore[method-assign]


def document(app: FastAPI) -> Document:
    routes = [each for each in iter_route_contexts(app.routes) if _is_ours(each)]
    public = {each.path for each in routes if _is_public(each)}
    made = get_openapi(
        title="Liên thông",
        version="1",
        summary="Interlinked administrative procedures: dossiers over agencies and levels.",
        description=ABOUT,
        routes=routes,
        tags=[{"name": name, "description": said} for name, said in TAGS.items()],
        servers=[{"url": "/", "description": "This server."}],
    )
    components = made.setdefault("components", {})
    parts = components.setdefault("schemas", {})
    parts["Problem"] = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    for unused in ("HTTPValidationError", "ValidationError"):
        parts.pop(unused, None)
    bearer = {"type": "http", "scheme": "bearer", "description": "A token; `lienthong users`."}
    components["securitySchemes"] = {"token": bearer}
    examples = loads(EXAMPLES.read_bytes()) if EXAMPLES.exists() else {}
    for path, operations in made["paths"].items():
        for method, operation in operations.items():
            operation["operationId"] = f"{method}:{path}"
            _with_problems(method, operation, "{" in path, path in public)
            found = examples.get(operation["operationId"], {})
            _with_examples(operation, found, examples.get(ERRORS, {}))
    return made


def _is_ours(route: RouteContext) -> bool:
    ours = (route.path or "").startswith(("/api/v1", "/livez", "/readyz"))
    return ours and isinstance(route.original_route, APIRoute)


def _is_public(route: RouteContext) -> bool:
    """Whether it needs nothing but what anybody may do."""
    needed = [each.call for each in route.dependant.dependencies if isinstance(each.call, Need)]
    return all("stranger" in ACTIONS[each.action] for each in needed)


def _with_problems(method: str, operation: Document, named: bool, public: bool) -> None:
    """Every error of an operation, those that any may have under `default`. `named`: its path
    names something; `public`: nobody has to say who he is."""
    answers = operation["responses"]
    codes = {"401", "403", "422", "429", "503"} | ({"404"} if named else set())
    if "requestBody" in operation:
        codes |= {"413", "415"}
    if method != "get" and operation.get("tags") == ["acts"]:
        codes |= {"404", "409"}
    if method == "get" and operation.get("tags") == ["health"]:
        codes = {"429", "503"}
    if public:
        codes -= {"403"}
    operation["security"] = [{}, {"token": []}] if public else [{"token": []}]
    for code in sorted(codes | ({"412"} & answers.keys())):
        answer = answers.setdefault(code, {"description": OTHERS[code]})
        answer["description"] = OTHERS[code]
        old = answer.get("content", {}).get("application/json", {}).get("schema")
        model = old and old.get("$ref", "").rpartition("/")[2]
        answer["content"] = _problem()
        if model not in (None, "", "HTTPValidationError"):
            answer["content"] = _problem(old)
    answers["default"] = {"description": "Any other error.", "content": _problem()}


def _problem(schema: Document | None = None) -> Document:
    """Of one answer, which has an example of its own."""
    known = schema or {"$ref": "#/components/schemas/Problem"}
    return {"application/problem+json": {"schema": known}}


def _with_examples(operation: Document, found: Document, errors: Document) -> None:
    """`found`: status and body of an answer, and the body that was sent, of a real request;
    `errors`: by status, bodies of problems."""
    sent = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if sent is not None and "request" in found:
        sent["example"] = found["request"]
    answer = operation["responses"].get(str(found.get("status")), {})
    for content in answer.get("content", {}).values():
        content["example"] = found["response"]
    for status in operation["responses"].keys() & errors.keys():
        for content in operation["responses"][status]["content"].values():
            content["example"] = errors[status]


def text(app: FastAPI) -> bytes:
    """The document as it is committed."""
    return dumps(document(app), pretty=True) + b"\n"
