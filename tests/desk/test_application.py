"""The application as a whole: what it serves, and that no route is without a rule of who may."""

from __future__ import annotations

from fastapi import FastAPI
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

from app.access.needs import Need


def test_the_description_of_the_api_is_served(client: TestClient) -> None:
    found = client.get("/api/v1/openapi.json").json()
    assert found["openapi"].startswith("3.1")


def test_every_route_says_what_it_needs(app: FastAPI) -> None:
    silent = [
        route.path
        for route in app.routes
        if isinstance(route, APIRoute)
        and not any(isinstance(each.call, Need) for each in route.dependant.dependencies)
    ]
    assert silent == []
