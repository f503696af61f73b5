"""Every route by every role, made from the code: what nobody wrote down nobody may.

And the walk of somebody who tries the addresses of dossiers that are none of his.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts
from fastapi.testclient import TestClient

from app.access.needs import Need
from app.access.policy import ACTIONS
from app.access.principal import Role
from app.api import resources
from app.desk.application import API
from app.desk.context import Desk
from app.desk.found import routers
from app.web import pages
from tests.access.test_relation import Oracle
from tests.desk.conftest import As

ENDLESS = {"/api/v1/feed", "/board/live"}
"""Answers that end when the browser goes: asked only by whom they are not for."""

OPEN = {"/api/v1/openapi.json", "/api/v1/openapi.yaml", "/livez", "/readyz"}
"""What is no route of a router, or tells of the server alone."""

RELATED, UNRELATED = "ub-desk.receiver-1", "dt-desk.receiver-1"
PEOPLE: list[tuple[str, str | None, Role]] = [
    ("", None, "stranger"),
    (RELATED, None, "officer"),
    (UNRELATED, None, "officer"),
    ("monitor", "qn", "monitor"),
    ("monitor", "dt", "monitor"),
    ("auditor", None, "auditor"),
    ("auditor", "dt", "auditor"),
    ("administrator", None, "administrator"),
]


class Route(NamedTuple):
    method: str
    path: str
    action: str


def routes() -> Iterator[Route]:
    """Of every router, also of those inside of others."""
    app = FastAPI(openapi_url=None)
    for package, prefix in ((resources, API), (pages, "")):
        for router in routers(package):
            app.include_router(router, prefix=prefix)
    for each in iter_route_contexts(app.routes):
        assert isinstance(each.original_route, APIRoute)
        (need,) = [part.call for part in each.dependant.dependencies if isinstance(part.call, Need)]
        for method in sorted(each.original_route.methods):
            yield Route(method, each.path, need.action)


ROUTES = list(routes())


def filled(path: str, code: str, agency: str = "ub-desk") -> str:
    path = path.replace("{code}", code).replace("{agency}", agency)
    return re.sub(r"\{(\w+)\}", "x", path)


@pytest.fixture
def theirs(desk: Desk) -> str:
    """A dossier of one district, in which the other has no part."""
    oracle = Oracle(desk.house)
    codes = desk.house.log.streams("", limit=1000)
    for code in codes:
        readers = oracle.imaginable(code)
        if {"ub-desk", "qn"} <= oracle.readers(code) and not {"dt", "dt-desk"} & readers:
            return code
    # The district may come to hold it only where the procedure says so.
    return next(c for c in codes if not {"dt", "dt-desk"} & oracle.readers(c))


def may(desk: Desk, route: Route, who: tuple[str, str | None, Role]) -> bool:
    """What the policy says, of what the path names."""
    name, agency, role = who
    if role not in ACTIONS[route.action]:
        return False
    elsewhere = UNRELATED in name or agency == "dt"
    named = "{code}" in route.path or "{agency}" in route.path
    return "stranger" in ACTIONS[route.action] or not (elsewhere and named)


@pytest.mark.slow
@pytest.mark.parametrize("who", PEOPLE, ids=lambda who: f"{who[2]} {who[0]} {who[1] or ''}".strip())
def test_every_route_is_open_to_whom_the_policy_names_and_to_nobody_else(
    as_: As, client: TestClient, desk: Desk, theirs: str, who: tuple[str, str | None, Role]
) -> None:
    asks = client if not who[0] else as_(who[0], who[1])
    wrong = []
    for route in ROUTES:
        permitted = may(desk, route, who)
        if permitted and route.path in ENDLESS:
            continue
        answer = asks.request(route.method, filled(route.path, theirs))
        kept_out = answer.status_code in (401, 403) or (
            answer.status_code == 303 and answer.headers["location"].startswith("/sign-in?back=")
        )
        hidden = answer.status_code == 404 and "{code}" in route.path
        if permitted and (kept_out or answer.status_code == 500):
            wrong.append((*route, answer.status_code, "should be open"))
        if not permitted and not (kept_out or hidden):
            wrong.append((*route, answer.status_code, "should be closed"))
    assert wrong == []


def test_the_matrix_has_every_route_that_is_served(app: FastAPI) -> None:
    served = {
        (method, path)
        for path, operations in app.openapi()["paths"].items()
        for method in (each.upper() for each in operations)
    }
    known = {(route.method, route.path) for route in ROUTES}
    assert {each for each in served if each[1] not in OPEN} <= known
    assert len(ROUTES) > 80


def test_a_route_that_says_nothing_or_too_much_is_found() -> None:
    for route in ROUTES:
        assert route.action in ACTIONS
    silent = APIRoute("/x", lambda: None)
    assert not any(isinstance(each.call, Need) for each in silent.dependant.dependencies)


DOSSIERS = [route for route in ROUTES if "{code}" in route.path]


def test_nobody_learns_whether_there_is_a_dossier_that_he_may_not_see(as_: As, theirs: str) -> None:
    """The answers to a code of others and to one that was never given are the same."""
    unrelated = as_(UNRELATED)
    nowhere = theirs[:-4] + "9999"
    for route in DOSSIERS:
        if "officer" not in ACTIONS[route.action]:
            continue
        answers = [
            unrelated.request(route.method, filled(route.path, code)) for code in (theirs, nowhere)
        ]
        assert [each.status_code for each in answers] == [404, 404], route
        hidden, unknown = (
            each.text.replace(code, "CODE")
            for each, code in zip(answers, (theirs, nowhere), strict=True)
        )
        assert hidden == unknown, route
        assert theirs not in hidden


@pytest.mark.parametrize("role", ["monitor", "auditor"])
def test_a_district_sees_no_more_than_an_officer_of_it(as_: As, theirs: str, role: Role) -> None:
    for route in DOSSIERS:
        if role in ACTIONS[route.action]:
            answer = as_(role, "dt").request(route.method, filled(route.path, theirs))
            assert answer.status_code == 404, route


CRLF = ["x%0d%0aSet-Cookie:%20a=b", "%E5%98%8A%E5%98%8DSet-Cookie:a=b"]


@pytest.mark.slow
@pytest.mark.parametrize("bad", CRLF)
def test_no_header_can_be_written_by_an_address(as_: As, client: TestClient, bad: str) -> None:
    officer = as_(RELATED)
    for route in ROUTES:
        if route.method != "GET" or route.path in ENDLESS:
            continue
        path = re.sub(r"\{\w+\}", bad, route.path)
        for asks in (officer, client):
            answer = asks.get(f"{path}?back=/{bad}&lang={bad}")
            assert "a" not in answer.cookies, route
            assert "a=b" not in answer.headers.get("set-cookie", "")
            assert not any(each in value for value in answer.headers.values() for each in "\r\n")


@pytest.mark.parametrize(
    "back", ["//evil.example", "/\\evil.example", "https://evil.example", "\t//evil.example",
             "/%0d%0aLocation:%20//evil.example", "javascript:alert(1)"],
)  # fmt: skip
def test_no_form_leads_to_another_host(client: TestClient, back: str) -> None:
    answer = client.post("/language", data={"lang": "en", "back": back})
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/")
    assert not answer.headers["location"].startswith(("//", "/\\"))


def test_to_wait_for_a_dossier_of_others_tells_nothing_of_it(as_: As, theirs: str) -> None:
    """Whether there is one, and how far it has come, would be told by whether the wait ends."""
    wait = {"wait": "0.05"}
    nowhere = theirs[:-4] + "9999"
    for who in (as_(UNRELATED), as_("monitor", "dt")):
        answers = [
            who.get("/api/v1/dossiers", params=wait | {"after": f"{code}@1"})
            for code in (theirs, nowhere)
        ]
        assert [each.status_code for each in answers] == [503, 503]
        assert answers[0].text.replace(theirs, nowhere) == answers[1].text
    for who in (as_("monitor", "qn"), as_("auditor")):
        asked = wait | {"after": f"{theirs}@1"}
        assert who.get("/api/v1/dossiers", params=asked).status_code == 200


def test_nobody_receives_what_was_registered_at_another_desk(as_: As, theirs: str) -> None:
    """A dossier that a body names is as much another's as one that the path names."""
    said = {"procedure": "lt-10-building-permit"}
    registered = as_(RELATED).post(f"{API}/dossiers", json={**said, "act": "register"})
    code = registered.json()["code"]
    bodies = [{**said, "dossier": each} for each in (code, theirs, theirs[:-4] + "9999")]
    answers = [as_(UNRELATED).post(f"{API}/dossiers", json=body) for body in bodies]
    assert [each.status_code for each in answers] == [404, 404, 404]
    same = {
        each.text.replace(body["dossier"], "CODE")
        for each, body in zip(answers, bodies, strict=True)
    }
    assert len(same) == 1
    assert "ub-desk-" not in same.pop()
    assert as_(RELATED).post(f"{API}/dossiers", json=bodies[0]).status_code == 201
