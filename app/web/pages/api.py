"""What the HTTP API offers, for who writes a program against it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Request, Response

from app.access.needs import needs
from app.access.principal import Principal
from app.web.rendering import page

router = APIRouter(include_in_schema=False)


@router.get("/api")
def show(request: Request, who: Annotated[Principal, needs("public.read")]) -> Response:
    """Every operation by its subject, from the OpenAPI document."""
    document = request.app.openapi()
    groups = [
        {
            **tag,
            "operations": [each for each in _operations(document) if tag["name"] in each["tags"]],
        }
        for tag in document["tags"]
    ]
    return page(request, "api/list.html", groups=[each for each in groups if each["operations"]])


def _operations(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"method": method.upper(), "path": path, **operation}
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
