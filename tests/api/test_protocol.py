"""What HTTP itself asks of an API: methods, kinds of bodies, validators, each told as a problem."""

from __future__ import annotations

from types import SimpleNamespace

import httpx2
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.access.principal import Principal
from app.desk.context import Desk
from tests.api.served import served
from tests.desk.conftest import WHO, As, Doors

API = "/api/v1"
RECEIVER = "ub-desk.receiver-1"
PROBLEM = "application/problem+json"


@pytest.fixture
def code(desk: Desk) -> str:
    return desk.house.log.streams("", limit=1)[0]


@pytest.mark.parametrize("path", ["/nope", "/dossiers/x/nope", "/problems/x", "/dossiers/x"])
def test_what_is_nowhere_is_a_problem(as_: As, path: str) -> None:
    answer = as_("auditor").get(API + path)
    assert (answer.status_code, answer.headers["content-type"]) == (404, PROBLEM)
    assert answer.json()["status"] == 404
    assert as_("auditor").get(answer.json()["type"]).status_code == 200


@pytest.mark.parametrize(
    ("path", "methods"),
    [("/dossiers", "GET, HEAD, POST"), ("/webhooks", "GET, HEAD, POST"),
     ("/webhooks/x", "DELETE, GET, HEAD"), ("/webhooks/x/retry", "POST"),
     ("/procedures", "GET, HEAD")],
)  # fmt: skip
def test_another_method_is_told_all_that_there_are(as_: As, path: str, methods: str) -> None:
    answer = as_("auditor").put(API + path, json={})
    assert (answer.status_code, answer.headers["content-type"]) == (405, PROBLEM)
    assert answer.headers["allow"] == methods
    assert as_("auditor").get(answer.json()["type"]).json()["status"] == 405


@pytest.mark.parametrize("path", ["/dossiers", "/dossiers/{code}", "/inbox/ub-land", "/problems"])
def test_what_can_be_read_can_be_asked_about(as_: As, code: str, path: str) -> None:
    url = API + path.format(code=code)
    whole, head = as_("auditor").get(url), as_("auditor").head(url)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers == whole.headers


def test_to_ask_about_a_page_or_what_is_elsewhere_is_no_way_around(
    as_: As, client: TestClient, desk: Desk, code: str
) -> None:
    assert client.head("/sign-in").status_code == 200
    assert client.head(f"{API}/dossiers/{code}").status_code == 401
    assert as_("auditor").head(f"{API}/dossiers/nowhere").status_code == 404
    assert as_("auditor").head(f"{API}/webhooks/x/retry").status_code == 405
    assert as_("auditor").head(f"{API}/dossiers/{code}").status_code == 200
    assert len(desk.reads.who_read(code)) == 1


def test_to_ask_about_the_feed_ends(app: FastAPI, doors: Doors) -> None:
    doors.known["auditor@"] = Principal("auditor", "auditor", token=True)
    with served(app) as address:
        answer = httpx2.head(f"{address}{API}/feed", headers={WHO: "auditor@"}, timeout=20)
        assert answer.headers["content-type"].startswith("text/event-stream")
        again = httpx2.get(f"{address}/livez", timeout=20)
    assert (answer.status_code, again.status_code) == (200, 200)


@pytest.mark.parametrize(
    ("path", "who"),
    [("/dossiers", RECEIVER), ("/dossiers/{code}/acts", RECEIVER), ("/webhooks", "administrator")],
)
@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "text/yaml"])
def test_a_body_that_is_no_json_is_of_another_kind(
    as_: As, code: str, path: str, who: str, kind: str
) -> None:
    headers = {"Content-Type": kind}
    answer = as_(who).post(API + path.format(code=code), content="a=b", headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (415, PROBLEM)
    assert answer.json()["type"] == "/api/v1/problems/not-json"


def test_json_by_another_name_is_json(as_: As) -> None:
    headers = {"Content-Type": "application/json; charset=utf-8"}
    answer = as_("administrator").post(f"{API}/webhooks", content="{}", headers=headers)
    assert answer.json()["errors"][0]["field"] == "body.url"


def test_a_reader_who_has_it_is_told_so(as_: As, code: str) -> None:
    url, auditor = f"{API}/dossiers/{code}", as_("auditor")
    tag = auditor.get(url).headers["etag"]
    for given in (tag, f"W/{tag}", f'"x", {tag}', "*"):
        answer = auditor.get(url, headers={"If-None-Match": given})
        assert (answer.status_code, answer.content) == (304, b""), given
        assert answer.headers["etag"] == tag
    for given in ('"x"', tag[1:-1], '""'):
        assert auditor.get(url, headers={"If-None-Match": given}).status_code == 200, given


def test_what_troubles_the_server_is_not_told_to_strangers(
    client: TestClient, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = "no connection to db-17.inside as lienthong"
    monkeypatch.setattr(desk, "feeder", SimpleNamespace(trouble=told))
    answer = client.get("/readyz")
    assert "trouble" in answer.json()["feeder"]
    assert "db-17" not in answer.text
