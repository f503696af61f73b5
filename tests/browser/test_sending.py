"""Files under way: a telephone on a slow line is told so, and can do without being told."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import expect

from tests.browser.conftest import Store, Visit, served
from tests.citizen.files import PDF

FORM = "/apply/lt-10-building-permit"
NOW = "2021-03-31T09:00+07:00"


def test_whoever_sends_files_is_told_that_they_are_under_way(store: Store, visit: Visit) -> None:
    with served(store, NOW) as address, visit(address, width=320) as page:
        page.goto(f"{FORM}?desk=ub-desk")
        told = page.get_by_role("status")
        expect(told).to_have_text("")
        file = {"name": "Đơn.pdf", "mimeType": "application/pdf", "buffer": PDF}
        page.set_input_files("[name='paper.application']", file)
        # As if the line were so slow that nothing comes back.
        page.evaluate("() => { document.forms.desk.onsubmit = (event) => event.preventDefault(); }")
        page.click("button.govuk-button[value=review]")
        expect(told).to_have_text("Đang gửi tệp, vui lòng chờ…")
        page.evaluate("() => { document.forms.desk.onsubmit = null; }")
        # A form that was just sent is not sent again.
        page.wait_for_function("() => !document.forms.desk.dataset.sent")
        page.click("button.govuk-button[value=review]")
        # It came back with what is missing, and nothing is under way.
        expect(page.locator("li", has_text="Đơn.pdf")).to_be_visible()
        expect(told).to_have_text("")


def test_the_switch_of_language_takes_the_form_along_and_enter_does_not_press_it(
    store: Store, visit: Visit
) -> None:
    with served(store, NOW) as address, visit(address, width=320) as page:
        page.goto(f"{FORM}?desk=ub-desk")
        page.fill("#name", "Nguyễn Thị Bưởi")
        file = {"name": "Đơn.pdf", "mimeType": "application/pdf", "buffer": PDF}
        page.set_input_files("[name='paper.application']", file)
        page.get_by_role("button", name="English").click()
        expect(page.locator("html")).to_have_attribute("lang", "en")
        expect(page.locator("#name")).to_have_value("Nguyễn Thị Bưởi")
        expect(page.locator("li", has_text="Đơn.pdf")).to_be_visible()
        page.press("#name", "Enter")
        # Looked over: it is told what is missing.
        expect(page.get_by_text("There is a problem")).to_be_visible()
        expect(page.locator("#name")).to_have_value("Nguyễn Thị Bưởi")


def test_too_many_files_are_told_before_they_are_sent_and_nothing_typed_is_lost(
    store: Store, visit: Visit, tmp_path: Path
) -> None:
    photos = [tmp_path / f"{n}.pdf" for n in range(4)]
    for each in photos:
        each.write_bytes(PDF + b" " * 9_000_000)
    with served(store, NOW) as address, visit(address, width=320) as page:
        page.goto(f"{FORM}?desk=ub-desk")
        page.fill("#name", "Nguyễn Thị Bưởi")
        page.set_input_files("[name='paper.application']", photos)
        page.click("button.govuk-button[value=review]")
        told = page.get_by_role("status")
        expect(told).to_have_text("Tổng dung lượng các tệp không được vượt quá 30 MB")
        expect(page.locator("#name")).to_have_value("Nguyễn Thị Bưởi")
        # Fewer go off at once.
        page.set_input_files("[name='paper.application']", photos[0])
        page.click("button.govuk-button[value=review]")
        expect(page.get_by_text("Có lỗi")).to_be_visible()
        expect(page.locator("#name")).to_have_value("Nguyễn Thị Bưởi")
