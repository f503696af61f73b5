"""The letter that refuses a dossier after its receipt, as the citizen and the desk come by it."""

from __future__ import annotations

import io

import pypdf

from schemas import commands as c
from tests.citizen.conftest import Citizen
from tests.citizen.test_life import RECEIVER, handle, received
from tests.desk.conftest import As

REASON = "Thửa đất đang có tranh chấp"


def test_the_citizen_and_the_desk_print_the_letter(citizen: Citizen, as_: As) -> None:
    code, word = received(citizen)
    citizen.follow(citizen.look_up(code, word))
    assert "Thông báo từ chối giải quyết" not in citizen.page
    assert citizen.get("/look-up/forms/refused.pdf").status_code == 404

    handle(citizen.house, c.Refuse(actor=RECEIVER, reason=REASON), code)
    page = citizen.get("/look-up/dossier").text
    assert "Thông báo từ chối giải quyết hồ sơ" in page
    made = citizen.get("/look-up/forms/refused.pdf")
    said = " ".join(pypdf.PdfReader(io.BytesIO(made.content)).pages[0].extract_text().split())
    assert "THÔNG BÁO TỪ CHỐI GIẢI QUYẾT HỒ SƠ" in said
    assert REASON in said

    listed = as_(RECEIVER).get(f"/dossiers/{code}/forms").text
    assert f"/dossiers/{code}/forms/refused.html?version=" in listed
    letter = as_(RECEIVER).get(f"/dossiers/{code}/forms/refused.html").text
    assert REASON in letter
    assert "Mẫu số" not in letter
