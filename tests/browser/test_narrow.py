"""Lists on screens between a desk's and a telephone's."""

from __future__ import annotations

import pytest

from tests.browser.conftest import Store, Visit, served

NOW = "2021-03-31T09:00+07:00"
WIDE = 1280


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_an_inbox_is_read_without_moving_it_sideways(
    full_store: Store, visit: Visit, lang: str
) -> None:
    """Also where a desk's screen shows its letters enlarged by half."""
    signs_in = full_store.account("ub-land.head-1")
    with served(full_store, NOW) as address, visit(address, lang=lang) as page:
        signs_in(page)
        for width in (320, 769, WIDE * 2 // 3, 1024, 1025, WIDE):
            page.set_viewport_size({"width": width, "height": 900})
            page.goto("/inbox/ub-land?whose=all")
            assert page.locator("main [data-row]").count() > 1
            assert page.evaluate("document.documentElement.scrollWidth") == width


def test_a_tag_of_two_lines_leaves_its_tick_box_room(full_store: Store, visit: Visit) -> None:
    signs_in = full_store.account("ub-land.head-1")
    with served(full_store, NOW) as address, visit(address, width=320) as page:
        signs_in(page)
        page.goto("/alerts")
        apart = page.locator("tr:has(.monitor-tick)").evaluate_all(
            """rows => rows.map(row => row.querySelector(".monitor-tick input")
                .getBoundingClientRect().left
                - row.querySelector(".govuk-tag").getBoundingClientRect().right)"""
        )
        assert apart
        assert min(apart) >= 0
