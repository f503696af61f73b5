"""How fast all views follow the log, and how fast they are rebuilt: `python -m bench views`.

The stream is made up but shaped like the real one (tests/streams.py): singles and 3-level
dossiers with pauses, refused handovers and withdrawals, thousands under way at a time.

- live: events already in the log, through one subscription into all seven views;
- rebuild: all of them anew beside the old rows, indexes and switch included;
- lag: from when an append of a steady 1,000 events a second returns to when its rows are
  committed; writer and follower share one process and one file or server.

Rates are given by the clock and, since a shared machine drifts, by this process's own
processor seconds too (for PostgreSQL without the server's).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import text

from bench.servers import fresh_database, sqlite_url
from consumers.rebuild import open_views, rebuild
from consumers.subscription import Subscription
from consumers.transport import LogTransport
from consumers.views import all_views
from engine.store import Append, Log, open_log
from schemas.envelope import Recorded
from tests.servers import real_postgres
from tests.streams import appends, walks

DOSSIERS = 6_000
UNDER_WAY = 2_000
RATE = 1_000
SECONDS = 10
POLL = 0.02
"""How long the follower waits when there was nothing new."""


def run() -> list[dict[str, Any]]:
    with sqlite_url() as url:
        rows = _measure("sqlite", url)
    with real_postgres() as server, fresh_database(server) as url:
        rows += _measure("postgresql", url)
    return rows


def _measure(store: str, url: str) -> list[dict[str, Any]]:
    log = open_log(url)
    try:
        made = [Append(tuple(events)) for events in appends(walks(DOSSIERS), UNDER_WAY)]
        for start in range(0, len(made), 500):
            log.append(made[start : start + 500])
        open_views(log, log, all_views())
        follower = Subscription(log, LogTransport(log), all_views())
        live = _rate(follower.catch_up, 5_000)
        again = _rate(lambda: rebuild(log, log, all_views()), 25_000)
        # Just rebuilt, so without the dead rows of a dossier's life that a vacuum takes away.
        bytes_ = _bytes_a_dossier(log)
        return [
            {"store": store, "what": "live, events/s", **live},
            {"store": store, "what": "rebuild, events/s", **again},
            *({"store": store, **row} for row in _lag(log, follower)),
            {
                "store": store,
                "what": "views, bytes a finished dossier",
                "measured": bytes_,
                "by processor time": None,
                "target": 2048,
            },
        ]
    finally:
        log.close()


def _rate(work: Callable[[], int], target: int) -> dict[str, Any]:
    clock, processor = time.perf_counter(), time.process_time()
    events = work()
    return {
        "measured": round(events / (time.perf_counter() - clock)),
        "by processor time": round(events / (time.process_time() - processor)),
        "target": target,
    }


def _lag(log: Log, follower: Subscription) -> list[dict[str, Any]]:
    """The lag of each append, in milliseconds, at a steady rate."""
    stop = threading.Event()
    written: list[tuple[int, float]] = []
    seen: list[tuple[int, float]] = []

    def follow() -> None:
        handled = 0
        while not (stop.is_set() and handled >= sum(count for count, _ in written)):
            count = follower.step()
            handled += count
            seen.append((handled, time.perf_counter()))
            if not count:
                time.sleep(POLL)

    follower.catch_up()
    thread = threading.Thread(target=follow)
    thread.start()
    for batch in steady(log, RATE, SECONDS, "lag", UNDER_WAY):
        written.append((len(batch), time.perf_counter()))
    stop.set()
    thread.join()
    delays = sorted(lags(written, seen))
    return [
        {
            "what": f"lag at {RATE:,} events/s, ms, {name}",
            "measured": round(delays[min(int(len(delays) * share), len(delays) - 1)] * 1000, 1),
            "by processor time": None,
            "target": target,
        }
        for name, share, target in (("p50", 0.5, None), ("p99", 0.99, 100))
    ]


def steady(
    log: Log, rate: int, seconds: int, prefix: str, under_way: int = 300
) -> Iterator[list[Recorded]]:
    """Appends at a steady rate, events a second; each batch as soon as it is committed."""
    source = iter(appends(walks(100_000, seed=7, prefix=prefix), under_way))
    begin, events = time.perf_counter(), 0
    while events < rate * seconds:
        batch = []
        # Whatever came in since the last commit is committed together.
        due = min((time.perf_counter() - begin) * rate, rate * seconds)
        while events < due:
            sealed = next(source)
            batch.append(Append(tuple(sealed)))
            events += len(sealed)
        if batch:
            log.append(batch)
            yield [event for each in batch for event in each.events]
        else:
            time.sleep(0.001)


def lags(written: list[tuple[int, float]], seen: list[tuple[int, float]]) -> list[float]:
    """Seconds that each event waited: `written`, so many events at once and when; `seen`, so many
    in all and when."""
    found, total, index = [], 0, 0
    for count, at in written:
        total += count
        while seen[index][0] < total:
            index += 1
        found += [max(seen[index][1] - at, 0.0)] * count
    return found


def _bytes_a_dossier(log: Log) -> int:
    """What the rows and indexes of the views take, once every dossier has finished."""
    with log.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            query = "SELECT sum(pgsize) FROM dbstat WHERE name LIKE 'view\\_%' ESCAPE '\\'"
            total = connection.execute(text(query)).scalar_one()
        else:
            query = """SELECT sum(pg_total_relation_size(oid)) FROM pg_class
                       WHERE relkind = 'r' AND relname LIKE 'view\\_%'"""
            total = connection.execute(text(query)).scalar_one()
    return round(int(total) / DOSSIERS)
