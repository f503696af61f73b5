"""Signing in at a provider: at a real Keycloak, and with every identity that proves nothing."""

from __future__ import annotations

import html
import re
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import httpx2
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey, RSAKey

from app.access import openid
from app.access.entrance import openid_in
from app.access.openid import NotProven, OpenId, Unreachable
from app.access.provider import Provider, provider_in
from app.desk.context import Desk
from tests.access.keycloak import CLIENT, PASSWORD, PATIENCE, SECRET, running

HERE = "http://localhost/sign-in/provider/back"
KEY = b"s" * 32

pytestmark = [
    # One server for all of them; and where it is fetched first, that takes its time.
    pytest.mark.xdist_group("keycloak"),
    pytest.mark.timeout(900),
]


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with running(HERE) as found:
        yield found


@pytest.fixture
def at_provider(front: FastAPI, issuer: str, monkeypatch: pytest.MonkeyPatch) -> TestClient:
    """A browser at a desk that has a provider, and an account for one of its two people."""
    monkeypatch.setattr(openid, "TIMEOUT", PATIENCE)
    desk: Desk = front.state.desk
    desk.entrance.openid = OpenId(Provider(issuer, CLIENT, SECRET, "preferred_username"), KEY)
    desk.entrance.accounts.add("thu.nguyen", "auditor", subject="thu")
    return TestClient(front, "http://localhost", False, follow_redirects=False)


def answer_of(address: str, name: str) -> dict[str, str]:
    """Signs in at Keycloak as a browser would; what it sends back."""
    with httpx2.Client(timeout=PATIENCE) as browser:
        form = browser.get(address)
        # For a browser 127.0.0.1 is as safe as TLS; for httpx it is not, and it keeps these back.
        cookies = "; ".join(each.split(";")[0] for each in form.headers.get_list("set-cookie"))
        browser.cookies.clear()
        found = re.search(r'action="([^"]+)"', form.text)
        assert found is not None, form.text[:500]
        answer = browser.post(
            html.unescape(found[1]),
            data={"username": name, "password": PASSWORD},
            headers={"cookie": cookies},
        )
    location = answer.headers["location"]
    assert location.startswith(f"{HERE}?")
    return dict(parse_qsl(urlsplit(location).query))


def test_who_has_an_account_here_is_let_in(at_provider: TestClient) -> None:
    assert "/sign-in/provider" in at_provider.get("/sign-in").text
    away = at_provider.get("/sign-in/provider", params={"back": "/search?q=a"})
    asked = parse_qs(urlsplit(away.headers["location"]).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["response_type"] == ["code"]
    assert asked["nonce"] != asked["state"]
    back = at_provider.get(
        "/sign-in/provider/back", params=answer_of(away.headers["location"], "thu")
    )
    assert (back.status_code, back.headers["location"]) == (303, "/search?q=a")
    assert at_provider.get("/").headers["location"] == "/search"
    assert "thu.nguyen" in at_provider.get("/sign-in/password").text


def test_who_has_none_is_told_so_and_stays_outside(at_provider: TestClient) -> None:
    away = at_provider.get("/sign-in/provider")
    answer = answer_of(away.headers["location"], "stranger")
    back = at_provider.get("/sign-in/provider/back", params=answer)
    assert back.status_code == 403
    assert "stranger" in back.text
    assert at_provider.get("/").status_code == 200


def test_a_disabled_account_stays_outside(at_provider: TestClient, front: FastAPI) -> None:
    desk: Desk = front.state.desk
    desk.entrance.accounts.set_disabled("thu.nguyen", True)
    away = at_provider.get("/sign-in/provider")
    answer = answer_of(away.headers["location"], "thu")
    assert at_provider.get("/sign-in/provider/back", params=answer).status_code == 403


def test_an_answer_is_good_once_and_for_who_asked(
    at_provider: TestClient, front: FastAPI, issuer: str
) -> None:
    away = at_provider.get("/sign-in/provider")
    answer = answer_of(away.headers["location"], "thu")
    other = TestClient(front, "http://localhost", False, follow_redirects=False)
    assert other.get("/sign-in/provider/back", params=answer).status_code == 401
    other.get("/sign-in/provider")
    assert other.get("/sign-in/provider/back", params=answer).status_code == 401
    # A code that another browser got, in an answer to this one: PKCE and nonce refuse it.
    mine = parse_qs(urlsplit(other.get("/sign-in/provider").headers["location"]).query)
    stolen = {**answer, "state": mine["state"][0]}
    assert other.get("/sign-in/provider/back", params=stolen).status_code == 401
    assert other.get("/").status_code == 200


def test_the_provider_refuses_a_code_twice(at_provider: TestClient) -> None:
    away = at_provider.get("/sign-in/provider")
    kept = at_provider.cookies["away"]
    answer = answer_of(away.headers["location"], "thu")
    assert at_provider.get("/sign-in/provider/back", params=answer).status_code == 303
    at_provider.cookies.clear()
    at_provider.cookies.set("away", kept)
    assert at_provider.get("/sign-in/provider/back", params=answer).status_code == 401


def test_who_does_not_want_to_is_not_let_in(front: FastAPI) -> None:
    desk: Desk = front.state.desk
    desk.entrance.openid = made()
    browser = TestClient(front, "http://localhost", False, follow_redirects=False)
    away = browser.get("/sign-in/provider")
    state = parse_qs(urlsplit(away.headers["location"]).query)["state"][0]
    for answer in ({"error": "access_denied", "state": state}, {"state": state}, {}, {"code": "x"}):
        assert browser.get("/sign-in/provider/back", params=answer).status_code == 401


def test_a_desk_without_a_provider_offers_none(front: FastAPI) -> None:
    browser = TestClient(front, "http://localhost", False)
    assert "/sign-in/provider" not in browser.get("/sign-in").text
    assert browser.get("/sign-in/provider").status_code == 404
    assert browser.get("/sign-in/provider/back").status_code == 404


def test_a_provider_that_does_not_answer_is_told_and_others_can_sign_in(front: FastAPI) -> None:
    desk: Desk = front.state.desk
    desk.entrance.openid = OpenId(Provider("http://127.0.0.1:9", CLIENT, SECRET), KEY)
    browser = TestClient(front, "http://localhost", False, follow_redirects=False)
    answer = browser.get("/sign-in/provider")
    assert answer.status_code == 503
    assert 'name="password"' in answer.text


# --- identities that prove nothing ----------------------------------------------------------

ISSUER = "https://provider.example"
SIGNS = RSAKey.generate_key(2048, {"kid": "1", "use": "sig"})


def made() -> OpenId:
    """With what the provider would have said of itself."""
    found = OpenId(Provider(ISSUER, CLIENT, SECRET), KEY)
    found._known = {
        "issuer": ISSUER,
        "authorization_endpoint": f"{ISSUER}/auth",
        "token_endpoint": f"{ISSUER}/token",
        "jwks_uri": f"{ISSUER}/keys",
    }
    keys: Any = KeySet([SIGNS]).as_dict(private=False)
    found._get = lambda address: keys  # type: ignore[method-assign]
    return found


def identity(of: OpenId, **changes: Any) -> dict[str, Any]:
    now = int(time.time())
    claims = {"iss": ISSUER, "aud": CLIENT, "sub": "thu", "iat": now, "exp": now + 300,
              "nonce": of._derived("nonce", "1"), **changes}  # fmt: skip
    return {name: value for name, value in claims.items() if value is not None}


def signed(claims: dict[str, Any], key: Any = SIGNS, alg: str = "RS256") -> str:
    return jwt.encode({"alg": alg, "kid": "1"}, claims, key, algorithms=[alg])


def test_an_identity_that_the_provider_signed_is_taken() -> None:
    known = made()
    assert known._subject(signed(identity(known)), "1") == "thu"
    assert known._subject(signed(identity(known, aud=[CLIENT, "x"], azp=CLIENT)), "1") == "thu"


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://evil.example"},
        {"iss": None},
        {"aud": "another-program"},
        {"aud": None},
        {"exp": -3600},
        {"exp": None},
        {"iat": 3600},
        {"nonce": "another"},
        {"nonce": None},
        {"sub": None},
        {"sub": ""},
        {"sub": 7},
        {"azp": "another-program"},
    ],
    ids=str,
)
def test_an_identity_that_says_something_else_is_not(changes: dict[str, Any]) -> None:
    """A time is told in seconds from now."""
    known = made()
    for name in ("exp", "iat"):
        if changes.get(name):
            changes = {name: int(time.time()) + changes[name]}
    with pytest.raises(NotProven):
        known._subject(signed(identity(known, **changes)), "1")


def test_an_identity_that_others_signed_is_not() -> None:
    known = made()
    claims = identity(known)
    unsigned = "eyJhbGciOiJub25lIn0." + signed(claims).split(".")[1] + "."
    forged = [
        unsigned,
        signed(claims, RSAKey.generate_key(2048)),
        signed(claims, OctKey.import_key(SECRET), "HS256"),
        signed(claims, ECKey.generate_key("P-256"), "ES256"),
        signed(claims)[:-4] + "AAAA",
        "nonsense",
        "",
    ]
    for token in forged:
        with pytest.raises(NotProven):
            known._subject(token, "1")


def test_a_mail_address_counts_when_it_is_verified() -> None:
    known = made()
    known.provider = Provider(ISSUER, CLIENT, SECRET, "email")
    mail = {"email": "thu@office.example"}
    assert known._subject(signed(identity(known, **mail, email_verified=True)), "1")
    for unproven in (None, False, "true"):
        with pytest.raises(NotProven):
            known._subject(signed(identity(known, **mail, email_verified=unproven)), "1")


def test_a_provider_that_calls_itself_otherwise_is_none(caplog: pytest.LogCaptureFixture) -> None:
    known = OpenId(Provider(ISSUER, CLIENT, SECRET), KEY)
    known._get = lambda address: {"issuer": "https://evil.example"}  # type: ignore[method-assign]
    with pytest.raises(Unreachable):
        known.begin(HERE, "/")
    assert "calls itself 'https://evil.example'" in caplog.text


@pytest.mark.parametrize("issuer", [ISSUER, f"{ISSUER}/", f"{ISSUER}/realm/"])
def test_a_provider_is_called_as_it_calls_itself(issuer: str) -> None:
    """Also with a slash at the end, which is no part of where it says so."""
    known = OpenId(Provider(issuer, CLIENT, SECRET), KEY)
    asked: list[str] = []
    said: dict[str, Any] = {"issuer": issuer, "authorization_endpoint": f"{ISSUER}/auth",
                            "jwks_uri": f"{ISSUER}/keys"}  # fmt: skip
    keys: Any = KeySet([SIGNS]).as_dict(private=False)

    def get(address: str) -> Any:
        asked.append(address)
        return keys if address == said["jwks_uri"] else said

    known._get = get  # type: ignore[method-assign]
    assert known.begin(HERE, "/").address.startswith(f"{ISSUER}/auth?")
    assert asked == [f"{issuer.rstrip('/')}/.well-known/openid-configuration"]
    assert known._subject(signed(identity(known, iss=issuer)), "1") == "thu"
    other = issuer[:-1] if issuer.endswith("/") else f"{issuer}/"
    with pytest.raises(NotProven):
        known._subject(signed(identity(known, iss=other)), "1")


def test_the_environment_names_a_provider_whole_or_not_at_all() -> None:
    whole = {"LIENTHONG_OIDC_ISSUER": f"{ISSUER}/", "LIENTHONG_OIDC_CLIENT": CLIENT,
             "LIENTHONG_OIDC_SECRET": SECRET}  # fmt: skip
    assert provider_in({}) is None
    assert provider_in(whole) == Provider(f"{ISSUER}/", CLIENT, SECRET, "sub")
    assert provider_in({**whole, "LIENTHONG_OIDC_CLAIM": "email"}) == Provider(
        f"{ISSUER}/", CLIENT, SECRET, "email"
    )
    assert openid_in(KEY, {}) is None
    assert isinstance(openid_in(KEY, whole), OpenId)
    del whole["LIENTHONG_OIDC_SECRET"]
    with pytest.raises(ValueError, match="_SECRET"):
        provider_in(whole)
