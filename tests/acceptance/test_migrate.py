"""`migrate` makes a store that every other command can use, and may be done again."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.acceptance.conftest import run
from tests.servers import PostgresDatabase


@pytest.fixture(params=["sqlite", "postgresql"])
def nowhere(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a store that is not there yet."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/store.db"
    make: PostgresDatabase = request.getfixturevalue("postgres_database")
    return make()


@pytest.mark.postgres
def test_a_store_is_made_and_stays_when_made_again(nowhere: str) -> None:
    place = ("--database", nowhere, "--json")
    assert run("views", "list", *place, code=3).out == ""
    for _ in range(2):
        assert nowhere.rpartition("/")[2] in run("migrate", *place).json["store"]
        assert run("verify", *place).json["events"] == 0
        assert {each["behind"] for each in run("views", "list", *place).json} == {0}
