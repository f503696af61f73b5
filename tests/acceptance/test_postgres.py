"""The same commands on a real PostgreSQL give the same answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.acceptance.conftest import DESK, SAMPLES, run
from tests.servers import PostgresDatabase

NOW = ("--now", "2021-05-20 09:00")


def answers(url: str) -> dict[str, Any]:
    """What each query says of the sample of six dossiers."""
    place = ("--database", url, "--json")
    codes = run("submit", SAMPLES / "six-dossiers.csv", *place).json["dossiers"]
    code = codes["#2"]
    found = {
        "codes": codes,
        "status": run("status", code, *place).json,
        "agency": run("status", "--agency", DESK, *place).json,
        "inbox": run("inbox", "ub-land", *NOW, *place).json,
        "deadlines": run("deadlines", *NOW, *place).json,
        "alerts": run("alerts", *NOW, *place).json,
        "why": run("why", code, *place).json,
        "acts": run("acts", code, *NOW, *place).json,
        "control sheet": run("control-sheet", code, *NOW, *place).json,
        "events": [
            (each["version"], each["type"], each["occurred_at"], each["payload"].get("step"))
            for each in run("history", code, *place).json
        ],
        "verify": run("verify", *place).json,
        "rebuilt": run("rebuild", "all", *place).json["events"],
        "after": run("status", "--agency", DESK, *place).json,
    }
    again = run("submit", SAMPLES / "six-dossiers.csv", *place).json
    found["again"] = (again["applied"], again["repeated"])
    return found


def test_every_query_answers_as_on_sqlite(
    postgres_database: PostgresDatabase, tmp_path: Path
) -> None:
    here = answers(f"sqlite:///{tmp_path / 'six.db'}")
    there = answers(postgres_database())
    assert here["inbox"]
    assert here["alerts"]
    assert here["again"] == (0, 43)
    assert there == here
