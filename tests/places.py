"""Where a log and the views stand that a test is run on: fixtures, and lists to choose from.

A module that wants its tests in other places overrides `place`; all else follows from it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from consumers.home import Home, OwnHome
from engine.store import Log, open_log

POSTGRES = pytest.param("postgres", marks=pytest.mark.postgres)
STORES = ["sqlite", POSTGRES]
PLACES = ["sqlite", "sqlite, views elsewhere", POSTGRES]


@pytest.fixture(params=STORES)
def place(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def url(place: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if place == "postgres":
        made: str = request.getfixturevalue("postgres_database")()
        return made
    return f"sqlite:///{tmp_path / 'hồ-sơ.db'}"


@pytest.fixture
def log(url: str) -> Iterator[Log]:
    opened = open_log(url)
    yield opened
    opened.close()


@pytest.fixture
def home(place: str, log: Log, tmp_path: Path) -> Iterator[Home]:
    if "elsewhere" not in place:
        yield log
        return
    engine = create_engine(f"sqlite:///{tmp_path / 'views.db'}")
    yield OwnHome(engine)
    engine.dispose()
