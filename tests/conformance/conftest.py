"""Every test here runs on every log."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from engine.store import Log
from tests.appends import append
from tests.places import home, log, place, url
from tests.roads import OverKafka, OverTheLog, Road

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


ON_KAFKA = [pytest.mark.kafka, pytest.mark.xdist_group("kafka")]


@pytest.fixture(params=["log", pytest.param("kafka", marks=ON_KAFKA)])
def road(request: pytest.FixtureRequest, log: Log) -> Iterator[Road]:
    if request.param == "log":
        made: Road = OverTheLog(log)
    else:
        address = request.getfixturevalue("kafka").bootstrap
        made = OverKafka(log, address, request.getfixturevalue("topic_prefix"))
    with made.open:
        yield made
