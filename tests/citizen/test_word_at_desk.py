"""The word by which a dossier is looked up that was handed in at a desk."""

from __future__ import annotations

import re

import pytest
from fastapi.testclient import TestClient

from app.citizen.facts import Facts, at_receipt, issue
from app.desk.context import Desk
from engine.runtime import Call, Done
from schemas.commands import Receive
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
    (word,) = shown(as_(RECEIVER), code)
    assert Facts(desk.house.log).proven(code, word)
    assert shown(as_("ub-desk.receiver-2"), code) == [word]
    assert shown(as_("monitor", agency="qn"), code) == []
    assert as_("hl-desk.receiver-1").get(f"/receive/{code}").status_code == 404


def test_whoever_lost_it_gets_another_and_the_old_one_is_void(
    desk: Desk, as_: As, code: str
) -> None:
    (old,) = shown(as_(RECEIVER), code)
    issue(desk.house, code)
    assert shown(as_(RECEIVER), code) == []
    answer = as_(RECEIVER).post(f"/receive/{code}/word")
    (new,) = PRINTED.findall(answer.text)
    facts = Facts(desk.house.log)
    assert facts.proven(code, new)
    assert not facts.proven(code, old)
    assert as_("ub-land.specialist-1").post(f"/receive/{code}/word").status_code in (403, 404)


def test_a_dossier_that_is_not_there_has_none(desk: Desk) -> None:
    assert at_receipt(desk.house, "ub-desk-210301-9999") is None
