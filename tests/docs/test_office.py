"""The store that the figures of the desk are measured on: the engine would have made the same."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import func, select

from app.house import House
from bench.office import busiest, filled
from bench.servers import filled_url
from consumers.alerts import alerts_table, sweep
from tests.acceptance.conftest import run
from tests.servers import PostgresDatabase
from tests.views_check import faults

COPIES = 90


def judged(house: House) -> None:
    """Copies are chained, their views are what the log makes of them, nothing is left to raise."""
    url = house.settings.database
    assert len(house.log.streams(limit=1_000)) > COPIES + 50
    assert run("verify", "--database", url, "--json").json["ok"]
    assert faults(house.home, house.log) == []
    raised = select(func.count()).select_from(alerts_table)
    with house.home.engine.connect() as connection:
        assert connection.scalar(raised) > COPIES / 2
    assert sweep(house.home, house.now, house.warn_at) == []
    assert len(set(busiest(house, 3))) == 3


def test_on_sqlite(tmp_path: Path) -> None:
    with filled(f"sqlite:///{tmp_path}/office.db", COPIES) as house:
        judged(house)


def test_on_postgresql(postgres_database: PostgresDatabase) -> None:
    with filled(postgres_database(), COPIES) as house:
        judged(house)


def test_a_kept_store_is_filled_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIENTHONG_BENCH_STORE", str(tmp_path / "kept"))
    made = []

    def fill(url: str) -> None:
        made.append(url)
        Path(url.removeprefix("sqlite:///")).write_text("filled")

    def left_unfinished(url: str) -> None:
        fill(url)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), filled_url("a", left_unfinished):
        pass
    for _ in range(2):
        with filled_url("a", fill) as url:
            assert Path(url.removeprefix("sqlite:///")).read_text() == "filled"
    assert len(made) == 2
