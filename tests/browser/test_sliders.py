"""An auditor goes through a history by keyboard: with scripts a key is a step, without them too."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from app.house import House, open_house
from app.settings import Settings
from tests.browser.conftest import Store, Visit, served

NOW = "2021-03-31T09:00+07:00"


@pytest.fixture
def house(full_store: Store) -> Iterator[House]:
    with open_house(Settings(database=full_store.url)) as opened:
        yield opened


@pytest.fixture
def code(house: House) -> str:
    """Of a dossier through three levels that is over."""
    return next(
        each
        for each in house.log.streams()
        if "district/chairman" in house.dossier(each).dossier.legs
        and house.dossier(each).dossier.outcome
    )


@pytest.fixture
def auditor(full_store: Store) -> Callable[[Page], None]:
    return full_store.account("auditor", "auditor")


def shown(page: Page, version: int) -> None:
    expect(page.locator("#version-shown")).to_have_text(str(version))
    expect(page.locator("#then h2")).to_contain_text(f"sau sự kiện {version}:")


def test_a_key_is_a_step(
    full_store: Store, house: House, code: str, auditor: Callable[[Page], None], visit: Visit
) -> None:
    records = house.log.read_stream(code)
    last = len(records)
    with served(full_store, NOW) as address, visit(address) as page:
        auditor(page)
        page.goto(f"/dossiers/{code}/audit")
        page.focus("#version")
        page.keyboard.press("ArrowLeft")
        shown(page, last - 1)
        page.keyboard.press("Home")
        shown(page, 1)
        # What goes one event on goes on from there.
        page.click("[data-key=n]")
        shown(page, 2)
        page.goto(f"/dossiers/{code}/audit")
        moments = sorted({record.occurred_at for record in records})
        page.focus("[data-moves=at]")
        for moment in reversed(moments[-5:-1]):
            page.keyboard.press("ArrowLeft")
            version = max(each.version for each in records if each.occurred_at <= moment)
            shown(page, version)
        told = page.get_attribute("[data-moves=at]", "aria-valuetext") or ""
        assert re.fullmatch(r"\d\d/\d\d/2021 \d\d:\d\d", told)
        page.keyboard.press("Home")
        expect(page.locator("#then")).to_contain_text("chưa có việc gì")


def test_so_it_is_without_scripts(
    full_store: Store, house: House, code: str, auditor: Callable[[Page], None], visit: Visit
) -> None:
    last = len(house.log.read_stream(code))
    with served(full_store, NOW) as address, visit(address, scripts=False) as page:
        auditor(page)
        page.goto(f"/dossiers/{code}/audit")
        assert page.locator("[data-moves]").first.is_hidden()
        page.focus("#version")
        page.keyboard.press("ArrowLeft")
        page.keyboard.press("Tab")
        page.locator("#by-version button").press("Enter")
        shown(page, last - 1)
        page.fill("#at", page.locator("#at-times option").nth(1).get_attribute("value") or "")
        page.locator("#at").press("Enter")
        page.wait_for_url(lambda url: "at=" in url)
        assert int(page.inner_text("#version-shown")) < last - 1
