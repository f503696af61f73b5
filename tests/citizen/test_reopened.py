"""A dossier that was reopened, as the citizen sees it: what was withdrawn counts no longer."""

from __future__ import annotations

from schemas import commands as c
from tests.citizen.conftest import Citizen
from tests.citizen.files import JPEG, PNG
from tests.citizen.test_life import RECEIVER, finish, handle, hidden, received
from tests.desk.conftest import As

REASON = "Thửa đất đang có tranh chấp"
WITHDRAWN = "Kết quả đã bị thu hồi"


def reopen(citizen: Citizen, code: str) -> None:
    command = c.Reopen(actor=RECEIVER, step="receive", legal_basis="Bản án 01/2021")
    handle(citizen.house, command, code)


def attach(as_: As, code: str, name: str, content: bytes) -> None:
    page = as_(RECEIVER).get(f"/dossiers/{code}/papers").text
    files = [("paper.permit", (name, content))]
    fields = {"command": hidden(page), "leg": ""}
    assert as_(RECEIVER).post(f"/dossiers/{code}/papers", data=fields, files=files).is_redirect


def test_why_it_was_refused_is_not_said_of_what_was_granted_since(
    citizen: Citizen, as_: As
) -> None:
    code, word = received(citizen)
    attach(as_, code, "dự thảo.jpg", JPEG)
    handle(citizen.house, c.Refuse(actor=RECEIVER, reason=REASON), code)
    citizen.follow(citizen.look_up(code, word))
    assert REASON in citizen.page
    reopen(citizen, code)
    finish(citizen.house, code)
    citizen.get("/look-up/dossier")
    assert "Đã trả kết quả cho bạn" in citizen.page
    assert REASON not in citizen.page
    # What was never given out is no result, neither a valid one nor one that was withdrawn.
    assert "dự thảo.jpg" not in citizen.page
    assert WITHDRAWN not in citizen.page


def test_a_withdrawn_result_is_told_from_the_one_that_counts(citizen: Citizen, as_: As) -> None:
    code, word = received(citizen)
    attach(as_, code, "cũ.jpg", JPEG)
    finish(citizen.house, code)
    (old,) = (
        each for each in citizen.house.dossier(code).dossier.attached if each.paper == "permit"
    )
    reopen(citizen, code)
    citizen.follow(citizen.look_up(code, word))
    assert "Kết quả của bạn" not in citizen.page
    assert "cũ.jpg" in citizen.page[citizen.page.index(WITHDRAWN) :]
    attach(as_, code, "mới.png", PNG)
    assert "mới.png" not in citizen.get("/look-up/dossier").text
    finish(citizen.house, code)
    page = citizen.get("/look-up/dossier").text
    valid = page[page.index("Kết quả của bạn") : page.index(WITHDRAWN)]
    assert ("mới.png" in valid, "cũ.jpg" in valid) == (True, False)
    assert "cũ.jpg" in page[page.index(WITHDRAWN) :]
    # He was given it, so he may have it still.
    assert citizen.get(f"/look-up/papers/{old.digest}").content == JPEG
