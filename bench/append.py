"""How fast the log stores and reads events, beside the bare driver with the same rows.

    python -m bench.append --postgres postgresql://user@host/empty_database [--json]

The log and the bare driver take turns call by call, for a machine that is shared drifts; the
ratio is the median of several rounds. The bare driver writes the same
rows into the same tables with the same durability, and checks nothing: no expected version,
no answered command, no lock.
"""

from __future__ import annotations

import argparse
import json
import os
import sqlite3
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path
from typing import Any

import psycopg

from engine.store import Append, Log, open_log
from engine.store.postgres import COPY, COPY_TYPES
from engine.store.rows import Row, rows_of
from schemas.envelope import GENESIS, Origin, seal
from schemas.events import StepCompleted

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
        self.file = folder / "log.db"

    def bare(self, made: Rows) -> None:
        streams, events = made
        self._bare.execute("BEGIN IMMEDIATE")
        self._bare.executemany("INSERT INTO streams VALUES (?, ?)", streams)
        self._bare.executemany(self._insert, events)
        self._bare.execute("COMMIT")

    def bytes_stored(self) -> int:
        with self.log.begin() as connection:
            connection.exec_driver_sql("SELECT 1")
        with self.log.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        return self.file.stat().st_size

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

    def bytes_stored(self) -> int:
        self._bare.execute("VACUUM (FREEZE) events")
        tables = "'events'", "'streams'", "'words'"
        sizes = " + ".join(f"pg_total_relation_size({each})" for each in tables)
        return int(self._bare.execute(f"SELECT {sizes}").fetchone()[0])  # type: ignore[index]

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


def size(store: Sqlite | Postgres) -> float:
    """Bytes an event, with its indexes, of 3,000 dossiers of 20 events that grow together."""
    before, grown = store.bytes_stored(), {each.stream: each for each in batch(2, 3000)}
    store.log.append(list(grown.values()))
    for _ in range(9):
        following = [next_of(each) for each in grown.values()]
        for start in range(0, len(following), 100):
            store.log.append(following[start : start + 100])
        grown = {each.stream: each for each in following}
    return (store.bytes_stored() - before) / (3000 * 20)


def next_of(append: Append) -> Append:
    [template] = batch(2, 1)
    last = append.events[-1]
    events = seal(
        append.stream,
        [each.event() for each in template.events],
        Origin(
            template.command_id,
            template.events[0].correlation,
            template.events[0].actor,
            template.events[0].agency,
            template.events[0].occurred_at,
            template.events[0].recorded_at,
        ),
        version=last.version,
        previous=last.hash,
        new_id=lambda: os.urandom(16),
    )
    return Append(tuple(events))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--postgres", help="URL of an empty database")
    parser.add_argument("--folder", help="where the SQLite file goes (default: a temporary one)")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        stores: dict[str, Sqlite | Postgres] = {"sqlite": Sqlite(Path(folder))}
        if options.postgres:
            stores["postgres"] = Postgres(options.postgres)
        results = {}
        for name, store in stores.items():
            results[name] = measured(store) | {"bytes an event": {"log": size(store)}}
            store.close()
    if options.json:
        print(json.dumps(results))
        return
    for name, figures in results.items():
        print(f"{name:24}{'log':>12}{'bare driver':>14}{'ratio':>8}")
        for what, figure in figures.items():
            bare = f"{figure['bare']:14,.0f}{figure['ratio']:8.2f}" if "bare" in figure else ""
            print(f"  {what:22}{figure['log']:12,.0f}{bare}")


if __name__ == "__main__":
    main()
