"""Asking for the first answer to a command reads an index, however long the log is."""

from __future__ import annotations

from pathlib import Path

from engine.store import open_log
from engine.store.queries import ANSWERED


def test_an_answer_does_not_scan_the_log(tmp_path: Path) -> None:
    log = open_log(f"sqlite:///{tmp_path / 'log.db'}")
    statement = str(ANSWERED.compile(dialect=log.engine.dialect))
    with log.engine.connect() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", (b"x",)).all()
    log.close()
    steps = [row[-1] for row in plan]
    assert not [step for step in steps if "SCAN" in step], steps
    assert any("events_command" in step for step in steps), steps
