"""Commands a second, each durable: `python -m bench commands`.

A 3-level dossier of twelve commands. What is compared is measured in turn in the same run, several
rounds; the median of each and the ratio of medians are printed.
"""

from __future__ import annotations

import multiprocessing
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from statistics import median
from typing import Any

import msgspec

from bench.lives import Life, the_law, twelve
from bench.peer import PeerApplication, peer
from bench.servers import fresh_database, sqlite_url
from engine.core.decide import Decided, decide
from engine.core.dossier import Dossier
from engine.core.law import Law
from engine.ids import Ids, wall_clock
from engine.runtime import Call, Done, Runtime
from engine.store import open_log
from tests.servers import real_postgres

CALLERS = 64
SECONDS = 2.0
ROUNDS = 5

Rate = Callable[[], float]


def run(rounds: int = ROUNDS, seconds: float = SECONDS) -> list[dict[str, Any]]:
    """The figures of both stores: name, commands a second (median), ratio to its base."""
    law = the_law()
    life = twelve(law)
    with ExitStack() as stack:
        file = stack.enter_context(sqlite_url())
        server = stack.enter_context(real_postgres())
        database = stack.enter_context(fresh_database(server))
        rows = _compare("sqlite", file, law, life, rounds, seconds)
        rows += _compare("postgresql", database, law, life, rounds, seconds)
    return rows


def _compare(
    store: str, url: str, law: Law, life: Life, rounds: int, seconds: float
) -> list[dict[str, Any]]:
    runtime = _runtime(url, law)
    other, cached = peer(url, cached=False), peer(url, cached=True)
    bodies = _bodies(law, life)
    rates: dict[str, Rate] = {
        "eventsourcing, one client": lambda: _peer_client(other, bodies, seconds),
        "eventsourcing, its cache on": lambda: _peer_client(cached, bodies, seconds),
        "one client": lambda: _one_client(runtime, life, seconds),
        f"{CALLERS} callers": lambda: _callers(runtime, life, seconds),
        "many in one call": lambda: _many(runtime, life, seconds),
    }
    if store == "postgresql":
        rates["two processes"] = lambda: _two_processes(url, seconds)
        rates["one process"] = lambda: _processes(url, 1, seconds)
    measured: dict[str, list[float]] = {name: [] for name in rates}
    for _ in range(rounds):
        for name, rate in rates.items():
            measured[name].append(rate())
    runtime.log.close()
    bases = {
        "eventsourcing, its cache on": "eventsourcing, one client",
        "one client": "eventsourcing, one client",
        f"{CALLERS} callers": "one client",
        "many in one call": "one client",
        "two processes": "one process",
    }
    rows = []
    for name, values in measured.items():
        base = bases.get(name)
        ratio = median(values) / median(measured[base]) if base else None
        rows.append(
            {
                "store": store,
                "what": name,
                "commands/s": round(median(values)),
                "ratio": ratio and round(ratio, 2),
                "to": base,
            }
        )
    return rows


def _runtime(url: str, law: Law) -> Runtime:
    return Runtime(open_log(url), law, wall_clock, Ids(wall_clock))


def _one_client(runtime: Runtime, life: Life, seconds: float) -> float:
    done, start = 0, time.perf_counter()
    while time.perf_counter() - start < seconds:
        done += _live(runtime, life)
    return done / (time.perf_counter() - start)


def _live(runtime: Runtime, life: Life) -> int:
    code = ""
    for command, at in life:
        answer = runtime.handle(Call(command, runtime.new_id(), code, at))
        assert isinstance(answer, Done), answer
        code = answer.code
    return len(life)


def _callers(runtime: Runtime, life: Life, seconds: float) -> float:
    done: list[int] = []
    start = time.perf_counter()

    def caller() -> None:
        mine = 0
        while time.perf_counter() - start < seconds:
            mine += _live(runtime, life)
        done.append(mine)

    threads = [threading.Thread(target=caller) for _ in range(CALLERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(done) / (time.perf_counter() - start)


def _many(runtime: Runtime, life: Life, seconds: float, abreast: int = 256) -> float:
    done, start = 0, time.perf_counter()
    while time.perf_counter() - start < seconds:
        codes = [""] * abreast
        for command, at in life:
            answers = runtime.handle_many(
                [Call(command, runtime.new_id(), code, at) for code in codes]
            )
            codes = [answer.code for answer in answers if isinstance(answer, Done)]
            assert len(codes) == abreast, answers
            done += abreast
    return done / (time.perf_counter() - start)


def _two_processes(url: str, seconds: float) -> float:
    return _processes(url, 2, seconds)


def _processes(url: str, number: int, seconds: float) -> float:
    """Processes of many callers each, on one database; started before the clock is."""
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(number)
    counts = context.Queue()
    workers = [
        context.Process(target=_worker, args=(url, seconds, barrier, counts)) for _ in range(number)
    ]
    for worker in workers:
        worker.start()
    rates = [counts.get(timeout=120) for _ in workers]
    for worker in workers:
        worker.join()
    return float(sum(rates))


def _worker(url: str, seconds: float, barrier: Any, counts: Any) -> None:
    law = the_law()
    runtime = _runtime(url, law)
    life = twelve(law)
    barrier.wait(timeout=60)
    counts.put(_callers(runtime, life, seconds))
    runtime.log.close()


Bodies = list[list[tuple[str, dict[str, Any]]]]


def _bodies(law: Law, life: Life) -> Bodies:
    """What each command of the life says, as plain values for the peer."""
    dossier = Dossier("bench")
    bodies = []
    for command, at in life:
        outcome = decide(dossier, command, law, at)
        assert isinstance(outcome, Decided)
        dossier = outcome.dossier
        bodies.append([(each.type, msgspec.to_builtins(each)) for each in outcome.events])
    return bodies


def _peer_client(application: PeerApplication, bodies: Bodies, seconds: float) -> float:
    done, start = 0, time.perf_counter()
    while time.perf_counter() - start < seconds:
        code = application.open(bodies[0])
        for body in bodies[1:]:
            application.act(code, body)
        done += len(bodies)
    return done / (time.perf_counter() - start)
