"""What a keyboard or a message puts in beside what was meant stands in nobody's way."""

from __future__ import annotations

import unicodedata
from typing import Literal

import pytest

from app.citizen import typed
from app.web.citizen import browser
from schemas import events as e
from tests.citizen.conftest import TYPED, Citizen
from tests.citizen.files import PDF
from tests.citizen.test_life import finish, of, received

WIDE = {ord(each): ord(each) + 0xFEE0 for each in map(chr, range(0x21, 0x7F))}
"""Letters of full width, as keyboards of East Asia write them."""

PASTED = {
    "of full width": lambda text: text.translate(WIDE),
    "with spaces": lambda text: f" {text[:4]} {text[4:]} ",
    "with spaces that do not break": lambda text: f"\u00a0{text[:4]}\u202f{text[4:]}\u00a0",
    "with marks of no width": lambda text: f"\ufeff{text[:4]}\u200b{text[4:]}\u2060\u200f",
    "with dashes that do not break": lambda text: text.replace("-", "\u2011"),
    "with long dashes": lambda text: text.replace("-", "–"),
    "with minus signs": lambda text: text.replace("-", "\u2212"),
}


@pytest.mark.parametrize("how", PASTED)
def test_codes_are_found_however_they_were_pasted(citizen: Citizen, how: str) -> None:
    code, word = citizen.applied()
    assert citizen.look_up(PASTED[how](code), PASTED[how](word)).status_code == 303
    assert f">{code}<" in citizen.get("/look-up/dossier").text


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_particulars_are_kept_as_they_are_read(
    citizen: Citizen, form: Literal["NFC", "NFD"]
) -> None:
    name = "Nguyễn\u00a0Thị\u200b Bưởi\u202e"
    fields = citizen.begin() | {
        "name": unicodedata.normalize(form, name),
        "id": "０２２\u00a0190\u2011001234\u200b",
        "phone": "(+84) 912.345.678",
        "note": "Một\r\n\u200bhai\x00",
    }
    citizen.review(fields, ("application", "Đơn.pdf", PDF))
    assert citizen.errors == []
    assert "Một<br>hai" in citizen.page
    citizen.follow(citizen.submit(fields))
    private = of(citizen.house, citizen.confirmed()[0], e.DossierRegistered).private
    assert private.applicant["name"] == TYPED["name"]
    assert private.applicant["id"] == "022190001234"
    assert private.applicant["phone"] == "+84912345678"
    assert private.note == "Một\nhai"


@pytest.mark.parametrize(
    ("field", "text"),
    [("name", "\u200b\u200b\u200b"), ("address", "\u00a0\u200b\u200b\u200b"), ("id", "٠٢٢١٩٠٠٠١")],
)
def test_what_nobody_can_read_is_nothing(citizen: Citizen, field: str, text: str) -> None:
    citizen.review(citizen.begin() | {field: text}, ("application", "Đơn.pdf", PDF))
    assert [name for name, _ in citizen.errors] == [field]


def test_a_complaint_keeps_its_lines_and_nothing_unseen(citizen: Citizen) -> None:
    code, word = received(citizen)
    finish(citizen.house, code)
    citizen.follow(citizen.look_up(code, word))
    citizen.get("/look-up/complain")
    fields = {"command": citizen.hidden("command")[0], "ground": "late"}
    citizen.post("/look-up/complain", {**fields, "words": "\u200b\r\n\u200b"})
    assert [field for field, _ in citizen.errors] == ["words"]
    # A browser sends two letters for the end of each line: they are not his.
    said = "\r\n".join(["Chậm\x00 <b>"] + ["x" * 9] * 198)
    citizen.follow(citizen.post("/look-up/complain", {**fields, "words": said}))
    assert "Chậm &lt;b&gt;<br>xxxxxxxxx<br>" in citizen.page
    filed = of(citizen.house, code, e.ComplaintFiled)
    assert filed.private.reason == said.replace("\x00", "").replace("\r\n", "\n")


def test_a_line_is_one_line() -> None:
    assert typed.line("  Ủy\tban\u2028nhân\u0085dân ") == "Ủy ban nhân dân"
    assert typed.lines("\n\n một \r\n\r\n hai\u2029ba\n") == "một\n\nhai\nba"


def test_who_leaves_takes_the_confirmation_along(citizen: Citizen) -> None:
    """It shows both codes; others may use the browser next."""
    citizen.applied()
    assert 'action="/look-up/leave"' in citizen.page
    assert citizen.get(browser.APPLIED.path).status_code == 200
    citizen.post("/look-up/leave", {})
    assert citizen.get(browser.APPLIED.path).status_code == 303


def test_whoever_writes_far_too_much_is_told_beside_what_he_wrote(citizen: Citizen) -> None:
    """A browser sends each of these letters as nine bytes."""
    long = "ế" * 30_000
    fields = citizen.begin() | {"note": long}
    assert citizen.review(fields, ("application", "Đơn.pdf", PDF)).status_code == 422
    assert [field for field, _ in citizen.errors] == ["note"]
    assert long in citizen.page
    assert "Đơn.pdf" in citizen.page
    code, word = received(citizen)
    finish(citizen.house, code)
    citizen.follow(citizen.look_up(code, word))
    citizen.get("/look-up/complain")
    fields = {"command": citizen.hidden("command")[0], "ground": "late", "words": long}
    assert citizen.post("/look-up/complain", fields).status_code == 422
    assert citizen.errors == [("words", "Viết không quá 2.000 ký tự: hiện có 30000")]
    assert long in citizen.page


def test_a_field_longer_than_a_form_is_told_in_words(citizen: Citizen) -> None:
    fields = citizen.begin() | {"note": "x" * 1_000_001}
    answer = citizen.review(fields, ("application", "Đơn.pdf", PDF))
    assert answer.status_code == 413
    assert "tối đa 1 MB" in answer.text
