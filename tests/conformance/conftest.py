"""Every test here runs on every log."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine.store import Log
from tests.appends import append
from tests.places import home, log, place, url

__all__ = ["home", "log", "place", "url"]


@pytest.fixture
def filled(log: Log) -> Log:
    heads = [append(f"hồ-sơ-{n}", 1 + n % 3) for n in range(60)]
    log.append(heads)
    log.append([append(each.stream, 2, after=each) for each in heads])
    return log


@pytest.fixture
def breaker(log: Log) -> Callable[[str], None]:
    """Does behind the log's back what its triggers refuse."""

    def run(sql: str) -> None:
        with log.begin() as connection:
            table = sql.split()[2]
            if connection.dialect.name == "sqlite":
                connection.exec_driver_sql(f"DROP TRIGGER {table}_no_delete")
            else:
                connection.exec_driver_sql(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
            connection.exec_driver_sql(sql)

    return run
