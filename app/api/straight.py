"""Routes that are called straight, for the few that programs call a thousand times a second.

FastAPI describes them in the OpenAPI document like any other, from the same signature. But their
arguments are not gathered by FastAPI's solver of dependencies, which takes longer than to decide
and store an act: who asks is asked of the route's own `needs`, the body is decoded by its model.
And in front of the application stands a `Lane`, in which such a request passes by the search for
its route and what is wrapped around every other: that takes as long again.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute, iter_route_contexts
from pydantic import BaseModel, ValidationError
from starlette.types import ASGIApp, Receive, Scope, Send

from app.access.needs import Need
from app.api.named import refuse_unnamed
from app.desk.problems import EXPECTED, answer, no_json, problem_at

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class Straight(APIRoute):
    """Of an endpoint that is `async`, and takes who asks (`needs`), the desk (`AtDesk`), texts of
    the path, headers that may be missing, and a body that is a model; nothing else. Its answer
    says what was done and shows nothing of a dossier, so that it counts as no read of one."""

    def get_route_handler(self) -> Handler:
        endpoint: Callable[..., Coroutine[Any, Any, Response]] = self.endpoint
        fixed = self.dependant
        ((who, need),) = [
            (str(each.name), each.call)
            for each in fixed.dependencies
            if isinstance(each.call, Need)
        ]
        (desk,) = [str(each.name) for each in fixed.dependencies if not isinstance(each.call, Need)]
        (body,) = fixed.body_params
        model = body.field_info.annotation
        assert isinstance(model, type)
        assert issubclass(model, BaseModel)
        assert not [*fixed.query_params, *fixed.cookie_params]
        headers = [(each.name, each.alias.encode()) for each in fixed.header_params]

        async def handle(request: Request) -> Response:
            if request.scope["query_string"]:
                refuse_unnamed(request, ())
            given = dict(request.scope["headers"])
            values: dict[str, Any] = {
                who: await need.let_through(request),
                desk: request.app.state.desk,
                body.name: await _decoded(request, given, model),
                **request.path_params,
            }
            for name, header in headers:
                said = given.get(header)
                values[name] = None if said is None else said.decode("latin-1")
            return await endpoint(**values)

        return handle


class Lane:
    """Takes the requests that are for a straight route of `described`; every other one, also one
    for such a path by another method, goes to `app`, which is the application itself."""

    def __init__(self, app: ASGIApp, described: FastAPI) -> None:
        self._app = app
        self._handlers: list[tuple[Callable[[str], Any], Handler]] = []
        for each in iter_route_contexts(described.routes):
            route = each.original_route
            if isinstance(route, Straight):
                assert route.methods == {"POST"}
                self._handlers.append((each.path_regex.match, route.get_route_handler()))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "POST" and not scope.get("root_path"):
            for match, handler in self._handlers:
                found = match(scope["path"])
                if found is not None:
                    scope["path_params"] = found.groupdict()
                    await _handle(handler, scope, receive, send)
                    return
        await self._app(scope, receive, send)


async def _handle(handler: Handler, scope: Scope, receive: Receive, send: Send) -> None:
    """Errors are told as the application tells them. Raises those that nobody expected, when they
    are told: the server logs them."""
    request = Request(scope, receive)
    try:
        response = await handler(request)
    except EXPECTED as error:
        response = answer(await problem_at(request.app.state.desk.house, error))
    except Exception as error:
        await answer(await problem_at(request.app.state.desk.house, error))(scope, receive, send)
        raise
    await response(scope, receive, send)


async def _decoded(
    request: Request, given: dict[bytes, bytes], model: type[BaseModel]
) -> BaseModel:
    """Raises Problem, and RequestValidationError with the places as FastAPI names them."""
    if b"json" not in given.get(b"content-type", b""):
        raise no_json()
    text = await request.body()
    try:
        return model.model_validate_json(text)
    except ValidationError as error:
        wrong = [{**each, "loc": ("body", *each["loc"])} for each in error.errors()]
        raise RequestValidationError(wrong) from None
