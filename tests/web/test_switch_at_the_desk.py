"""An officer switches the language on a form: it comes back as it was, and nothing is done."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

from fastapi.testclient import TestClient

from app.desk.context import Desk
from tests.web.conftest import Officer
from tests.web.reading import Browser, Form, Page
from tests.web.test_whole_life import MORTGAGE, RECEIVER, received

ASK = "Thiếu chữ ký"


def switched(browser: Browser, page: Page, form: Form, **given: Any) -> Page:
    """Presses the switch of the page, whose form is filled in so."""
    found = re.search(r'formaction="([^"]*)"', page.html)
    assert found is not None, page.html
    address = unescape(found[1])
    assert address.startswith(f"{form.action}?lang=")
    return Page(browser.client.post(address, data=form.filled(**given)))


def lang(page: Page) -> str:
    return page.html.partition('<html lang="')[2][:2]


def test_the_form_of_an_act_keeps_what_was_typed(desk: Desk, at_desk: Officer) -> None:
    code = received(at_desk)
    browser, address = at_desk(RECEIVER), f"/dossiers/{code}/acts/ask-supplement"
    page = browser.get(address)
    form = page.form("/acts/ask-supplement")
    version = desk.house.runtime.latest(code).version
    # Begun: nothing is told to be missing.
    begun = switched(browser, page, form, note="ghi chú")
    assert (begun.status, lang(begun)) == (200, "vi")
    assert "Có chỗ còn thiếu hoặc sai" not in begun.text
    assert ("note", "ghi chú") in begun.form("/acts/ask-supplement").sends
    # Refused: it is said again.
    wrong = browser.submit(form, status=422)
    again = switched(browser, wrong, wrong.form("/acts/ask-supplement"))
    assert (again.status, lang(again)) == (422, "en")
    # Right by now: shown, not done.
    right = switched(browser, wrong, wrong.form("/acts/ask-supplement"), reason=ASK)
    assert (right.status, lang(right)) == (200, "en")
    assert ("reason", ASK) in right.form("/acts/ask-supplement").sends
    assert desk.house.runtime.latest(code).version == version


def test_the_form_on_a_dossiers_own_page_keeps_what_was_typed(desk: Desk, at_desk: Officer) -> None:
    code = received(at_desk)
    browser, address = at_desk(RECEIVER), f"/dossiers/{code}"
    version = desk.house.runtime.latest(code).version
    page = browser.get(address)
    form = page.form("/acts/forward")
    assert f'formaction="{address}?lang=vi"' in page.html
    filled = form.filled(note="ghi chú")
    page = Page(browser.client.post(f"{address}?lang=vi", data=filled))
    assert (page.status, lang(page)) == (200, "vi")
    again = page.form("/acts/forward")
    assert ("note", "ghi chú") in again.sends
    assert ("command_id", *filled["command_id"]) in again.sends
    assert desk.house.runtime.latest(code).version == version
    # Done meanwhile, and gone back to: what is next by now is another act, with an id of its own.
    browser.submit(again)
    page = Page(browser.client.post(f"{address}?lang=en", data=filled))
    assert (page.status, lang(page)) == (200, "en")
    assert filled["command_id"][0] not in page.html


def test_who_was_before_is_told_after_the_switch_of_a_dossiers_own_page(
    desk: Desk, at_desk: Officer
) -> None:
    code = received(at_desk)
    browser, address = at_desk(RECEIVER), f"/dossiers/{code}"
    filled = browser.get(address).form("/acts/forward").filled(note="ghi chú")
    other = at_desk("ub-desk.receiver-2")
    other.submit(other.get(f"{address}/acts/ask-withdrawal").form("/acts/ask-withdrawal"))
    mine = Page(browser.client.post(f"{address}?lang=vi", data=filled)).form("/acts/forward")
    assert ("note", "ghi chú") in mine.sends
    assert "ub-desk.receiver-2" in browser.submit(mine, status=409).text


def test_who_was_before_is_told_after_the_switch_too(desk: Desk, at_desk: Officer) -> None:
    code = received(at_desk)
    browser, address = at_desk(RECEIVER), f"/dossiers/{code}/acts/forward"
    page = browser.get(address)
    other = at_desk("ub-desk.receiver-2")
    other.submit(other.get(f"/dossiers/{code}/acts/ask-withdrawal").form("/acts/ask-withdrawal"))
    mine = switched(browser, page, page.form("/acts/forward"))
    told = browser.submit(mine.form("/acts/forward"), status=409)
    assert "ub-desk.receiver-2" in told.text


def test_a_receipt_is_counted_again_and_not_given(desk: Desk, at_desk: Officer) -> None:
    browser = at_desk(RECEIVER)
    page = browser.get(f"/receive?procedure={MORTGAGE}")
    begun = switched(browser, page, page.form("/receive"), note="ghi chú")
    assert (begun.status, lang(begun)) == (200, "vi")
    assert ("note", "ghi chú") in begun.form("/receive").sends
    assert "promised" not in begun.form("/receive").names
    asked = browser.submit(page.form("/receive"), note="ghi chú")
    form = asked.form("/receive")
    found = re.search(r'formaction="([^"]*)"', asked.html)
    assert found is not None
    sent = form.filled(("confirm", "yes"))
    shown = Page(browser.client.post(unescape(found[1]), data=sent))
    assert (shown.status, lang(shown)) == (200, "en")
    assert "promised" in shown.form("/receive").names
    assert ("note", "ghi chú") in shown.form("/receive").sends
    assert desk.house.log.streams("ub-desk-210331") == []
    # Enter in a field goes on to do what it did.
    first = re.search(r'<button[^>]* form="receipt"[^>]*>', asked.html)
    assert first is not None
    assert 'name="confirm" value="yes"' in first[0]


def test_who_signs_in_keeps_his_name_and_where_he_goes(client: TestClient) -> None:
    browser = Browser(client)
    page = browser.get("/sign-in?back=/search")
    form = page.form("/sign-in")
    found = switched(browser, page, form, name="lan", password="x" * 12)
    assert lang(found) == "vi"
    sends = found.form("/sign-in").sends
    assert ("name", "lan") in sends
    assert ("back", "/search") in sends
    assert "x" * 12 not in found.html


def test_what_is_said_once_is_not_left_for_the_language(desk: Desk, at_desk: Officer) -> None:
    code = received(at_desk)
    answer = at_desk(RECEIVER).client.post(f"/receive/{code}/word")
    page = Page(answer)
    assert page.status == 200
    assert [each for each in page.forms if each.action == "/language"] == []
    assert "Tiếng Việt: ở trang sau" in page.text
