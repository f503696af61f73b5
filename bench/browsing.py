"""A real Chromium for the benches, on a server that was started for it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

from playwright.sync_api import Browser, sync_playwright

from app.access.accounts import Accounts
from app.access.principal import Role
from engine.store import open_log
from tests.browser.conftest import PASSWORD, browser_file


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=browser_file(), args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        try:
            yield browser
        finally:
            browser.close()


def account(url: str, role: Role, post: str | None = None) -> str:
    """The name of a new account, of an officer's post or of somebody who sees every agency; its
    password is PASSWORD."""
    name = f"bench-{uuid4().hex[:8]}"
    log = open_log(url)
    try:
        accounts = Accounts(log)
        agency = post.partition(".")[0] if post else None
        accounts.add(name, role, officer=post, agency=agency)
        accounts.set_password(name, PASSWORD, must_change=False)
    finally:
        log.close()
    return name


def until(holds: Any, seconds: float) -> None:
    """Asks until it holds. Raises TimeoutError."""
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            raise TimeoutError
        time.sleep(0.05)
