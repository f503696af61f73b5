"""From the log over Kafka into all views on PostgreSQL: `python -m bench kafka`.

Everything runs on this machine: PostgreSQL, one broker, and every process of ours share its cores.

- consume: the events of a topic into all seven views, by one process and by two of one group;
- visible: from when an append of a steady 250 and 1,000 events a second returns to when the views
  show it, by one relay and one consumer, processes of their own; and to when the topic has it;
- outage: the broker is killed under 500 events a second and started again after five seconds;
  seconds from its return until nothing is behind any more, and whether anything is lost.
"""

from __future__ import annotations

import multiprocessing
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from statistics import median, quantiles
from typing import Any

import sqlalchemy as sa

from app.running import collect_seldom
from bench.processors import Busy
from bench.relay import Slowed
from bench.servers import fresh_database
from bench.views import lags, steady
from consumers.broker import Broker
from consumers.feeding import BATCH
from consumers.home import OwnHome, open_home
from consumers.ownership import ownership_of
from consumers.rebuild import open_views
from consumers.relay import Relay, open_tables
from consumers.views import all_views
from consumers.whole import whole
from engine.store import Append, Log, open_log
from schemas.cloudevents import from_message
from schemas.envelope import Recorded
from schemas.topics import events_topic, topics_of
from tests.servers import real_kafka, real_postgres
from tests.servers.kafka import Broker as Server
from tests.streams import appends, walks

DOSSIERS = 2_500
ROUNDS = 3
RATES, SECONDS, WARM = (250, 1_000), 20, 20
OUTAGE_RATE, AWAY = 500, 5.0
PATIENCE = 120.0


def run() -> list[dict[str, Any]]:
    with ExitStack() as stack:
        server = stack.enter_context(real_postgres())
        kafka = stack.enter_context(real_kafka())
        rows = _consume(server, kafka.bootstrap)
        rows += _visible(server, kafka)
        return rows + _outage(server, kafka)


def _row(what: str, measured: float, target: str = "", to: float | None = None) -> dict[str, Any]:
    figure = round(measured) if measured >= 100 else round(measured, 1 if measured >= 2 else 2)
    return {
        "what": what,
        "measured": figure,
        "ratio": None if to is None else round(measured / to, 2),
        "target": target,
    }


# --- consume -----------------------------------------------------------------------------


def _consume(server: str, address: str) -> list[dict[str, Any]]:
    rate = filled(server, address, DOSSIERS)
    rates: dict[int, list[float]] = {1: [], 2: []}
    for _ in range(ROUNDS):
        for number, found in rates.items():
            found.append(rate(number))
    one, two = (median(found) for found in rates.values())
    return [
        _row("all views, one process, events/s", one, "8,000"),
        _row("all views, two processes, events/s", two, "1.6 x one", to=one),
    ]


def filled(
    server: str, address: str, dossiers: int, slowed: Slowed = lambda _: nullcontext()
) -> Callable[[int], float]:
    """Fills a topic; gives the events a second of so many consumer processes."""
    with fresh_database(server) as url:
        log = open_log(url)
        for batch in _batches(dossiers):
            log.append(batch)
        open_tables(log)
        Broker(address).create(topics_of("consume"), 1)
        relay = Relay(log, lambda: ownership_of(log), Broker(address), "consume")
        relay.renew()
        events = relay.catch_up()
        relay.close()
        log.close()

    def rate(number: int) -> float:
        with fresh_database(server) as views:
            return events / _drained(address, views, number, events, slowed)

    return rate


def _drained(address: str, views: str, number: int, events: int, slowed: Slowed) -> float:
    """Seconds that so many processes of one group take for the whole topic; started before the
    clock is, with their views made."""
    engine = sa.create_engine(views)
    open_views(OwnHome(engine), _NoLog(), all_views())  # type: ignore[arg-type]
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE views SET subscription = 'bench'")
        connection.exec_driver_sql("DELETE FROM checkpoints")
    context = multiprocessing.get_context("spawn")
    barrier, stop = context.Barrier(number + 1), context.Event()
    shared = context.Value("i", 0)
    workers = [
        context.Process(target=_member, args=(address, views, each, number, shared, barrier, stop))
        for each in range(number)
    ]
    for worker in workers:
        worker.start()
    barrier.wait(timeout=60)
    begun = time.perf_counter()
    with slowed([worker.pid or 0 for worker in workers]):
        while True:
            with engine.connect() as connection:
                if connection.scalar(SEEN) == events:
                    break
            assert time.perf_counter() - begun < PATIENCE, "the consumers do not come to the end"
            time.sleep(0.02)
        seconds = time.perf_counter() - begun
        stop.set()
    for worker in workers:
        worker.join()
    engine.dispose()
    return seconds


def _member(
    address: str, views: str, each: int, number: int, shared: Any, barrier: Any, stop: Any
) -> None:
    """As `lienthong consume` does it."""
    from consumers.checkpoints import Fenced
    from consumers.kafka_transport import KafkaTransport
    from consumers.subscription import Subscription

    collect_seldom()
    home = open_home(views)
    broker = Broker(address)
    topic = events_topic("consume").name
    # The group's name is new with each database: nobody is there from the round before.
    group = f"g-{sa.make_url(views).database}"
    member = broker.member(topic, group, f"m{each}")
    transport = KafkaTransport(broker, topic, member)
    feed = Subscription(home, transport, all_views(), name="bench", batch=BATCH)
    # To share out the partitions takes the group seconds, which are not what is measured; a share
    # is given when all of them have polled again.
    settled = False
    while shared.value < number:
        transport.read(feed.cursors, 1)
        if not settled and len(member.held) == len(transport.partitions()) // number:
            settled = True
            with shared.get_lock():
                shared.value += 1
    barrier.wait(timeout=60)
    while not stop.is_set():
        try:
            feed.step()
        except Fenced:
            feed.load()
    transport.close()
    home.close()


class _NoLog:
    """Views are made empty: there is nothing to fill them from."""

    def read_shard(self, shard: int, **range_: Any) -> list[Recorded]:
        return []


# --- visible -----------------------------------------------------------------------------

SEEN = sa.text("SELECT coalesce(sum(version), 0) FROM view_status")
HANDLED = sa.text("SELECT sum(next) FROM checkpoints WHERE subscription = 'visible.views'")


def _visible(server: str, kafka: Server) -> list[dict[str, Any]]:
    with _province(server, kafka, "visible") as (log, url, processes):
        collect_seldom()
        # A broker that has just been started compiles itself beside us.
        for _ in steady(log, RATES[-1], WARM, "warm"):
            pass
        rows, cores = [], {}
        for rate in RATES:
            found, cores = _visible_at(rate, log, url, kafka.bootstrap, processes)
            rows += found
        return rows + [
            _row(f"of it, cores busy at {RATES[-1]:,} events/s, {name}", busy)
            for name, busy in cores.items()
        ]


def _visible_at(
    rate: int, log: Log, url: str, address: str, processes: dict[str, int]
) -> tuple[list[dict[str, Any]], dict[str, float]]:
    """Rows, and the cores that each part kept busy."""
    engine = sa.create_engine(url)
    while _handled(engine) < log.count():
        time.sleep(0.1)
    before = log.count()
    written: list[tuple[int, float]] = []
    seen: list[tuple[int, float]] = []
    done = threading.Event()

    def look() -> None:
        while not (done.is_set() and seen and seen[-1][0] >= sum(n for n, _ in written)):
            seen.append((_handled(engine) - before, time.perf_counter()))
            time.sleep(0.004)

    looking = threading.Thread(target=look)
    looking.start()
    busy = Busy(processes)
    sent: dict[tuple[str, int], float] = {}
    for batch in steady(log, rate, SECONDS, f"visible-{rate}"):
        written.append((len(batch), time.perf_counter()))
        sent.update(dict.fromkeys(((e.stream, e.version) for e in batch), time.time() * 1e3))
    cores = busy.cores()
    done.set()
    looking.join()
    engine.dispose()
    rows = []
    for what, waits, target in (
        ("append to visible", [each * 1e3 for each in lags(written, seen)], "100"),
        ("of it, append to topic", _waits(address, sent), ""),
    ):
        cuts = quantiles(waits, n=100)
        at = f"{what}, at {rate:,} events/s, ms"
        rows += [_row(f"{at}, p50", cuts[49]), _row(f"{at}, p99", cuts[98], target)]
    return rows, cores


def _handled(engine: sa.Engine) -> int:
    """How many messages are in the views, by the cursors that move with the rows: to sum up a view
    every few milliseconds would be the heaviest of all that runs."""
    with engine.connect() as connection:
        return int(connection.scalar(HANDLED) or 0)


def _waits(address: str, sent: dict[tuple[str, int], float]) -> list[float]:
    """Milliseconds from an append's return to the arrival of each event, by the broker's clock,
    which is this machine's."""
    return [
        max(record.message.timestamp - sent[event.stream, event.version], 0.0)
        for batch in whole(Broker(address), events_topic("visible").name)
        for record in batch
        for event in [from_message(record.message)]
        if (event.stream, event.version) in sent
    ]


# --- outage ------------------------------------------------------------------------------


def _outage(server: str, kafka: Server) -> list[dict[str, Any]]:
    with _province(server, kafka, "outage") as (log, url, _):
        engine = sa.create_engine(url)
        stop = threading.Event()

        def write() -> None:
            for _ in steady(log, OUTAGE_RATE, 60, "outage"):
                if stop.is_set():
                    return

        writing = threading.Thread(target=write)
        writing.start()
        time.sleep(3)
        kafka.kill()
        time.sleep(AWAY)
        kafka.start()
        back = time.perf_counter()
        while True:
            with engine.connect() as connection:
                behind = log.count() - (connection.scalar(SEEN) or 0)
            if behind <= OUTAGE_RATE // 5:
                break
            assert time.perf_counter() - back < PATIENCE, f"still {behind} behind"
            time.sleep(0.05)
        gone = time.perf_counter() - back
        stop.set()
        writing.join()
        lost = -1
        until = time.perf_counter() + 30
        while lost and time.perf_counter() < until:
            with engine.connect() as connection:
                lost = log.count() - (connection.scalar(SEEN) or 0)
            time.sleep(0.1)
        engine.dispose()
        return [
            _row("broker killed under 500 events/s: lag gone after, s", gone, "30"),
            _row("broker killed under 500 events/s: events lost", lost, "0"),
        ]


# --- together ----------------------------------------------------------------------------


@contextmanager
def _province(server: str, kafka: Server, house: str) -> Iterator[tuple[Log, str, dict[str, int]]]:
    """A log on PostgreSQL with one relay and one consumer, as processes of `lienthong`; their
    ids."""
    with fresh_database(server) as url:
        log = open_log(url)
        open_tables(log)
        Broker(kafka.bootstrap).create(topics_of(house), 1)
        where = ["--database", url, "--kafka", kafka.bootstrap, "--house", house]
        # Nothing is overdue in these made-up lives at this moment, so no alert is swept.
        words = (["relay", *where], ["consume", "all", *where, "--now", "2020-01-01"])
        running = [subprocess.Popen([sys.executable, "-m", "app", *each]) for each in words]
        processes = {each[0]: it.pid for each, it in zip(words, running, strict=True)}
        try:
            _warm(log, url, running)
            yield log, url, processes
        finally:
            for each in running:
                each.terminate()
            for each in running:
                each.wait()
            log.close()


def _warm(log: Log, url: str, running: list[subprocess.Popen[bytes]]) -> None:
    """Returns when the first events have come all the way."""
    for batch in _batches(5, seed=3):
        log.append(batch)
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    until = time.perf_counter() + PATIENCE
    while time.perf_counter() < until:
        assert all(each.poll() is None for each in running), "a process has ended"
        try:
            with engine.connect() as connection:
                if connection.scalar(SEEN) == log.count():
                    return
        except sa.exc.DBAPIError:
            pass  # the views are not made yet
        time.sleep(0.1)
    raise AssertionError("nothing came through")


def _batches(dossiers: int, seed: int = 1) -> Iterator[list[Append]]:
    made = [Append(tuple(events)) for events in appends(walks(dossiers, seed), spread=500)]
    for start in range(0, len(made), 500):
        yield made[start : start + 500]
