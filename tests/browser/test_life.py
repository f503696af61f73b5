"""A dossier's whole life over three levels, by four officers in browsers of their own, with nothing
but the keyboard: a refused handover, a recalled one, a supplement, and a result that is late."""

from __future__ import annotations

import re
from contextlib import ExitStack

import pytest
from playwright.sync_api import Page, expect

from tests.acceptance.conftest import run
from tests.browser.conftest import Store, Visit, served

pytestmark = pytest.mark.xdist_group("browser-life")

DESK = "ub-quang-trung-desk.receiver-1"
COMMUNE = "ub-quang-trung.social-officer-1"
DISTRICT = "ub-social-affairs.specialist-1"
CHAIRMAN = "ub.chairman-1"

MORNING, LATER, TOO_LATE = (
    "2021-03-01T08:00+07:00", "2021-03-22T09:00+07:00", "2021-05-10T09:00+07:00",
)  # fmt: skip

TABS = 60
"""More than any page has to be gone through to reach what is on it."""


def to(page: Page, selector: str) -> None:
    """Goes with Tab until what is meant has the focus."""
    for _ in range(TABS):
        if page.evaluate("which => document.activeElement.matches(which)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{page.url}: Tab never comes to {selector}")


def enter(page: Page, selector: str) -> None:
    """Goes there and presses Enter; the answer has come when this returns."""
    to(page, selector)
    with page.expect_navigation():
        page.keyboard.press("Enter")


class Desk:
    """One officer at his browser."""

    def __init__(self, page: Page, name: str) -> None:
        self.page = page
        self.name = name

    def opens(self, code: str) -> Page:
        """By the inbox: its first link to the dossier. What another officer has just done is there
        a moment later: the list is read anew by itself."""
        link = f'a[href^="/dossiers/{code}"]'
        self.page.goto("/inbox")
        self.page.locator(link).first.wait_for()
        enter(self.page, link)
        return self.page

    def does_what_comes_next(self, code: str) -> None:
        """Two keys: Enter in the inbox, Enter on what has the focus."""
        page = self.opens(code)
        expect(page.locator("form.desk-act :focus")).to_have_count(1)
        with page.expect_navigation():
            page.keyboard.press("Enter")
        expect(page.locator(".govuk-notification-banner--success")).to_be_visible()

    def does(self, code: str, act: str, typing: dict[str, str], *, from_inbox: bool = True) -> None:
        """Another act, on its own page."""
        page = self.page
        if from_inbox:
            self.opens(code)
        else:
            page.goto(f"/dossiers/{code}")
        if page.locator(f'form.desk-act[action*="/acts/{act}"]').count() == 0:
            enter(page, f'a[href*="/acts/{act}"]')
        for name, words in typing.items():
            to(page, f'[name="{name}"]')
            page.keyboard.type(words)
        enter(page, "form.desk-act button[data-prevent-double-click]")
        expect(page.locator(".govuk-notification-banner--success")).to_be_visible()


def receive(desk: Desk) -> str:
    page = desk.page
    page.goto("/receive")
    page.keyboard.type("trợ cấp")
    enter(page, 'a[href*="lt-16-social-allowance"]')
    to(page, '[name="papers"]')
    page.keyboard.press("Space")
    to(page, '[name="name"], [name="applicant.name"]')
    page.keyboard.type('Nguyễn Thị "Ánh" <b>Đào</b>')
    enter(page, "form button.govuk-button:not([name])")
    expect(page.locator(".desk-promise__date")).to_contain_text("2021")
    expect(page.locator("main form :focus")).to_have_count(1)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    code = page.locator(".govuk-panel__body .desk-code").inner_text()
    assert re.fullmatch(r"ub-quang-trung-desk-210301-\d{4}", code)
    return code


def test_a_life_over_three_levels(store: Store, visit: Visit) -> None:
    names = (DESK, COMMUNE, DISTRICT, CHAIRMAN)
    entering = {name: store.account(name) for name in names}

    def at(address: str, stack: ExitStack) -> list[Desk]:
        desks = []
        for name in names:
            page = stack.enter_context(visit(address))
            entering[name](page)
            desks.append(Desk(page, name))
        return desks

    with served(store, MORNING) as address, ExitStack() as stack:
        desk, commune, district, chairman = at(address, stack)
        code = receive(desk)
        desk.does_what_comes_next(code)
        commune.does(code, "refuse-handover", {"reason": "Tờ khai thiếu chữ ký"})
        desk.does_what_comes_next(code)
        desk.does(code, "recall-handover", {}, from_inbox=False)
        desk.does_what_comes_next(code)
        commune.does_what_comes_next(code)
        commune.does(code, "ask-supplement", {"reason": "Thiếu giấy xác nhận"})
        desk.does(code, "supply", {}, from_inbox=False)
    with served(store, LATER) as address, ExitStack() as stack:
        desk, commune, district, chairman = at(address, stack)
        commune.does_what_comes_next(code)
        district.does_what_comes_next(code)
        district.does_what_comes_next(code)
        chairman.does_what_comes_next(code)
    with served(store, TOO_LATE) as address, ExitStack() as stack:
        desk, commune, district, chairman = at(address, stack)
        chairman.page.goto("/inbox")
        expect(chairman.page.locator("main")).to_contain_text("Quá hạn")
        chairman.does_what_comes_next(code)
        desk.does_what_comes_next(code)
        desk.does_what_comes_next(code)
        desk.page.goto(f"/dossiers/{code}")
        expect(desk.page.locator("main")).to_contain_text("Quá hạn")
        expect(desk.page.locator("main")).not_to_contain_text("<script")
    status = run("status", code, "--database", store.url, "--json").json
    assert (status["state"], status["verdict"]) == ("returned", "overdue")
    types = [each["type"] for each in run("history", code, "--database", store.url, "--json").json]
    for expected in ("handover.refused", "handover.recalled", "supplement.requested"):
        assert expected in types
    assert run("verify", "--database", store.url, "--json").json["ok"]
