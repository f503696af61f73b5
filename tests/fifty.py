"""The sample of fifty dossiers as a store, made once in a process: tests work on copies."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def fifty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file alone in its folder: what was handed in and done in March 2021, views included."""
    from tests.acceptance.conftest import FIFTY, run

    file = tmp_path_factory.mktemp("fifty") / "office.db"
    run("submit", FIFTY, "--database", f"sqlite:///{file}")
    return file


@pytest.fixture(scope="session")
def watched_store(fifty_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is due by the end of that month has been raised too."""
    from tests.acceptance.conftest import run

    file = tmp_path_factory.mktemp("watched") / "office.db"
    shutil.copy(fifty_store, file)
    run("alerts", "--database", f"sqlite:///{file}", "--now", "2021-03-31T09:00+07:00")
    return file
