"""A dossier that is looked at stays open; when it was closed meanwhile, nothing typed is lost."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from httpx2 import Response

from app.citizen import online
from app.web.citizen import browser
from schemas import commands as c
from schemas import events as e
from tests.citizen.conftest import Citizen
from tests.citizen.files import JPEG, PDF, PNG
from tests.citizen.test_life import RECEIVER, events, finish, handle, of, received

WRONG = "AAAAA-AAAAA"
AGAIN = "Nhập lại mã tra cứu"


class Later:
    """The notes' clock, as if so much time had passed."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._by = timedelta()
        now = online.time.time
        monkeypatch.setattr("time.time", lambda: now() + self._by.total_seconds())

    def passes(self, span: timedelta) -> None:
        self._by += span


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Later:
    return Later(monkeypatch)


NEARLY = online.SEEN_FOR - timedelta(minutes=1)
TOO_LONG = online.SEEN_FOR + timedelta(minutes=1)


def hidden(citizen: Citizen) -> dict[str, Any]:
    """All hidden fields of the page's first form after the frame's."""
    found = re.findall(r'type="hidden" name="([^"]*)" value="([^"]*)"', citizen.page)
    fields = {name: value for name, value in found if name not in ("form_token", "kept", "back")}
    return fields | {"kept": citizen.hidden("kept")}


def asked(citizen: Citizen) -> tuple[str, str]:
    """A dossier that waits for its application, looked at."""
    code, word = received(citizen)
    handle(citizen.house, c.AskSupplement(actor=RECEIVER, papers=("application",)), code)
    citizen.follow(citizen.look_up(code, word))
    return code, word


def sent(citizen: Citizen, fields: dict[str, Any], *files: tuple[str, bytes]) -> Response:
    parts = [("paper.application", each) for each in files]
    return citizen.post("/look-up/supplement", {**fields, "leg": ""}, parts or None)


def sent_after(
    citizen: Citizen, later: Later, span: timedelta, path: str, typed: dict[str, str]
) -> None:
    """A form that stood open for so long is sent: the dossier's word is asked for again."""
    citizen.get(f"/look-up/{path}")
    fields = hidden(citizen) | typed
    later.passes(span)
    assert citizen.post(f"/look-up/{path}", fields).status_code == 200
    assert AGAIN in citizen.page


def test_it_stays_open_while_it_is_looked_at_and_not_for_ever(
    citizen: Citizen, later: Later
) -> None:
    citizen.follow(citizen.look_up(*citizen.applied()))
    for _ in range(online.SEEN_AT_MOST // NEARLY):
        later.passes(NEARLY)
        assert citizen.get("/look-up/dossier").status_code == 200
    later.passes(NEARLY)
    assert citizen.get("/look-up/dossier").status_code == 303


def test_it_is_closed_when_nothing_is_done(citizen: Citizen, later: Later) -> None:
    citizen.follow(citizen.look_up(*citizen.applied()))
    later.passes(TOO_LONG)
    citizen.follow(citizen.get("/look-up/dossier"))
    assert "Hiện không có hồ sơ nào đang mở" in citizen.page


def test_papers_that_took_too_long_are_sent_with_the_word(citizen: Citizen, later: Later) -> None:
    code, word = asked(citizen)
    fields = hidden(citizen) | {"go": "submit"}
    later.passes(TOO_LONG)
    sent(citizen, fields, ("một.jpg", JPEG), ("hai.png", PNG))
    assert AGAIN in citizen.page
    assert "một.jpg" in citizen.page
    # The page shows nothing else of the dossier, and without the word nothing is done.
    assert "Bộ phận" not in citizen.page.partition("<main")[2]
    assert sent(citizen, hidden(citizen) | {"word": WRONG}).status_code == 422
    assert citizen.errors == [("word", "Mã hồ sơ và mã tra cứu không khớp nhau")]
    assert type(events(citizen.house, code)[-1]) is e.ClockStopped
    assert citizen.get("/look-up/dossier").status_code == 303
    # The files are not sent again.
    sent(citizen, fields | {"kept": []}, ("một.jpg", JPEG), ("hai.png", PNG))
    citizen.follow(sent(citizen, hidden(citizen) | {"word": word.lower()}))
    assert "hai.png" in citizen.page
    assert len(of(citizen.house, code, e.PapersAttached).papers) == 2
    assert of(citizen.house, code, e.SupplementReceived)


def test_with_a_file_that_is_none_it_does_not_go_off_without_it(
    citizen: Citizen, later: Later
) -> None:
    code, word = asked(citizen)
    fields = hidden(citizen) | {"go": "submit"}
    later.passes(TOO_LONG)
    sent(citizen, fields, ("một.pdf", PDF), ("hai.exe", b"MZ"))
    assert "hai.exe" in citizen.errors[0][1]
    assert sent(citizen, hidden(citizen) | {"word": word}).status_code == 200
    assert "một.pdf" in citizen.page
    assert citizen.hidden("leg")
    assert type(events(citizen.house, code)[-1]) is e.ClockStopped


def test_a_complaint_and_a_rating_that_took_too_long_are_taken_with_the_word(
    citizen: Citizen, later: Later
) -> None:
    code, word = received(citizen)
    finish(citizen.house, code)
    citizen.follow(citizen.look_up(code, word))
    said = {"complain": {"ground": "late", "words": "Chậm\nquá <b>"}, "rate": {"mark.time": "2"}}
    for path, typed in said.items():
        sent_after(citizen, later, TOO_LONG, path, typed)
        assert "<b>" not in citizen.page
        again = hidden(citizen) | typed | {"word": word}
        citizen.follow(citizen.post(f"/look-up/{path}", again))
        assert citizen.get("/look-up/dossier").status_code == 200
    assert of(citizen.house, code, e.ComplaintFiled).private.reason == "Chậm\nquá <b>"
    assert of(citizen.house, code, e.RatingGiven).marks == {"time": 2}


def test_what_was_typed_into_a_form_that_stood_open_for_days_is_not_lost(
    citizen: Citizen, later: Later
) -> None:
    code, word = received(citizen)
    finish(citizen.house, code)
    citizen.follow(citizen.look_up(code, word))
    for path, typed in {"complain": {"ground": "late", "words": "Chậm"},
                        "rate": {"mark.time": "2", "note": "Chậm"}}.items():  # fmt: skip
        sent_after(citizen, later, 3 * online.STAGED_FOR, path, typed)
        sent_again = citizen.post(f"/look-up/{path}", hidden(citizen) | typed | {"word": word})
        assert sent_again.status_code == 422
        assert "Biểu mẫu đã mở quá lâu" in citizen.page
        assert "Chậm" in citizen.page
        citizen.follow(citizen.post(f"/look-up/{path}", hidden(citizen) | typed))
    assert of(citizen.house, code, e.ComplaintFiled).private.reason == "Chậm"
    assert of(citizen.house, code, e.RatingGiven).marks == {"time": 2}


def test_a_form_of_one_dossier_is_never_taken_for_another(citizen: Citizen) -> None:
    """Looked at in two tabs."""
    codes = [received(citizen) for _ in range(2)]
    forms = []
    for code, word in codes:
        finish(citizen.house, code)
        citizen.follow(citizen.look_up(code, word))
        citizen.get("/look-up/complain")
        forms.append(hidden(citizen) | {"ground": "fee", "words": code})
    assert citizen.post("/look-up/complain", forms[0]).status_code == 200
    assert AGAIN in citizen.page
    assert citizen.post("/look-up/complain", forms[1]).status_code == 303
    (first, _), (second, _) = codes
    assert e.ComplaintFiled not in {type(each) for each in events(citizen.house, first)}
    assert of(citizen.house, second, e.ComplaintFiled).private.reason == second


def test_wrong_words_are_counted_there_too(citizen: Citizen, later: Later) -> None:
    asked(citizen)
    later.passes(TOO_LONG)
    fields = hidden(citizen) | {"word": WRONG}
    tries = [sent(citizen, fields).status_code for _ in range(online.TRIES[0].amount + 1)]
    assert tries[-1] == 429
    assert set(tries[:-1]) == {422}


def test_a_note_of_another_use_opens_nothing(citizen: Citizen, online: online.Online) -> None:
    code, word = asked(citizen)
    fields = hidden(citizen) | {"word": word}
    citizen.post("/look-up/leave", {})
    for note in ("", "x", online.note(browser.SEEN.name, [code, 0])):
        assert sent(citizen, fields | {"of": note}).headers["location"] == "/look-up?closed=1"
