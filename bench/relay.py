"""The log -> Kafka, beside kafka-python alone with the same messages: `python -m bench relay`.

A real broker and a real PostgreSQL on this machine, which they share with us. Each round fills
nothing anew: a topic of its own is published from the same log. What is compared is measured in
turn in the same run; medians and their ratios are printed.
"""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from itertools import count
from statistics import median
from typing import Any

from bench.servers import fresh_database
from consumers.broker import Broker
from consumers.ownership import ownership_of
from consumers.relay import BATCH, Relay, open_tables
from engine.ids import wall_clock
from engine.store import Append, Log, open_log
from schemas.cloudevents import to_message
from schemas.envelope import SHARDS
from schemas.topics import events_topic, manifests_topic
from tests.servers import real_kafka, real_postgres
from tests.streams import appends, walks

DOSSIERS = 2_000
ROUNDS = 5


Slowed = Callable[[Sequence[int]], AbstractContextManager[None]]
"""How worker processes are held back, given their process ids."""


def run(dossiers: int = DOSSIERS, rounds: int = ROUNDS) -> list[dict[str, Any]]:
    """Events a second of each way, its processor time an event, and the ratio to its base."""
    with ExitStack() as stack:
        server = stack.enter_context(real_postgres())
        url = stack.enter_context(fresh_database(server))
        kafka = stack.enter_context(real_kafka())
        log = open_log(url)
        stack.callback(log.close)
        _fill(log, dossiers)
        measured: dict[str, list[tuple[float, float]]] = {}
        for number in range(rounds):
            for what, rate in (
                ("kafka-python alone", lambda house: _alone(log, kafka.bootstrap, house)),
                ("relay, one worker", lambda house: _relay(log, kafka.bootstrap, house)),
                ("relay, one process", lambda house: _processes(url, kafka.bootstrap, house, 1)),
                ("relay, two processes", lambda house: _processes(url, kafka.bootstrap, house, 2)),
            ):
                house = f"r{number}-{what.replace(' ', '-').replace(',', '')}"
                topics = [events_topic(house), manifests_topic(house)]
                Broker(kafka.bootstrap).create(topics, 1)
                measured.setdefault(what, []).append(rate(house))
    bases = {
        "relay, one worker": ("kafka-python alone", 0.7),
        "relay, two processes": ("relay, one process", 1.6),
    }
    rates = {what: median(rate for rate, _ in found) for what, found in measured.items()}
    rows = []
    for what, found in measured.items():
        base, target = bases.get(what, (None, None))
        rows.append(
            {
                "what": what,
                "events/s": round(rates[what]),
                "CPU us an event": round(median(cpu for _, cpu in found) * 1e6) or None,
                "ratio": round(rates[what] / rates[base], 2) if base else None,
                "to": base,
                "target": target,
            }
        )
    return rows


def _fill(log: Log, dossiers: int) -> None:
    made = [Append(tuple(events)) for events in appends(walks(dossiers), spread=500)]
    for start in range(0, len(made), 500):
        log.append(made[start : start + 500])
    open_tables(log)


@contextmanager
def filled(
    server: str, address: str, dossiers: int, slowed: Slowed
) -> Iterator[Callable[[int], float]]:
    """Gives the events a second of so many relay processes that are slowed."""
    with fresh_database(server) as url:
        log = open_log(url)
        _fill(log, dossiers)
        log.close()
        houses = count()

        def rate(number: int) -> float:
            house = f"room-{next(houses)}"
            Broker(address).create([events_topic(house), manifests_topic(house)], 1)
            return _processes(url, address, house, number, slowed)[0]

        yield rate


def _alone(log: Log, address: str, house: str) -> tuple[float, float]:
    """The same messages, made before the clock is started, in batches of the same size."""
    messages = [
        to_message(event, house)
        for shard in range(SHARDS)
        for event in log.read_shard(shard, limit=1_000_000, previous=True)
    ]
    topic = events_topic(house).name
    producer = Broker(address).producer()
    clock, processor = time.perf_counter(), time.process_time()
    for start in range(0, len(messages), BATCH):
        for message in messages[start : start + BATCH]:
            producer.send(topic, message)
        producer.flush()
    spent = time.process_time() - processor
    rate = len(messages) / (time.perf_counter() - clock)
    producer.close()
    return rate, spent / len(messages)


def _relay(log: Log, address: str, house: str) -> tuple[float, float]:
    worker = Relay(log, lambda: ownership_of(log), Broker(address), house)
    worker.renew()
    clock, processor = time.perf_counter(), time.process_time()
    events = worker.catch_up()
    worker.account(wall_clock(), period=0)
    spent = time.process_time() - processor
    rate = events / (time.perf_counter() - clock)
    worker.close()
    return rate, spent / events


def _processes(
    url: str, address: str, house: str, number: int, slowed: Slowed = lambda _: nullcontext()
) -> tuple[float, float]:
    """Workers that share the shards; started before the clock is."""
    context = multiprocessing.get_context("spawn")
    barrier, counts = context.Barrier(number + 1), context.Queue()
    workers = [
        context.Process(target=_worker, args=(url, address, house, number, barrier, counts))
        for _ in range(number)
    ]
    for worker in workers:
        worker.start()
    barrier.wait(timeout=60)
    clock = time.perf_counter()
    with slowed([worker.pid or 0 for worker in workers]):
        found = [counts.get(timeout=300) for _ in workers]
        seconds = time.perf_counter() - clock
    for worker in workers:
        worker.join()
    events = sum(count for count, _ in found)
    return events / seconds, sum(cpu for _, cpu in found) / events


def _worker(url: str, address: str, house: str, number: int, barrier: Any, counts: Any) -> None:
    log = open_log(url)
    worker = Relay(log, lambda: ownership_of(log), Broker(address), house)
    while len(worker.renew()) != SHARDS // number:
        time.sleep(0.01)
    barrier.wait(timeout=60)
    processor = time.process_time()
    events = worker.catch_up()
    counts.put((events, time.process_time() - processor))
    worker.close()
    log.close()
