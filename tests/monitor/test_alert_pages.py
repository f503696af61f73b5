"""Alerts: found by filters, answered once and for good, by who may."""

from __future__ import annotations

import re
from itertools import chain

import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient

from app.house import House
from app.monitor import kept
from app.monitor.kept import Answer, Filter
from consumers.alerts import sweep
from tests.desk.conftest import As

HOSTILE = "</textarea><img src=x onerror=alert(1)>"


@pytest.fixture(autouse=True)
def _swept(house: House) -> None:
    house.refresh()
    sweep(house.home, house.now, house.warn_at)
    kept.open_kept(house.home)


def ids(page: str) -> list[str]:
    return re.findall(r'name="alert" id="alert-(\w+)"', page)


def listed(client: TestClient, query: str = "") -> list[str]:
    """The alerts of all pages."""
    found: list[str] = []
    number = 1
    while more := ids(client.get(f"/alerts?{query}page={number}").text):
        found += more
        number += 1
    assert len(found) == len(set(found))
    return found


def test_alerts_are_read_in_both_languages(as_: As) -> None:
    monitor = as_("monitor")
    assert "chờ xác nhận" in monitor.get("/alerts").text
    monitor.cookies.set("lang", "en")
    assert "wait to be acknowledged" in monitor.get("/alerts").text


def test_a_stranger_and_an_administrator_read_none(client: TestClient, as_: As) -> None:
    assert client.get("/alerts").status_code == 303
    assert as_("administrator").get("/alerts").status_code == 403


def test_one_note_answers_all_that_are_ticked(as_: As) -> None:
    monitor = as_("monitor")
    first, second, *_ = ids(monitor.get("/alerts").text)
    answer = monitor.post(
        "/alerts/answers",
        data={"alert": [first, second], "note": "đã gọi điện", "back": "/alerts?answered=no"},
    )
    assert (answer.status_code, answer.headers["location"]) == (303, "/alerts?answered=no")
    left = ids(monitor.get("/alerts?answered=no").text)
    assert {first, second}.isdisjoint(left)
    done = monitor.get("/alerts?answered=yes").text
    assert set(ids(done)) == {first, second}
    assert done.count("đã gọi điện") == 2


def test_who_was_answered_goes_behind_who_was_not(as_: As) -> None:
    monitor = as_("monitor")
    before = listed(monitor)
    monitor.post("/alerts/answers", data={"alert": before[0], "note": "rồi"})
    assert listed(monitor) == [*before[1:], before[0]]
    assert ids(monitor.get("/alerts?page=9").text) == []


def test_of_very_many_that_wait_it_is_said_that_there_are_more(
    as_: As, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, "MOST_COUNTED", 1)
    monitor = as_("monitor")
    first, second, *_, last = listed(monitor)
    for alert in (first, second):
        monitor.post("/alerts/answers", data={"alert": alert, "note": "rồi"})
    assert "Có hơn 1 cảnh báo chờ xác nhận." in monitor.get("/alerts").text
    with house.home.engine.connect() as connection:
        waiting = kept.count_alerts(connection, Filter(), answered=False)
        assert waiting > 1
        found = [
            kept.list_alerts(connection, Filter(), limit=1, offset=each)[0].id.hex()
            for each in (waiting - 1, waiting, waiting + 1)
        ]
    assert found[0] == last
    assert sorted(found[1:]) == sorted([first, second])


def test_a_switch_of_language_loses_no_tick_and_no_note(as_: As) -> None:
    monitor = as_("monitor")
    of = "kind=step-overdue"
    first, second, third, *_ = listed(monitor, f"{of}&")
    sent = {"alert": [first, third], "note": HOSTILE, "back": f"/alerts?{of}"}
    switched = monitor.post("/alerts/answers?lang=en", data=sent)
    assert switched.status_code == 200
    page = switched.text
    assert set(ids(page)) <= set(listed(monitor, f"{of}&"))
    assert [each in set(re.findall(r'id="alert-(\w+)" value="\w+" checked', page))
            for each in (first, second, third)] == [True, False, True]  # fmt: skip
    assert "&lt;/textarea&gt;&lt;img src=x" in page
    assert f'name="back" value="/alerts?{of}"' in page
    assert "Acknowledge those ticked" in page
    assert ids(monitor.get("/alerts?answered=yes").text) == []
    elsewhere = monitor.post("/alerts/answers?lang=vi", data={"back": "/alerts?page=x&nonsense=1"})
    assert elsewhere.status_code == 200


@pytest.mark.parametrize("sent", [{"note": "x"}, {"note": " "}, {"alert": "zz", "note": "x"}, {}])
def test_an_answer_needs_an_alert_and_a_note(as_: As, sent: dict[str, str]) -> None:
    monitor = as_("monitor")
    assert monitor.post("/alerts/answers", data=sent).status_code == 422
    assert ids(monitor.get("/alerts?answered=yes").text) == []


def test_an_auditor_reads_and_does_not_answer(as_: As) -> None:
    auditor = as_("auditor")
    page = auditor.get("/alerts")
    assert page.status_code == 200
    assert ids(page.text) == []
    (alert, *_) = ids(as_("monitor").get("/alerts").text)
    sent = {"alert": alert, "note": "x"}
    assert auditor.post("/alerts/answers", data=sent).status_code == 403


def test_nobody_answers_for_an_agency_that_is_not_under_his(as_: As, house: House) -> None:
    all_ = set(ids(as_("monitor").get("/alerts").text))
    narrow = as_("monitor", agency="ub-bac-son")
    mine = set(ids(narrow.get("/alerts").text))
    other = next(iter(all_ - mine))
    assert narrow.post("/alerts/answers", data={"alert": other, "note": "x"}).status_code == 403
    with house.home.engine.connect() as connection:
        assert kept.count_alerts(connection, Filter(), answered=True) == 0


def test_filters_narrow_and_a_day_that_is_none_is_told(as_: As) -> None:
    monitor = as_("monitor")
    everything = listed(monitor)
    kinds = {
        kind: listed(monitor, f"kind={kind}&")
        for kind in ("step-overdue", "due-soon", "dossier-overdue", "leg-overdue", "apology-due",
                     "handover-not-accepted", "supplement-unanswered")
    }  # fmt: skip
    assert sorted(chain.from_iterable(kinds.values())) == sorted(everything)
    assert ids(monitor.get("/alerts?until=2020-01-01").text) == []
    assert listed(monitor, "since=01/01/2020&") == everything
    wrong = monitor.get("/alerts?since=yesterday")
    assert wrong.status_code == 422
    assert 'href="#since"' in wrong.text
    assert ids(monitor.get("/alerts?code=nowhere&agency=nowhere").text) == []


def test_a_note_is_text_and_nothing_else(as_: As) -> None:
    monitor = as_("monitor")
    (alert, *_) = ids(monitor.get("/alerts").text)
    sent = {"alert": alert, "note": HOSTILE, "back": "https://elsewhere.example/"}
    assert monitor.post("/alerts/answers", data=sent).headers["location"] == "/"
    page = monitor.get(f"/alerts?code={HOSTILE}").text + monitor.get("/alerts?answered=yes").text
    assert "<img src=x" not in page
    assert "&lt;img src=x" in page


def test_answers_are_only_ever_added(house: House) -> None:
    said = Answer(b"1", 5, "a", None, "first")
    kept.answer(house.home, [said])
    kept.answer(house.home, [said])
    for statement in ("UPDATE alert_answers SET note = 'x'", "DELETE FROM alert_answers"):
        with pytest.raises(sa.exc.DBAPIError, match="only added to"), house.home.begin() as to:
            to.exec_driver_sql(statement)
    with house.home.engine.connect() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(kept.answers_table)) == 1


def test_a_part_of_a_dossier_is_called_by_its_name(as_: As) -> None:
    shown = as_("monitor").get("/alerts").text
    assert "phần việc “Cơ quan thuế”" in shown
    assert ">tax<" not in shown


def test_a_note_about_nothing_is_not_lost(as_: As) -> None:
    answer = as_("monitor").post("/alerts/answers", data={"note": "Đã gọi <b>hai</b> lần"})
    assert answer.status_code == 422
    assert "Đã gọi &lt;b&gt;hai&lt;/b&gt; lần" in answer.text
