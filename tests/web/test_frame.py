"""The frame: each role's first page, the languages, and what is shown when there is no page."""

from __future__ import annotations

import re

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.access.needs import needs
from app.web.back import safe_back, sign_in_then
from app.web.menu import ENTRIES
from tests.desk.conftest import As
from tests.web.reading import Browser

RECEIVER = "ub-desk.receiver-1"


@pytest.mark.parametrize(
    ("who", "first"),
    [
        (RECEIVER, "/inbox"),
        ("monitor", "/board"),
        ("auditor", "/search"),
        ("administrator", "/admin"),
    ],
)
def test_the_first_page_is_the_roles_own(as_: As, who: str, first: str) -> None:
    found = as_(who).get("/")
    assert (found.status_code, found.headers["location"]) == (303, first)


def test_a_stranger_looks_up_or_applies(client: TestClient) -> None:
    found = client.get("/")
    assert found.status_code == 200
    for href in ("/look-up", "/apply", "/sign-in"):
        assert f'href="{href}"' in found.text


def test_pages_are_vietnamese_until_somebody_switches(client: TestClient) -> None:
    assert '<html lang="vi"' in client.get("/").text
    assert "Tra cứu hồ sơ" in client.get("/").text
    found = client.post("/language", data={"lang": "en", "back": "/?a=1&b=%2F"})
    assert (found.status_code, found.headers["location"]) == (303, "/?a=1&b=%2F")
    cookie = found.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert '<html lang="en"' in client.get("/").text
    client.post("/language", data={"lang": "<x>", "back": "/"})
    assert '<html lang="vi"' in client.get("/").text


@pytest.mark.parametrize(
    "asked",
    [
        None,
        "",
        "//evil.example",
        "/\\evil.example",
        "https://evil.example/",
        "javascript:alert(1)",
        "evil",
        "/a\r\nSet-Cookie: x=1",
        "/\t/evil.example",
        "/ok\\..\\x",
        "/api/v1/dossiers",
        "/" + "a" * 3000,
    ],
)
def test_the_way_back_never_leads_elsewhere(asked: str | None) -> None:
    assert safe_back(asked) == "/"


def test_the_way_back_keeps_filters() -> None:
    assert safe_back("/inbox/ub-desk?q=đất&soon=1#x") == "/inbox/ub-desk?q=%C4%91%E1%BA%A5t&soon=1"
    assert sign_in_then("/inbox?a=1&b=2") == "/sign-in?back=/inbox%3Fa%3D1%26b%3D2"


def test_who_is_not_signed_in_is_asked_to_and_comes_back(client: TestClient) -> None:
    found = client.get("/inbox?q=a")
    assert found.status_code == 303
    assert found.headers["location"] == "/sign-in?back=/inbox%3Fq%3Da"


def test_a_part_of_a_page_sends_the_whole_browser_to_sign_in(client: TestClient) -> None:
    found = client.get("/inbox", headers={"HX-Request": "true"})
    assert found.status_code == 204
    assert found.headers["hx-redirect"].startswith("/sign-in?back=")


def test_after_a_form_the_page_it_stood_on_comes_back(client: TestClient) -> None:
    ours = {"referer": "http://testserver/dossiers/X?after=1"}
    found = client.post("/receive", headers=ours)
    assert found.headers["location"] == "/sign-in?back=/dossiers/X%3Fafter%3D1&unsent=yes"
    theirs = {"referer": "http://evil.example/x"}
    found = client.post("/receive", headers=theirs)
    assert found.headers["location"] == "/sign-in?back=/&unsent=yes"


@pytest.mark.parametrize(
    "sent", [{}, {"name": "lan"}, {"name": " ", "password": "x"}, {"name": "", "password": ""}]
)
def test_a_sign_in_that_is_not_filled_in_stays_where_it_is(
    client: TestClient, sent: dict[str, str]
) -> None:
    browser = Browser(client, "en")
    form = browser.get("/sign-in?back=/search").form("/sign-in")
    told = browser.submit(form, status=422, **sent)
    assert "Fill in the account and the password." in told.text
    assert ("name", sent.get("name", "").strip()) in told.form("/sign-in").sends
    assert ("back", "/search") in told.form("/sign-in").sends
    switched = client.post("/sign-in?lang=vi", data=form.filled(**sent))
    assert switched.status_code == 200
    assert "Hãy điền tài khoản" not in switched.text


def test_who_sent_a_form_after_his_session_is_told_that_it_was_not_done(
    client: TestClient,
) -> None:
    asked = Browser(client, "en").get(client.post("/receive").headers["location"])
    assert "Your session had ended before the form was sent." in asked.text
    assert ("unsent", "yes") in asked.form("/sign-in").sends
    said = client.post("/sign-in?lang=vi", data=asked.form("/sign-in").filled()).text
    assert "Phiên làm việc đã hết trước khi biểu mẫu được gửi." in said
    assert "session had ended" not in Browser(client, "en").get("/sign-in?back=/receive").text


def test_no_such_page_is_said_in_words_with_the_bar_of_who_asks(as_: As) -> None:
    found = as_(RECEIVER).get("/nothing-here<script>")
    assert found.status_code == 404
    assert found.headers["content-type"].startswith("text/html")
    assert "Không có trang này" in found.text
    assert RECEIVER in found.text
    assert "<script>alert" not in found.text


def test_no_right_is_said_in_words(as_: As) -> None:
    found = as_("administrator").get("/inbox")
    assert found.status_code == 403
    assert "Bạn không có quyền" in found.text


def test_what_broke_is_a_page_without_its_insides(app: FastAPI, client: TestClient) -> None:
    @app.get("/breaks")
    def breaks(who: object = needs("public.read")) -> None:
        raise RuntimeError("secret of the house")

    found = client.get("/breaks")
    assert found.status_code == 500
    assert found.headers["content-type"].startswith("text/html")
    assert "secret of the house" not in found.text


def test_programs_are_told_problems(client: TestClient) -> None:
    found = client.get("/api/v1/nothing-here")
    assert found.status_code == 404
    assert found.headers["content-type"] == "application/problem+json"


def test_every_entry_of_the_menu_has_a_key_of_its_own() -> None:
    keys = [each.key for each in ENTRIES]
    assert len(set(keys)) == len(keys)


def test_no_page_asks_another_host_or_runs_inline_script(client: TestClient) -> None:
    text = client.get("/").text
    assert not re.search(r"(?:src|href)=\"(?:https?:)?//", text)
    assert not re.search(r"<script(?![^>]*src=)|\son\w+=|\sstyle=", text)
