"""The views fed by a process of their own: told, waited for, and started anew when it dies."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator

import pytest

from app.desk import beside
from app.desk.apart import FeederApart
from app.house import House, open_house
from app.settings import Settings
from app.times import parse_moment
from consumers.views.status import TABLE as STATUS
from engine.runtime import Call, Done
from schemas.commands import Receive
from tests.servers import PostgresDatabase

PATIENCE = 60.0


@pytest.fixture
def house(postgres_database: PostgresDatabase) -> Iterator[House]:
    settings = Settings(database=postgres_database(), now=parse_moment("2021-03-31T09:00+07:00"))
    with open_house(settings, create=True) as opened:
        yield opened


@pytest.fixture
def feeder(house: House, monkeypatch: pytest.MonkeyPatch) -> Iterator[FeederApart]:
    monkeypatch.setattr(beside, "AFTER_TROUBLE", 0.01)
    made = FeederApart(house)
    made.start()
    yield made
    made.stop()


def receive(house: House) -> Done:
    desk, procedure = "ub-desk", "lt-11-household-business"
    command = Receive(actor=f"{desk}.receiver-1", procedure=procedure, agency=desk)
    answer = house.runtime.handle(Call(command, house.runtime.new_id(), at=house.now))
    assert isinstance(answer, Done)
    return answer


def until(what: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < end
        time.sleep(0.01)


def process_of(feeder: FeederApart) -> int:
    until(lambda: feeder.process is not None)
    found = feeder.process
    assert found is not None
    return found


def test_a_read_waits_for_a_write(house: House, feeder: FeederApart) -> None:
    for _ in range(3):
        done = receive(house)
        feeder.nudge()
        assert feeder.wait(done.code, done.version, PATIENCE)
    assert not feeder.wait(done.code, done.version + 1, 0.0)


def test_one_that_dies_is_told_of_and_started_anew(house: House, feeder: FeederApart) -> None:
    done = receive(house)
    assert feeder.wait(done.code, done.version, PATIENCE)
    first = process_of(feeder)
    os.kill(first, signal.SIGKILL)
    until(lambda: "has ended" in feeder.trouble)
    done = receive(house)
    assert feeder.wait(done.code, done.version, PATIENCE)
    assert process_of(feeder) != first
    until(lambda: feeder.trouble == "")


def test_its_trouble_is_told_and_ends(house: House, feeder: FeederApart) -> None:
    done = receive(house)
    assert feeder.wait(done.code, done.version, PATIENCE)
    with house.home.engine.begin() as connection:
        connection.exec_driver_sql(f"ALTER TABLE {STATUS} RENAME TO away")
    receive(house)
    feeder.nudge()
    until(lambda: str(STATUS) in feeder.trouble)
    with house.home.engine.begin() as connection:
        connection.exec_driver_sql(f"ALTER TABLE away RENAME TO {STATUS}")
    done = receive(house)
    assert feeder.wait(done.code, done.version, PATIENCE)
    until(lambda: feeder.trouble == "")


def test_it_ends_with_the_server(house: House, feeder: FeederApart) -> None:
    process = process_of(feeder)
    feeder.stop()
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)
