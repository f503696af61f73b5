"""Read -> handle -> write rows and cursors in one transaction.

A batch is read and handled before the transaction begins, so that the one writer of SQLite
is held only while rows are written. The cursors move by compare-and-set in that transaction:
of two processes that own the same subscription, one writes and the other is fenced; a crash
leaves both rows and cursors, or neither.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from sqlalchemy import Connection, select

from consumers import checkpoints, parking
from consumers.changes import Changes
from consumers.checkpoints import Fenced, followed
from consumers.fold import Fold, Poison
from consumers.home import Home
from consumers.parking import Parked
from consumers.rows import Names, write
from consumers.transport import Delivery, Transport
from consumers.view import View

LIVE = "live"
"""The subscription that feeds all views in one pass."""

BATCH = 1_000
RETRIES = 3


class _Stale(Exception):
    """What is parked was changed meanwhile; compute the batch again."""


class _Work:
    """One batch, handled: what to write, where the cursors go, what has to be parked."""

    def __init__(self, parked: Mapping[str, int]) -> None:
        self.changes = Changes()
        self.then: dict[int, int] = {}
        self.to_park: list[Parked] = []
        self.standing = dict(parked)
        self.versions: dict[str, int] = {}
        self.freed: set[str] = set()


class Subscription:
    """Feeds some views from a transport. Not for several threads at once."""

    def __init__(
        self,
        home: Home,
        transport: Transport,
        views: Iterable[View],
        *,
        name: str = LIVE,
        batch: int = BATCH,
        names: Names | None = None,
    ) -> None:
        self.home = home
        self.transport = transport
        self.fold = Fold(views)
        self.name = name
        self.batch = batch
        self.names = names
        self.cursors: dict[int, int] = {}
        self._parked: dict[str, int] = {}
        self.load()
        if len(self.cursors) < len(transport.partitions()):
            with home.begin() as connection:
                checkpoints.start(connection, name, transport.partitions())
            self.load()

    def load(self) -> None:
        """Reads cursors and what is parked anew: after being fenced, say."""
        with self.home.engine.connect() as connection:
            self.cursors = checkpoints.cursors(connection, self.name)
            self._parked = checkpoints.parked_from(connection, self.name)

    def step(self) -> int:
        """Handles the next batch; how many events it held, 0 when there is nothing new.

        Raises Fenced, having written nothing, when another process moved the cursors.
        """
        batch = self.transport.read(self.cursors, self.batch)
        if not batch:
            return 0
        for _ in range(RETRIES):
            try:
                self._handle(batch)
            except _Stale:
                continue
            return len(batch)
        raise Fenced(f"{self.name}: what is parked changes all the time")

    def run(self, stop: Callable[[], bool], idle: Callable[[], None]) -> None:
        """Until `stop` says so; `idle` is called when there was nothing new, or when
        another process was first."""
        while not stop():
            try:
                if self.step() == 0:
                    idle()
            except Fenced:
                self.load()
                idle()

    def catch_up(self) -> int:
        """Handles batches until there is nothing new; how many events there were."""
        total = 0
        while count := self.step():
            total += count
        return total

    def retry(self, dossier: str) -> int:
        """Applies what is parked of a dossier as far as it goes; how many events went."""
        with self.home.begin() as connection:
            checkpoints.cursors(connection, self.name, lock=True)
            applied = self._retry(connection, dossier)
        self.load()
        return applied

    def drop(self, dossier: str, version: int) -> int:
        """Leaves a parked event out for good and retries what is behind it."""
        with self.home.begin() as connection:
            checkpoints.cursors(connection, self.name, lock=True)
            parking.drop(connection, self.name, dossier, version)
            applied = self._retry(connection, dossier)
        self.load()
        return applied

    # --- one batch ---

    def _handle(self, batch: list[Delivery]) -> None:
        work = _Work(self._parked)
        if not self.transport.exact:
            work.versions = self._followed({each.event.stream for each in batch})
        for delivery in batch:
            work.then[delivery.partition] = delivery.next
            self._take(work, delivery)
        with self.home.begin() as connection:
            checkpoints.advance(connection, self.name, self.cursors, work.then)
            self._check_parked(connection)
            write(connection, work.changes, self.names)
            parking.add(connection, self.name, work.to_park)
            if not self.transport.exact:
                self._follow(connection, work.versions)
            for dossier in sorted(work.freed):
                self._retry(connection, dossier)
        self.cursors.update(work.then)
        if work.to_park or work.freed:
            self.load()

    def _take(self, work: _Work, delivery: Delivery) -> None:
        event = delivery.event
        if self.transport.exact:
            if event.stream in work.standing:
                behind = work.standing[event.stream]
                work.to_park.append(parking.park(delivery, f"behind version {behind}"))
                return
        else:
            known = work.versions.get(event.stream, 0)
            if event.version <= known:
                return
            if event.version > known + 1:
                reason = f"gap: version {known + 1} has not come"
                work.to_park.append(parking.park(delivery, reason))
                work.standing.setdefault(event.stream, event.version)
                return
        try:
            self.fold.add(event, work.changes)
        except Poison as poison:
            work.to_park.append(parking.park(delivery, str(poison)))
            work.standing.setdefault(event.stream, event.version)
            return
        work.versions[event.stream] = event.version
        if event.stream in work.standing:
            work.freed.add(event.stream)

    def _check_parked(self, connection: Connection) -> None:
        now = checkpoints.parked_from(connection, self.name)
        if now != self._parked:
            self._parked = now
            raise _Stale

    def _retry(self, connection: Connection, dossier: str) -> int:
        """Within a transaction that holds the cursors."""
        changes, applied = Changes(), 0
        known = self._followed({dossier}, connection).get(dossier, 0)
        for each in parking.listed(connection, self.name, dossier):
            if each.version <= known:
                continue
            if not self.transport.exact and each.version > known + 1:
                break
            if not each.dropped:
                try:
                    self.fold.add(each.event, changes)
                except Poison:
                    break
                applied += 1
            known = each.version
        write(connection, changes, self.names)
        parking.remove(connection, self.name, dossier, known)
        if not self.transport.exact:
            self._follow(connection, {dossier: known})
        return applied

    # --- versions, for a transport that is not exact ---

    def _followed(
        self, dossiers: Iterable[str], connection: Connection | None = None
    ) -> dict[str, int]:
        if self.transport.exact:
            return {}
        query = select(followed.c.dossier, followed.c.version).where(
            followed.c.subscription == self.name, followed.c.dossier.in_(sorted(dossiers))
        )
        if connection is not None:
            return dict(tuple(row) for row in connection.execute(query))
        with self.home.engine.connect() as reading:
            return dict(tuple(row) for row in reading.execute(query))

    def _follow(self, connection: Connection, versions: Mapping[str, int]) -> None:
        rows = [
            {"subscription": self.name, "dossier": dossier, "version": version}
            for dossier, version in sorted(versions.items())
        ]
        checkpoints.set_followed(connection, rows)
