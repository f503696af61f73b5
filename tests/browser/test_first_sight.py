"""What somebody sees of a page before he has done anything."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

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


def test_a_telephone_begins_at_the_top(full_store: Store, visit: Visit) -> None:
    signs_in = full_store.account(OFFICER)
    with served(full_store, NOW) as address, visit(address, width=320) as page:
        signs_in(page)
        opened(page, 640)
        assert page.evaluate("() => scrollY") == 0
