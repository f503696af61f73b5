"""Two workers beside one where each has its own share of a processor: `python -m bench room`.

Two cores that a broker and a database share with the workers cannot show whether a second worker
helps. Here each worker is let run for a quarter of the time only, as on a processor of its own with
a quarter of the speed, so that two of them leave enough to the servers: what they still keep each
other waiting for (locks, shards, rows, partitions) would show.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from statistics import median
from typing import Any

ON, PERIOD = 0.010, 0.040
"""Seconds that a worker may run, and how often; the second worker's turn is half a period later."""

ROUNDS = 3
DOSSIERS = 2_000


@contextmanager
def slowed(workers: Sequence[int]) -> Iterator[None]:
    """These processes run for `ON` seconds of each `PERIOD`, each in a turn of its own."""
    over = threading.Event()
    shift = PERIOD / max(1, len(workers))

    def turns(worker: int, wait: float) -> None:
        time.sleep(wait)
        while not over.is_set():
            if not _send(worker, signal.SIGCONT):
                return
            time.sleep(ON)
            if not _send(worker, signal.SIGSTOP):
                return
            time.sleep(PERIOD - ON)
        _send(worker, signal.SIGCONT)

    threads = [
        threading.Thread(target=turns, args=(worker, shift * number))
        for number, worker in enumerate(workers)
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()


def _send(worker: int, what: signal.Signals) -> bool:
    try:
        os.kill(worker, what)
    except ProcessLookupError:
        return False
    return True


def run() -> list[dict[str, Any]]:
    """Events a second of one and of two slowed workers, and the ratio."""
    from bench import kafka, relay
    from tests.servers import real_kafka, real_postgres

    with ExitStack() as stack:
        server = stack.enter_context(real_postgres())
        broker = stack.enter_context(real_kafka())
        relays = stack.enter_context(relay.filled(server, broker.bootstrap, DOSSIERS, slowed))
        feeds = kafka.filled(server, broker.bootstrap, DOSSIERS, slowed)
        return _rows("relay", relays) + _rows("views", feeds)


def _rows(what: str, rate: Callable[[int], float]) -> list[dict[str, Any]]:
    found: dict[int, list[float]] = {1: [], 2: []}
    for _ in range(ROUNDS):
        for number, rates in found.items():
            rates.append(rate(number))
    one, two = (median(rates) for rates in found.values())
    return [
        {"what": f"{what}, one at a quarter", "events/s": round(one), "ratio": None, "target": ""},
        {
            "what": f"{what}, two at a quarter each",
            "events/s": round(two),
            "ratio": round(two / one, 2),
            "target": "1.6 x one",
        },
    ]
