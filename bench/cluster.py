"""A city's year over PostgreSQL and Kafka into all views: `python -m bench cluster`.

What a province would run on several machines, all of it here: the office that plays the year, the
relay and one consumer as processes of `lienthong`, a broker and a PostgreSQL. The clock stops when
every event is in the views; then the alerts of the year are raised at its end.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from contextlib import ExitStack
from typing import Any

import sqlalchemy as sa

from app.demo import SCENARIO
from app.house import open_house
from app.law import definitions
from app.settings import Settings
from app.simulation.arrivals import sizes
from app.simulation.bar import Bar
from app.simulation.office import Office
from app.simulation.run import end_of
from app.simulation.scenario import load_scenario
from bench.kafka import SEEN
from bench.processors import servers
from bench.servers import fresh_database
from consumers.broker import Broker
from consumers.relay import open_tables
from schemas.topics import topics_of
from tests.servers import real_kafka, real_postgres

HOUSE = "year"


def run(scale: int = 1) -> list[dict[str, Any]]:
    """Minutes, events a second, and what each part took of the processors; `scale` K plays one
    in K dossiers."""
    with ExitStack() as stack:
        server = stack.enter_context(real_postgres())
        kafka = stack.enter_context(real_kafka()).bootstrap
        url = stack.enter_context(fresh_database(server))
        settings = Settings(database=url, json=True)
        staff = definitions.organisation(settings)
        story = load_scenario(SCENARIO, definitions.catalogue(settings, staff), staff)
        of_part = sizes(story, round(story.dossiers / scale))
        house = stack.enter_context(open_house(settings, create=True))
        open_tables(house.log)
        Broker(kafka).create(topics_of(HOUSE), 1)
        where = ["--database", url, "--kafka", kafka, "--house", HOUSE]
        # The year lies in the past: what is overdue is asked once, when all of it has happened.
        relay = _start("relay", *where)
        consumer = _start("consume", "all", *where, "--now", "2020-01-01")
        engine = sa.create_engine(url)
        stack.callback(engine.dispose)
        _await(engine, 0)
        office = Office(story, of_part, house.log, house.law, 1)
        before = servers()
        begun, own = time.perf_counter(), time.process_time()
        bar = Bar(sum(of_part.values()))
        for phase in story.phases:
            office.run(phase, lambda until: None, bar)
        bar.clear()
        played, own = time.perf_counter() - begun, time.process_time() - own
        events = house.log.count()
        _await(engine, events)
        seconds = time.perf_counter() - begun
        spent = {name: now - before[name] for name, now in servers().items()}
        relayed, fed = _stop(relay), _stop(consumer)
        begun = time.perf_counter()
        now = end_of(story.phases[0]).isoformat()
        subprocess.run(
            [sys.executable, "-m", "app", "consume", "all", *where, "--once", "--now", now],
            check=True,
            capture_output=True,
        )
        swept = time.perf_counter() - begun
        with engine.connect() as connection:
            alerts = connection.scalar(sa.text("SELECT count(*) FROM alerts"))
    figures = {
        "dossiers": office.dossiers,
        "events": events,
        "minutes, all in the views": round(seconds / 60, 2),
        "events/s": round(events / seconds),
        "minutes, the office alone": round(played / 60, 2),
        "s, alerts of the year at its end": round(swept, 1),
        "alerts": alerts,
        "CPU s, office": round(own),
        "CPU s, relay": round(relayed.ru_utime + relayed.ru_stime),
        "CPU s, consumer": round(fed.ru_utime + fed.ru_stime),
        "CPU s, PostgreSQL": round(spent["PostgreSQL"]),
        "CPU s, Kafka": round(spent["Kafka"]),
        "MB, relay": relayed.ru_maxrss // 1024,
        "MB, consumer": fed.ru_maxrss // 1024,
    }
    return [{"what": what, "measured": figure} for what, figure in figures.items()]


def _start(*words: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", "app", *words])


def _stop(process: subprocess.Popen[bytes]) -> resource.struct_rusage:
    """Ends it; what it has used."""
    process.terminate()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, f"{process.args} ended with {process.returncode}"
    return used


def _await(engine: sa.Engine, events: int) -> None:
    """Until the views are there and hold that many events."""
    while True:
        try:
            with engine.connect() as connection:
                if connection.scalar(SEEN) == events:
                    return
        except sa.exc.ProgrammingError:
            pass  # they are not made yet
        time.sleep(0.1)
