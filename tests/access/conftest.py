"""Who may do what: accounts, sessions, rights. On the store and the clients of tests/desk."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.access.accounts import Accounts
from app.access.passwords import Passwords
from app.access.tokens import Tokens
from app.desk.application import application
from app.desk.context import Desk
from app.house import House
from app.settings import Settings
from engine.store import Log
from tests.desk.conftest import app, as_, client, desk, doors, house, prepared_desk, settings
from tests.places import log, place, url

__all__ = [
    "app", "as_", "client", "desk", "doors", "house", "log", "place", "prepared_desk", "settings",
    "url",
]  # fmt: skip

QUICK = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
"""The real thing at the least cost: what is tested is not how long a hash takes."""


class Time:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def passes(self, span: timedelta) -> None:
        self.now += span


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def accounts(log: Log, time: Time) -> Accounts:
    """On either database, with two accounts."""
    made = Accounts(log, clock=time, passwords=QUICK)
    made.add("lan", "officer", officer="ub-desk.receiver-1", agency="ub-desk", password="lan-first")
    made.add("minh", "auditor", password="minh-first")
    return made


@pytest.fixture
def tokens(log: Log, accounts: Accounts) -> Tokens:
    return Tokens(log, accounts)


@pytest.fixture
def front(settings: Settings, house: House) -> FastAPI:
    """The application as `lienthong serve` runs it, with three accounts."""
    made = application(settings, house)
    desk: Desk = made.state.desk
    accounts = desk.entrance.accounts
    accounts._passwords = QUICK
    for name, role, officer, agency in (
        ("lan", "officer", "ub-desk.receiver-1", "ub-desk"),
        ("minh", "auditor", None, None),
        ("hoa", "administrator", None, None),
    ):
        accounts.add(name, role, officer=officer, agency=agency, password=f"{name}-first")
        accounts.set_password(name, f"{name}'s own password", must_change=False)
    accounts.add("new", "auditor", password="new-first")
    return made


@pytest.fixture
def browser(front: FastAPI) -> Iterator[TestClient]:
    """Keeps cookies, on the machine itself, where they need no TLS."""
    with TestClient(front, "http://localhost", False, follow_redirects=False) as made:
        yield made


def token_in(page: str) -> str:
    """What the forms of a page send back."""
    found = re.search(r'name="form_token" value="([^"]*)"', page)
    assert found is not None, page[:500]
    return found[1]


def sign_in(browser: TestClient, name: str, password: str = "", back: str = "/") -> Any:
    token = token_in(browser.get("/sign-in", params={"back": back}).text)
    form = {"name": name, "password": password or f"{name}'s own password", "form_token": token}
    return browser.post("/sign-in", data={**form, "back": back})
