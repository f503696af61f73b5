"""What runs beside the requests goes on whatever happens to it, and does what is waited for."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy.exc import OperationalError

from app.desk import beside, sweeper
from app.desk.beside import Beside
from app.desk.context import Desk
from consumers.subscription import Subscription
from engine.ids import wall_clock
from engine.runtime import Call, Done
from schemas.commands import Receive

PATIENCE = 30.0


class Turns(Beside):
    name = "turns"

    def __init__(self, each: Callable[[int], float]) -> None:
        super().__init__()
        self.each = each
        self.count = 0
        self.enough = threading.Event()

    def turn(self) -> float:
        self.count += 1
        seconds = self.each(self.count)
        self.enough.set()
        return seconds


def test_it_goes_on_after_trouble_and_says_what_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beside, "AFTER_TROUBLE", 0.0)
    seen: list[str] = []

    def each(count: int) -> float:
        seen.append(turns.trouble)
        if count == 1:
            raise RuntimeError("the disk is full")
        return 3600.0

    turns = Turns(each)
    turns.start()
    assert turns.enough.wait(PATIENCE)
    turns.stop()
    assert seen == ["", "the disk is full"]
    assert turns.trouble == ""


def test_a_nudge_ends_the_wait() -> None:
    again = threading.Event()

    def each(count: int) -> float:
        if count == 2:
            again.set()
        return 3600.0

    turns = Turns(each)
    turns.start()
    assert turns.enough.wait(PATIENCE)
    turns.nudge()
    assert again.wait(PATIENCE)
    turns.stop()


def receive(desk: Desk) -> Done:
    command = Receive(
        actor="ub-desk.receiver-1", procedure="lt-11-household-business", agency="ub-desk"
    )
    runtime = desk.house.runtime
    answer = runtime.handle(Call(command, runtime.new_id(), at=desk.house.now, now=desk.house.now))
    assert isinstance(answer, Done)
    return answer


def test_a_read_waits_for_a_write(desk: Desk) -> None:
    done = receive(desk)
    desk.feeder.nudge()
    assert desk.feeder.wait(done.code, done.version, PATIENCE)
    assert not desk.feeder.wait(done.code, done.version + 1, 0.0)


def test_where_many_wait_long_the_next_is_told_soon(desk: Desk) -> None:
    """Each holds a thread, of which there are few for all requests."""
    while desk.feeder._patient.acquire(blocking=False):
        pass
    begun = time.monotonic()
    assert not desk.feeder.wait("nowhere", 1, PATIENCE)
    assert time.monotonic() - begun < PATIENCE


def test_the_views_are_fed_on_after_the_store_was_away(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(beside, "AFTER_TROUBLE", 0.0)
    away = OperationalError("SELECT", {}, Exception("the server closed the connection"))
    told = threading.Event()

    def broken(feed: Subscription) -> int:
        told.set()
        raise away

    with monkeypatch.context() as patch:
        patch.setattr(Subscription, "step", broken)
        desk.feeder.nudge()
        assert told.wait(PATIENCE)
        done = receive(desk)
    desk.feeder.nudge()
    assert desk.feeder.wait(done.code, done.version, PATIENCE)
    end = wall_clock().timestamp() + PATIENCE
    while desk.feeder.trouble and wall_clock().timestamp() < end:
        desk.feeder.nudge()
    assert desk.feeder.trouble == ""


def test_alerts_are_raised_while_nobody_asks(app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    swept: list[object] = []
    one = threading.Event()

    def sweep(house: object) -> None:
        swept.append(house)
        one.set()

    monkeypatch.setattr(sweeper, "sweep", sweep)
    with TestClient(app):
        assert one.wait(PATIENCE)
    assert swept[0] is app.state.desk.house
