"""Views that Kafka feeds beside those that the server feeds: left alone, and waited for."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient
from msgspec.structs import replace

from app.desk import beside
from app.desk.context import Desk
from app.desk.sweeper import Sweeper
from consumers import checkpoints
from consumers.checkpoints import followed
from consumers.rebuild import open_views
from consumers.subscription import LIVE
from consumers.views.custody import TABLE as CUSTODY
from consumers.views.status import TABLE as STATUS
from tests.desk.conftest import As

API = "/api/v1"
GROUP = "ub.views"
PATIENCE = 30.0
SAID = {"procedure": "lt-10-building-permit"}
PERIOD = {"from": "2021-01-01", "to": "2021-12-31"}
IN_PERIOD = ("/reports/06a", "/reports/register", "/feedback/complaints")


@pytest.fixture
def officer(as_: As) -> TestClient:
    return as_("ub-desk.receiver-1")


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beside, "AFTER_TROUBLE", 0.0)


def give(desk: Desk, view: str, subscription: str = GROUP) -> None:
    """As `lienthong consume` does when it has built the view."""
    with desk.house.home.begin() as connection:
        info = checkpoints.views(connection)[view]
        checkpoints.record_view(connection, replace(info, subscription=subscription))


def consumed(desk: Desk, made: dict[str, Any]) -> None:
    row = {"subscription": GROUP, "dossier": made["code"], "version": made["version"], "hash": b""}
    with desk.house.home.begin() as connection:
        connection.execute(followed.insert(), row)


def received(officer: TestClient, desk: Desk) -> dict[str, Any]:
    made: dict[str, Any] = officer.post(f"{API}/dossiers", json=SAID).json()
    assert desk.feeder.wait(made["code"], made["version"], PATIENCE)
    return made


def turns_of(desk: Desk, code: str) -> str | None:
    with desk.house.home.engine.connect() as connection:
        found: str | None = connection.scalar(
            sa.select(CUSTODY.c.turns).where(CUSTODY.c.dossier == code)
        )
    return found


def test_a_view_that_was_given_to_kafka_is_left_to_it(officer: TestClient, desk: Desk) -> None:
    assert turns_of(desk, received(officer, desk)["code"])
    give(desk, "custody")
    assert turns_of(desk, received(officer, desk)["code"]) is None
    give(desk, "custody", LIVE)
    assert turns_of(desk, received(officer, desk)["code"])


def test_a_view_that_kafka_takes_over_while_somebody_reads_is_left_to_it(
    officer: TestClient, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    received(officer, desk)
    desk.feeder.stop()
    made = officer.post(f"{API}/dossiers", json=SAID).json()

    def opened(*given: Any) -> None:
        open_views(*given)
        give(desk, "custody")

    monkeypatch.setattr("app.house.open_views", opened)
    desk.house.refresh()
    assert turns_of(desk, made["code"]) is None
    known = sa.select(STATUS.c.version).where(STATUS.c.dossier == made["code"])
    with desk.house.home.engine.connect() as connection:
        assert connection.scalar(known) == made["version"]


def test_timers_that_were_given_to_kafka_are_swept_there(desk: Desk) -> None:
    sweeper = Sweeper(desk.house, desk.feeder)
    assert sweeper._sweeps()
    give(desk, "timers")
    assert not sweeper._sweeps()


@pytest.mark.parametrize(
    ("view", "path"),
    [("inbox", "/inbox/ub-desk"), ("inbox", "/dossiers"), ("legs", "/dossiers/{code}"),
     ("custody", "/dossiers/{code}/control-sheet"), ("deadlines", "/deadlines"),
     ("report", "/reports/06a"), ("report", "/reports/register"), ("feedback", "/feedback"),
     ("register", "/feedback/complaints")],
)  # fmt: skip
def test_a_read_waits_for_the_view_that_it_is_of(
    as_: As, officer: TestClient, desk: Desk, view: str, path: str
) -> None:
    give(desk, view)
    made = received(officer, desk)
    who = officer if "report" not in path and "feedback" not in path else as_("auditor")
    period = PERIOD if path in IN_PERIOD else {}
    asked = {**period, "after": made["position"], "wait": 0.05}
    answer = who.get(API + path.format(**made), params=asked)
    assert (answer.status_code, answer.json()["type"]) == (503, "/api/v1/problems/behind")
    consumed(desk, made)
    assert who.get(API + path.format(**made), params=asked).status_code == 200


def test_where_kafka_feeds_the_status_the_servers_own_cursors_tell(
    officer: TestClient, desk: Desk
) -> None:
    made = received(officer, desk)
    give(desk, "status")
    place = made["code"], made["version"]
    assert desk.feeder.wait(*place, PATIENCE, views=["inbox"])
    desk.feeder.stop()
    (last,) = desk.house.log.read_stream(made["code"], after=made["version"] - 1)
    with desk.house.home.begin() as connection:
        cursor = checkpoints.checkpoints
        mine = cursor.c.subscription == LIVE, cursor.c.partition == last.shard
        connection.execute(cursor.update().where(*mine).values(next=last.position - 1))
    assert not desk.feeder.wait(*place, 0.0, views=["inbox"])
    assert desk.feeder.wait(*place, 0.0)
