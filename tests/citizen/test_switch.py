"""The language is switched on a form that is being filled in: nothing of it is lost or done."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from httpx2 import Response

from tests.citizen.conftest import PROCEDURE, Citizen
from tests.citizen.files import JPEG, PDF
from tests.citizen.test_closed_meanwhile import TOO_LONG, Later, asked, hidden, later
from tests.citizen.test_life import events, finish, received

__all__ = ["later"]

NO_PDF = b"MZ\x90"


def switch(citizen: Citizen, fields: dict[str, Any], files: Any = None) -> Response:
    """Presses the switch of the page, with its form filled in so."""
    found = re.search(r'form="([^"]*)" formaction="([^"]*)"', citizen.page)
    assert found is not None, citizen.page
    assert f'<form id="{found[1]}" method="post"' in citizen.page
    answer = citizen.post(unescape(found[2]), fields, files)
    assert answer.status_code in (200, 422), answer.headers.get("location")
    return answer


def lang(citizen: Citizen) -> str:
    found = re.search(r'<html lang="(..)"', citizen.page)
    assert found is not None
    return found[1]


def test_a_form_that_was_refused_is_said_again_in_the_other_language(citizen: Citizen) -> None:
    fields = citizen.begin() | {"phone": "12"}
    citizen.review(fields, ("application", "Đơn.pdf", PDF))
    assert citizen.errors == [("phone", "Nhập số điện thoại, ví dụ 0912345678")]
    answer = switch(citizen, {**fields, "kept": citizen.hidden("kept")})
    assert (answer.status_code, lang(citizen)) == (422, "en")
    assert citizen.errors == [("phone", "Enter a telephone number, such as 0912345678")]
    assert 'value="Nguyễn Thị Bưởi"' in citizen.page
    assert "Nhà ở góc phố</textarea>" in citizen.page
    assert citizen.hidden("command") == [fields["command"]]
    assert "Đơn.pdf" in citizen.page
    assert len(citizen.hidden("kept")) == 1
    # And it stays so, page after page.
    citizen.get("/apply")
    assert lang(citizen) == "en"


def test_who_has_only_begun_is_not_told_what_is_missing(citizen: Citizen) -> None:
    fields = citizen.begin()
    part = {"name": "Nguyễn Thị Bưởi", "desk": fields["desk"], "command": fields["command"]}
    files = [("paper.application", ("Đơn.pdf", PDF)), ("paper.application", ("x.pdf", NO_PDF))]
    switch(citizen, part, files)
    assert lang(citizen) == "en"
    assert 'value="Nguyễn Thị Bưởi"' in citizen.page
    # What was chosen came along, and what cannot be taken in is told.
    assert len(citizen.hidden("kept")) == 1
    assert [field for field, _ in citizen.errors] == ["paper.application"]


def test_switching_over_the_review_hands_nothing_in(citizen: Citizen) -> None:
    fields = citizen.begin()
    citizen.review(fields, ("application", "Đơn.pdf", PDF))
    before = citizen.house.log.count()
    # Whatever else the browser sends along.
    switch(citizen, {**fields, "kept": citizen.hidden("kept"), "go": "submit"})
    assert lang(citizen) == "en"
    assert "Is everything right?" in citizen.page
    assert "Đơn.pdf" in citizen.page
    assert citizen.house.log.count() == before
    switch(citizen, {**fields, "kept": citizen.hidden("kept")})
    assert lang(citizen) == "vi"
    assert citizen.submit(fields).status_code == 303


def test_a_form_that_would_be_right_by_now_is_looked_over(citizen: Citizen) -> None:
    fields = citizen.begin()
    citizen.review({**fields, "phone": ""}, ("application", "Đơn.pdf", PDF))
    before = citizen.house.log.count()
    switch(citizen, {**fields, "kept": citizen.hidden("kept"), "go": "submit"})
    assert "Is everything right?" in citizen.page
    assert citizen.house.log.count() == before


def test_enter_in_a_field_still_looks_the_form_over(citizen: Citizen) -> None:
    citizen.begin()
    first = re.search(r'<button[^>]* form="desk"[^>]*>', citizen.page)
    assert first is not None
    assert 'name="go" value="review"' in first[0]


def test_papers_that_are_sent_later_stay_and_are_not_sent(citizen: Citizen) -> None:
    code, _ = asked(citizen)
    fields = {**hidden(citizen), "leg": "", "go": "submit"}
    before = len(events(citizen.house, code))
    switch(citizen, fields, [("paper.application", ("ảnh.jpg", JPEG))])
    assert lang(citizen) == "en"
    assert "ảnh.jpg" in citizen.page
    assert len(events(citizen.house, code)) == before
    done = citizen.post("/look-up/supplement", {**hidden(citizen), "leg": "", "go": "submit"})
    assert done.status_code == 303
    assert len(events(citizen.house, code)) > before


def test_where_the_word_is_asked_again_nothing_goes_off(citizen: Citizen, later: Later) -> None:
    code, word = asked(citizen)
    fields = {**hidden(citizen), "leg": "", "go": "submit"}
    before = len(events(citizen.house, code))
    later.passes(TOO_LONG)
    citizen.post("/look-up/supplement", fields, [("paper.application", ("ảnh.jpg", JPEG))])
    again = hidden(citizen)
    assert again["go"] == "submit"
    switch(citizen, again)
    assert lang(citizen) == "en"
    assert "ảnh.jpg" in citizen.page
    assert hidden(citizen)["go"] == "submit"
    switch(citizen, {**hidden(citizen), "word": word})
    assert lang(citizen) == "vi"
    assert "ảnh.jpg" in citizen.page
    assert len(events(citizen.house, code)) == before


@pytest.mark.parametrize(
    ("path", "typed", "shown"),
    [
        ("/look-up/rate", {"mark.time": "4", "note": "Nhanh"}, "Nhanh</textarea>"),
        ("/look-up/complain", {"ground": "late", "words": "Chậm"}, "Chậm</textarea>"),
    ],
)
def test_what_is_said_at_the_end_is_kept_and_not_sent(
    citizen: Citizen, path: str, typed: dict[str, str], shown: str
) -> None:
    code, word = received(citizen)
    finish(citizen.house, code)
    citizen.follow(citizen.look_up(code, word))
    before = len(events(citizen.house, code))
    citizen.get(path)
    # Begun: nothing is said to be missing.
    assert switch(citizen, hidden(citizen)).status_code == 200
    # Refused: it is said again.
    citizen.post(path, hidden(citizen))
    assert citizen.errors
    assert switch(citizen, hidden(citizen)).status_code == 422
    assert switch(citizen, {**hidden(citizen), **typed}).status_code == 200
    assert shown in citizen.page
    assert len(events(citizen.house, code)) == before


def test_the_code_stays_and_the_word_is_neither_tried_nor_shown(citizen: Citizen) -> None:
    code, word = citizen.applied()
    citizen.get("/look-up")
    assert switch(citizen, {"code": code, "word": word}).status_code == 200
    assert lang(citizen) == "en"
    assert f'value="{code}"' in citizen.page
    assert word not in citizen.page
    citizen.post("/look-up", {"code": code, "word": "AAAAA-AAAAA"})
    assert switch(citizen, {"code": code, "word": word}).status_code == 422
    assert citizen.get("/look-up/dossier").status_code == 303


def test_a_page_that_was_asked_for_has_no_language_in_its_address(citizen: Citizen) -> None:
    citizen.get(f"/apply/{PROCEDURE}?lang=en")
    assert lang(citizen) == "vi"
