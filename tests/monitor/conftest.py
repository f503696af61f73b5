"""On the store and the clients of tests/desk; nothing moves by itself here.

The server's own sweeps would raise alerts and let handovers expire while a test looks.
"""

from __future__ import annotations

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.desk.context import Desk
from app.house import House
from tests.desk.conftest import app, as_, doors, house, prepared_desk, settings

__all__ = ["app", "as_", "doors", "house", "prepared_desk", "settings"]


@pytest.fixture
def client(app: FastAPI, house: House) -> TestClient:
    """A stranger's; the views stand where the log does."""
    house.refresh()
    app.state.desk.open_tables()
    return TestClient(app, raise_server_exceptions=False, follow_redirects=False)


@pytest.fixture
def desk(app: FastAPI, client: TestClient) -> Desk:
    made: Desk = app.state.desk
    return made
