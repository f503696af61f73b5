"""Views made anew, one at a time; what is parked retried or left out, by who is sure."""

from __future__ import annotations

import re
import threading
from typing import Any

import pytest
import sqlalchemy as sa

from app.admin import records
from app.admin.rebuilds import Rebuilds
from app.desk.context import Desk
from app.house import House
from consumers import dead_letters, parking
from consumers.dead_letters import Letter
from consumers.parking import park
from consumers.subscription import LIVE
from consumers.transport import Delivery
from consumers.views import all_views
from schemas.cloudevents import Message
from tests.desk.conftest import As
from tests.views_check import faults

PLACE = "lienthong.dossier.events/3/17"
HOSTILE = '"><script>alert(1)</script>'


def waited(rebuilds: Rebuilds) -> None:
    while (last := rebuilds.last) is None or not last.over:
        threading.Event().wait(0.01)


def test_every_view_is_listed_with_its_lag(as_: As) -> None:
    page = as_("administrator").get("/admin/views").text
    for each in all_views():
        assert f">{each.name}</th>" in page
        row = page.partition(f">{each.name}</th>")[2].partition("</td>")[0]
        assert re.search(r"cell\">\S.*\S$", row), "what it is for"
    assert page.count("Đã cập nhật") == len(all_views())


def test_a_view_is_made_anew_when_somebody_is_sure(as_: As, house: House, desk: Desk) -> None:
    admin = as_("administrator")
    with house.home.begin() as connection:
        connection.exec_driver_sql("UPDATE view_board SET agency = 'nobody'")
    assert faults(house.home, house.log) != []
    asked = admin.post("/admin/views/rebuild", data={"view": "board"})
    assert "Bạn có chắc không?" in asked.text
    assert records_of(house) == []
    sure = {"view": "board", "sure": "yes"}
    assert admin.post("/admin/views/rebuild", data=sure).status_code == 303
    waited(admin.app.state.desk.one(Rebuilds))  # type: ignore[attr-defined]
    assert "Đã dựng lại board" in admin.get("/admin/views").text
    assert faults(house.home, house.log) == []
    assert records_of(house) == [("view.rebuilt", "board")]


def records_of(house: House) -> list[tuple[str, str]]:
    return [(each.act, each.what) for each in records.acts(house.home)]


def test_one_at_a_time(as_: As, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    goes_on = threading.Event()

    def slowly(*_: object) -> int:
        goes_on.wait()
        return 0

    monkeypatch.setattr("app.admin.rebuilds.rebuild_fed", slowly)
    admin = as_("administrator")
    sure = {"view": "inbox", "sure": "yes"}
    assert admin.post("/admin/views/rebuild", data=sure).status_code == 303
    page = admin.get("/admin/views").text
    assert "Đang dựng lại inbox" in page
    assert 'hx-trigger="every 1s"' in page
    assert admin.post("/admin/views/rebuild", data=sure).status_code == 409
    goes_on.set()
    waited(admin.app.state.desk.one(Rebuilds))  # type: ignore[attr-defined]
    assert 'hx-trigger="every 1s"' not in admin.get("/admin/views").text


def test_a_rebuild_that_fails_says_why(
    as_: As, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> int:
        raise OSError(28, "No space left", "views.db")

    monkeypatch.setattr("app.admin.rebuilds.rebuild_fed", broken)
    admin = as_("administrator")
    admin.post("/admin/views/rebuild", data={"view": "inbox", "sure": "yes"})
    waited(admin.app.state.desk.one(Rebuilds))  # type: ignore[attr-defined]
    page = admin.get("/admin/views").text
    assert "Không dựng lại được inbox" in page
    assert "no space left" in page


def test_how_far_a_rebuild_is_moves_on(
    as_: As, house: House, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In events, of all that there are; each look shows more of them, with and without scripts."""
    looked, goes_on = threading.Event(), threading.Semaphore(0)

    def in_parts(*given: Any) -> int:
        for _ in range(2):
            given[-1](100)
            looked.set()
            goes_on.acquire()
        return 200

    monkeypatch.setattr("app.admin.rebuilds.rebuild_fed", in_parts)
    admin, every = as_("administrator"), house.log.count()
    admin.post("/admin/views/rebuild", data={"view": "inbox", "sure": "yes"})
    for events in (100, 200):
        looked.wait()
        looked.clear()
        page = admin.get("/admin/views").text
        assert f'value="{events}" max="{every}"' in page
        assert f"đã đọc {events} trong {every} sự kiện" in page
        assert '<a class="govuk-link" href="/admin/views">' in page
        goes_on.release()
    waited(desk.one(Rebuilds))
    assert "từ 200 sự kiện" in admin.get("/admin/views").text


def test_a_view_that_there_is_not_cannot_be_made_anew(as_: As) -> None:
    admin = as_("administrator")
    sent = {"view": HOSTILE, "sure": "yes"}
    assert admin.post("/admin/views/rebuild", data=sent).status_code == 404


# --- what is parked ---


@pytest.fixture
def parked(house: House, desk: Desk) -> str:
    """A dossier whose last event waits, and a message that was refused."""
    code = house.log.streams()[0]
    last = house.log.read_stream(code)[-1]
    waits = park(Delivery(last.shard, last.position, last), f"broken {HOSTILE}")
    topic, partition, position = PLACE.split("/")
    place = topic, int(partition), int(position)
    message = Message(b"k", b"\xff", (), 0)
    letter = Letter(*place, None, f"no event {HOSTILE}", True, message)
    with house.home.begin() as connection:
        parking.add(connection, LIVE, [waits])
        dead_letters.add(connection, "views", [letter])
    return code


def test_what_is_parked_is_listed_and_shown(as_: As, house: House, parked: str) -> None:
    admin = as_("administrator")
    page = admin.get("/admin/parked").text
    assert parked in page
    assert PLACE in page
    version = len(house.log.read_stream(parked))
    one = admin.get(
        "/admin/parked/event", params={"group": LIVE, "dossier": parked, "version": version}
    )
    assert one.status_code == 200
    for text in (page, one.text):
        assert "<script>alert" not in text
        assert "&lt;script&gt;" in text
    missing = {"group": LIVE, "dossier": "nowhere", "version": "1"}
    assert admin.get("/admin/parked/event", params=missing).status_code == 404


def test_a_retry_asks_and_then_applies(as_: As, house: House, parked: str) -> None:
    admin = as_("administrator")
    sent = {"group": LIVE, "dossier": parked}
    assert "Bạn có chắc không?" in admin.post("/admin/parked/retry", data=sent).text
    with house.home.engine.connect() as connection:
        assert len(parking.waiting(connection, LIVE)) == 1
    assert admin.post("/admin/parked/retry", data={**sent, "sure": "yes"}).status_code == 303
    with house.home.engine.connect() as connection:
        assert parking.waiting(connection, LIVE) == []
    assert records_of(house) == [("parked.retried", parked)]
    assert admin.post("/admin/parked/retry", data={**sent, "sure": "yes"}).status_code == 404


def test_leaving_out_asks_and_is_kept(as_: As, house: House, parked: str) -> None:
    admin = as_("administrator")
    version = len(house.log.read_stream(parked))
    sent = {"group": LIVE, "dossier": parked, "version": str(version)}
    assert "Bạn có chắc không?" in admin.post("/admin/parked/drop", data=sent).text
    wrong = {**sent, "version": "9999", "sure": "yes"}
    assert admin.post("/admin/parked/drop", data=wrong).status_code == 404
    for nothing in ({}, {"reason": "  "}):
        asked = admin.post("/admin/parked/drop", data={**sent, **nothing, "sure": "yes"})
        assert asked.status_code == 422
        assert "Hãy nêu lý do bỏ qua" in asked.text
    reason = {"reason": f"Hỏng từ đầu {HOSTILE}"}
    assert (
        admin.post("/admin/parked/drop", data={**sent, **reason, "sure": "yes"}).status_code == 303
    )
    with house.home.engine.connect() as connection:
        assert [each.dropped for each in parking.listed(connection, LIVE)] == [True]
    assert "đã bỏ qua" in admin.get("/admin/parked").text
    assert records_of(house) == [("parked.dropped", f"{parked} {version}")]
    assert records.acts(house.home)[0].detail.startswith("Hỏng từ đầu")
    assert "<script>alert" not in admin.get("/admin").text


def test_a_refused_message_is_forgotten_when_somebody_is_sure(
    as_: As, house: House, parked: str
) -> None:
    admin = as_("administrator")
    sent = {"group": "views", "place": PLACE}
    assert "Bạn có chắc không?" in admin.post("/admin/parked/forget", data=sent).text
    assert PLACE in admin.get("/admin/parked").text
    assert admin.post("/admin/parked/forget", data={**sent, "sure": "yes"}).status_code == 303
    assert "Thông điệp bị từ chối" not in admin.get("/admin/parked").text
    assert admin.post("/admin/parked/forget", data={**sent, "sure": "yes"}).status_code == 404


def test_an_auditor_looks_and_changes_nothing(as_: As, parked: str) -> None:
    auditor = as_("auditor")
    page = auditor.get("/admin/parked").text
    assert parked in page
    assert "/admin/parked/retry" not in page
    assert "/admin/views/rebuild" not in auditor.get("/admin/views").text
    for path, sent in (
        ("/admin/parked/retry", {"group": LIVE, "dossier": parked}),
        ("/admin/parked/drop", {"group": LIVE, "dossier": parked, "version": "1"}),
        ("/admin/parked/forget", {"group": "views", "place": PLACE}),
        ("/admin/views/rebuild", {"view": "inbox"}),
    ):
        assert auditor.post(path, data={**sent, "sure": "yes"}).status_code == 403


def test_what_administrators_did_stays(house: House) -> None:
    records.open_records(house.home)
    records.record(house.home, records.Act(1, "a", "view.rebuilt", "inbox"))
    for statement in ("UPDATE administration SET what = 'x'", "DELETE FROM administration"):
        with pytest.raises(sa.exc.DBAPIError, match="only added to"), house.home.begin() as to:
            to.exec_driver_sql(statement)
    assert [each.what for each in records.acts(house.home)] == ["inbox"]
