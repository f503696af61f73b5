"""The page about the API: every operation stands on it, and nothing comes from elsewhere."""

from __future__ import annotations

import re

from fastapi import FastAPI
from fastapi.testclient import TestClient


def test_every_operation_stands_on_the_page(client: TestClient, app: FastAPI) -> None:
    answer = client.get("/api")
    assert answer.status_code == 200
    shown = set(re.findall(r"<code>([A-Z]+) (/[^<]+)</code>", answer.text))
    described = {
        (method.upper(), path)
        for path, methods in app.openapi()["paths"].items()
        for method in methods
    }
    assert shown == described
    assert len(shown) > 25


def test_nothing_on_it_is_from_elsewhere(client: TestClient) -> None:
    sources = re.findall(r"(?:src|href)=\"([^\"]+)\"", client.get("/api").text)
    assert sources
    assert [each for each in sources if not each.startswith(("/", "#"))] == []


def test_it_is_in_the_language_of_who_asks(client: TestClient) -> None:
    client.cookies.set("lang", "en")
    assert "For programs: the HTTP API" in client.get("/api").text
    client.cookies.set("lang", "vi")
    assert "Dành cho phần mềm" in client.get("/api").text
