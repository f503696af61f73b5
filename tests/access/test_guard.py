"""What is around every answer: headers, sizes, times, pace; and no forged request gets through."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI, Response
from fastapi.testclient import TestClient

from app.access.guard import LARGEST, LARGEST_UPLOAD, Guard, Refused, is_local
from app.access.held import ALWAYS, Held
from app.access.pace import Pace, Rates
from app.access.sessions import Sessions
from app.desk.context import Desk
from tests.access.conftest import sign_in, token_in
from tests.desk.conftest import As

SCRIPTS = ("unsafe-inline", "unsafe-eval", "http:", "https:", "*")


def test_every_answer_has_the_headers(browser: TestClient) -> None:
    for path in ("/", "/sign-in", "/nothing", "/api/v1/dossiers/x", "/api/v1/openapi.json",
                 "/assets/desk.css"):  # fmt: skip
        headers = browser.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert not any(each in policy for each in SCRIPTS)
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert ("no-store" in headers.get("cache-control", "")) is not path.startswith("/assets")


def test_an_error_nobody_expected_has_the_headers_too(front: FastAPI, browser: TestClient) -> None:
    desk: Desk = front.state.desk
    desk.access.permits = None  # type: ignore[method-assign,assignment]
    answer = browser.get("/")
    assert answer.status_code >= 500
    assert "no-store" in answer.headers["cache-control"]
    assert "TypeError" not in answer.text


def pieces(size: int) -> Iterator[bytes]:
    for _ in range(size // 1000):
        yield b"x" * 1000


@pytest.mark.parametrize(
    ("path", "said"),
    [("/sign-in", True), ("/sign-in", False), ("/language", False), ("/api/v1/dossiers", True)],
)
def test_a_body_that_is_too_large_is_not_taken(browser: TestClient, path: str, said: bool) -> None:
    """Whether its length was announced or it comes in pieces."""
    content: Any = b"x" * (LARGEST + 1) if said else pieces(LARGEST + 10_000)
    kind = {"content-type": "application/x-www-form-urlencoded"}
    answer = browser.post(path, content=content, headers=kind)
    assert answer.status_code == 413
    kind = "application/problem+json" if path.startswith("/api/") else "text/html; charset=utf-8"
    assert answer.headers["content-type"] == kind
    assert "content-security-policy" in answer.headers


def test_files_may_be_larger_but_not_for_ever(browser: TestClient) -> None:
    form = {"content-type": "multipart/form-data; boundary=b"}
    answer = browser.post("/sign-in", content=b"x" * (LARGEST + 1), headers=form)
    assert answer.status_code not in (413, 500)
    browser.cookies.set("lang", "vi")
    answer = browser.post("/sign-in", content=pieces(LARGEST_UPLOAD + 10_000), headers=form)
    assert answer.status_code == 413
    # As the forms promise it, however much more may come around the files.
    assert "Tổng dung lượng các tệp không được vượt quá 30 MB" in answer.text
    assert "32 MB" not in answer.text


def test_a_body_that_comes_too_slowly_is_not_waited_for() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()

    async def receive() -> Any:
        await asyncio.Event().wait()

    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(Guard(app, Sessions(b"s" * 32), tell, within=0.01)(scope(), receive, send))
    assert [each.get("status") for each in sent] == [408, None]


def test_a_large_body_has_the_time_that_a_bad_line_takes() -> None:
    async def receive() -> Any:
        await asyncio.sleep(0.05)
        return {"type": "http.request", "body": bytes(100_000), "more_body": True}

    async def app(scope: Any, receive: Any, send: Any) -> None:
        for _ in range(10):
            await receive()
        await send({"type": "http.response.start", "status": 204, "headers": []})

    async def send(message: Any) -> None:
        sent.append(message["status"])

    sent: list[int] = []
    # What comes at once is worth five seconds; without that it would be too late for the rest.
    asyncio.run(Guard(app, Sessions(b"s" * 32), tell, within=0.3)(scope(), receive, send))
    assert sent == [204]


def scope() -> dict[str, Any]:
    return {"type": "http", "method": "POST", "path": "/", "scheme": "http", "headers": []}


async def tell(scope: Any, refused: Refused) -> Response:
    return Response(status_code=refused.status)


def test_what_is_under_way_is_counted_until_its_request_ends() -> None:
    held = Held(most=300_000, most_of_one=200_000)
    first, second = ({"client": (name, 1)} for name in ("192.0.2.1", "192.0.2.2"))
    large, other = held.hold(first), held.hold(first)
    assert large.more(200_000)
    assert not other.more(100_000)
    other.end()
    # Small ones are taken however much there is; of somebody else as much as all may have.
    assert held.hold(first).more(ALWAYS)
    elsewhere = held.hold(second)
    assert not elsewhere.more(100_000)
    large.end()
    assert elsewhere.more(100_000)


def test_only_the_machine_itself_is_local() -> None:
    for host in ("localhost", "localhost:8000", "127.0.0.1", "127.0.0.1:80", "[::1]:8000"):
        assert is_local(host)
    for host in ("", "desk.example", "localhost.evil.example", "127.0.0.1.evil.example:80"):
        assert not is_local(host)


# --- pace -----------------------------------------------------------------------------------


def test_too_many_requests_are_told_to_wait(front: FastAPI, browser: TestClient) -> None:
    desk: Desk = front.state.desk
    sign_in(browser, "lan")
    desk.access.pace = Pace(Rates(stranger=3, person=5, program=10))
    statuses = [browser.get("/sign-in/password").status_code for _ in range(7)]
    assert statuses == [200] * 5 + [429] * 2
    answer = browser.get("/api/v1/procedures")
    assert answer.status_code == 429
    assert 1 <= int(answer.headers["retry-after"]) <= 60
    assert answer.json()["type"].endswith("/too-many")
    stranger = TestClient(front, "http://localhost", False)
    assert [stranger.get("/sign-in").status_code for _ in range(5)] == [200] * 3 + [429] * 2
    assert browser.get("/assets/desk.css").status_code == 200


def test_a_program_is_told_to_wait_too(as_: As, desk: Desk) -> None:
    desk.access.pace = Pace(Rates(program=120))
    program = as_("auditor")
    statuses = [program.get("/api/v1/procedures").status_code for _ in range(160)]
    # Counted by fifty: a hundred fit, the third fifty do not, and from then on nobody is let in.
    assert statuses == [200] * 149 + [429] * 11


# --- forged requests ------------------------------------------------------------------------

ELSEWHERE = [
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
    {"origin": "https://evil.example"},
    {"origin": "null"},
    {"origin": "http://localhost.evil.example"},
]


@pytest.mark.parametrize("headers", ELSEWHERE, ids=str)
def test_what_another_site_makes_a_browser_send_is_refused(
    browser: TestClient, headers: dict[str, str]
) -> None:
    sign_in(browser, "lan")
    token = token_in(browser.get("/sign-in/password").text)
    form = {"form_token": token}
    refused = browser.post("/sign-out", data=form, headers=headers)
    assert refused.status_code == 403
    ours = {"origin": "http://localhost", "sec-fetch-site": "same-origin"}
    assert browser.post("/sign-out", data=form, headers=ours).status_code == 303


def test_a_form_without_the_token_of_the_session_is_refused(browser: TestClient) -> None:
    sign_in(browser, "lan")
    right = token_in(browser.get("/sign-in/password").text)
    for wrong in ("", "x", right[:-1], right.upper() + "x", "đ"):
        assert browser.post("/sign-out", data={"form_token": wrong}).status_code == 403
    assert browser.post("/sign-out").status_code == 403
    assert browser.post("/sign-out", json={"form_token": right}).status_code == 403
    assert browser.post("/sign-out", params={"form_token": right}).status_code == 403
    assert browser.post("/sign-out", headers={"x-form-token": right}).status_code == 303


def test_the_token_of_another_session_is_good_for_nothing(front: FastAPI) -> None:
    lan, minh = (TestClient(front, "http://localhost", follow_redirects=False) for _ in "12")
    sign_in(lan, "lan")
    sign_in(minh, "minh")
    token = token_in(minh.get("/sign-in/password").text)
    assert lan.post("/sign-out", data={"form_token": token}).status_code == 403


def test_nobody_is_signed_in_as_somebody_else_by_another_site(browser: TestClient) -> None:
    form = {"name": "lan", "password": "lan's own password"}
    for headers in ELSEWHERE:
        assert browser.post("/sign-in", data=form, headers=headers).status_code == 403
    browser.get("/sign-in")
    assert browser.post("/sign-in", data=form).status_code == 403
    assert "session" not in browser.cookies


def test_a_strangers_form_stays_good_when_he_looks_at_the_page_for_signing_in(
    browser: TestClient,
) -> None:
    """It was opened without a cookie, so it has no token."""
    form = {"code": "x-1", "word": "AAAAA-AAAAA", "form_token": ""}
    browser.get("/sign-in")
    assert browser.post("/look-up", data=form).status_code == 422
    for headers in ELSEWHERE:
        assert browser.post("/look-up", data=form, headers=headers).status_code == 403
    sign_in(browser, "lan")
    browser.cookies.set("lang", "vi")
    answer = browser.post("/look-up", data=form)
    assert answer.status_code == 403
    assert "trước khi bạn đăng nhập" in answer.text
    assert "Vị trí công tác" not in answer.text


def test_the_api_is_no_way_around_with_a_cookie(browser: TestClient) -> None:
    sign_in(browser, "lan")
    answer = browser.post("/api/v1/dossiers", json={})
    assert answer.status_code == 403
    assert answer.json()["type"].endswith("/forged")


def test_a_program_needs_no_form_token(front: FastAPI, browser: TestClient) -> None:
    desk: Desk = front.state.desk
    from datetime import UTC, datetime, timedelta

    until = datetime.now(UTC) + timedelta(days=1)
    _, secret = desk.entrance.tokens.make("lan", frozenset({"dossier.receive"}), until)
    bearer = {"authorization": f"Bearer {secret}"}
    sign_in(browser, "minh")
    assert browser.post("/api/v1/dossiers", json={}, headers=bearer).status_code == 422
    assert browser.get("/api/v1/procedures", headers=bearer).status_code == 403
    wrong = {"authorization": "Bearer lt_wrong"}
    answer = browser.get("/api/v1/procedures", headers=wrong)
    assert answer.status_code == 401
    assert "invalid_token" in answer.headers["www-authenticate"]
    assert browser.get("/api/v1/procedures", headers=wrong).status_code == 401
