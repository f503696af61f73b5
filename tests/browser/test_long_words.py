"""What has no space in it for a whole line makes no page wider than a telephone."""

from __future__ import annotations

from tests.browser.conftest import Store, Visit, served

WORD = "ế" * 80


def test_a_long_name_of_a_file_is_told_within_the_page(store: Store, visit: Visit) -> None:
    with (
        served(store, "2021-03-31T09:00+07:00") as address,
        visit(address, width=320, scripts=False) as page,
    ):
        page.goto("/apply/lt-10-building-permit?desk=ub-desk")
        file = {"name": f"{WORD}.exe", "mimeType": "application/x", "buffer": b"MZ"}
        page.set_input_files("[name='paper.application']", file)
        page.fill("#note", WORD)
        page.click("button.govuk-button[value=review]")
        assert page.locator(".govuk-error-summary", has_text="ếếế").count() == 1
        assert page.evaluate("document.documentElement.scrollWidth") == 320
