"""Looking up: who has only half of the two codes learns nothing, not even by the clock."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from statistics import median
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy import event

from app.citizen import facts, online
from app.citizen.facts import LENGTH, LETTERS, Facts, issue
from app.citizen.online import Online
from app.house import House
from app.web.citizen import browser
from tests.citizen.conftest import Citizen

ROUNDS = 400
NEAR = 0.5
"""How much the medians of two kinds may differ, as a part of the smaller. A hash that is left out,
or a second query, is far more; the noise of a busy machine falls on all kinds alike."""


def cases(citizen: Citizen) -> dict[str, tuple[str, str]]:
    """Three ways to be wrong, each with a word of the right form."""
    code, word = citizen.applied()
    other = "".join(reversed(word))
    existing = next(each for each in citizen.house.log.streams("", limit=10) if each != code)
    return {
        "wrong word": (code, other),
        "a dossier without a word": (existing, word),
        "no such dossier": (code[:-4] + "9999", word),
    }


def answered(answer: Response, code: str) -> tuple[int, str, list[str]]:
    """What is to be the same: the text but for what was typed, and the headers."""
    text = re.sub(r'(name="form_token" value=")[^"]*', r"\1", answer.text.replace(code, "CODE"))
    headers = sorted(name for name in answer.headers if name != "content-length")
    return answer.status_code, text, headers


def test_every_way_to_be_wrong_has_the_same_answer(citizen: Citizen) -> None:
    answers = []
    for code, word in cases(citizen).values():
        answer = citizen.look_up(code, word)
        assert citizen.errors == [("code", "Mã hồ sơ và mã tra cứu không khớp nhau")]
        assert word not in answer.text
        answers.append(answered(answer, code))
    assert answers[0][0] == 422
    assert answers[0] == answers[1] == answers[2]


def test_every_way_to_be_wrong_is_the_same_work(
    citizen: Citizen, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same statements, hashes and comparisons, whatever was wrong; and for what is right. Of
    this thread: the desk's others ask the same database all the time."""
    work: list[str] = []
    mine = threading.get_ident()

    def asked(*args: Any) -> None:
        if threading.get_ident() == mine:
            work.append(args[2])

    def counted(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any) -> Any:
            if threading.get_ident() == mine:
                work.append(name)
            return real(*args)

        return call

    words = citizen.house.log
    kinds = cases(citizen) | {"right": citizen.applied()}
    known = Facts(words)
    event.listen(words.engine, "before_cursor_execute", asked)
    monkeypatch.setattr(facts.hmac, "digest", counted("digest", facts.hmac.digest))
    monkeypatch.setattr(facts.hmac, "compare_digest", counted("compare", lambda *_: False))
    done = []
    for code, word in kinds.values():
        work.clear()
        known.proven(code, word)
        done.append(list(work))
    assert len(done[0]) == 3
    assert all(each == done[0] for each in done)


def test_every_way_to_be_wrong_takes_the_same_time(citizen: Citizen) -> None:
    """Medians of many tries, taken in turn, so that whatever else the machine does hits all."""
    kinds = cases(citizen)
    known = Facts(citizen.house.log)
    took: dict[str, list[int]] = {kind: [] for kind in kinds}
    for _ in range(ROUNDS):
        for kind, (code, word) in kinds.items():
            begun = time.perf_counter_ns()
            assert not known.proven(code, word)
            took[kind].append(time.perf_counter_ns() - begun)
    medians = [median(each) for each in took.values()]
    assert max(medians) - min(medians) < NEAR * min(medians), medians


def test_that_clock_would_see_a_hash_too_many(citizen: Citizen) -> None:
    """The same measure, of a desk that looks a second time when there is such a dossier."""
    kinds = cases(citizen)
    known = Facts(citizen.house.log)
    took: dict[str, list[int]] = {kind: [] for kind in kinds}
    for _ in range(ROUNDS // 4):
        for kind, (code, word) in kinds.items():
            begun = time.perf_counter_ns()
            known.proven(code, word)
            if kind == "wrong word":
                known.proven(code, word)
            took[kind].append(time.perf_counter_ns() - begun)
    medians = [median(each) for each in took.values()]
    assert max(medians) - min(medians) > NEAR * min(medians), medians


def test_a_code_may_be_typed_in_other_letters(citizen: Citizen) -> None:
    code, word = citizen.applied()
    for typed in (code.upper(), code.capitalize(), f" {code} ", f"{code}\0\u200b"):
        assert citizen.follow(citizen.look_up(typed, word)).status_code == 200
        assert f">{code}<" in citizen.page
    assert citizen.look_up(code.upper(), "AAAAA-AAAAA").status_code == 422


def test_nothing_of_it_stands_in_the_address(citizen: Citizen) -> None:
    code, word = citizen.applied()
    answer = citizen.look_up(code, word)
    assert answer.headers["location"] == "/look-up/dossier"
    page = citizen.follow(answer)
    assert code in page.text
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "same-origin"
    assert not re.findall(rf'href="[^"]*{re.escape(code)}', page.text)
    assert word not in page.text


def test_the_address_on_a_printed_form_does_not_stay_in_the_bar(citizen: Citizen) -> None:
    answer = citizen.get("/look-up?code=ub-desk-210331-0001")
    assert (answer.status_code, answer.headers["location"]) == (303, "/look-up")
    assert 'value="ub-desk-210331-0001"' in citizen.follow(answer).text


def test_the_cookie_is_for_these_pages_alone_and_for_a_while(
    citizen: Citizen, online: Online
) -> None:
    code, word = citizen.applied()
    (cookie,) = [each for each in citizen.look_up(code, word).headers.get_list("set-cookie")
                 if each.startswith("looked-up=") and "Max-Age=1200" in each]  # fmt: skip
    for flag in ("HttpOnly", "Path=/look-up", "SameSite=strict"):
        assert flag in cookie
    note = cookie.partition("=")[2].partition(";")[0]
    assert online.noted("looked-up", note, timedelta(minutes=1))[0] == code
    assert online.noted(browser.APPLIED.name, note, timedelta(minutes=1)) is None
    assert online.noted("looked-up", note, timedelta(seconds=-1)) is None
    assert online.noted("looked-up", note[:-2] + "xx", timedelta(minutes=1)) is None


CLOSED = "/look-up?closed=1"
PATHS = ("dossier", "rate", "complain", "forms/01.pdf", "papers/" + "0" * 64)


def test_without_the_cookie_there_is_only_the_form(citizen: Citizen) -> None:
    citizen.applied()
    for cookie in (None, "forged", "ImNvZGUi.aaaa.bbbb"):
        if cookie is not None:
            citizen.browser.cookies.set("looked-up", cookie)
        for path in PATHS:
            assert citizen.get(f"/look-up/{path}").headers["location"] == CLOSED
    assert "Hiện không có hồ sơ nào đang mở" in citizen.get(CLOSED).text
    assert "đang mở" not in citizen.get("/look-up").text


def test_without_the_cookie_nothing_is_done(citizen: Citizen) -> None:
    for path in ("supplement", "rate", "complain"):
        answer = citizen.post(f"/look-up/{path}", {"command": "x", "leg": "", "mark.time": "5"})
        assert answer.headers["location"] == CLOSED


def test_who_leaves_sees_it_no_more(citizen: Citizen) -> None:
    citizen.follow(citizen.look_up(*citizen.applied()))
    citizen.follow(citizen.post("/look-up/leave", {}))
    assert citizen.get("/look-up/dossier").status_code == 303


def test_the_confirmation_is_for_who_handed_it_in(citizen: Citizen, app: FastAPI) -> None:
    citizen.applied()
    assert citizen.get("/applied").status_code == 200
    stranger = TestClient(app, follow_redirects=False)
    assert stranger.get("/applied").headers["location"] == "/look-up"


def test_too_many_tries_are_told_to_wait(citizen: Citizen) -> None:
    codes = {citizen.look_up(f"x-{n}", "AAAAA-AAAAA").status_code for n in range(10)}
    assert codes == {422}
    answer = citizen.look_up("x-11", "AAAAA-AAAAA")
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) >= 1


def test_nobody_locks_a_citizen_out_by_trying_his_code(citizen: Citizen, app: FastAPI) -> None:
    """Codes can be counted up: who tries one is told to wait himself, and nobody else."""
    code, word = citizen.applied()
    for n in range(60):
        stranger = TestClient(app, follow_redirects=False, client=(f"192.0.2.{n}", 1))
        assert stranger.post("/look-up", data={"code": code, "word": "AAAAA"}).status_code == 422
    assert citizen.look_up(code, word).status_code == 303


def test_right_look_ups_are_not_counted(citizen: Citizen) -> None:
    """A whole neighbourhood may come from one address."""
    code, word = citizen.applied()
    (a_minute, _) = online.TRIES
    for _ in range(a_minute.amount + 1):
        assert citizen.look_up(code, word).status_code == 303


def test_a_word_is_kept_only_as_a_keyed_hash(citizen: Citizen) -> None:
    code, word = citizen.applied()
    letters = word.replace("-", "")
    log = citizen.house.log
    with log.engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT * FROM citizen_facts").all()
        dump = repr(connection.exec_driver_sql("SELECT payload, private FROM events").all())
    assert [row[0] for row in rows] == [code]
    assert letters not in repr(rows)
    assert word not in dump
    assert letters not in dump


def test_words_are_drawn_from_letters_that_are_not_taken_for_others(house: House) -> None:
    drawn = {issue(house, f"d-{n}") for n in range(50)}
    assert len(drawn) == 50
    for word in drawn:
        left, _, right = word.partition("-")
        assert len(left + right) == LENGTH
        assert set(left + right) <= set(LETTERS)
    assert not set("01OILU") & set(LETTERS)


def test_every_process_of_a_store_knows_every_word(house: House) -> None:
    word = Facts(house.log).issue("d-1", house.real_now)
    other = Facts(house.log)
    assert other.proven("d-1", word)
    assert not other.proven("d-2", word)
    assert not other.proven("d-1", "")
    assert other.key("notes") == Facts(house.log).key("notes") != other.key("other")


def test_a_wrong_dossier_cannot_be_seen_by_changing_the_cookie(
    citizen: Citizen, online: Online
) -> None:
    """A note of the browser's for one use is good for no other."""
    code, _ = citizen.applied()
    citizen.browser.cookies.set("looked-up", online.note(browser.TYPED.name, code))
    assert citizen.get("/look-up/dossier").headers["location"] == CLOSED


def test_who_meets_a_problem_here_is_not_told_to_sign_in(citizen: Citizen) -> None:
    """Nobody has an account for that; an officer who is signed out is asked to."""
    for path in ("/apply/no-such-procedure", "/nothing"):
        assert citizen.get(path).status_code == 404
        main = citizen.page.partition("<main")[2].partition("</main")[0]
        assert ("/sign-in" in main) == (path == "/nothing")
