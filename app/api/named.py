"""Parameters of a query that no document names are refused: a filter with a typing error would
filter nothing, and its answer would look like the right one."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute

from schemas.sentence import did_you_mean


async def only_named(request: Request) -> None:
    """A dependency of the API's routes. Raises RequestValidationError."""
    if request.scope["query_string"]:
        route: APIRoute = request.scope["route"]
        refuse_unnamed(request, set(_queries(route.dependant)))


def refuse_unnamed(request: Request, named: Collection[str]) -> None:
    """`named`: what the query may have. Raises RequestValidationError with all that is beside."""
    unnamed = [each for each in request.query_params if each not in named]
    if unnamed:
        raise RequestValidationError(
            [
                {"loc": ("query", each), "msg": f"There is none{did_you_mean(each, named)}"}
                for each in unnamed
            ]
        )


def _queries(dependant: Dependant) -> Iterator[str]:
    yield from (each.alias for each in dependant.query_params)
    for inner in dependant.dependencies:
        yield from _queries(inner)
