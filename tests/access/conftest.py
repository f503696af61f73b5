"""Who may do what: accounts, sessions, rights. On the store and the clients of tests/desk."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from argon2 import PasswordHasher

from app.access.accounts import Accounts
from app.access.passwords import Passwords
from app.access.tokens import Tokens
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
