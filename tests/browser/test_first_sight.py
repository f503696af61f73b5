"""What somebody sees of a page before he has done anything."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.acceptance.conftest import run
from tests.browser.conftest import Store, Visit, served

pytestmark = pytest.mark.xdist_group("browser-trouble")

NOW = "2021-03-31T09:00+07:00"
OFFICER = "ub-land.specialist-1"


def opened(page: Page, height: int) -> None:
    """The first dossier of the inbox that is in his hands."""
    page.set_viewport_size({"width": page.viewport_size["width"], "height": height})  # type: ignore[index]
    page.goto("/inbox?whose=mine")
    page.locator("main [data-row]").first.click()
    expect(page.locator("#act-form")).to_be_visible()
    settled(page)


def settled(page: Page) -> None:
    page.wait_for_load_state()
    page.evaluate("() => new Promise(go => requestAnimationFrame(() => requestAnimationFrame(go)))")


@pytest.mark.parametrize("height", [600, 900, 2000])
def test_a_page_with_the_focus_far_down_is_scrolled_no_further_than_to_show_it(
    full_store: Store, visit: Visit, height: int
) -> None:
    signs_in = full_store.account(OFFICER)
    with served(full_store, NOW) as address, visit(address) as page:
        signs_in(page)
        opened(page, height)
        button = page.locator("#act-form [data-key=d]")
        expect(button).to_be_focused()
        box = button.bounding_box()
        assert box is not None
        below = height - box["y"] - box["height"]
        scrolled = page.evaluate("() => scrollY")
        assert below >= 0
        assert scrolled == 0 or below < 40, "what the page is about is above the screen"
        assert (scrolled == 0) == (height == 2000)


@pytest.mark.parametrize(("width", "height"), [(1280, 650), (320, 640)])
def test_what_was_done_just_now_is_seen_beside_what_comes_next(
    store: Store, visit: Visit, width: int, height: int
) -> None:
    where = ("--database", store.url, "--at", "2021-03-31 08:30")
    desk = ("--as", "ub-quang-trung-desk.receiver-1", *where)
    new = ("--procedure", "lt-16-social-allowance", "--agency", "ub-quang-trung-desk", "--json")
    code = run("receive", *new, *desk).json["code"]
    run("act", code, "forward", *desk)
    signs_in = store.account("ub-quang-trung.social-officer-1")
    with served(store, NOW) as address, visit(address, width=width) as page:
        signs_in(page)
        page.set_viewport_size({"width": width, "height": height})
        page.goto("/inbox?act=accept")
        page.locator("main [data-row]").first.click()
        page.locator("#act-form [data-key=d]").click()
        expect(page.locator("#act-form")).to_be_visible()
        settled(page)
        expect(page.locator(".govuk-notification-banner--success")).to_be_in_viewport(ratio=1)
        expect(page.locator("#act-form [data-key=d]")).to_be_in_viewport()


def test_a_telephone_begins_at_the_top(full_store: Store, visit: Visit) -> None:
    signs_in = full_store.account(OFFICER)
    with served(full_store, NOW) as address, visit(address, width=320) as page:
        signs_in(page)
        opened(page, 640)
        assert page.evaluate("() => scrollY") == 0
