"""What is private is shown nowhere without a note of who saw it: every route, asked by everybody.

The routes are taken from the code, and what is private is a word that is nowhere else: so a new
route that shows it and is not noted fails here.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from itertools import product
from typing import Any, NamedTuple
from uuid import uuid4

import pypdf
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts
from fastapi.testclient import TestClient
from httpx2 import Cookies, Response

from app.access.reads import Reads
from app.api.webhooks.sender import body_of
from app.api.webhooks.store import WAITING, Delivery
from app.citizen.online import Online
from app.desk.context import Desk
from app.forms.form import BLOCKS
from consumers.alerts import Alert, alert_id
from schemas.commands import COMMANDS
from tests.citizen.conftest import Citizen
from tests.citizen.files import PDF
from tests.desk.conftest import WHO, As, Doors

PRIVATE = "Zzyxqw"
"""A word in all that is private of the dossier, and nowhere else."""

FILE = f"% {PRIVATE}\n".encode()
RECEIVER = "ub-desk.receiver-1"
ENDLESS = {"/board/live"}


class Walked(NamedTuple):
    """One dossier, with something private of every kind."""

    code: str
    word: str
    file: str


class Route(NamedTuple):
    method: str
    path: str
    query: tuple[str, ...]


def routes(app: FastAPI) -> Iterator[Route]:
    """With the texts that each takes in its query."""
    for each in iter_route_contexts(app.routes):
        if isinstance(each.original_route, APIRoute) and each.path not in ENDLESS:
            flat = [each.dependant, *each.dependant.dependencies]
            names = tuple(one.alias for part in flat for one in part.query_params)
            for method in sorted(each.original_route.methods or ()):
                yield Route(method, each.path or "", names)


@pytest.fixture
def online(app: FastAPI, client: TestClient) -> Online:
    desk: Desk = app.state.desk
    return desk.one(Online)


@pytest.fixture
def walked(client: TestClient, online: Online, as_: As) -> Walked:
    """Handed in online with a file, received, and sent back for a supplement."""
    desk = online.desk
    citizen = Citizen(client, desk.house)
    fields = citizen.begin() | {"name": f"Nguyễn {PRIVATE}", "note": PRIVATE, "address": PRIVATE}
    citizen.review(fields, ("application", f"{PRIVATE}.pdf", PDF + FILE))
    citizen.follow(citizen.submit(fields))
    code, word = citizen.confirmed()
    officer = as_(RECEIVER)
    said: list[tuple[str, dict[str, Any]]] = [
        ("/api/v1/dossiers", {"procedure": "lt-10-building-permit", "dossier": code}),
        (f"/api/v1/dossiers/{code}/acts", {"act": "ask-supplement", "leg": "",
         "fields": {"reason": PRIVATE, "papers": ["application"]}}),
    ]  # fmt: skip
    for url, body in said:
        answer = officer.post(url, json=body)
        assert answer.status_code == 201, answer.text
    (file,) = desk.house.dossier(code).dossier.attached
    return Walked(code, word, file.digest)


def addresses(route: Route, of: Walked) -> Iterator[tuple[str, dict[str, str]]]:
    """(path, query), with every value that may lead to the dossier."""
    known: dict[str, list[str]] = {
        "code": [of.code],
        "agency": ["ub-desk"],
        "digest": [of.file],
        "version": ["1"],
        "form": ["06a"],
        "procedure": ["2.000908"],
        "kind": [*BLOCKS],
        "act": [*COMMANDS],
    }
    paths = [route.path]
    for name in re.findall(r"{(\w+)}", route.path):
        paths = [each.replace(f"{{{name}}}", to) for each in paths for to in known.get(name, ["x"])]
    queries = [{}, *({name: of.code} for name in route.query)]
    queries.append({name: of.code for name in route.query if len(name) == 1})
    if "follow" in route.query:
        queries = [{"from": "start", "follow": "false"}]
    return product(paths, queries)


def forms(route: Route, of: Walked, online: Online) -> list[dict[str, str]]:
    """What is sent: of each kind of form so much that it is read, and nothing that is then done."""
    if route.method == "GET":
        return [{}]
    old = {"leg": "", "version": "1", "command_id": str(uuid4())}
    return [old, {"leg": "", "command": online.new_command()}, {"word": of.word},
            {"dossier": of.code}]  # fmt: skip


def shows(answer: Response) -> bool:
    if PRIVATE.encode() in answer.content:
        return True
    if answer.headers.get("content-type") != "application/pdf":
        return False
    pages = pypdf.PdfReader(io.BytesIO(answer.content)).pages
    return any(PRIVATE in page.extract_text() for page in pages)


def walk(app: FastAPI, of: Walked, who: str, asks: TestClient) -> tuple[set[str], set[str]]:
    """The routes that show somebody what is private, and what was asked and not noted."""
    desk: Desk = app.state.desk
    reads, online, cookies = desk.reads, desk.one(Online), Cookies(asks.cookies)
    shown, silent = set(), set()
    # What is only looked at comes first, and what gives another word last.
    for route in sorted(routes(app)):
        for (path, query), form in product(addresses(route, of), forms(route, of, online)):
            asks.cookies = Cookies(cookies)
            before = max((each.position for each in reads.who_read(of.code, limit=1)), default=0)
            answer = asks.request(route.method, path, params=query, data=form or None)
            if shows(answer):
                shown.add(f"{route.method} {route.path}")
                noted = [each for each in reads.who_read(of.code) if each.position > before]
                if (who, path) not in {(each.account, each.page) for each in noted}:
                    silent.add(f"{route.method} {path} {query} {form}")
    return shown, silent


def account(app: FastAPI, asks: TestClient) -> str:
    """What the notes say of whoever asks."""
    if WHO not in asks.headers:
        return ""
    doors: Doors = app.state.desk.access.identify.__self__
    return doors.known[asks.headers[WHO]].account


OF_OFFICERS = {
    "GET /dossiers/{code}",
    "POST /dossiers/{code}",
    "GET /dossiers/{code}/applicant",
    "GET /dossiers/{code}/forms/{kind}.html",
    "GET /dossiers/{code}/forms/{kind}.pdf",
    "GET /dossiers/{code}/papers",
    "GET /dossiers/{code}/papers/{digest}",
}
ALSO_OF_THE_RECEIVER = {
    "POST /dossiers/{code}/acts/{act}",
    "POST /dossiers/{code}/papers",
    "POST /receive/{code}/receipt.pdf",
}
OF_THE_CITIZEN = {
    "GET /look-up/dossier",
    "GET /look-up/forms/{kind}.pdf",
    "GET /look-up/papers/{digest}",
}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("who", "sees"),
    [
        ((RECEIVER, None), OF_OFFICERS | ALSO_OF_THE_RECEIVER),
        (("auditor", None), OF_OFFICERS),
        (("monitor", "qn"), set()),
        (("administrator", None), set()),
        (("dt-desk.receiver-1", None), set()),
        (("", None), set()),
    ],
)
def test_what_is_private_is_shown_to_nobody_without_a_note(
    app: FastAPI,
    client: TestClient,
    as_: As,
    walked: Walked,
    who: tuple[str, str | None],
    sees: set[str],
) -> None:
    client.cookies = Cookies()
    asks = as_(*who) if who[0] else client
    shown, silent = walk(app, walked, account(app, asks), asks)
    assert silent == set()
    assert shown == sees


@pytest.mark.slow
def test_nor_to_whoever_has_the_access_code(
    app: FastAPI, client: TestClient, walked: Walked
) -> None:
    proven = client.post("/look-up", data={"code": walked.code, "word": walked.word})
    assert proven.status_code == 303
    shown, silent = walk(app, walked, "", client)
    assert silent == set()
    assert shown >= OF_THE_CITIZEN
    assert all(" /look-up/" in each for each in shown)


def test_a_page_that_is_not_noted_is_found(
    app: FastAPI, as_: As, walked: Walked, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The walk bites."""
    paths = ("/dossiers/{code}/applicant", "/dossiers/{code}/why")
    some = [each for each in routes(app) if each.path in paths]
    monkeypatch.setattr(f"{__name__}.routes", lambda app: some)
    monkeypatch.setattr(Reads, "note", lambda *_: None)
    asks = as_(RECEIVER)
    shown, silent = walk(app, walked, account(app, asks), asks)
    assert shown == {"GET /dossiers/{code}/applicant"}
    assert len(silent) == 1


def test_what_is_sent_elsewhere_has_nothing_private_in_it(as_: As, walked: Walked) -> None:
    """The feed and the webhooks: nobody can note who reads there."""
    whole = {"from": "start", "follow": "false"}
    fed = as_("auditor").get("/api/v1/feed", params=whole).text
    assert walked.code in fed
    assert PRIVATE not in fed
    alert = Alert(alert_id(walked.code, "", "due-soon", 1), walked.code, "", "due-soon", 1, 1, 1,
                  "ub-desk")  # fmt: skip
    body = body_of(Delivery("w", alert, WAITING, 0, 0, None))
    assert walked.code.encode() in body
    assert PRIVATE.encode() not in body
