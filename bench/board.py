"""How soon a monitor's browser shows what was done, at 200 acts a second: `python -m bench board`.

A process of `lienthong serve` on PostgreSQL, with years of dossiers in the store; a load that plays
3-level dossiers of twelve acts over HTTP at a steady pace; and Chromium with the board open, which
notes each change of its figures. Of a dossier the board's totals show two acts: its receipt, by
which open and finished grow together, and the one that finishes it. Of each of these: milliseconds
from when its answer had come to when the figure stood in the page. All on the same two cores.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import time
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import quantiles
from typing import Any, NamedTuple

import uvloop
from playwright.sync_api import Page

from bench.browsing import account, chromium
from bench.clients import Line, Step, steps_of
from bench.lives import START, the_law, twelve
from bench.office import filled
from bench.servers import fresh_database, serving
from bench.views import lags
from tests.browser.conftest import sign_in
from tests.servers import real_postgres

DOSSIERS = 20_000
RATE = 200
CLIENTS = 24
SECONDS = 45.0
WARM = 5.0
"""Seconds that are not counted."""

APART = 11
"""Acts between the beginnings of two clients: no two then act at the same time, nor receive."""

TARGET = 1_000
RECEIPT, FINISH = 0, 9
"""The acts of the life that the totals show."""

PATIENCE = 30.0
"""Seconds in which the last act has come to the page."""

FOLLOW = """
() => {
  window.seen = [];
  const board = document.getElementById("board");
  const figures = () => [...board.querySelectorAll(".monitor-tile__figure")]
    .map((each) => Number(each.textContent.replace(/\\D/g, "")));
  const look = () => {
    const [open, within, soon, overdue, stopped, finished] = figures();
    window.seen.push([open + finished, finished, Date.now() / 1000]);
  };
  new MutationObserver(look).observe(board, {childList: true, subtree: true});
  look();
}
"""


class Done(NamedTuple):
    """An act of the life that was answered. `at`: seconds since 1970."""

    step: int
    at: float


def run(dossiers: int = DOSSIERS, seconds: float = SECONDS) -> list[dict[str, Any]]:
    """Milliseconds from answer to page, by what the page shows."""
    with real_postgres() as server, fresh_database(server) as url:
        with filled(url, dossiers):
            steps, monitor = steps_of(url, twelve(the_law())), account(url, "monitor")
        with serving(url, START) as (address, _), _watching(address, monitor) as page:
            begun = time.time()
            done = _played(address, steps, seconds)
            return _rows(page, done, begun + WARM, dossiers)


@contextmanager
def _watching(address: tuple[str, int], monitor: str) -> Iterator[Page]:
    """The board, which is noting its changes."""
    with chromium() as browser:
        context = browser.new_context(base_url=f"http://{address[0]}:{address[1]}")
        page = context.new_page()
        sign_in(page, monitor)
        page.goto("/board")
        page.evaluate(FOLLOW)
        yield page


def _rows(page: Page, done: list[Done], since: float, dossiers: int) -> list[dict[str, Any]]:
    counted = [each for each in done if each.at >= since]
    rate = len(counted) / (counted[-1].at - counted[0].at)
    rows = []
    for what, at, step in (("a receipt", 0, RECEIPT), ("a finished dossier", 1, FINISH)):
        written = [(1, each.at) for each in done if each.step == step]
        first = page.evaluate("at => window.seen[0][at]", at)
        page.wait_for_function(
            "([at, least]) => window.seen.at(-1)[at] >= least",
            arg=[at, first + len(written)],
            timeout=PATIENCE * 1_000,
        )
        seen = [(each[at] - first, each[2]) for each in page.evaluate("() => window.seen")]
        waited = zip(written, lags(written, seen), strict=True)
        took = sorted(1_000 * lag for (_, moment), lag in waited if moment >= since)
        cuts = quantiles(took, n=100)
        rows.append(
            {
                "what": what,
                "dossiers": dossiers,
                "acts/s": round(rate),
                "measured": len(took),
                "p50, ms": round(cuts[49]),
                "p99, ms": round(cuts[98]),
                "target, p99": TARGET,
            }
        )
    return rows


# --- the load --------------------------------------------------------------------------------


def _played(address: tuple[str, int], steps: list[Step], seconds: float) -> list[Done]:
    """What was answered, in order; played by a process of its own."""
    spawn = multiprocessing.get_context("spawn")
    queue = spawn.Queue()
    load = spawn.Process(target=_load, args=(address, steps, seconds, queue))
    load.start()
    done: list[Done] = queue.get(timeout=seconds + 60)
    load.join()
    return done


def _load(address: tuple[str, int], steps: list[Step], seconds: float, queue: Any) -> None:
    queue.put(uvloop.run(_clients(address, steps, seconds)))


async def _clients(address: tuple[str, int], steps: list[Step], seconds: float) -> list[Done]:
    begun = asyncio.get_running_loop().time()
    end = begun + WARM + seconds
    done: list[Done] = []
    await asyncio.gather(
        *(
            _client(address, steps, begun + number * APART / RATE, end, done)
            for number in range(CLIENTS)
        )
    )
    return sorted(done, key=lambda each: each.at)


async def _client(
    address: tuple[str, int], steps: list[Step], due: float, end: float, done: list[Done]
) -> None:
    """Lives dossiers, an act whenever it is this client's turn; what is late is done at once."""
    loop = asyncio.get_running_loop()
    _, line = await loop.create_connection(Line, *address)
    while loop.time() < end:
        path, tag = "/api/v1/dossiers", b""
        for number, step in enumerate(steps):
            await asyncio.sleep(due - loop.time())
            location, tag = await line.post(path, step, tag)
            done.append(Done(number, time.time()))
            due += CLIENTS / RATE
            if number == RECEIPT:
                path = f"{location}/acts"
