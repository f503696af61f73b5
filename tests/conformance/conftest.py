"""Every test here runs on every log."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.store import Log, open_log
from tests.appends import append


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'hồ-sơ.db'}"
    made: str = request.getfixturevalue("postgres_database")()
    return made


@pytest.fixture
def log(url: str) -> Iterator[Log]:
    opened = open_log(url)
    yield opened
    opened.close()


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
