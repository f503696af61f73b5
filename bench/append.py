"""How fast the log stores and reads events, beside the bare driver with the same rows.

    python -m bench append

The log and the bare driver take turns call by call, for a machine that is shared drifts; the
ratio is the median of several rounds. The bare driver writes the same
rows into the same tables with the same durability, and checks nothing: no expected version,
no answered command, no lock.
"""

from __future__ import annotations

import os
import sqlite3
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from typing import Any

import psycopg

from bench.servers import FOLDER, fresh_database
from engine.store import Append, Log, open_log
from engine.store.postgres import COPY, COPY_TYPES
from engine.store.rows import Row, rows_of
from schemas.envelope import GENESIS, Origin, seal
from schemas.events import StepCompleted
from tests.servers import real_postgres

SIZES = {"1 event": (1, 1), "3 events": (3, 1), "1,000 events": (4, 250)}
"""What one call appends: events of an append, appends of a call."""

ROUNDS = 7

_INSERT = """
    INSERT INTO events (
        position, occurred_at, recorded_at, stream, version, type, actor, agency, on_behalf,
        shard, schema_version, first, event_id, command_id, hash, correlation, payload, private
    ) VALUES ({})
"""
_STREAM = "INSERT INTO bare_streams (id, name) OVERRIDING SYSTEM VALUE VALUES (%b, %b)"
_numbers = count(1)


def batch(events: int, appends: int) -> list[Append]:
    """Appends to streams of their own, each event with some 200 bytes of payload."""
    made = []
    for number in (next(_numbers) for _ in range(appends)):
        command_id = os.urandom(16)
        origin = Origin(
            command_id=command_id,
            correlation=command_id,
            actor=f"chuyen-vien-{number % 100}",
            agency=f"land-office-{number % 40}",
            occurred_at=1_600_000_000_000_000 + number,
            recorded_at=1_600_000_000_000_000 + number,
        )
        facts = {f"fact-{n}": "giá trị của nó" for n in range(4)}
        what = [StepCompleted(step="appraise", to="sign", facts=facts)] * events
        stream = f"000.00.01.H22-{number // 10_000:06}-{number % 10_000:04}"
        made.append(
            Append(
                tuple(
                    seal(
                        stream,
                        what,
                        origin,
                        version=0,
                        previous=GENESIS,
                        new_id=lambda: os.urandom(16),
                    )
                )
            )
        )
    return made


Rows = tuple[list[tuple[int, str]], list[Row]]


def rows(appends: Sequence[Append]) -> Rows:
    """The rows of streams and of events that the log would write, ready for the driver."""
    words: Any = defaultdict(lambda: 7, {None: None})
    streams: list[tuple[int, str]] = []
    events: list[Row] = []
    for append in appends:
        stream = next(_numbers)
        streams.append((stream, append.stream))
        events += rows_of(append, stream, words, _numbers)
    return streams, events


class Sqlite:
    """A file in `folder`, written by the log and by the bare driver."""

    def __init__(self, folder: Path) -> None:
        self.log = open_log(f"sqlite:///{folder / 'log.db'}")
        open_log(f"sqlite:///{folder / 'bare.db'}").close()
        self._bare = sqlite3.connect(folder / "bare.db", isolation_level=None)
        self._bare.execute("PRAGMA synchronous = FULL")
        self._insert = _INSERT.format(", ".join("?" * 18))

    def bare(self, made: Rows) -> None:
        streams, events = made
        self._bare.execute("BEGIN IMMEDIATE")
        self._bare.executemany("INSERT INTO streams VALUES (?, ?)", streams)
        self._bare.executemany(self._insert, events)
        self._bare.execute("COMMIT")

    def close(self) -> None:
        self.log.close()
        self._bare.close()


class Postgres:
    """A database; the bare driver writes to a table of the same shape beside the log's."""

    def __init__(self, url: str) -> None:
        self.log = open_log(url)
        plain = self.log.engine.url.set(drivername="postgresql")
        self._bare = psycopg.connect(plain.render_as_string(hide_password=False), autocommit=True)
        self._bare.execute("CREATE TABLE bare (LIKE events INCLUDING ALL)")
        self._bare.execute("CREATE TABLE bare_streams (LIKE streams INCLUDING ALL)")
        casts = ", ".join(f"%b::{each}" for each in COPY_TYPES)
        self._insert = _INSERT.replace("INTO events", "INTO bare").format(casts)
        self._copy = COPY.replace("COPY events", "COPY bare")

    def bare(self, made: Rows) -> None:
        streams, events = made
        with self._bare.transaction(), self._bare.cursor() as cursor:
            if len(events) < 100:
                cursor.execute(_STREAM, streams[0])
                cursor.executemany(self._insert, events)
                return
            with cursor.copy("COPY bare_streams FROM STDIN (FORMAT BINARY)") as copy:
                copy.set_types(["int4", "text"])
                for stream in streams:
                    copy.write_row(stream)
            with cursor.copy(self._copy) as copy:
                copy.set_types(COPY_TYPES)
                for event in events:
                    copy.write_row(event)

    def close(self) -> None:
        self._bare.close()
        self.log.close()


def measured(store: Sqlite | Postgres) -> dict[str, dict[str, float]]:
    """Events a second by what is done: the log's, the bare driver's, and their ratio."""
    figures = {}
    for name, (events, appends) in SIZES.items():
        calls = 10 + 300 // (events * appends)
        ratios, spent = [], {"log": 0.0, "bare": 0.0}
        for turn in range(ROUNDS + 1):
            turns = {"log": 0.0, "bare": 0.0}
            for call in [batch(events, appends) for _ in range(calls)]:
                plain = rows(call)
                turns["log"] += timed(lambda: store.log.append(call))  # noqa: B023
                turns["bare"] += timed(lambda: store.bare(plain))  # noqa: B023
            if turn:  # the first one warms up
                ratios.append(turns["bare"] / turns["log"])
                spent = {who: spent[who] + turns[who] for who in spent}
        done = ROUNDS * calls * events * appends
        figures[f"append {name}"] = {
            **{who: done / seconds for who, seconds in spent.items()},
            "ratio": statistics.median(ratios),
        }
    return figures | read_back(store.log)


def read_back(log: Log) -> dict[str, dict[str, float]]:
    """Events a second read as `Recorded`."""
    long = batch(5000, 1)
    log.append(long)
    everything = sum(len(each) for each in log.read_all())
    cursors = dict.fromkeys(log.heads(), 0)

    def by_shards() -> None:
        while read := log.read_shards(cursors):
            cursors.update({each.shard: each.position for each in read})

    figures = {
        "read one stream": 5000
        / min(timed(lambda: log.read_stream(long[0].stream)) for _ in range(5)),
        "read all, for verify": everything / timed(lambda: [None for _ in log.read_all()]),
        "read all shards": everything / timed(by_shards),
    }
    return {name: {"log": speed} for name, speed in figures.items()}


def timed(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def run() -> list[dict[str, Any]]:
    """Both stores, beside the bare driver where it does the same."""
    table = []
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(dir=FOLDER, prefix=".bench-"))
        database = stack.enter_context(fresh_database(stack.enter_context(real_postgres())))
        stores: dict[str, Sqlite | Postgres] = {
            "sqlite": Sqlite(Path(folder)),
            "postgresql": Postgres(database),
        }
        for name, store in stores.items():
            figures = measured(store)
            for what, figure in figures.items():
                bare, ratio = figure.get("bare"), figure.get("ratio")
                table.append(
                    {
                        "store": name,
                        "what": what,
                        "events/s": round(figure["log"]),
                        "bare driver": bare and round(bare),
                        "ratio": ratio and round(ratio, 2),
                    }
                )
            store.close()
    return table
