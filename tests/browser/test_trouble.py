"""What goes wrong between people and machines: two at once, a line that breaks, no scripts."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Page, Request, Route, expect

from tests.acceptance.conftest import run
from tests.browser.conftest import Store, Visit, served

pytestmark = pytest.mark.xdist_group("browser-trouble")

NOW = "2021-03-16T09:00+07:00"
HOLDER, COLLEAGUE = "ub-land.specialist-1", "ub-land.director-1"


def held_by(store: Store, officer: str) -> str:
    """A dossier whose root leg the officer has at work."""
    with sqlite3.connect(store.file) as connection:
        query = ("SELECT dossier FROM view_inbox WHERE officer = ? AND coalesce(mode, '') = ''"
                 " AND leg = '' ORDER BY dossier")  # fmt: skip
        (code,) = connection.execute(query, (officer,)).fetchone()
    return str(code)


@pytest.fixture
def desk(full_store: Store) -> Iterator[str]:
    with served(full_store, NOW) as address:
        yield address


def versions(store: Store, code: str) -> int:
    return len(run("history", code, "--database", store.url, "--json").json)


def confirm(page: Page) -> None:
    """Enter on what has the focus, which the browser gives when it first draws the page."""
    expect(page.locator("form.desk-act :focus")).to_have_count(1)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def test_two_officers_race_for_one_dossier(full_store: Store, desk: str, visit: Visit) -> None:
    code = held_by(full_store, HOLDER)
    one, two = full_store.account(HOLDER), full_store.account("second-seat", post=HOLDER)
    with ExitStack() as stack:
        first, second = (stack.enter_context(visit(desk)) for _ in range(2))
        one(first)
        two(second)
        for page in (first, second):
            page.goto(f"/dossiers/{code}")
        confirm(first)
        expect(first.locator(".govuk-notification-banner--success")).to_be_visible()
        before = versions(full_store, code)
        confirm(second)
        banner = second.locator('.govuk-notification-banner[role="alert"], .govuk-error-summary')
        expect(banner).to_be_visible()
        expect(banner).to_contain_text(HOLDER)
    assert versions(full_store, code) == before


def test_a_line_that_breaks_in_mid_act_doubles_nothing(
    full_store: Store, desk: str, visit: Visit
) -> None:
    code = held_by(full_store, HOLDER)
    entering = full_store.account(HOLDER)
    sent: list[Request] = []

    def lose_the_answer(route: Route) -> None:
        if route.request.method == "POST" and not sent:
            # The server has done it; the browser never hears of it.
            assert route.fetch(max_redirects=0).status == 303
            sent.append(route.request)
            route.abort("connectionreset")
        else:
            route.continue_()

    with visit(desk) as page:
        entering(page)
        page.goto(f"/dossiers/{code}")
        before = versions(full_store, code)
        page.route("**/acts/**", lose_the_answer)
        with page.expect_event("requestfailed"):
            page.keyboard.press("Enter")
        # Else the browser's own page about it would come in the way of the next one.
        page.wait_for_url(lambda url: url.startswith("chrome-error:"))
        done = versions(full_store, code)
        assert done > before
        # The browser asks whether to send it again, and he says yes.
        again = page.context.request.post(
            sent[0].url,
            data=sent[0].post_data or "",
            headers={"Content-Type": "application/x-www-form-urlencoded", "Origin": desk},
        )
        assert again.status == 200
        assert code in again.text()
        page.goto(f"/dossiers/{code}")
        expect(page.locator("main")).to_contain_text(code)
    assert versions(full_store, code) == done


def test_without_scripts_an_officer_acts_and_a_citizen_looks_up(
    full_store: Store, desk: str, visit: Visit
) -> None:
    code = held_by(full_store, HOLDER)
    entering = full_store.account(HOLDER)
    before = versions(full_store, code)
    with visit(desk, scripts=False) as page:
        entering(page)
        page.goto(f"/dossiers/{code}")
        page.locator("form.desk-act button[data-prevent-double-click]").click()
        expect(page.locator(".govuk-notification-banner--success")).to_be_visible()
        page.goto("/receive?procedure=lt-03-mortgage-registration")
    assert versions(full_store, code) > before
    with visit(desk, scripts=False) as page:
        page.goto("/look-up")
        page.locator('input[type="text"], input:not([type])').first.fill(code)
        page.locator("main input").nth(2).fill("AAAA-AAAA")
        page.locator("main button").first.click()
        expect(page.locator("main")).to_contain_text("không khớp")


def test_words_of_strangers_stay_words(full_store: Store, desk: str, visit: Visit) -> None:
    """Stored and reflected: nothing that anybody writes is ever run."""
    hostile = '"><img src=x onerror="window.hit=1"><script>window.hit=1</script>'
    code = held_by(full_store, HOLDER)
    entering = full_store.account(HOLDER)
    run("act", code, "ask-supplement", "--as", HOLDER, "--at", NOW, "--field", f"note={hostile}",
        "--database", full_store.url)  # fmt: skip
    with visit(desk) as page:
        page.goto(f"/look-up?code={hostile}")
        page.goto(f"/sign-in?back={hostile}")
        entering(page)
        for address in (f"/dossiers/{code}", "/inbox", f"/inbox?q={hostile}"):
            page.goto(address)
            assert page.evaluate("window.hit") is None
