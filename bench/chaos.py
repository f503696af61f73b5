"""SIGKILL, again and again, over relays, consumers, broker and PostgreSQL under load; then I1, I4,
I5, I6 and I7 are checked by comparing log, topic, views and alerts:

    python -m bench.chaos [--kills 200] [--seed 1] [--rate 300]

Two relays and two consumers (each fed all views from Kafka, in a database of their own) run as
processes of `lienthong`, and are started again when they are killed. The broker is killed and
started on the same files. Of PostgreSQL a backend is killed, upon which the server throws every
connection away and recovers from its WAL. Writers retry each command under its id until it is
answered. Every checker is then shown to bite by a fault put into what it looks at. The result is
`bench/results/chaos.json`.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import ExitStack
from datetime import timedelta
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import sqlalchemy as sa

from bench.__main__ import RESULTS, machine
from bench.chaos_checks import HOUSE, NOW, Looked
from bench.lives import Life, the_law, twelve
from bench.servers import fresh_database
from consumers.broker import Broker
from consumers.relay import open_tables
from engine.core.law import Law
from engine.ids import Ids, wall_clock
from engine.runtime import Call, Done, Runtime
from engine.store import Log, open_log
from engine.store.errors import StoreError
from schemas.codec import dumps
from schemas.topics import topics_of
from tests.servers import real_kafka, real_postgres

LEFT_ALONE = timedelta(days=40)
"""So long before, every fifth dossier was handed on and never accepted: alerts are due for it, and
the engine lets the handover expire."""

VICTIMS = {"relay": 35, "consumer": 35, "postgresql": 20, "broker": 10}
"""What is killed, and how often of a hundred."""

DRAINED_WITHIN = 180.0
"""Seconds after the last kill in which everything has to have arrived (I13)."""


class Troupe:
    """The processes of `lienthong`, each started again under its name when it was killed."""

    def __init__(self, commands: dict[str, list[str]], logs: Path) -> None:
        self._commands = commands
        self._logs = logs
        self._running = {name: self._start(name) for name in commands}

    def _start(self, name: str) -> subprocess.Popen[bytes]:
        with (self._logs / f"{name}.log").open("ab") as said:
            return subprocess.Popen(
                [sys.executable, "-m", "app", *self._commands[name]], stdout=said, stderr=said
            )

    def kill(self, name: str) -> None:
        self._running[name].send_signal(signal.SIGKILL)
        self._running[name].wait()
        self._running[name] = self._start(name)

    def mend(self) -> int:
        """Starts those again that ended by themselves; how many, for a supervisor would too."""
        ended = [name for name, each in self._running.items() if each.poll() is not None]
        for name in ended:
            self._running[name] = self._start(name)
        return len(ended)

    def end(self) -> None:
        for each in self._running.values():
            each.terminate()
        for each in self._running.values():
            try:
                each.wait(timeout=30)
            except subprocess.TimeoutExpired:
                each.kill()
                each.wait()


class Writers:
    """Threads that live dossiers' lives until told to stop, `rate` commands a second in all."""

    def __init__(self, url: str, law: Law, life: Life, rate: float, threads: int = 4) -> None:
        self.acknowledged: list[tuple[str, int, bytes]] = []
        self.retries = 0
        self._stop = threading.Event()
        self._pause = threads / rate
        self.broken: list[BaseException] = []
        self._log = open_log(url)
        self._runtime = Runtime(self._log, law, wall_clock, Ids(wall_clock))
        self._life = life
        self._threads = [threading.Thread(target=self._write) for _ in range(threads)]
        for each in self._threads:
            each.start()

    def _write(self) -> None:
        try:
            self._live()
        except BaseException as error:
            self.broken.append(error)
            raise

    def _live(self) -> None:
        for number in count():
            code = ""
            left_alone = number % 5 == 0
            before = LEFT_ALONE if left_alone else timedelta(0)
            for command, at in self._life[: 2 if left_alone else None]:
                if self._stop.is_set():
                    return
                answer = self._surely(Call(command, self._runtime.new_id(), code, at - before))
                code = answer.code
                tip = answer.events[-1]
                self.acknowledged.append((code, tip.version, tip.hash))
                self._stop.wait(self._pause)

    def _surely(self, call: Call) -> Done:
        while True:
            try:
                answer = self._runtime.handle(call)
            except StoreError:
                self.retries += 1
                time.sleep(0.2)
                continue
            assert isinstance(answer, Done), answer
            return answer

    def end(self) -> None:
        self._stop.set()
        for each in self._threads:
            each.join()
        self._log.close()
        if self.broken:
            raise self.broken[0]


def run(kills: int, seed: int, rate: float) -> dict[str, Any]:
    lots = random.Random(seed)
    law = the_law()
    with ExitStack() as stack:
        server = stack.enter_context(real_postgres())
        url = stack.enter_context(fresh_database(server))
        views_url = stack.enter_context(fresh_database(server))
        kafka = stack.enter_context(real_kafka())
        logs = Path(stack.enter_context(TemporaryDirectory(prefix="lienthong-chaos-")))
        log = open_log(url)
        stack.callback(log.close)
        open_tables(log)
        Broker(kafka.bootstrap).create(topics_of(HOUSE), 1)
        where = ["--database", url, "--kafka", kafka.bootstrap, "--house", HOUSE]
        consume = ["consume", "all", *where, "--views", views_url, "--now", NOW.isoformat()]
        troupe = Troupe(
            {
                "relay-1": ["relay", *where],
                "relay-2": ["relay", *where],
                "consumer-1": [*consume, "--instance", "consumer-1"],
                "consumer-2": [*consume, "--instance", "consumer-2"],
            },
            logs,
        )
        stack.callback(troupe.end)
        writers = Writers(url, law, twelve(law), rate)
        begun = time.monotonic()
        killed: Counter[str] = Counter()
        ended = 0
        try:
            for number in range(kills):
                time.sleep(lots.uniform(0.2, 1.5))
                ended += troupe.mend()
                victim = lots.choices(list(VICTIMS), list(VICTIMS.values()))[0]
                killed[victim] += 1
                print(f"{number + 1}/{kills} {victim}", file=sys.stderr)
                if victim == "broker":
                    kafka.kill()
                    time.sleep(lots.uniform(0.0, 2.0))
                    kafka.start()
                elif victim == "postgresql":
                    _kill_a_backend(server, lots)
                else:
                    troupe.kill(f"{victim}-{lots.randint(1, 2)}")
        finally:
            writers.end()
        under_fire = time.monotonic() - begun
        drained = _drain(log, views_url, troupe)
        troupe.end()
        looked = Looked(log, views_url, kafka.bootstrap, law, writers.acknowledged, logs)
        faults = looked.faults()
        return {
            "machine": machine(),
            "kills": dict(killed),
            "seed": seed,
            "minutes under fire": round(under_fire / 60, 1),
            "commands acknowledged": len(writers.acknowledged),
            "commands retried": writers.retries,
            "processes that ended by themselves": ended,
            "events": len(looked.events),
            "messages in the topic": sum(map(len, looked.topic.values())),
            "alerts": len(looked.alerts),
            "seconds to drain": round(drained, 1),
            "faults": faults,
            "checkers that bite": looked.bites(),
        }


def _kill_a_backend(server: str, lots: random.Random) -> None:
    """Any that serves a client, ours too. The server may be recovering from the last one."""
    admin = sa.create_engine(server, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    for _ in range(100):
        try:
            with admin.connect() as connection:
                found = connection.exec_driver_sql(
                    "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend'"
                )
                os.kill(lots.choice(list(found.scalars())), signal.SIGKILL)
            return
        except (sa.exc.DBAPIError, ProcessLookupError):
            time.sleep(0.1)


def _drain(log: Log, views_url: str, troupe: Troupe) -> float:
    """Waits until the relays and the consumers have come to the end; how long it took."""
    begun = time.monotonic()
    views = sa.create_engine(views_url, poolclass=sa.NullPool)
    all_seen = sa.text("SELECT count(*), coalesce(sum(version), 0) FROM view_status")
    while time.monotonic() - begun < DRAINED_WITHIN:
        troupe.mend()
        try:
            with views.connect() as connection:
                dossiers, events = connection.execute(all_seen).one()
            if events == log.count() and dossiers:
                time.sleep(3.0)  # the sweep comes behind the rows
                return time.monotonic() - begun - 3.0
        except (sa.exc.DBAPIError, StoreError):
            pass
        time.sleep(0.1)
    return float("inf")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.chaos", description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rate", type=float, default=100.0, help="commands a second")
    options = parser.parse_args()
    result = run(options.kills, options.seed, options.rate)
    text = dumps(result, pretty=True) + b"\n"
    (RESULTS / "chaos.json").write_bytes(text)
    sys.stdout.buffer.write(text)
    if result["faults"] or not all(result["checkers that bite"].values()):
        sys.exit(1)


if __name__ == "__main__":
    main()
