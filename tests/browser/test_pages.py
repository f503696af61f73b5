"""Every page in both languages: no violation that axe knows, nothing heavy, nothing from elsewhere,
nothing wider than a small phone.

`LIENTHONG_SHOTS=docs/img` keeps a picture of each.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from fastapi.routing import APIRoute
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Response

from app.access.accounts import Accounts, Closed
from app.access.principal import Role
from app.citizen.facts import issue
from app.desk.found import routers
from app.house import open_house
from app.settings import Settings
from app.times import parse_moment
from app.web import pages
from consumers import dead_letters, parking
from consumers.dead_letters import Letter
from consumers.parking import park
from consumers.subscription import LIVE
from consumers.transport import Delivery
from engine.store import open_log
from schemas.cloudevents import Message
from tests.browser import drafts
from tests.browser.conftest import PASSWORD, PATIENCE, Store, served, sign_in
from tests.browser.said import say
from tests.browser.visited import (
    ADMINISTRATOR,
    AUDITOR,
    CITIZEN,
    GUESSED,
    MONITOR,
    NEWCOMER,
    OFFICER,
    PAGES,
    SEND,
    SPECIALIST,
    Visited,
)

pytestmark = pytest.mark.xdist_group("browser-pages")

HEAVIEST = 300 * 1024
"""Bytes of a page with all that it loads, as they are sent."""

NARROW = 320
NOW = "2021-03-16T09:00+07:00"
LANGS = ("vi", "en")


def test_every_page_is_visited() -> None:
    shown = {
        route.path
        for router in routers(pages)
        for route in router.routes
        if isinstance(route, APIRoute) and "GET" in route.methods
    }
    assert shown - {each.path for each in PAGES} == set(NO_PAGES)


FILES = "a file"
PART = "a part of a page that is open"
ELSEWHERE = "leads to another page, or to another house"
NO_PAGES = {
    "/admin/calendars/{version}/file": FILES,
    "/admin/procedures/drafts/{digest}/picture.svg": FILES,
    "/admin/procedures/{id_}/{version}/picture.svg": FILES,
    "/board/live": PART,
    "/dossiers/{code}/audit/history": FILES,
    "/dossiers/{code}/forms/{kind}.pdf": FILES,
    "/dossiers/{code}/papers/{digest}": FILES,
    "/dossiers/{code}/picture.svg": FILES,
    "/dossiers/{code}/timeline.svg": FILES,
    "/inbox/{agency}/list": PART,
    "/look-up/forms/{kind}.pdf": FILES,
    "/look-up/papers/{digest}": FILES,
    "/search/export": FILES,
    "/sign-in/provider": ELSEWHERE,
    "/sign-in/provider/back": ELSEWHERE,
}
"""Addresses that answer with something that nobody looks at as a page, and with what."""


@pytest.fixture(scope="module")
def store(fifty_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Store:
    file = tmp_path_factory.mktemp("pages") / "office.db"
    file.write_bytes(fifty_store.read_bytes())
    return Store(file)


@pytest.fixture(scope="module")
def word(store: Store, codes: dict[str, str]) -> str:
    """The access code of the dossier that was returned."""
    with open_house(Settings(database=store.url)) as house:
        return issue(house, codes["done"])


@pytest.fixture(scope="module")
def desk(store: Store, codes: dict[str, str]) -> Iterator[str]:
    """One server for all: what is written here changes no other page but a number."""
    say(store, parse_moment(NOW), apart_from={codes["done"], codes["parked"]})
    store.account(OFFICER)
    store.account(SPECIALIST)
    roles: list[Role] = ["monitor", "auditor", "administrator"]
    for role in roles:
        store.account(role, role, "ub" if role == "monitor" else None)
    drafts.keep(store.url)
    _people_at_the_door(store)
    _park(store, codes)
    with served(store, NOW) as address:
        yield address


@pytest.fixture(scope="module")
def codes(fifty_store: Path) -> dict[str, str]:
    """A dossier at work at the city's desk, and one that was returned."""
    with sqlite3.connect(fifty_store) as connection:
        query = ("SELECT dossier FROM view_status WHERE desk = 'ub-desk' AND ended_at IS {}"
                 " AND received_at IS NOT NULL ORDER BY version DESC")  # fmt: skip
        (code,) = connection.execute(query.format("NULL")).fetchone()
        (done,) = connection.execute(query.format("NOT NULL")).fetchone()
        (parked, version) = connection.execute(
            "SELECT dossier, version FROM view_status WHERE dossier NOT IN (?, ?)", (code, done)
        ).fetchone()
    others = {"act": "forward", "parked": parked, "parked_version": str(version)}
    return {"code": code, "done": done, **others, **drafts.digests()}


def _people_at_the_door(store: Store) -> None:
    """One who has to choose a password first, and one whose password was guessed at."""
    log = open_log(store.url)
    accounts = Accounts(log)
    for name in (NEWCOMER, GUESSED):
        accounts.add(name, "auditor")
        accounts.set_password(name, PASSWORD, must_change=True)
    with suppress(Closed):
        for _ in range(100):
            accounts.sign_in(GUESSED, "wrong", "192.0.2.1")
    log.close()


def _park(store: Store, codes: dict[str, str]) -> None:
    """The last event of a dossier waits, and a message was refused."""
    with open_house(Settings(database=store.url)) as house, house.home.begin() as connection:
        last = house.log.read_stream(codes["parked"])[-1]
        waits = park(Delivery(last.shard, last.position, last), "a view cannot be written")
        parking.add(connection, LIVE, [waits])
        message = Message(b"key", b"\xff", (), 0)
        letter = Letter("lienthong.dossier.events", 3, 17, None, "no event", True, message)
        dead_letters.add(connection, "views", [letter])


@pytest.fixture(scope="module")
def signed_in(chromium: Browser, desk: str, codes: dict[str, str], word: str) -> Any:
    """How each is remembered by the browser after signing in."""
    known: dict[str, Any] = {"": None}
    for who in (OFFICER, SPECIALIST, MONITOR, AUDITOR, ADMINISTRATOR, CITIZEN):
        context = chromium.new_context(base_url=desk)
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        if who == CITIZEN:
            page.goto("/look-up")
            page.fill("input[name=code]", codes["done"])
            page.fill("input[name=word]", word)
            page.press("input[name=word]", "Enter")
            page.wait_for_url("**/look-up/dossier")
        else:
            sign_in(page, who)
        known[who] = context.storage_state()
        context.close()
    return known


@pytest.fixture
def context(
    chromium: Browser, desk: str, signed_in: Any, visited: Visited, lang: str
) -> Iterator[BrowserContext]:
    made = chromium.new_context(
        base_url=desk, locale=lang, storage_state=signed_in[visited.who],
        viewport={"width": 1280, "height": 900},
    )  # fmt: skip
    made.set_default_timeout(PATIENCE)
    made.add_cookies([{"name": "lang", "value": lang, "url": desk}])
    yield made
    made.close()


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("visited", PAGES, ids=lambda each: each.shot)
def test_a_page(
    context: BrowserContext,
    desk: str,
    store: Store,
    visited: Visited,
    lang: str,
    codes: dict[str, str],
) -> None:
    page = context.new_page()
    loaded: list[Response] = []
    faults: list[str] = []
    page.on("response", lambda each: loaded.append(each))  # noqa: PLW0108
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: faults.append(said.text) if _wrong(said, visited) else None)
    answer = page.goto(_filled(visited.address, codes))
    if visited.then:
        loaded.clear()
        with _locked(store) if visited.status == 503 else nullcontext():
            with page.expect_navigation() as followed:
                page.evaluate(f"() => {{ {SEND} {_filled(visited.then, codes)} }}")
            answer = followed.value
    page.wait_for_load_state("load")
    assert answer is not None
    assert answer.status == visited.status, page.content()[:2_000]
    # A statutory form is Vietnamese, whoever looks at it.
    written = "vi" if visited.shot == "form-01" else lang
    assert page.locator("html").get_attribute("lang") == written
    assert page.locator("h1").count() == 1
    assert [each.url for each in loaded if not each.url.startswith(desk)] == []
    assert _weight(loaded) <= HEAVIEST
    assert _violations(page) == []
    _keep_picture(page, f"{visited.shot}-{lang}")
    page.set_viewport_size({"width": NARROW, "height": 800})
    assert _too_wide(page) == []
    _keep_picture(page, f"{visited.shot}-{lang}-{NARROW}")
    assert faults == [], "the browser objects"


def _filled(text: str, codes: dict[str, str]) -> str:
    for name, code in codes.items():
        text = text.replace(f"{{{name}}}", code)
    return text


def _wrong(said: ConsoleMessage, visited: Visited) -> bool:
    """That a page tells of an error is said by the browser too."""
    told = visited.status != 200 and "responded with a status of" in said.text
    return said.type == "error" and not told


@contextmanager
def _locked(store: Store) -> Iterator[None]:
    """Nobody else can write meanwhile."""
    with closing(sqlite3.connect(store.file, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield


def _weight(loaded: list[Response]) -> int:
    """What came over the wire; a stream that goes on counts with its head alone."""
    total = 0
    for each in loaded:
        if "event-stream" in each.headers.get("content-type", ""):
            continue
        sizes = each.request.sizes()
        total += sizes["responseBodySize"] + sizes["responseHeadersSize"]
    return total


def _violations(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [
        f"{each['id']}: {each['help']}: {node['html'][:200]}"
        for each in found
        for node in each["nodes"]
    ]


def _too_wide(page: Page) -> list[str]:
    """What sticks out of the page, if anything does; a box that scrolls by itself may be wide."""
    script = """() => {
        const wide = document.documentElement.scrollWidth;
        if (wide <= window.innerWidth) return [];
        return [...document.querySelectorAll("body *")]
            .filter(each => each.getBoundingClientRect().right > window.innerWidth + 1)
            .slice(0, 5).map(each => each.outerHTML.slice(0, 160));
    }"""
    found: list[str] = page.evaluate(script)
    return found


def _keep_picture(page: Page, name: str) -> None:
    folder = os.environ.get("LIENTHONG_SHOTS")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
