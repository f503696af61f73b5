"""Two who act at once, and one who presses twice."""

from __future__ import annotations

import pytest

from app.desk.context import Desk
from engine.runtime import Call
from schemas.commands import Register
from tests.web.conftest import Officer
from tests.web.test_whole_life import RECEIVER, received

HOSTILE = (
    "<script>alert(1)</script>",
    "\"'><img src=x onerror=alert(1)>",
    "{{ 7 * 7 }} %(who)s ${1}",
    "😀 Đặng Thị Ánh Nguyệt\u202e",
    "x" * 19_000,
)


def test_what_changed_is_shown_and_nothing_typed_is_lost(desk: Desk, at_desk: Officer) -> None:
    code = received(at_desk)
    browser = at_desk(RECEIVER)
    form = browser.get(f"/dossiers/{code}").form("/acts/forward")
    other = at_desk("ub-desk.receiver-2")
    asks = other.get(f"/dossiers/{code}/acts/ask-withdrawal").form("/acts/ask-withdrawal")
    other.submit(asks)
    version = desk.house.runtime.latest(code).version
    told = browser.submit(form, status=409, to_officer="ub-land.specialist-2", note="ghi chú")
    assert "Changed by ub-desk.receiver-2 at 2021-03-31 09:00." in " ".join(told.text.split())
    assert "Asked back by the citizen" in told.text
    assert desk.house.runtime.latest(code).version == version
    again = told.form("/acts/forward")
    assert ("to_officer", "ub-land.specialist-2") in again.sends
    assert ("note", "ghi chú") in again.sends
    browser.submit(again)
    transit = desk.house.runtime.latest(code).dossier.root.transit
    assert transit is not None
    assert transit.to_officer == "ub-land.specialist-2"


def test_what_others_made_impossible_is_not_offered_again(at_desk: Officer) -> None:
    code = received(at_desk)
    browser = at_desk(RECEIVER)
    form = browser.get(f"/dossiers/{code}").form("/acts/forward")
    twin = browser.get(f"/dossiers/{code}").form("/acts/forward")
    browser.submit(twin)
    told = browser.submit(form, status=409)
    said = " ".join(told.text.split())
    assert "You changed it yourself at 2021-03-31 09:00, on another page." in said
    assert "What you wanted to do is no longer possible:" in told.text
    assert [each.action for each in told.forms if "/acts/" in each.action] == []
    assert told.links["Look at the dossier"] == f"/dossiers/{code}"


def test_a_reason_to_write_gives_nobody_back_what_he_no_longer_holds(at_desk: Officer) -> None:
    code = received(at_desk)
    browser = at_desk(RECEIVER)
    asking = browser.get(f"/dossiers/{code}/acts/ask-supplement").form("/acts/ask-supplement")
    giving = browser.get(f"/dossiers/{code}/acts/assign").form("/acts/assign")
    browser.submit(giving, officer="ub-desk.receiver-2")
    told = browser.submit(asking, status=409, reason="thiếu giấy tờ")
    assert "What you wanted to do is no longer possible:" in told.text
    assert "on another page. What you sent has not been done." in told.text
    assert [each.action for each in told.forms if "/acts/" in each.action] == []


def test_what_is_no_longer_possible_says_so_when_one_goes_on(at_desk: Officer) -> None:
    code = received(at_desk)
    browser = at_desk(RECEIVER)
    form = browser.get(f"/dossiers/{code}").form("/acts/forward")
    browser.submit(form)
    late = browser.get(f"/dossiers/{code}/acts/forward").form("/acts/forward")
    told = browser.submit(late, status=409)
    assert "This was not done" in told.text
    assert "in transit to Land registration branch of Uông Bí city" in told.text


def test_a_form_sent_twice_has_one_effect_and_one_answer(desk: Desk, at_desk: Officer) -> None:
    code = received(at_desk)
    browser = at_desk(RECEIVER)
    form = browser.get(f"/dossiers/{code}").form("/acts/forward")
    first = browser.client.post(form.action, data=form.filled())
    version = desk.house.runtime.latest(code).version
    second = browser.client.post(form.action, data=form.filled())
    assert (first.status_code, second.status_code) == (303, 303)
    assert first.headers["location"] == second.headers["location"]
    assert desk.house.runtime.latest(code).version == version


def test_a_receipt_sent_twice_is_one_dossier(desk: Desk, at_desk: Officer) -> None:
    browser = at_desk(RECEIVER)
    form = browser.get("/receive?procedure=lt-03-mortgage-registration").form("/receive")
    asked = browser.submit(form).form("/receive")
    sent = asked.filled(("confirm", "yes"))
    first = browser.client.post("/receive", data=sent).headers["location"]
    assert browser.client.post("/receive", data=sent).headers["location"] == first
    assert len(desk.house.log.streams("ub-desk-210331")) == 1


def test_what_was_handed_in_online_is_received_once_however_often_it_is_sent(
    desk: Desk, at_desk: Officer
) -> None:
    """And who sends it again, because the answer was lost, comes to the receipt all the same."""
    house, ward = desk.house, "ub-quang-trung-desk"
    register = Register(actor="citizen", procedure="lt-12-birth-certificate-reissue", agency=ward)
    call = Call(register, house.runtime.new_id(), at=house.now, now=house.now)
    code = getattr(house.runtime.handle(call), "code", "")
    browser = at_desk(f"{ward}.receiver-1")
    sent = browser.get(f"/receive?dossier={code}").form("/receive")
    late = browser.get(f"/receive?dossier={code}").form("/receive")
    sent = browser.submit(sent).form("/receive").filled(button=("confirm", "yes"))
    first = browser.client.post("/receive", data=sent).headers["location"]
    version = house.runtime.latest(code).version
    assert browser.client.post("/receive", data=sent).headers["location"] == first
    assert house.runtime.latest(code).version == version
    # Another form of the same dossier is another command, and comes too late.
    assert browser.client.post("/receive", data=late.filled()).status_code == 409


def test_a_date_that_has_changed_is_shown_before_it_is_promised(
    desk: Desk, at_desk: Officer
) -> None:
    browser = at_desk(RECEIVER)
    form = browser.get("/receive?procedure=lt-03-mortgage-registration").form("/receive")
    asked = browser.submit(form).form("/receive")
    again = browser.submit(asked, button=("confirm", "yes"), appointment="2021-04-01")
    assert "2021-04-01 17:00" in again.text
    assert desk.house.log.streams("ub-desk-210331") == []
    browser.submit(again.form("/receive"), button=("confirm", "yes"))
    assert len(desk.house.log.streams("ub-desk-210331")) == 1


def test_a_number_that_is_none_is_told_as_such(at_desk: Officer) -> None:
    code = received(at_desk)
    browser = at_desk(RECEIVER)
    form = browser.get(f"/dossiers/{code}").form("/acts/forward")
    browser.submit(form, status=422, version="x")
    browser.submit(form, status=422, command_id="not-an-id")
    browser.submit(form, status=404, leg="nowhere")


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_shown_as_text(desk: Desk, at_desk: Officer, text: str) -> None:
    browser = at_desk(RECEIVER)
    form = browser.get("/receive?procedure=lt-03-mortgage-registration").form("/receive")
    filled = {"applicant.name": text[:500], "note": text}
    asked = browser.submit(form, None, 200, **filled)
    assert ("note", text) in asked.form("/receive").sends
    assert "<script>alert" not in asked.html
    assert "<img src=x" not in asked.html
    assert "49" not in asked.form("/receive").filled()["applicant.name"][0]
    found = browser.client.get("/inbox", params={"q": text})
    assert found.status_code == 200
    assert "<script>alert" not in found.text
    assert "<img src=x" not in found.text


@pytest.mark.parametrize("version", ["0000000019", "9" * 5000, "0", "x"])
def test_nothing_was_just_done_at_a_version_that_is_none(at_desk: Officer, version: str) -> None:
    code = received(at_desk)
    at_desk(RECEIVER).get(f"/dossiers/{code}?after={code}@{version}")
