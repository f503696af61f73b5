"""Each page of the officer, as each role and in both languages."""

from __future__ import annotations

from typing import Any

import pytest

from app.access.principal import Principal
from app.desk.context import Desk
from app.web.assets import FOLDER
from app.web.menu import menu
from app.web.tasks import PAGE
from tests.desk.conftest import As
from tests.web.conftest import Officer
from tests.web.test_inbox import many, seen
from tests.web.test_whole_life import RECEIVER, received

OTHER = "ub-tax.tax-officer-1"
HEAVIEST = 300_000
"""Bytes that a page may be with all that it loads."""


def pages(code: str) -> list[str]:
    return [
        "/inbox",
        "/inbox/ub-desk",
        "/receive",
        "/receive?procedure=lt-01-land-transfer-tax",
        "/receive?q=dat",
        f"/receive/{code}",
        f"/dossiers/{code}",
        f"/dossiers/{code}/why",
        f"/dossiers/{code}/acts/forward",
        f"/dossiers/{code}/acts/refuse",
        f"/dossiers/{code}/acts/extend",
        f"/dossiers/{code}/acts/assign",
        f"/dossiers/{code}/acts/transfer",
        f"/dossiers/{code}/acts/ask-supplement",
    ]


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_each_page_in_each_language(at_desk: Officer, lang: str) -> None:
    code = received(at_desk)
    browser = at_desk(RECEIVER, lang)
    for address in pages(code):
        page = browser.get(address)
        assert f'<html lang="{lang}"' in page.html, address
        assert page.html.count("<h1") == 1, address
        for form in page.forms:
            assert form.method in ("get", "dialog") or "form_token" in form.names, address


def test_what_cannot_be_done_is_not_offered_and_says_why(at_desk: Officer) -> None:
    code = received(at_desk)
    vi = at_desk(RECEIVER, "vi").get(f"/dossiers/{code}")
    assert "Việc gì hiện chưa làm được, vì sao" in vi.text
    assert "Phần việc này không có lần bàn giao nào đang chờ trả lời." in vi.text
    assert not any(link.endswith("/acts/sign") for link in vi.links.values())


def test_a_dossier_of_others_is_as_if_it_were_not_there(as_: As, at_desk: Officer) -> None:
    code = received(at_desk)
    for address in pages(code):
        if code in address:
            told = as_(OTHER).get(address).status_code
            assert told == as_(OTHER).get(address.replace(code, "no-such-code")).status_code
            assert told in (403, 404), address


def test_who_watches_reads_and_does_nothing(at_desk: Officer) -> None:
    code = received(at_desk)
    for role in ("monitor", "auditor"):
        page = at_desk(role).get(f"/dossiers/{code}")
        assert "What to do next" not in page.text
        assert not any("/acts/" in form.action for form in page.forms)


@pytest.mark.parametrize("role", ["monitor", "auditor", "administrator"])
def test_only_officers_act(as_: As, at_desk: Officer, role: str) -> None:
    code = received(at_desk)
    client = as_(role)
    for address in (f"/dossiers/{code}/acts/forward", "/receive"):
        assert client.get(address).status_code in (403, 404)
        assert client.post(address, data={"version": "2"}).status_code in (403, 404)
    assert client.post("/inbox/ub-desk/bulk", data={"act": "accept"}).status_code in (403, 404)


def test_an_act_that_does_not_exist_is_not_found(at_desk: Officer) -> None:
    code = received(at_desk)
    for act in ("dance", "register", "receive", "expire", "arrive", "rate"):
        at_desk(RECEIVER).get(f"/dossiers/{code}/acts/{act}", 404)
    at_desk(RECEIVER).get("/receive?procedure=no-such", 404)


def test_a_desk_receives_only_what_it_takes(at_desk: Officer) -> None:
    page = at_desk("ub-land.specialist-1").get("/receive")
    assert "Your agency receives no procedure today." in page.text


def test_search_of_procedures_folds_marks(at_desk: Officer) -> None:
    browser = at_desk(RECEIVER)
    assert "lt-03-mortgage-registration" in browser.get("/receive?q=the+chap").text
    part = browser.client.get("/receive?q=the+chap", headers={"HX-Request": "true"}).text
    assert "lt-03-mortgage-registration" in part
    assert "<html" not in part


def test_no_page_is_heavier_than_a_slow_line_bears(desk: Desk, at_desk: Officer) -> None:
    # As it is stored; on the way it is compressed to less than a third.
    *_, code = many(desk, PAGE + 1)
    at_desk(RECEIVER).get(f"/inbox?after={seen(desk, code)}")
    loaded = ("desk.css", "desk.js", "govuk.js", "htmx.js", "icon.svg")
    shared = sum((FOLDER / each).stat().st_size for each in loaded)
    for address in pages(code):
        page = at_desk(RECEIVER, "vi").get(address)
        assert len(page.html.encode()) + shared <= HEAVIEST, address


def test_the_menu_has_what_the_role_may_open() -> None:
    officer = [each.href for each in menu(Principal("a", "officer", "a", "b"))]
    assert officer[0] == "/inbox"
    assert "/admin" not in officer
    assert [each.href for each in menu(Principal("", "stranger"))] == ["/look-up", "/apply"]


def test_what_an_act_would_mean_follows_what_is_chosen(at_desk: Officer) -> None:
    code = received(at_desk)
    browser = at_desk(RECEIVER)
    form = browser.get(f"/dossiers/{code}").form("/acts/forward")
    sent = form.filled(to_officer="ub-land.specialist-3")
    part = browser.client.post(f"{form.action}/meaning", data=sent)
    assert part.status_code == 200
    assert "ub-land.specialist-3" in part.text
    assert "<html" not in part.text
    wrong = browser.client.post(
        f"{form.action}/meaning", data=form.filled(to_officer="ub-tax.tax-officer-1")
    )
    assert "Not yet possible" in wrong.text


def test_why_a_date_is_what_it_is(at_desk: Officer) -> None:
    code = received(at_desk)
    assert "ngày làm việc" in at_desk(RECEIVER, "vi").get(f"/dossiers/{code}/why").text


def test_pictures_stand_apart_and_alone(at_desk: Officer) -> None:
    code = received(at_desk)
    browser = at_desk(RECEIVER)
    address = browser.get(f"/dossiers/{code}").links[
        "Pictures: who had it when, and its way through the procedure"
    ]
    assert "<svg" in browser.get(address).html
    part = browser.client.get(address, headers={"HX-Request": "true"}).text
    assert "<svg" in part
    assert "<html" not in part


def test_the_applicant_is_read_on_a_page_of_his_own(desk: Desk, at_desk: Officer) -> None:
    filled: dict[str, Any] = {"applicant.name": "Nguyễn Văn <b>An</b>"}
    code = received(at_desk, **filled)
    browser = at_desk(RECEIVER)
    assert "Nguyễn Văn" not in browser.get(f"/dossiers/{code}").text
    page = browser.get(f"/dossiers/{code}/applicant")
    assert "Nguyễn Văn &lt;b&gt;An&lt;/b&gt;" in page.html
    at_desk("monitor").get(f"/dossiers/{code}/applicant", 403)
    assert any(each.page.endswith("/applicant") for each in desk.reads.who_read(code))


def test_reasons_are_for_who_may_read_them(at_desk: Officer) -> None:
    code = received(at_desk)
    browser = at_desk(RECEIVER)
    form = browser.get(f"/dossiers/{code}/acts/refuse").form("/acts/refuse")
    browser.submit(form, reason="thiếu giấy chứng nhận")
    assert "thiếu giấy chứng nhận" in browser.get(f"/dossiers/{code}").text
    assert "thiếu giấy chứng nhận" not in at_desk("monitor").get(f"/dossiers/{code}").text
