"""Stores for reports: one that was played, one of fifty dossiers behind a desk."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.demo import run_demo
from app.house import House, open_house
from app.settings import Settings
from tests.acceptance.conftest import _nothing_from_outside, _own_folder, office, prepared
from tests.desk.conftest import (
    app,
    as_,
    client,
    desk,
    doors,
    house,
    prepared_desk,
    settings,
)

__all__ = [
    "_nothing_from_outside", "_own_folder", "app", "as_", "client", "desk", "doors", "house",
    "office", "prepared", "prepared_desk", "settings",
]  # fmt: skip


@pytest.fixture(scope="session")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A year of Uông Bí, very small."""
    file = tmp_path_factory.mktemp("played") / "demo.db"
    settings = Settings(database=f"sqlite:///{file}", json=True)
    run_demo(settings, dossiers=300)
    with open_house(settings) as opened:
        yield opened
