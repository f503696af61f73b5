"""Why: an officer writes it where it is read later, and the form has room for it."""

from __future__ import annotations

from typing import Any

import pytest

from app.desk.context import Desk
from app.web.act_forms import NOT_HERE
from app.web.pages.dossier import latest
from app.web.reasons import ANOTHER, asks_reason
from schemas.commands import COMMANDS
from tests.web.conftest import Officer
from tests.web.reading import Form
from tests.web.test_whole_life import RECEIVER, received

WRITTEN = {
    "ask-supplement": {"papers": ["application"]},
    "extend": {"by.amount": "2", "legal_basis": "Điều 19"},
}


HEAD = "ub.chairman-1"


def form_of(at_desk: Officer, code: str, act: str, who: str = RECEIVER) -> Form:
    return at_desk(who).get(f"/dossiers/{code}/acts/{act}").form(f"/acts/{act}")


def reasons(desk: Desk, code: str) -> set[str]:
    private = (each.event().private for each in desk.house.log.read_stream(code))
    return {each.reason for each in private if each is not None and each.reason}


@pytest.mark.parametrize("act", WRITTEN)
def test_what_the_citizen_is_given_on_paper_says_why(
    desk: Desk, at_desk: Officer, act: str
) -> None:
    code = received(at_desk)
    form = form_of(at_desk, code, act)
    given: dict[str, Any] = WRITTEN[act]
    wrong = at_desk(RECEIVER).submit(form, status=422, **given)
    assert 'href="#f-reason"' in wrong.html
    assert "needs it in writing" in wrong.text
    at_desk(RECEIVER).submit(wrong.form(f"/acts/{act}"), reason="Thiếu chữ ký")
    assert "Thiếu chữ ký" in reasons(desk, code)


@pytest.mark.parametrize("act", ["suspend", "transfer", "ask-withdrawal"])
def test_elsewhere_it_may_be_written(at_desk: Officer, act: str) -> None:
    assert "reason" in form_of(at_desk, received(at_desk), act).names


def test_every_act_that_cannot_do_without_a_reason_has_room_for_it() -> None:
    cannot = {act for act, command in COMMANDS.items() if "needs_reason" in vars(command)}
    assert {act for act in cannot - NOT_HERE if not asks_reason(act)} == set()


def withdrawn(at_desk: Officer) -> str:
    code = received(at_desk)
    at_desk(RECEIVER).submit(form_of(at_desk, code, "ask-withdrawal"), reason="Đổi ý")
    return code


def test_a_dossier_asked_back_is_stopped_on_that_ground_in_words(
    desk: Desk, at_desk: Officer
) -> None:
    code = withdrawn(at_desk)
    page = at_desk(HEAD, "vi").get(f"/dossiers/{code}/acts/stop")
    assert "Công dân rút hồ sơ" in page.text
    assert 'type="text" value="withdrawal"' not in page.html
    at_desk(HEAD).submit(page.form("/acts/stop"))
    assert latest(desk, code).dossier.outcome == "stopped"


def test_or_on_another_which_is_said_with_a_reason(desk: Desk, at_desk: Officer) -> None:
    code = withdrawn(at_desk)
    browser = at_desk(HEAD)
    form = form_of(at_desk, code, "stop", HEAD)
    wrong = browser.submit(form, status=422, ground=ANOTHER)
    assert 'href="#f-ground"' in wrong.html
    assert 'id="f-ground"' in wrong.html
    assert 'href="#f-reason"' in wrong.html
    assert 'id="f-reason"' in wrong.html
    words: dict[str, Any] = {ANOTHER: "Quyết định của tòa án"}
    browser.submit(wrong.form("/acts/stop"), reason="Theo quyết định", **words)
    (stopped,) = [
        each.event() for each in desk.house.log.read_stream(code) if each.type == "dossier.stopped"
    ]
    assert getattr(stopped, "ground", "") == "Quyết định của tòa án"


def test_without_the_citizens_request_a_ground_has_to_be_named(at_desk: Officer) -> None:
    form = form_of(at_desk, received(at_desk), "stop", HEAD)
    wrong = at_desk(HEAD).submit(form, status=422, reason="Theo quyết định")
    assert "is missing: stop needs it" in wrong.text
