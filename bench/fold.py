"""What one core verifies and folds: `python -m bench fold`. Read from the store, all included."""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median
from typing import Any

from bench.lives import the_law, twelve
from bench.servers import sqlite_url
from engine.core.dossier import Dossier
from engine.ids import Ids, wall_clock
from engine.runtime import Call, Done, Folded, Runtime, fold
from engine.store import open_log
from engine.store.log import Log, Placed
from engine.verify import Chain, verify_all

DOSSIERS = 4_000
ROUNDS = 5


def run(dossiers: int = DOSSIERS, rounds: int = ROUNDS) -> list[dict[str, Any]]:
    """Events a second, the median of some rounds."""
    law = the_law()
    life = twelve(law)
    with sqlite_url() as url:
        log = open_log(url)
        runtime = Runtime(log, law, wall_clock, Ids(wall_clock))
        codes = [""] * dossiers
        for command, at in life:
            calls = [Call(command, runtime.new_id(), code, at) for code in codes]
            codes = [each.code for each in runtime.handle_many(calls) if isinstance(each, Done)]
        held = list(log.placed())
        works: dict[str, Callable[[Log], int]] = {
            "verify, once read": lambda _: _chain(held),
            "read": _read,
            "read and verify, shards and marks too": _verify,
            "read and fold": _fold,
        }
        measured: dict[str, list[float]] = {name: [] for name in works}
        for _ in range(rounds):
            for name, work in works.items():
                start = time.perf_counter()
                events = work(log)
                measured[name].append(events / (time.perf_counter() - start))
        log.close()
    return [{"what": name, "events/s": round(median(values))} for name, values in measured.items()]


def _read(log: Log) -> int:
    return sum(len(batch) for batch in log.read_all())


def _chain(batches: list[Placed]) -> int:
    chain = Chain()
    for batch in batches:
        assert chain.add(batch) is None
    return chain.events


def _verify(log: Log) -> int:
    found = verify_all(log)
    assert found.ok, found
    return found.events


def _fold(log: Log) -> int:
    events = 0
    state = Folded(Dossier(""))
    for batch in log.read_all():
        start = 0
        for end in range(1, len(batch) + 1):
            if end < len(batch) and batch[end].stream == batch[start].stream:
                continue
            stream = batch[start].stream
            if state.dossier.stream != stream:
                state = Folded(Dossier(stream))
            state = fold(batch[start:end], state)
            start = end
        events += len(batch)
    return events
