"""The desk as a browser or a program meets it: a store of fifty dossiers behind a test client.

`as_(ROLE or POST)` gives a client that is signed in as it; `client` is a stranger's. All of one
test work on one copy of the store.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fastapi import FastAPI, Request
from fastapi.testclient import TestClient

from app.access.principal import STRANGER, Principal, Role
from app.desk.application import application
from app.desk.context import Desk
from app.house import House, open_house
from app.settings import Settings

As = Callable[..., TestClient]

WHO = "x-test-who"
"""Header by which a test says who asks."""


@pytest.fixture(scope="session")
def prepared_desk(watched_store: Path) -> Path:
    """Without alerts to be raised: the server would do it beside the tests."""
    return watched_store


@pytest.fixture
def settings(prepared_desk: Path, tmp_path: Path) -> Settings:
    """Of a store of the test's own; its time stands a little after the last act."""
    file = tmp_path / "office.db"
    shutil.copy(prepared_desk, file)
    return Settings(database=f"sqlite:///{file}", now=datetime(2021, 3, 31, 2, 0, tzinfo=UTC))


@pytest.fixture
def house(settings: Settings) -> Iterator[House]:
    with open_house(settings, write=True) as opened:
        yield opened


class Doors:
    """Says who makes a request, as a test named him."""

    def __init__(self) -> None:
        self.known: dict[str, Principal] = {}

    def identify(self, request: Request) -> Principal:
        return self.known.get(request.headers.get(WHO, ""), STRANGER)


@pytest.fixture
def doors() -> Doors:
    return Doors()


@pytest.fixture
def app(settings: Settings, house: House, doors: Doors) -> FastAPI:
    return application(settings, house, doors.identify)


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    """A stranger's."""
    with TestClient(app, raise_server_exceptions=False, follow_redirects=False) as made:
        yield made


@pytest.fixture
def desk(app: FastAPI, client: TestClient) -> Desk:
    made: Desk = app.state.desk
    return made


@pytest.fixture
def as_(app: FastAPI, client: TestClient, doors: Doors) -> As:
    """`as_("ub-desk.receiver-1")` is that officer; `as_("monitor", agency="qn")` a monitor."""

    def made(name: str, agency: str | None = None) -> TestClient:
        role: Role = "officer"
        officer: str | None = name
        if name in ("monitor", "auditor", "administrator"):
            role, officer = name, None  # type: ignore[assignment]
        else:
            agency = name.partition(".")[0]
        key = f"{name}@{agency or ''}"
        doors.known[key] = Principal(key, role, officer, agency, token=True)
        return TestClient(
            app, raise_server_exceptions=False, follow_redirects=False, headers={WHO: key}
        )

    return made
