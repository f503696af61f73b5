"""A real `lienthong serve` and a real Chromium: the desk as people meet it.

Each test has a store of its own, whose accounts are the posts it names. `open_desk` starts the
server at a moment that the test chooses; started again later, the same store has moved on in time.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from app.access.accounts import Accounts
from app.access.principal import Role
from engine.store import open_log
from tests.acceptance.conftest import run

PASSWORD = "một-mật-khẩu-đủ-dài-42"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PATIENCE = 20_000
"""Milliseconds in which anything that comes at all has come."""


def browser_file() -> str:
    """The program; the test fails with what to install where there is none."""
    for name in (os.environ.get("LIENTHONG_TEST_BROWSER", ""), *BROWSERS):
        if name and (found := shutil.which(name)):
            return found
    pytest.fail("The pages are tested in Chromium, which is missing: apt-get install chromium")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Not for the whole session: while it lives, an event loop runs in this thread, and a test that
    wants one of its own could not have it."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=browser_file(), args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield browser
        browser.close()


class Store:
    """One store in a file, with accounts."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.url = f"sqlite:///{file}"

    def account(
        self,
        name: str,
        role: Role = "officer",
        agency: str | None = None,
        post: str | None = None,
    ) -> Callable[[Page], None]:
        """Makes an account, of the post of the same name for an officer unless another is said;
        gives how to sign in."""
        log = open_log(self.url, create=True)
        accounts = Accounts(log)
        post = (post or name) if role == "officer" else None
        agency = post.partition(".")[0] if post else agency
        accounts.add(name, role, officer=post, agency=agency)
        accounts.set_password(name, PASSWORD, must_change=False)
        log.close()
        return lambda page: sign_in(page, name)


def sign_in(page: Page, name: str) -> None:
    page.goto("/sign-in")
    page.fill("input[name=name]", name)
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    page.wait_for_url(lambda url: "/sign-in" not in url)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """With no dossier in it."""
    run("migrate", "--database", f"sqlite:///{tmp_path / 'office.db'}")
    return Store(tmp_path / "office.db")


@pytest.fixture
def full_store(fifty_store: Path, tmp_path: Path) -> Store:
    """With the fifty sample dossiers of March 2021 in it."""
    shutil.copy(fifty_store, tmp_path / "office.db")
    return Store(tmp_path / "office.db")


@contextmanager
def running(store: Store, *words: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """`lienthong serve` with these words on this store: its address, its process."""
    process = subprocess.Popen(
        [sys.executable, "-m", "app", "serve", "--database", store.url, *words],
        stderr=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert process.stderr is not None
    try:
        said = []
        for line in process.stderr:
            said.append(line)
            if line.startswith("Listening at "):
                yield line.split()[2], process
                break
        else:
            pytest.fail(f"the server ended: {''.join(said)}")
    finally:
        process.send_signal(signal.SIGTERM)
        process.stderr.close()
        process.wait(30)


@contextmanager
def served(store: Store, now: str | None, *, port: int = 0) -> Iterator[str]:
    """The address of a server on this store, in a process of its own."""
    with running(store, "--port", str(port), *(("--now", now) if now else ())) as (address, _):
        yield address


Visit = Callable[..., AbstractContextManager[Page]]


@pytest.fixture
def visit(chromium: Browser) -> Visit:
    """A browser of its own at an address: `with visit(address, lang="en", width=320) as page`."""

    @contextmanager
    def opened(
        address: str, *, lang: str = "vi", width: int = 1280, scripts: bool = True
    ) -> Iterator[Page]:
        context: BrowserContext = chromium.new_context(
            base_url=address,
            locale=lang,
            viewport={"width": width, "height": 900},
            java_script_enabled=scripts,
        )
        context.set_default_timeout(PATIENCE)
        context.add_cookies([{"name": "lang", "value": lang, "url": address}])
        page = context.new_page()
        faults: list[str] = []
        page.on("pageerror", lambda error: faults.append(f"{page.url}: {error}"))
        page.on(
            "console",
            lambda said: (
                faults.append(f"{page.url}: {said.text}")
                if said.type == "error" and "Failed to load resource" not in said.text
                else None
            ),
        )
        yield page
        context.close()
        assert faults == [], "the browser objects"

    return opened
