"""Reading a dossier is noted, for good, before anybody can see that it was read."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from time import monotonic

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from app.access import reads as module
from app.access.principal import Principal
from app.access.reads import Reads, Unrecorded
from app.desk.beside import Beside
from app.desk.context import Desk
from engine.store import ChangeRefused, Log
from engine.store.errors import in_plain_words
from tests.access.conftest import Time
from tests.desk.conftest import As

LAN = Principal("lan", "officer", "ub-desk.receiver-1", "ub-desk")
MINH = Principal("minh", "auditor")
CODE = "000.00.19.H49-210301-0001"
PATIENCE = 30.0


@pytest.fixture
def reads(log: Log, time: Time) -> Reads:
    return Reads(log, time)


def test_who_read_a_dossier_is_known_the_last_first(reads: Reads, time: Time) -> None:
    reads.note(LAN, CODE, "dossier.read", f"/dossiers/{CODE}")
    time.passes(timedelta(seconds=1))
    reads.note(MINH, CODE, "history.read", f"/history/{CODE}")
    reads.note(MINH, "another", "dossier.read", "/dossiers/another")
    last, first = reads.who_read(CODE)
    assert (last.account, last.agency, last.action) == ("minh", None, "history.read")
    assert (first.account, first.agency, first.page) == ("lan", "ub-desk", f"/dossiers/{CODE}")
    assert last.at - first.at == 1_000_000
    assert reads.who_read(CODE, limit=1) == [last]
    assert reads.who_read(CODE, before=last.position) == [first]


def test_the_server_writes_them_without_being_asked(desk: Desk, as_: As) -> None:
    """A read that only memory knew of would be lost with the process, and after MOST of them
    nobody could read any more."""
    code = desk.house.log.streams("", limit=1)[0]
    assert as_("auditor").get(f"/api/v1/dossiers/{code}").status_code == 200
    end, found = monotonic() + PATIENCE, 0
    while not found and monotonic() < end:
        with desk.house.log.engine.connect() as connection:
            found = connection.scalar(text("SELECT count(*) FROM dossier_reads"))
    assert found == 1


def test_every_part_of_the_desk_that_runs_is_started(desk: Desk) -> None:
    running = [each for each in vars(desk).values() if isinstance(each, Beside)]
    assert running
    assert [each for each in running if each not in desk.parts] == []


def test_two_who_write_at_once_write_each_read_once(reads: Reads) -> None:
    for number in range(200):
        reads.note(LAN, CODE, "dossier.read", f"/{number}")
    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(lambda _: reads.write(), range(4))) == 200
    assert len({each.page for each in reads.who_read(CODE, limit=500)}) == 200
    assert len(reads.who_read(CODE, limit=500)) == 200


@pytest.mark.parametrize(
    "change", ["UPDATE dossier_reads SET account = 'x'", "DELETE FROM dossier_reads"]
)
def test_what_was_noted_is_never_changed(reads: Reads, log: Log, change: str) -> None:
    reads.note(LAN, CODE, "dossier.read", "/")
    reads.write()
    with pytest.raises(ChangeRefused), in_plain_words("the store"), log.begin() as connection:
        connection.execute(text(change))
    assert len(reads.who_read(CODE)) == 1


def test_what_cannot_be_written_waits_and_at_last_nobody_reads(
    reads: Reads, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST", 3)
    with monkeypatch.context() as broken:
        broken.setattr(reads, "_home", None)
        for _ in range(3):
            reads.note(LAN, CODE, "dossier.read", "/")
        with pytest.raises(AttributeError):
            reads.write()
        with pytest.raises(Unrecorded):
            reads.note(LAN, CODE, "dossier.read", "/")
    assert reads.write() == 3
    reads.note(LAN, CODE, "dossier.read", "/")
    assert len(reads.who_read(CODE)) == 4


def test_every_page_about_a_dossier_is_noted_with_who_read_it(
    as_: As, client: TestClient, desk: Desk
) -> None:
    code = desk.house.log.streams("", limit=1)[0]
    auditor = as_("auditor")
    assert auditor.get(f"/api/v1/dossiers/{code}").status_code == 200
    assert client.get(f"/api/v1/dossiers/{code}").status_code == 401
    assert as_("administrator").get(f"/api/v1/dossiers/{code}").status_code == 403
    (read,) = desk.reads.who_read(code)
    assert read.account == "auditor@"
    assert read.page == f"/api/v1/dossiers/{code}"


def test_what_cannot_be_noted_is_not_read(
    as_: As, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = desk.house.log.streams("", limit=1)[0]
    monkeypatch.setattr(module, "MOST", 0)
    answer = as_("auditor").get(f"/api/v1/dossiers/{code}")
    assert answer.status_code == 503
    assert answer.json()["type"].endswith("/unrecorded")
