"""What may not be handed in online is not offered, and refused in words that say what to do."""

from __future__ import annotations

import msgspec
import pytest
from msgspec.structs import replace

from app.house import House
from app.law.registry import PROCEDURE
from tests.citizen.conftest import DESK, Citizen
from tests.citizen.conftest import PROCEDURE as PERMIT
from tests.citizen.files import PDF
from tests.desk.conftest import As
from workflows.load import digest
from workflows.model import Online


def say(house: House, online: Online) -> None:
    """Registers a newer version of the building permit that says it."""
    (now,) = [each for each in house.law.procedures() if each.id == PERMIT]
    newer = replace(now, version="2021-03-30", valid_from="2021-03-30", online=online, digest="")
    newer = replace(newer, digest=digest(newer))
    content = msgspec.json.encode(newer)
    house.log.register(PROCEDURE, newer.id, newer.version, newer.digest, content)
    house.learn()


def test_it_is_not_offered_but_named_to_who_looks_for_it(citizen: Citizen) -> None:
    link = f'href="/apply/{PERMIT}"'
    assert link in citizen.get("/apply").text
    say(citizen.house, "none")
    assert link not in citizen.get("/apply").text
    found = citizen.get("/apply?q=xay dung").text
    assert link in found.partition("Không nhận trực tuyến")[2]


@pytest.mark.parametrize(
    ("lang", "sentence"),
    [
        ("vi", "Thủ tục này không nhận hồ sơ trực tuyến. Hãy nộp tại bộ phận một cửa"),
        ("en", "This procedure cannot be handed in online. Hand it in at a desk, or by post."),
    ],
)
def test_its_page_says_where_it_is_handed_in(citizen: Citizen, lang: str, sentence: str) -> None:
    say(citizen.house, "none")
    citizen.browser.cookies.set("lang", lang)
    answer = citizen.get(f"/apply/{PERMIT}?desk={DESK}")
    assert sentence in answer.text
    assert "<form id=" not in answer.text


def test_a_form_that_was_open_by_then_hands_nothing_in(citizen: Citizen) -> None:
    fields = citizen.begin()
    citizen.review(fields, ("application", "Đơn.pdf", PDF))
    say(citizen.house, "none")
    before = citizen.house.log.streams("", limit=1000)
    answer = citizen.submit(fields)
    assert answer.status_code == 409
    assert "không nhận hồ sơ trực tuyến" in answer.text
    assert citizen.house.log.streams("", limit=1000) == before


def test_what_is_partly_online_says_so(citizen: Citizen) -> None:
    assert "một phần" not in citizen.get(f"/apply/{PERMIT}?desk={DESK}").text
    say(citizen.house, "partial")
    assert "Một phần" in citizen.get("/apply").text
    assert "chỉ trực tuyến một phần" in citizen.get(f"/apply/{PERMIT}?desk={DESK}").text


def test_the_api_refuses_to_register_it_and_lists_what_is_said(as_: As, house: House) -> None:
    say(house, "none")
    asked = {"procedure": PERMIT, "fields": {"applicant.name": "Nguyễn Văn A"}}
    officer = as_("ub-desk.receiver-1")
    refused = officer.post("/api/v1/dossiers", json={**asked, "act": "register"})
    assert (refused.status_code, refused.json()["rule"]) == (409, "not-taken-online")
    assert officer.post("/api/v1/dossiers", json=asked).status_code == 201
    listed = officer.get("/api/v1/procedures?limit=100").json()
    assert [each["online"] for each in listed if each["id"] == PERMIT] == [None, "none"]


def test_a_desk_that_receives_it_is_not_asked_whether_it_came_online(as_: As, house: House) -> None:
    form = f"/receive?procedure={PERMIT}"
    officer = as_("ub-desk.receiver-1")
    assert 'id="channel-online"' in officer.get(form).text
    say(house, "none")
    assert 'id="channel-online"' not in officer.get(form).text
