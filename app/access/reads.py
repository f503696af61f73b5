"""Who read which dossier, when, on which page: kept for good, for auditors to ask.

A read is noted in memory and written with others a moment later, so that no page waits for a disk.
Whoever would read what can no longer be noted is refused.
"""

from __future__ import annotations

import threading
from typing import Any

import msgspec
from sqlalchemy import BigInteger, Column, Index, Integer, MetaData, Table, Text, select

from app.access.principal import Principal
from app.desk.beside import Beside
from consumers.append_only import only_added_to
from consumers.home import Home, ensure
from engine.ids import Clock, wall_clock
from schemas.envelope import to_micros

SOON = 0.2
"""Seconds after which what was noted is written: what a power cut can cost at most."""

MOST = 20_000
"""Reads that wait at most to be written, some 10 MB."""

metadata = MetaData()

reads = Table(
    "dossier_reads",
    metadata,
    Column(
        "position",
        BigInteger().with_variant(Integer(), "sqlite"),
        primary_key=True,
        autoincrement=True,
    ),
    Column("at", BigInteger, nullable=False),
    Column("account", Text, nullable=False),
    Column("agency", Text),
    Column("dossier", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("page", Text, nullable=False),
)
Index("dossier_reads_of", reads.c.dossier, reads.c.position)

only_added_to(reads, "dossier_reads is only ever added to")


class Read(msgspec.Struct, frozen=True):
    """One read. `at`: microseconds since 1970, UTC; `account`: "" for somebody who has none and
    gave the access code; `agency`: of the account, then; `page`: the path of the address.
    `position` grows."""

    position: int
    at: int
    account: str
    agency: str | None
    dossier: str
    action: str
    page: str


class Unrecorded(Exception):
    """Nothing more can be noted until what waits is written."""


class Reads(Beside):
    """Notes and writes; the table is in the store's own database."""

    name = "reads"

    def __init__(self, home: Home, clock: Clock = wall_clock) -> None:
        super().__init__()
        self._home = home
        self._clock = clock
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._noted: list[dict[str, Any]] = []
        ensure(home, metadata)

    def note(self, who: Principal, dossier: str, action: str, page: str) -> None:
        """Raises Unrecorded."""
        row = {
            "at": to_micros(self._clock()),
            "account": who.account,
            "agency": who.agency,
            "dossier": dossier,
            "action": action,
            "page": page,
        }
        with self._lock:
            if len(self._noted) >= MOST:
                raise Unrecorded
            self._noted.append(row)

    def turn(self) -> float:
        self.write()
        return SOON

    def stop(self) -> None:
        super().stop()
        self.write()

    def write(self) -> int:
        """Writes what was noted; how many. Raises StoreError; then all of it still waits."""
        with self._writing:
            with self._lock:
                waiting = self._noted[:]
            if waiting:
                with self._home.begin() as connection:
                    connection.execute(reads.insert(), waiting)
                with self._lock:
                    del self._noted[: len(waiting)]
        return len(waiting)

    def who_read(self, dossier: str, *, before: int | None = None, limit: int = 100) -> list[Read]:
        """The reads of a dossier, the last first; those at positions before `before`."""
        self.write()
        query = select(reads).where(reads.c.dossier == dossier)
        if before is not None:
            query = query.where(reads.c.position < before)
        query = query.order_by(reads.c.position.desc()).limit(limit)
        with self._home.engine.connect() as connection:
            return [Read(**row) for row in connection.execute(query).mappings()]
