"""Acts over HTTP: once, by who is signed in, on the version that was looked at."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient

from app.desk.context import Desk
from app.house import House, open_house
from app.settings import Settings
from engine.runtime import Call, Done
from schemas.codec import dumps
from schemas.commands import Forward
from tests.desk.conftest import As

API = "/api/v1/dossiers"
RECEIVER, OTHER = "ub-desk.receiver-1", "ub-desk.receiver-2"
SAID = {"procedure": "lt-10-building-permit", "fields": {"applicant.name": "Nguyễn Văn A"}}
FORWARD = {"act": "forward", "leg": ""}


@pytest.fixture
def officer(as_: As) -> TestClient:
    return as_(RECEIVER)


@pytest.fixture
def made(officer: TestClient) -> dict[str, Any]:
    """A dossier that was just received."""
    answer = officer.post(API, json=SAID)
    assert answer.status_code == 201, answer.text
    value: dict[str, Any] = answer.json()
    return value


def url(made: dict[str, Any]) -> str:
    return f"{API}/{made['code']}/acts"


def key() -> dict[str, str]:
    return {"Idempotency-Key": str(uuid4())}


def test_a_dossier_is_received_at_ones_own_desk(officer: TestClient, house: House) -> None:
    answer = officer.post(API, json=SAID)
    value = answer.json()
    assert answer.headers["location"] == f"{API}/{value['code']}"
    assert answer.headers["etag"] == f'"{value["version"]}"'
    assert value["position"] == f"{value['code']}@{value['version']}"
    assert value["applicant"] == ["name"]
    dossier = house.dossier(value["code"]).dossier
    assert (dossier.agency, dossier.legs[""].holder.officer) == ("ub-desk", RECEIVER)  # type: ignore[union-attr]


def test_one_that_was_registered_is_received(officer: TestClient) -> None:
    registered = officer.post(API, json={**SAID, "act": "register"}).json()
    assert registered["appointment"] is None
    received = officer.post(API, json={**SAID, "dossier": registered["code"]})
    assert received.status_code == 201, received.text
    assert received.json()["code"] == registered["code"]
    assert received.json()["appointment"]


def test_an_act_is_done_and_has_an_address(officer: TestClient, made: dict[str, Any]) -> None:
    answer = officer.post(url(made), json=FORWARD)
    value = answer.json()
    assert (answer.status_code, value["act"], value["leg"]) == (201, "forward", "")
    assert value["events"] == ["step.completed", "handover.offered"]
    event = officer.get(answer.headers["location"]).json()
    assert (event["type"], event["actor"]) == (value["events"][0], RECEIVER)


def test_the_officer_is_never_taken_from_the_body(
    as_: As, officer: TestClient, made: dict[str, Any]
) -> None:
    for name in ("actor", "as", "officer", "on_behalf"):
        assert officer.post(url(made), json={**FORWARD, name: OTHER}).status_code == 422
    inside = officer.post(url(made), json={**FORWARD, "fields": {"actor": OTHER}})
    assert inside.status_code == 422
    answer = as_(OTHER).post(url(made), json=FORWARD)
    assert (answer.status_code, answer.json()["rule"]) == (409, "not-the-holder")


def test_every_wrong_field_is_named_by_where_it_stands(
    officer: TestClient, made: dict[str, Any]
) -> None:
    """In the words of who sent JSON, not of the command line."""
    wrong = {"reson": "x", "nôte": "y"}
    answer = officer.post(url(made), json={**FORWARD, "fields": wrong})
    assert (answer.status_code, answer.json()["type"]) == (422, "/api/v1/problems/invalid")
    told = answer.json()["errors"]
    assert [each["field"] for each in told] == ["body.fields.reson", "body.fields.nôte"]
    assert "--" not in answer.text


def test_the_same_key_has_the_first_answer(
    officer: TestClient, made: dict[str, Any], house: House
) -> None:
    once = key()
    first = officer.post(url(made), json=FORWARD, headers=once)
    again = officer.post(url(made), json=FORWARD, headers=once)
    assert (first.json()["repeated"], again.json()["repeated"]) == (False, True)
    assert {**again.json(), "repeated": False} == first.json()
    assert again.headers["etag"] == first.headers["etag"]
    assert house.runtime.load(made["code"]).version == first.json()["version"]


def test_what_is_left_unsaid_is_meant_as_the_dossier_is_now(
    as_: As, made: dict[str, Any], settings: Settings
) -> None:
    with open_house(settings, write=True) as another:
        forward, id_, now = Forward(actor=RECEIVER), another.runtime.new_id(), another.now
        answer = another.runtime.handle(Call(forward, id_, made["code"], at=now, now=now))
        assert isinstance(answer, Done)
        transit = another.dossier(made["code"]).dossier.legs[""].transit
        assert transit is not None
        post = (
            transit.to_officer
            or another.law.organisation.officers_in(
                transit.to_agency, transit.to_role or "", another.today
            )[0].id
        )
    # This server has not read what the other one wrote: the dossier was offered to him.
    said = {"act": "refuse", "fields": {"reason": "Thiếu bản vẽ"}}
    refused = as_(post).post(url(made), json=said, headers=key())
    assert refused.status_code == 201, refused.text
    assert refused.json()["events"] == ["handover.refused"]


def test_a_receipt_is_repeated_too(officer: TestClient) -> None:
    once = key()
    first = officer.post(API, json=SAID, headers=once).json()
    again = officer.post(API, json=SAID, headers=once).json()
    assert again == {**first, "repeated": True}


def test_the_key_of_another_command_is_refused(officer: TestClient, made: dict[str, Any]) -> None:
    once = key()
    assert officer.post(url(made), json=FORWARD, headers=once).status_code == 201
    other = {"act": "ask-withdrawal", "leg": ""}
    for said in (other, {**FORWARD, "fields": {"note": "một ghi chú khác"}}):
        answer = officer.post(url(made), json=said, headers=once)
        assert (answer.status_code, answer.json()["rule"]) == (422, "command-id-reused")
    wrong = officer.post(url(made), json=other, headers={"Idempotency-Key": "mine"})
    assert wrong.json()["type"] == "/api/v1/problems/bad-idempotency-key"


def test_a_refusal_has_the_same_answer_and_leaves_no_trace(
    as_: As, made: dict[str, Any], house: House
) -> None:
    once = key()
    answers = [as_(OTHER).post(url(made), json=FORWARD, headers=once) for _ in range(2)]
    assert answers[0].status_code == 409
    assert answers[0].content == answers[1].content
    assert house.runtime.load(made["code"]).version == made["version"]


def test_a_version_that_has_passed_is_told_with_what_changed(
    officer: TestClient, made: dict[str, Any], house: House
) -> None:
    seen = officer.get(f"{API}/{made['code']}", params={"after": made["position"]})
    done = officer.post(url(made), json=FORWARD).json()
    once = key() | {"If-Match": seen.headers["etag"]}
    answer = officer.post(url(made), json={"act": "recall", "leg": ""}, headers=once)
    problem = answer.json()
    assert (answer.status_code, problem["type"]) == (412, "/api/v1/problems/stale")
    assert (problem["expected"], problem["version"]) == (made["version"], done["version"])
    assert [each["type"] for each in problem["changes"]] == done["events"]
    assert {each["actor"] for each in problem["changes"]} == {RECEIVER}
    assert answer.headers["etag"] == f'"{done["version"]}"'
    assert house.runtime.load(made["code"]).version == done["version"]
    # It was looked at again: the very same command may be sent now.
    now = once | {"If-Match": answer.headers["etag"]}
    again = officer.post(url(made), json={"act": "recall", "leg": ""}, headers=now)
    assert again.status_code == 201, again.text


@pytest.mark.parametrize("tag", ["*", '"2"', 'W/"2"', '"1", "2"', '"1","2", "9"'])
def test_a_version_that_holds_lets_it_pass(
    officer: TestClient, made: dict[str, Any], tag: str
) -> None:
    assert made["version"] == 2
    answer = officer.post(url(made), json=FORWARD, headers={"If-Match": tag})
    assert answer.status_code == 201, answer.text


@pytest.mark.parametrize("tag", ["2", '"x"', '""', '"2', '"99999999999999"', '"²"'])
def test_a_tag_that_is_none_is_told(officer: TestClient, made: dict[str, Any], tag: str) -> None:
    answer = officer.post(url(made), json=FORWARD, headers={"If-Match": tag.encode()})
    assert answer.json()["type"] == "/api/v1/problems/bad-etag"


def test_of_two_who_decide_by_the_same_version_one_wins(
    as_: As, made: dict[str, Any], house: House
) -> None:
    def forward(_: int) -> int:
        match = {"If-Match": f'"{made["version"]}"'}
        return as_(RECEIVER).post(url(made), json=FORWARD, headers=match).status_code

    with ThreadPoolExecutor(8) as pool:
        answers = sorted(pool.map(forward, range(8)))
    assert answers == [201] + [412] * 7
    assert house.runtime.load(made["code"]).version == made["version"] + 2


def test_many_at_once_are_each_answered_for_themselves(as_: As, desk: Desk) -> None:
    """What shares a commit shares neither answers nor faults."""
    officer = as_(RECEIVER)
    codes = [officer.post(API, json=SAID).json()["code"] for _ in range(6)]

    def one(number: int) -> int:
        code = codes[number % 6]
        bodies = [FORWARD, {"act": "sign", "leg": ""}, {"act": "no-such", "leg": ""},
                  {**FORWARD, "at": "2150-01-01"}]  # fmt: skip
        return as_(RECEIVER).post(f"{API}/{code}/acts", json=bodies[number // 6]).status_code

    with ThreadPoolExecutor(12) as pool:
        found = list(pool.map(one, range(24)))
    assert found[:6] == [201] * 6
    assert found[6:12] == [409] * 6
    assert found[12:18] == [422] * 6
    assert set(found[18:]) <= {409, 422}


@pytest.mark.parametrize(
    "body",
    [{}, {"act": "forwrd"}, {"act": "receive"}, {"act": "forward", "extra": 1},
     {"act": "forward", "fields": {"no-such-field": "x"}}, {"act": "forward", "at": "when"},
     {"act": "forward", "fields": {"note": "a\x00b"}}, {"act": "forward", "fields": {"note": 1.5}},
     {"act": "forward", "fields": {"note": None}}, {"act": "forward", "leg": 7}, [], "forward",
     {"act": "extend", "leg": "", "fields": {"until": "9999-99-99"}},
     {"act": "pay", "fields": {"receipt": "R-1", "amount": 10**15}},
     {"act": "pay", "fields": {"receipt": "R-1", "amount": "9" * 5000}}],
)  # fmt: skip
def test_a_body_that_is_wrong_is_told_and_nothing_is_done(
    officer: TestClient, made: dict[str, Any], house: House, body: Any
) -> None:
    unsaid = officer.post(url(made), content=dumps(body))
    said = officer.post(url(made), json=body)
    for each, status in ((unsaid, 415), (said, 422)):
        assert each.status_code == status, each.text
        assert each.headers["content-type"] == "application/problem+json"
    assert house.runtime.load(made["code"]).version == made["version"]


def test_an_account_without_a_post_does_nothing(as_: As, made: dict[str, Any]) -> None:
    for who in ("auditor", "administrator", "monitor"):
        client = as_(who, "ub-desk" if who == "monitor" else None)
        assert client.post(url(made), json=FORWARD).status_code in (403, 404)
        assert client.post(API, json=SAID).status_code == 403


def test_a_dossier_elsewhere_is_not_acted_on(as_: As, made: dict[str, Any]) -> None:
    answer = as_("dt-desk.receiver-1").post(url(made), json=FORWARD)
    nothing = as_("dt-desk.receiver-1").post(f"{API}/no-such/acts", json=FORWARD)
    assert answer.status_code == nothing.status_code == 404
