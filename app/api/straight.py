"""A route that is called straight, for the few that programs call a thousand times a second.

FastAPI describes it in the OpenAPI document like any other, from the same signature. But its
arguments are not gathered by FastAPI's solver of dependencies, which takes longer than to decide
and store an act: who asks is asked of the route's own `needs`, the body is decoded by its model.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel, ValidationError

from app.access.needs import Need

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class Straight(APIRoute):
    """Of an endpoint that is `async`, and takes who asks (`needs`), the desk (`AtDesk`), texts of
    the path, headers that may be missing, and a body that is a model; nothing else."""

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
            given = dict(request.scope["headers"])
            values: dict[str, Any] = {
                who: await need(request),
                desk: request.app.state.desk,
                body.name: await _decoded(request, given, model),
                **request.path_params,
            }
            for name, header in headers:
                said = given.get(header)
                values[name] = None if said is None else said.decode("latin-1")
            return await endpoint(**values)

        return handle


async def _decoded(
    request: Request, given: dict[bytes, bytes], model: type[BaseModel]
) -> BaseModel:
    """Raises RequestValidationError, with the places as FastAPI names them."""
    if b"json" not in given.get(b"content-type", b""):
        said = {"loc": ("header", "content-type"), "msg": "The body has to be application/json"}
        raise RequestValidationError([said])
    text = await request.body()
    try:
        return model.model_validate_json(text)
    except ValidationError as error:
        wrong = [{**each, "loc": ("body", *each["loc"])} for each in error.errors()]
        raise RequestValidationError(wrong) from None
