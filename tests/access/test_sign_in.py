"""Signing in and out as a browser does it."""

from __future__ import annotations

from http.cookies import SimpleCookie

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.access.accounts import TRIES
from app.desk.context import Desk
from tests.access.conftest import sign_in, token_in

NEW = "chữ đúng ngựa pin kẹp"


def signed_in(browser: TestClient) -> bool:
    """Whether the way out is offered."""
    return 'action="/sign-out"' in browser.get("/sign-in/password", follow_redirects=True).text


def test_who_signs_in_is_known_and_comes_to_where_he_wanted(browser: TestClient) -> None:
    answer = sign_in(browser, "lan", back="/search?q=a&page=2")
    assert (answer.status_code, answer.headers["location"]) == (303, "/search?q=a&page=2")
    assert "ub-desk.receiver-1" in browser.get("/sign-in/password").text
    assert browser.get("/sign-in").headers["location"] == "/"
    first = browser.get("/")
    assert (first.status_code, first.headers["location"]) == (303, "/inbox")


@pytest.mark.parametrize(
    "back",
    [
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "/x\r\nSet-Cookie: a=b",
        "javascript:alert(1)",
        "/\t/evil.example",
    ],
)
def test_nobody_is_sent_elsewhere_after_signing_in(browser: TestClient, back: str) -> None:
    answer = sign_in(browser, "lan", back=back)
    assert answer.headers["location"] == "/"
    assert "a=b" not in str(answer.headers)
    assert browser.get("/sign-in", params={"back": back}).headers["location"] == "/"


def test_a_wrong_password_and_no_account_look_the_same(browser: TestClient) -> None:
    pages = []
    for name, password in (("minh", "wrong"), ("nobody-known", "wrong")):
        answer = sign_in(browser, name, password)
        assert answer.status_code == 401
        pages.append(answer.text.replace(name, "NAME"))
    assert pages[0] == pages[1]
    assert "không đúng" in pages[0]
    assert not signed_in(browser)


def test_what_was_typed_is_shown_as_text(browser: TestClient) -> None:
    answer = sign_in(browser, '"><script>alert(1)</script>', "wrong")
    assert "<script>alert" not in answer.text
    assert "&lt;script&gt;alert" in answer.text


def test_brute_force_is_told_to_wait(browser: TestClient) -> None:
    for _ in range(TRIES):
        assert sign_in(browser, "lan", "wrong").status_code == 401
    answer = sign_in(browser, "lan")
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 0
    assert "phút" in answer.text
    assert not signed_in(browser)
    assert sign_in(browser, "minh").status_code == 303


def test_the_cookie_is_for_the_server_alone(browser: TestClient) -> None:
    answer = sign_in(browser, "lan")
    cookies = SimpleCookie()
    for each in answer.headers.get_list("set-cookie"):
        cookies.load(each)
    session = cookies["session"]
    assert session["httponly"]
    assert session["samesite"] == "Lax"
    assert session["path"] == "/"
    assert not session["secure"]


def test_elsewhere_than_on_the_machine_itself_cookies_need_tls(front: FastAPI) -> None:
    with TestClient(front, "https://desk.example", follow_redirects=False) as browser:
        answer = sign_in(browser, "lan")
        (cookie,) = [each for each in answer.headers.get_list("set-cookie") if "session" in each]
        assert cookie.startswith("__Host-session=")
        assert cookie.endswith("; Secure")
        assert "max-age" in answer.headers["strict-transport-security"]
        assert signed_in(browser)


def test_without_tls_the_page_says_why_nobody_can_sign_in(front: FastAPI) -> None:
    with TestClient(front, "http://desk.example") as browser:
        assert "HTTPS" in browser.get("/sign-in").text


def test_a_new_session_at_every_sign_in(browser: TestClient) -> None:
    """A cookie that somebody had planted is not the one that is signed in."""
    sign_in(browser, "lan")
    before = browser.cookies["session"]
    token = token_in(browser.get("/sign-in/password").text)
    form = {"name": "minh", "password": "minh's own password", "form_token": token}
    assert browser.post("/sign-in", data=form).status_code == 303
    assert browser.cookies["session"] != before
    stolen = TestClient(browser.app, "http://localhost", follow_redirects=False)
    stolen.cookies.set("session", before)
    assert not signed_in(stolen)


def test_signing_out_ends_the_session_for_whoever_kept_the_cookie(browser: TestClient) -> None:
    sign_in(browser, "lan")
    kept = browser.cookies["session"]
    token = token_in(browser.get("/sign-in/password").text)
    assert browser.post("/sign-out", data={"form_token": token}).headers["location"] == "/"
    assert "session" not in browser.cookies
    thief = TestClient(browser.app, "http://localhost", follow_redirects=False)
    thief.cookies.set("session", kept)
    assert not signed_in(thief)


def test_a_change_that_is_not_filled_in_is_told_on_its_own_page(browser: TestClient) -> None:
    sign_in(browser, "lan")
    browser.cookies.set("lang", "en")
    token = token_in(browser.get("/sign-in/password").text)
    fresh = "a long enough new password"
    for sent, said in (
        ({}, "The new password needs at least 12 characters."),
        ({"new": fresh}, "The two new passwords are not the same."),
        ({"new": fresh, "again": fresh}, "The password you have now is wrong."),
    ):
        answer = browser.post("/sign-in/password", data={"form_token": token, **sent})
        assert (answer.status_code, said in answer.text) == (422, True), sent


def test_a_first_password_is_changed_before_anything_else(browser: TestClient) -> None:
    answer = sign_in(browser, "new", "new-first", back="/inbox")
    assert answer.headers["location"] == "/sign-in/password?back=/inbox"
    assert browser.get("/inbox").headers["location"].startswith("/sign-in")
    assert browser.get("/sign-in").headers["location"].startswith("/sign-in/password")
    token = token_in(browser.get("/sign-in/password").text)

    def change(password: str, new: str, again: str) -> int:
        form = {"password": password, "new": new, "again": again, "back": "/inbox"}
        return browser.post("/sign-in/password", data={**form, "form_token": token}).status_code

    assert change("new-first", "short", "short") == 422
    assert change("new-first", NEW, NEW + "x") == 422
    assert change("new-first", "new-first", "new-first") == 422
    assert change("wrong", NEW, NEW) == 422
    assert change("new-first", NEW, NEW) == 303
    assert browser.get("/").headers["location"] == "/search"
    other = TestClient(browser.app, "http://localhost", follow_redirects=False)
    assert sign_in(other, "new", "new-first").status_code == 401
    assert sign_in(other, "new", NEW).status_code == 303


def test_a_new_password_ends_the_other_sessions(browser: TestClient, front: FastAPI) -> None:
    other = TestClient(front, "http://localhost", follow_redirects=False)
    sign_in(browser, "lan")
    sign_in(other, "lan")
    assert signed_in(other)
    token = token_in(browser.get("/sign-in/password").text)
    form = {"password": "lan's own password", "new": NEW, "again": NEW, "form_token": token}
    assert browser.post("/sign-in/password", data=form).status_code == 303
    assert signed_in(browser)
    desk: Desk = front.state.desk
    desk.entrance.identity._known.clear()
    assert not signed_in(other)


def test_a_disabled_account_is_out_at_once(browser: TestClient, front: FastAPI) -> None:
    sign_in(browser, "lan")
    assert signed_in(browser)
    desk: Desk = front.state.desk
    desk.entrance.accounts.set_disabled("lan", True)
    desk.entrance.identity._known.clear()
    assert not signed_in(browser)
    assert sign_in(browser, "lan").status_code == 401


def test_a_password_is_not_changed_without_a_session(browser: TestClient) -> None:
    assert browser.get("/sign-in/password").headers["location"] == "/sign-in"
    form = {"password": "lan's own password", "new": NEW, "again": NEW}
    assert browser.post("/sign-in/password", data=form).headers["location"] == "/sign-in"
