"""The word by which a dossier is looked up that was handed in at a desk."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime

import pypdf
import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from msgspec.structs import replace

from app.citizen.facts import Facts, at_receipt, issue
from app.desk.context import Desk
from app.forms import paper
from engine.runtime import Call, Done
from schemas.commands import Accept, Receive, Transfer
from tests.desk.conftest import As

RECEIVER = "ub-desk.receiver-1"
PRINTED = re.compile(r"\b[2-9A-Z]{5}-[2-9A-Z]{5}\b")


@pytest.fixture
def code(desk: Desk) -> str:
    runtime, now = desk.house.runtime, desk.house.now
    command = Receive(actor=RECEIVER, procedure="lt-11-household-business", agency="ub-desk")
    answer = runtime.handle(Call(command, runtime.new_id(), at=now, now=now))
    assert isinstance(answer, Done)
    return answer.code


def shown(client: TestClient, code: str) -> list[str]:
    answer = client.get(f"/receive/{code}")
    assert answer.status_code == 200
    return PRINTED.findall(answer.text)


def test_the_receipt_tells_it_to_the_desk_and_to_nobody_else(
    desk: Desk, as_: As, code: str
) -> None:
    (word,) = set(shown(as_(RECEIVER), code))
    assert Facts(desk.house.log).proven(code, word)
    assert set(shown(as_("ub-desk.receiver-2"), code)) == {word}
    assert shown(as_("monitor", agency="qn"), code) == []
    assert as_("hl-desk.receiver-1").get(f"/receive/{code}").status_code == 404


def test_whoever_lost_it_gets_another_and_the_old_one_is_void(
    desk: Desk, as_: As, code: str
) -> None:
    (old,) = set(shown(as_(RECEIVER), code))
    issue(desk.house, code)
    assert shown(as_(RECEIVER), code) == []
    answer = as_(RECEIVER).post(f"/receive/{code}/word")
    (new,) = set(PRINTED.findall(answer.text))
    facts = Facts(desk.house.log)
    assert facts.proven(code, new)
    assert not facts.proven(code, old)
    assert as_("ub-land.specialist-1").post(f"/receive/{code}/word").status_code in (403, 404)


def pages(answer: Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/pdf"
    return [each.extract_text() for each in pypdf.PdfReader(io.BytesIO(answer.content)).pages]


def test_the_citizens_copy_has_it_on_a_sheet_of_its_own_and_the_other_copy_has_none(
    as_: As, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    officer = as_(RECEIVER)
    (word,) = set(shown(officer, code))
    pictures: list[str] = []

    def picture(text: str) -> str:
        pictures.append(text)
        return ""

    monkeypatch.setattr(paper, "qr", picture)
    answer = officer.post(f"/receive/{code}/receipt.pdf", data={"word": word})
    receipt, sheet = pages(answer)
    assert "GIẤY TIẾP NHẬN" in receipt
    assert word in sheet
    assert code in sheet
    assert word not in receipt
    assert answer.headers["cache-control"] == "no-store"
    (kept,) = pages(officer.get(f"/dossiers/{code}/forms/01.pdf"))
    assert word not in kept
    # What the pictures lead to fills in the code, and leaves the word to who was given it.
    assert pictures == [f"http://testserver/look-up?code={code}"] * 2


def test_a_word_that_was_given_anew_is_printed_and_the_old_one_is_not(as_: As, code: str) -> None:
    officer = as_(RECEIVER)
    (old,) = set(shown(officer, code))
    (new,) = set(PRINTED.findall(officer.post(f"/receive/{code}/word").text))
    print_ = f"/receive/{code}/receipt.pdf"
    assert new in pages(officer.post(print_, data={"word": new}))[1]
    for wrong in (old, "", "AAAAA-AAAAA"):
        assert officer.post(print_, data={"word": wrong}).status_code == 404


def test_only_the_desk_prints_it(as_: As, code: str) -> None:
    (word,) = set(shown(as_(RECEIVER), code))
    for other in ("hl-desk.receiver-1", "ub-land.specialist-1", "monitor", "auditor"):
        answer = as_(other).post(f"/receive/{code}/receipt.pdf", data={"word": word})
        assert answer.status_code in (403, 404)


def test_who_took_over_from_the_desk_gives_another_and_prints_it(
    desk: Desk, as_: As, code: str
) -> None:
    """The desk ended, not the dossier; and whoever lost his word comes to the one there is."""
    (old,) = set(shown(as_(RECEIVER), code))
    now = datetime(2025, 7, 1, 2, 0, tzinfo=UTC)
    desk.house.settings = replace(desk.house.settings, now=now)
    officer = as_("w-uong-bi-desk.receiver-1")
    assert set(shown(officer, code)) == {old}
    (new,) = set(PRINTED.findall(officer.post(f"/receive/{code}/word").text))
    assert new != old
    printed = officer.post(f"/receive/{code}/receipt.pdf", data={"word": new})
    assert new in pages(printed)[1]
    assert as_(RECEIVER).post(f"/receive/{code}/word").status_code == 404


def test_a_desk_that_took_the_dossier_over_gives_it_from_then_on(
    desk: Desk, as_: As, code: str
) -> None:
    runtime, now = desk.house.runtime, desk.house.now
    other = "hl-desk.receiver-1"
    moved = Transfer(actor=RECEIVER, to_agency="hl-desk", why="recorded-wrongly", reason="nhầm")
    for command in (moved, Accept(actor=other)):
        assert isinstance(runtime.handle(Call(command, runtime.new_id(), code, now, now=now)), Done)
    assert as_(RECEIVER).post(f"/receive/{code}/word").status_code == 404
    assert PRINTED.findall(as_(other).post(f"/receive/{code}/word").text)


def test_a_dossier_that_is_not_there_has_none(desk: Desk) -> None:
    assert at_receipt(desk.house, "ub-desk-210301-9999") is None
