"""What a monitor looks at, where there is little room and where there is much."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.acceptance.conftest import run
from tests.browser.conftest import Store, Visit, served, sign_in

NOW = "2021-03-16T09:00+07:00"

LINES = """codes => codes.map(code =>
    Math.round(code.getBoundingClientRect().height / parseFloat(getComputedStyle(code).lineHeight)))
"""
"""On how many lines each stands."""

OVER = """figures => figures.filter(figure => {
    const text = document.createRange();
    text.selectNodeContents(figure);
    return text.getBoundingClientRect().right > figure.parentElement.getBoundingClientRect().right;
}).map(figure => figure.textContent)"""
"""Those whose digits stand out of their tile."""


@pytest.fixture
def address(full_store: Store) -> Iterator[str]:
    run("alerts", "--database", full_store.url, "--now", NOW)
    full_store.account("monitor", "monitor", "ub")
    with served(full_store, NOW) as found:
        yield found


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_on_a_phone_no_code_is_broken_by_letters(visit: Visit, address: str, lang: str) -> None:
    """Each row is a card, and a code breaks where it has a hyphen, if at all."""
    with visit(address, lang=lang, width=320) as page:
        sign_in(page, "monitor")
        for path in ("/alerts", "/board/dossiers", "/feedback"):
            page.goto(path)
            lines = page.locator("tbody .desk-code a, tbody a.desk-code").evaluate_all(LINES)
            assert max(lines, default=1) <= 2, path
        page.goto("/alerts")
        wide = "all => all.filter(each => each.scrollWidth > each.clientWidth + 1).length"
        assert page.locator(".desk-scroll").evaluate_all(wide) == 0
        page.get_by_role("cell").first.wait_for()


def test_a_figure_fits_its_tile_however_long_it_is(visit: Visit, address: str) -> None:
    with visit(address, width=1920) as page:
        sign_in(page, "monitor")
        for path, width in (("/board?wall=1", 1920), ("/board", 1280), ("/board", 320)):
            page.set_viewport_size({"width": width, "height": 1000})
            page.goto(path)
            for figure, long in (
                ("88", ""),
                ("8.888", ""),
                ("888.888", "monitor-tile__figure--long"),
            ):
                page.locator(".monitor-tile__figure").evaluate_all(
                    "(all, [figure, long]) => all.forEach(each => {"
                    " each.textContent = figure; if (long) each.classList.add(long); })",
                    [figure, long],
                )
                over = page.locator(".monitor-tile__figure:visible").evaluate_all(OVER)
                assert over == [], (path, width)
