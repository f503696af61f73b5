"""The application as a whole: what it serves, and that no route is without a rule of who may."""

from __future__ import annotations

from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts
from fastapi.testclient import TestClient

from app.access.needs import Need


def test_the_description_of_the_api_is_served(client: TestClient) -> None:
    found = client.get("/api/v1/openapi.json").json()
    assert found["openapi"].startswith("3.1")


def test_every_route_says_what_it_needs(app: FastAPI) -> None:
    # What is included stands behind a router in `app.routes`, and would be passed over.
    routes = [
        each
        for each in iter_route_contexts(app.routes)
        if isinstance(each.original_route, APIRoute)
    ]
    silent = [
        each.path
        for each in routes
        if not any(isinstance(part.call, Need) for part in each.dependant.dependencies)
    ]
    assert "/api/v1/dossiers/{code}" in {each.path for each in routes}
    assert silent == []
