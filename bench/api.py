"""Acts over HTTP: `python -m bench api`.

A process of `lienthong serve` on PostgreSQL, and fifty programs that keep their connection and live
3-level dossiers of twelve acts, each act by its officer with his token, with a key of its own and
the version that it was decided by. Beside the server its feeder keeps all views up to date; both,
the load and PostgreSQL share the same two cores. Beside it, what the same engine does without HTTP
and without views, for as many callers in one process.
"""

from __future__ import annotations

import asyncio
import multiprocessing
from contextlib import ExitStack
from statistics import median, quantiles
from typing import Any

import uvloop

from bench.clients import Line, Step, steps_of
from bench.commands import Life, _callers, _runtime
from bench.lives import START, the_law, twelve
from bench.processors import children, process, servers
from bench.servers import fresh_database, serving
from tests.servers import real_postgres

CLIENTS = 50
SECONDS = 8.0
WARM = 2.0
"""Seconds that are not counted: connections, caches, tokens that are not known yet."""

ROUNDS = 3


def run(rounds: int = ROUNDS, seconds: float = SECONDS) -> list[dict[str, Any]]:
    """Acts a second (median of the rounds), milliseconds of an act, and what an act costs each
    part of the processors, in microseconds."""
    law = the_law()
    life = twelve(law)
    found: dict[str, list[dict[str, Any]]] = {"over HTTP": [], "without HTTP": []}
    with ExitStack() as stack:
        server = stack.enter_context(real_postgres())
        for _ in range(rounds):
            with fresh_database(server) as url:
                found["over HTTP"].append(_over_http(url, life, seconds))
            with fresh_database(server) as url:
                runtime = _runtime(url, law)
                rate = _callers(runtime, life, seconds)
                runtime.log.close()
                found["without HTTP"].append({"acts/s": rate})
    base = median(each["acts/s"] for each in found["without HTTP"])
    rows = []
    for what, each in found.items():
        middle = sorted(each, key=lambda row: row["acts/s"])[len(each) // 2]
        named = {name: middle.get(name) for name in COLUMNS}
        rate = {"acts/s": round(middle["acts/s"]), "ratio": round(middle["acts/s"] / base, 2)}
        rows.append({"what": what, **rate, **named})
    return rows


COLUMNS = ("p50 ms", "p99 ms", "server us", "feeder us", "load us", "PostgreSQL us")


def _over_http(url: str, life: Life, seconds: float) -> dict[str, Any]:
    steps = steps_of(url, life)
    with serving(url, START) as (address, pid):
        queue = multiprocessing.get_context("spawn").Queue()
        load = multiprocessing.get_context("spawn").Process(
            target=_load, args=(address, steps, seconds, queue)
        )
        load.start()
        assert load.pid is not None
        assert queue.get(timeout=60) == "warm"
        before = _spent(pid, load.pid)
        taken: list[float] = queue.get(timeout=seconds + 60)
        after = _spent(pid, load.pid)
        load.join()
    spent = [round(1e6 * (b - a) / len(taken)) for a, b in zip(before, after, strict=True)]
    cuts = quantiles(taken, n=100)
    return {
        "acts/s": len(taken) / seconds,
        "p50 ms": round(cuts[49] * 1000, 1),
        "p99 ms": round(cuts[98] * 1000, 1),
        **dict(zip(COLUMNS[2:], spent, strict=True)),
    }


def _spent(server: int, load: int) -> tuple[float, float, float, float]:
    """Processor seconds so far, in the order of COLUMNS."""
    return process(server), children(server), process(load), servers()["PostgreSQL"]


# --- the load --------------------------------------------------------------------------------


def _load(address: tuple[str, int], steps: list[Step], seconds: float, queue: Any) -> None:
    """In a process of its own. Puts "warm", and then the seconds that each act took."""
    uvloop.run(_clients(address, steps, seconds, queue))


async def _clients(address: tuple[str, int], steps: list[Step], seconds: float, queue: Any) -> None:
    loop = asyncio.get_running_loop()
    end = loop.time() + WARM + seconds
    taken: list[tuple[float, float]] = []
    clients = [asyncio.create_task(_client(address, steps, end, taken)) for _ in range(CLIENTS)]
    await asyncio.sleep(WARM)
    begun = loop.time()
    queue.put("warm")
    await asyncio.gather(*clients)
    queue.put([took for at, took in taken if begun <= at < begun + seconds])


async def _client(
    address: tuple[str, int], steps: list[Step], end: float, taken: list[tuple[float, float]]
) -> None:
    loop = asyncio.get_running_loop()
    _, line = await loop.create_connection(Line, *address)
    while loop.time() < end:
        path, tag = "/api/v1/dossiers", b""
        for step in steps:
            begun = loop.time()
            location, tag = await line.post(path, step, tag)
            now = loop.time()
            taken.append((now, now - begun))
            if path == "/api/v1/dossiers":
                path = f"{location}/acts"
