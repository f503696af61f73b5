"""What is read: the same values as on the command line, in pages that nothing moves, and only what
one may see."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient

from app.desk.context import Desk
from app.feeding.sweeping import sweep
from app.house import House
from app.settings import Settings
from consumers.views.status import TABLE as STATUS
from engine.runtime import Call
from schemas import commands as c
from tests.acceptance.conftest import run
from tests.desk.conftest import As

API = "/api/v1"
RECEIVER = "ub-desk.receiver-1"
Lienthong = Callable[..., Any]


@pytest.fixture
def said(house: House, settings: Settings) -> Lienthong:
    """What the command line says as JSON of the same store at the same moment."""
    house.refresh()
    sweep(house)
    assert settings.now is not None
    where = ("--database", settings.database, "--now", settings.now.isoformat(), "--json")
    return lambda *words: run(*words, *where).json


@pytest.fixture
def auditor(as_: As) -> TestClient:
    return as_("auditor")


@pytest.fixture
def code(house: House) -> str:
    """A dossier that is open and has a history."""
    query = sa.select(STATUS.c.dossier).where(STATUS.c.ended_at.is_(None), STATUS.c.version > 6)
    with house.home.engine.connect() as connection:
        found = connection.scalar(query.order_by(STATUS.c.dossier))
    assert found is not None
    return str(found)


def whole(client: TestClient, url: str, limit: int = 100, **query: Any) -> list[Any]:
    """All pages of a list."""
    found = []
    path, _, asked = url.partition("?")
    answer = client.get(API + path, params={"limit": limit, **dict(parse_qsl(asked)), **query})
    while True:
        assert answer.status_code == 200, answer.text
        found += answer.json()
        if "next" not in answer.links:
            return found
        assert len(answer.json()) == limit
        answer = client.get(answer.links["next"]["url"])


# --- the same as on the command line -------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/dossiers/{code}", ("status", "{code}")),
        ("/dossiers/{code}/history", ("history", "{code}")),
        ("/dossiers/{code}/why", ("why", "{code}")),
        ("/dossiers/{code}/control-sheet", ("control-sheet", "{code}")),
        ("/dossiers/{code}/replay?version=4", ("replay", "{code}", "--version", "4")),
        ("/dossiers/{code}/replay?at=2021-03-03", ("replay", "{code}", "--at", "2021-03-03")),
        ("/inbox/ub-land", ("inbox", "ub-land")),
        ("/inbox/ub-land?officer=ub-land.specialist-1",
         ("inbox", "ub-land", "--officer", "ub-land.specialist-1")),
        ("/deadlines?within=3d", ("deadlines", "--within", "3d")),
        ("/deadlines?agency=ub-land", ("deadlines", "--agency", "ub-land")),
        ("/alerts", ("alerts",)),
        ("/due?from=2021-03-04&limit=34", ("due", "--from", "2021-03-04", "--limit", "34")),
        ("/due?from=2021-03-04&procedure=2.000908",
         ("due", "--from", "2021-03-04", "--procedure", "2.000908")),
    ],
)  # fmt: skip
def test_it_is_what_the_command_line_says(
    auditor: TestClient, said: Lienthong, code: str, path: str, words: tuple[str, ...]
) -> None:
    answer = auditor.get(API + path.format(code=code))
    value = whole(auditor, path.format(code=code)) if isinstance(answer.json(), list) else None
    expected = said(*(each.format(code=code) for each in words))
    assert expected, "there is something to compare"
    assert (answer.json() if value is None else value) == expected


def test_definitions_are_those_of_the_command_line(auditor: TestClient, said: Lienthong) -> None:
    by_id = {(each["id"], each["version"]): each for each in said("procedures", "list")}
    listed = whole(auditor, "/procedures")
    assert {(each["id"], each["version"]): each for each in listed} == by_id
    there = {each["id"]: each for each in said("agencies", "list", "--on", "2021-03-01")}
    assert {each["id"]: each for each in whole(auditor, "/agencies", on="2021-03-01")} == there
    shown = auditor.get(f"{API}/procedures/2.000908").json()
    assert said("procedures", "show", "2.000908").items() <= shown.items()
    assert auditor.get(f"{API}/procedures/2.000908/drawing").text.startswith("<?xml")


def test_acts_are_those_of_the_command_line(as_: As, said: Lienthong, code: str) -> None:
    one = as_("ub-land.specialist-1").get(f"{API}/dossiers/{code}/acts").json()
    assert one.pop("version") > 6
    assert one == said("acts", code, "--as", "ub-land.specialist-1")
    everybody = as_("auditor").get(f"{API}/dossiers/{code}/acts").json()
    del everybody["version"]
    assert everybody == said("acts", code)
    agencies = whole(as_("auditor"), "/agencies")
    posts = {each for one in agencies for each in one["officers"]}
    named = {each for one in everybody["possible"] for each in one["who"]}
    assert named
    assert named <= posts, "a program is told each post, not from which to which"


def test_an_event_has_an_address_for_ever(auditor: TestClient, code: str) -> None:
    listed = whole(auditor, f"/dossiers/{code}/history")
    for each in listed:
        url = f"{API}/dossiers/{code}/history/{each['version']}"
        assert auditor.get(url).json() == each
    assert auditor.get(f"{API}/dossiers/{code}/history/{len(listed) + 1}").status_code == 404


# --- pages -----------------------------------------------------------------------------------


@pytest.mark.parametrize("limit", [1, 3, 1000])
@pytest.mark.parametrize(
    "path",
    ["/dossiers?state=all", "/inbox/ub-land", "/deadlines", "/alerts", "/procedures", "/problems",
     "/views", "/agencies?on=2021-03-01"],
)  # fmt: skip
def test_pages_are_the_whole_whatever_their_size(
    auditor: TestClient, said: Lienthong, path: str, limit: int
) -> None:
    if limit == 1 and path == "/problems":
        limit = 7  # there are many, and each costs a request
    found = whole(auditor, path, limit)
    assert found == whole(auditor, path, 1000)
    assert len(found) > 3


def test_what_is_added_meanwhile_moves_no_page(auditor: TestClient, as_: As, desk: Desk) -> None:
    before = whole(auditor, "/dossiers", state="all")
    first = auditor.get(f"{API}/dossiers", params={"limit": 20, "state": "all"})
    said = {"procedure": "lt-10-building-permit"}
    made = as_(RECEIVER).post(f"{API}/dossiers", json=said).json()
    after = auditor.get(f"{first.links['next']['url']}&after={made['position']}")
    rest = after.json()
    while "next" in after.links:
        after = auditor.get(after.links["next"]["url"])
        rest += after.json()
    codes = [each["code"] for each in [*first.json(), *rest]]
    assert len(codes) == len(set(codes))
    assert set(codes) == {each["code"] for each in before} | {made["code"]}


@pytest.mark.parametrize(
    "cursor", ["x", "W10", "WzFd", "bnVsbA", "W251bGxd", "WyJhXHUwMDAwIl0", "é"]
)
def test_a_cursor_of_something_else_is_told_as_such(auditor: TestClient, cursor: str) -> None:
    answer = auditor.get(f"{API}/procedures", params={"cursor": cursor})
    assert (answer.status_code, answer.json()["type"]) == (422, "/api/v1/problems/bad-cursor")


# --- what one wrote, and what one may see -----------------------------------------------------


def test_a_read_sees_the_write_that_it_names(as_: As) -> None:
    officer = as_(RECEIVER)
    for _ in range(5):
        made = officer.post(f"{API}/dossiers", json={"procedure": "lt-10-building-permit"}).json()
        after = {"after": made["position"], "limit": 1000}
        inbox = officer.get(f"{API}/inbox/ub-desk", params=after).json()
        assert made["code"] in {each["code"] for each in inbox}


def test_what_does_not_come_is_not_waited_for_long(as_: As, code: str) -> None:
    after = {"after": f"{code}@9999", "wait": 0.05}
    answer = as_("auditor").get(f"{API}/dossiers/{code}", params=after)
    assert (answer.status_code, answer.json()["type"]) == (503, "/api/v1/problems/behind")
    assert answer.headers["retry-after"]
    assert as_("auditor").get(f"{API}/dossiers", params={"wait": 60}).status_code == 422


def test_an_etag_saves_sending_it_again(auditor: TestClient, code: str) -> None:
    first = auditor.get(f"{API}/dossiers/{code}")
    again = auditor.get(f"{API}/dossiers/{code}", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = auditor.get(f"{API}/dossiers/{code}", headers={"If-None-Match": '"1"'})
    assert other.status_code == 200


def test_one_sees_only_what_is_his_agencys(as_: As, house: House) -> None:
    everything = {each["code"] for each in whole(as_("auditor"), "/dossiers", state="all")}
    mine = {each["code"] for each in whole(as_("ub-land.specialist-1"), "/dossiers", state="all")}
    assert mine < everything
    elsewhere = as_("dt-desk.receiver-1")
    assert whole(elsewhere, "/dossiers", state="all") == []
    assert whole(elsewhere, "/deadlines") == []
    hidden = sorted(everything)[0]
    for path in ("", "/acts", "/why", "/history", "/control-sheet", "/replay"):
        answer = elsewhere.get(f"{API}/dossiers/{hidden}{path}")
        nothing = elsewhere.get(f"{API}/dossiers/no-such-dossier{path}")
        assert answer.status_code == nothing.status_code == 404, path
        same = answer.json()["detail"].replace(hidden, "X")
        assert same == nothing.json()["detail"].replace("no-such-dossier", "X")
    for path in ("/inbox/ub-desk", "/deadlines?agency=ub-desk", "/alerts?agency=ub-desk"):
        assert elsewhere.get(API + path).status_code == 403, path
    assert elsewhere.get(f"{API}/alerts", params={"dossier": hidden}).status_code in (403, 404)


def test_a_stranger_is_asked_who_he_is(client: TestClient, code: str) -> None:
    for path in (f"/dossiers/{code}", "/alerts", "/inbox/ub-desk", "/views", "/webhooks"):
        answer = client.get(API + path)
        assert (answer.status_code, answer.json()["type"]) == (
            401, "/api/v1/problems/not-signed-in",
        )  # fmt: skip
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert answer.headers["content-type"] == "application/problem+json"


def test_an_agency_that_is_none_is_told_with_what_was_meant(auditor: TestClient) -> None:
    answer = auditor.get(f"{API}/inbox/ub-dsk")
    assert answer.status_code == 404
    assert "did you mean 'ub-desk'?" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("path", "code"),
    [("/due?from=yesterday", "bad-moment"), ("/due?from=0001-01-01", "bad-moment"),
     ("/due?from=2021-03-04", "bad-input"), ("/due?from=2021-03-04&limit=-1", "bad-input"),
     ("/due?from=2021-03-04&limit=9&unit=week", "bad-input"), ("/deadlines?within=x", "bad-span"),
     ("/due?from=2021-03-04&limit=0.1e9999999", "bad-input"),
     ("/due?from=2021-03-04&limit=1e-9999999", "bad-input"),
     ("/due?from=2021-03-04&limit=100000", "bad-input"),
     ("/due?from=2021-03-04&limit=99999", "bad-input"),
     ("/due?from=2021-03-04&limit=99999&unit=calendar-day", "bad-input"),
     ("/due?from=2021-03-04&limit=99999&unit=month", "bad-input"),
     ("/due?from=2021-03-04&limit=1e999&unit=month", "bad-input"),
     ("/due?from=9999-12-31T20:00Z&limit=5", "bad-moment"),
     ("/alerts?since=x", "bad-moment"), ("/alerts?kind=overdue", "invalid"),
     ("/dossiers?after=x", "bad-position"),
     ("/dossiers?limit=0", "invalid"), ("/dossiers?limit=1001", "invalid")],
)  # fmt: skip
def test_what_is_wrong_is_told(auditor: TestClient, path: str, code: str) -> None:
    answer = auditor.get(API + path)
    assert (answer.status_code, answer.json()["type"]) == (422, f"{API}/problems/{code}")


# --- health ------------------------------------------------------------------------------------


def test_it_lives_and_is_ready(client: TestClient) -> None:
    assert client.get("/livez").json() == {"alive": True}
    ready = client.get("/readyz").json()
    assert ready["store"] == "reachable"
    assert {each["view"] for each in ready["views"]} >= {"status", "inbox"}


def test_without_its_store_it_lives_and_is_not_ready(
    client: TestClient, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*args: Any) -> None:
        raise sa.exc.OperationalError("select", {}, Exception("no such server"))

    monkeypatch.setattr(desk.house.log.engine, "connect", gone)
    assert client.get("/livez").status_code == 200
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["type"]) == (503, "/api/v1/problems/not-ready")


def test_a_method_that_is_none_says_which_there_are(auditor: TestClient) -> None:
    answer = auditor.put(f"{API}/dossiers")
    assert answer.status_code == 405
    assert answer.headers["allow"]
    assert answer.json()["type"] == "/api/v1/problems/http-405"


def test_an_act_recorded_late_is_in_one_replay_and_not_in_the_other(
    as_: As, house: House, code: str
) -> None:
    when = house.dossier(code).dossier.last_at
    command = c.Register(actor=RECEIVER, procedure="lt-10-building-permit", agency="ub-desk")
    call = Call(command, house.runtime.new_id(), at=when, now=house.now)
    made = house.runtime.handle(call).code  # type: ignore[union-attr]
    url = f"{API}/dossiers/{made}/replay"
    happened = as_("auditor").get(url, params={"at": when.isoformat()}).json()  # type: ignore[union-attr]
    known = as_("auditor").get(url, params={"as_known": when.isoformat()}).json()  # type: ignore[union-attr]
    assert (happened["version"], known["version"], known["last_event"]) == (1, 0, None)
