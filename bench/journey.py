"""From the sign-in page to the inbox, as an officer's browser sees it: `python -m bench journey`.

A process of `lienthong serve` with years of dossiers in its store, and Chromium, each time with
nothing kept: it opens the sign-in page, a name and a password are typed, the button is pressed, and
the inbox is shown. Milliseconds from when the browser set out for the sign-in page, and from the
press, to when the inbox was painted: the largest of what a page shows, as Chromium tells it.

The officers are those of the agencies with most to do. LIENTHONG_BENCH_STORE is as for `pages`.
"""

from __future__ import annotations

from statistics import median
from typing import Any, NamedTuple

from playwright.sync_api import Browser

from bench.browsing import account, chromium
from bench.office import NOW, busiest, office
from bench.servers import serving
from tests.browser.conftest import PASSWORD

DOSSIERS = 20_000
TIMES = 10
TARGET = 1_000

PRESSED = """
(button) => document.querySelector(button).addEventListener(
  "click", () => sessionStorage.setItem("pressed", Date.now()))
"""

BUTTON = "form[action='/sign-in'] button[data-prevent-double-click]"

PAINTED = """
() => new Promise((painted) => new PerformanceObserver((found) => painted(
  performance.timeOrigin + found.getEntries().at(-1).startTime
)).observe({type: "largest-contentful-paint", buffered: true}))
"""
"""Milliseconds since 1970."""


class Journey(NamedTuple):
    """Milliseconds until the inbox was painted, from the beginning and from the press."""

    whole: float
    pressed: float


def run(dossiers: int = DOSSIERS, times: int = TIMES) -> list[dict[str, Any]]:
    """Median and maximum of some journeys, after one that is not counted: the server's first."""
    with office(dossiers) as house:
        url = house.settings.database
        names = [account(url, "officer", post) for post in busiest(house, times)]
        with serving(url, NOW) as (address, _), chromium() as browser:
            at = f"http://{address[0]}:{address[1]}"
            made = [_journey(browser, at, name) for name in (names[0], *names)][1:]
    return [
        _row("typing, sign-in and inbox", dossiers, [each.whole for each in made]),
        _row("from the press to the inbox", dossiers, [each.pressed for each in made]),
    ]


def _journey(browser: Browser, address: str, name: str) -> Journey:
    context = browser.new_context(base_url=address)
    page = context.new_page()
    page.goto("/sign-in")
    begun = page.evaluate("performance.timeOrigin")
    page.evaluate(PRESSED, BUTTON)
    page.locator("input[name=name]").press_sequentially(name)
    page.locator("input[name=password]").press_sequentially(PASSWORD)
    page.click(BUTTON)
    page.wait_for_url("**/inbox")
    painted = page.evaluate(PAINTED)
    pressed = float(page.evaluate('sessionStorage.getItem("pressed")'))
    assert page.locator(".desk-task").count()
    context.close()
    return Journey(painted - begun, painted - pressed)


def _row(what: str, dossiers: int, times: list[float]) -> dict[str, Any]:
    return {
        "what": what,
        "dossiers": dossiers,
        "median, ms": round(median(times)),
        "most, ms": round(max(times)),
        "target": TARGET,
    }
