"""How fast the log stores and reads events, beside the bare driver with the same rows.

    python -m bench.append --postgres postgresql://user@host/empty_database [--json]

Each figure of the log and its bare counterpart are measured in turns, several times over,
and the median is shown: a machine that is shared drifts. The bare driver writes the same
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
from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path
from typing import Any

import psycopg

from engine.store import Append, Log, Stored, open_log
from engine.store.postgres import COPY, COPY_TYPES
from engine.store.rows import row_of
from schemas.envelope import GENESIS, Origin, seal
from schemas.events import StepCompleted

SIZES = {"1 event": (1, 1), "3 events": (3, 1), "1,000 events": (4, 250)}
"""What one call appends: events of an append, appends of a call."""

TURNS = 7
SECONDS = 0.4
"""How long one turn takes, about."""

_INSERT = """
    INSERT INTO events (
        position, occurred_at, recorded_at, stream, version, type, actor, agency, on_behalf,
        shard, schema_version, first, event_id, command_id, hash, correlation, payload, private
    ) VALUES ({})
"""
_numbers = count(1)


def batch(events: int, appends: int) -> list[Append]:
    """Appends to streams of their own, each event with some 200 bytes of payload."""
    made = []
    for number in (next(_numbers) for _ in range(appends)):
        origin = Origin(
            command_id=os.urandom(16),
            correlation=os.urandom(16),
            actor=f"chuyen-vien-{number % 500}",
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


def rows(appends: Sequence[Append], words: Callable[[str | None], int | None]) -> list[Any]:
    """The rows that the log would write, ready for the driver."""
    return [
        row_of(append, event, next(_numbers), next(_numbers), words)
        for append in appends
        for event in append.events
    ]
