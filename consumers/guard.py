"""Each dossier's last event, for a transport that may repeat, skip or bring what is forged.

Kept beside the rows and moved with them, by compare-and-set: whatever two processes think that
they own, an event is applied after the one that it follows and once. What a process knows it
keeps in memory, for who moved the cursor of a partition last also applied its dossiers last; if
that is wrong, the compare fails and it looks again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from sqlalchemy import Connection

from consumers.checkpoints import followed
from consumers.home import Home
from schemas.codec import dumps
from schemas.envelope import GENESIS, Recorded

KEPT = 200_000
"""Dossiers kept in memory, some 60 MB; then it begins anew."""


class Stale(Exception):
    """Others changed what a batch was computed from: compute it again."""


class Standing(NamedTuple):
    """The last event that was applied of a dossier."""

    version: int
    hash: bytes


NOTHING = Standing(0, GENESIS)


def follows(event: Recorded, standing: Standing) -> bool:
    """Whether the event is the next after what stands, by its version and by the chain."""
    return event.version == standing.version + 1 and event.previous == standing.hash


class Guard:
    """What one subscription applied last. Not for several threads."""

    def __init__(self, subscription: str) -> None:
        self._name = subscription
        self._known: dict[str, Standing] = {}

    def standing(self, home: Home, dossiers: Iterable[str]) -> dict[str, Standing]:
        """Of each of these dossiers."""
        wanted = set(dossiers)
        missing = wanted - self._known.keys()
        if missing:
            if len(self._known) > KEPT:
                self._known.clear()
                missing = wanted
            with home.engine.connect() as connection:
                self._known |= self.read(connection, missing)
        return {each: self._known[each] for each in wanted}

    def read(self, connection: Connection, dossiers: Iterable[str]) -> dict[str, Standing]:
        """As `standing`, from the database."""
        names = dumps(sorted(dossiers)).decode()
        sqlite = connection.dialect.name == "sqlite"
        query = _LOOK_SQLITE if sqlite else _LOOK_POSTGRES
        found = {name: NOTHING for name in dossiers}
        for dossier, version, hash_ in connection.exec_driver_sql(query, (self._name, names)):
            found[dossier] = Standing(version, bytes(hash_))
        return found

    def move(
        self, connection: Connection, before: Mapping[str, Standing], then: Mapping[str, Standing]
    ) -> None:
        """Compare and set. Raises Stale when a dossier stands elsewhere than `before`."""
        fresh = {name: to for name, to in sorted(then.items()) if before[name] is NOTHING}
        moved = {name: to for name, to in sorted(then.items()) if name not in fresh}
        write = _on_sqlite if connection.dialect.name == "sqlite" else _on_postgres
        if write(connection, self._name, fresh, before, moved) != len(then):
            self._known.clear()
            raise Stale
        # Only a cache: should the transaction fail, the next compare finds out.
        self._known.update(then)

    def forget(self) -> None:
        self._known.clear()


_LOOK_SQLITE = f"""
    SELECT dossier, version, hash FROM "{followed.name}"
    WHERE subscription = ? AND dossier IN (SELECT value FROM json_each(?))
"""
_LOOK_POSTGRES = f"""
    SELECT dossier, version, hash FROM "{followed.name}"
    WHERE subscription = %s AND dossier IN (SELECT json_array_elements_text(%s))
"""


def _on_sqlite(
    connection: Connection,
    name: str,
    fresh: Mapping[str, Standing],
    before: Mapping[str, Standing],
    moved: Mapping[str, Standing],
) -> int:
    done = 0
    if fresh:
        rows: list[Any] = [(name, dossier, *to) for dossier, to in fresh.items()]
        done += connection.exec_driver_sql(
            f'INSERT INTO "{followed.name}" (subscription, dossier, version, hash)'
            " VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
            rows,
        ).rowcount
    if moved:
        rows = [(*to, name, dossier, *before[dossier]) for dossier, to in moved.items()]
        done += connection.exec_driver_sql(
            f'UPDATE "{followed.name}" SET version = ?, hash = ?'
            " WHERE subscription = ? AND dossier = ? AND version = ? AND hash = ?",
            rows,
        ).rowcount
    return done


_INSERT = f"""
    INSERT INTO "{followed.name}" (subscription, dossier, version, hash)
    SELECT %s, d, v, decode(h, 'hex') FROM json_to_recordset(%s) AS r(d text, v bigint, h text)
    ON CONFLICT DO NOTHING
"""
_UPDATE = f"""
    UPDATE "{followed.name}" AS f SET version = r.v, hash = decode(r.h, 'hex')
    FROM json_to_recordset(%s) AS r(d text, v bigint, h text, w bigint, b text)
    WHERE f.subscription = %s AND f.dossier = r.d AND f.version = r.w
        AND f.hash = decode(r.b, 'hex')
"""


def _on_postgres(
    connection: Connection,
    name: str,
    fresh: Mapping[str, Standing],
    before: Mapping[str, Standing],
    moved: Mapping[str, Standing],
) -> int:
    done = 0
    if fresh:
        rows: list[dict[str, object]] = [
            {"d": dossier, "v": to.version, "h": to.hash.hex()} for dossier, to in fresh.items()
        ]
        done += connection.exec_driver_sql(_INSERT, (name, dumps(rows).decode())).rowcount
    if moved:
        rows = [
            {
                "d": dossier,
                "v": to.version,
                "h": to.hash.hex(),
                "w": before[dossier].version,
                "b": before[dossier].hash.hex(),
            }
            for dossier, to in moved.items()
        ]
        done += connection.exec_driver_sql(_UPDATE, (dumps(rows).decode(), name)).rowcount
    return done
