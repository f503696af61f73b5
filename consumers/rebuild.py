"""A new version of views beside the old one, then switched in one transaction.

The old rows stay readable and the live subscription goes on feeding them. The new rows are
brought to exactly where the live cursors stand and then join that subscription, so that all
views keep sharing one pass. A rebuild that is killed leaves tables that nobody reads; the next
one starts from the beginning and deletes them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping

from sqlalchemy import Connection

from consumers import checkpoints, tables
from consumers.alerts import open_alerts
from consumers.changes import Changes
from consumers.checkpoints import ViewInfo
from consumers.fold import Fold
from consumers.home import Home
from consumers.rows import Names, write
from consumers.subscription import LIVE
from consumers.view import View
from engine.store.log import Log
from schemas.envelope import SHARDS, Recorded

Progress = Callable[[int], None]
"""Told, now and then, how many events were read since it was told last."""

READ = 2_000
IN_MEMORY = 20_000
"""How many dossiers, counted once per table, are kept before they are written: some 20 MB,
and a write of a quarter of a second, which is how long SQLite's other writer has to wait."""

CLOSE = 500
"""So few events behind the live cursors, the rest is done with the live cursors held."""


class ParkedMeanwhile(Exception):
    """A parked event was retried or dropped while the view was rebuilt: start again."""


class Past(ABC):
    """What the events of a subscription are read from again, each once and in order."""

    name: str

    @abstractmethod
    def begin(self, home: Home) -> tuple[dict[int, int], Iterable[list[Recorded]]]:
        """Where `read` begins in each partition, and the events from before that."""

    @abstractmethod
    def read(self, partition: int, after: int, until: int) -> tuple[int, list[Recorded]]:
        """The next events of a partition up to a cursor, and where it goes on after them.
        Those that the subscription parked may be among them."""


class LogPast(Past):
    """The log, for views that are fed from it: a partition is a shard."""

    name = LIVE

    def __init__(self, log: Log) -> None:
        self._log = log

    def begin(self, home: Home) -> tuple[dict[int, int], Iterable[list[Recorded]]]:
        return dict.fromkeys(range(SHARDS), 0), ()

    def read(self, partition: int, after: int, until: int) -> tuple[int, list[Recorded]]:
        events = self._log.read_shard(partition, after=after, limit=READ)
        found = [event for event in events if event.position <= until]
        return (until if len(found) < READ else found[-1].position), found


def open_views(
    home: Home, log: Log, views: Iterable[View], progress: Progress | None = None
) -> list[View]:
    """Makes what is missing and rebuilds what was made by another version of its handlers;
    the views that were rebuilt. Call it before a subscription starts.

    `views`: all that the live subscription feeds. Another one that it fed, for a program that had
    more of them, is forgotten: from now on nobody feeds it, until it is built anew."""
    views = list(views)
    make_tables(home, LIVE, range(SHARDS))
    with home.engine.connect() as connection:
        known = checkpoints.views(connection)
    fed = {info.name for info in known.values() if info.subscription == LIVE}
    unfed = fed.difference(view.name for view in views)
    if unfed:
        with home.begin() as connection:
            checkpoints.forget_views(connection, unfed)
    stale = [
        view for view in views if view.name not in known or known[view.name].version != view.version
    ]
    if stale:
        rebuild(home, log, stale, progress)
    return stale


def make_tables(home: Home, name: str, partitions: Iterable[int]) -> None:
    """The tables beside the views, and a subscription's cursors, unless they are there."""
    # Each for itself: a relay makes the first, and has no alerts and feeds no views.
    tables.open_own(home)
    open_alerts(home)
    with home.engine.connect() as connection:
        started = checkpoints.cursors(connection, name)
    if not started:
        with home.begin() as connection:
            checkpoints.start(connection, name, list(partitions))


def rebuild(
    home: Home, log: Log | Past, views: Iterable[View], progress: Progress | None = None
) -> int:
    """Builds these views anew, up to where the live cursors stand; how many events it read.

    `log`: what it is built from; for views that Kafka feeds, see `kafka_past.py`. Raises Poison
    for an event that cannot be handled and is not parked by the live subscription, and
    ParkedMeanwhile; the old rows then stay.
    """
    past = log if isinstance(log, Past) else LogPast(log)
    build = _Build(home, past, list(views), progress)
    build.begin()
    build.fill()
    build.finish()
    return build.events


def prepare(home: Home, views: Iterable[View]) -> tuple[int, dict[str, str]]:
    """Empty tables beside those of the views: their generation, and their physical names."""
    with home.begin() as connection:
        tables.drop_unfinished(connection, views)
        known = checkpoints.views(connection)
        generation = max((info.generation for info in known.values()), default=0) + 1
        names: dict[str, str] = {}
        for view in views:
            names |= tables.beside(view, generation)
            tables.create(connection, view, names)
    return generation, names


def switch(
    connection: Connection, views: Iterable[View], names: Names, generation: int, name: str
) -> None:
    """The rows built beside are the views' from now on, and `name` feeds them."""
    for view in views:
        tables.switch(connection, view, names)
        checkpoints.record_view(connection, ViewInfo(view.name, view.version, generation, name))


class _Build:
    def __init__(
        self, home: Home, past: Past, views: list[View], progress: Progress | None
    ) -> None:
        self.home = home
        self.past = past
        self.views = views
        self.fold = Fold(views)
        self.progress = progress or (lambda count: None)
        self.done: dict[int, int] = {}
        self.before: Iterable[list[Recorded]] = ()
        self.events = 0

    def begin(self) -> None:
        self.generation, self.names = prepare(self.home, self.views)
        self.look()

    def look(self) -> None:
        """What the live subscription left out, and where to begin."""
        with self.home.engine.connect() as connection:
            self.parked = checkpoints.parked_from(connection, self.past.name)
            self.dropped = checkpoints.dropped(connection, self.past.name)
        self.done, self.before = self.past.begin(self.home)

    def fill(self) -> None:
        """Everything up to the live cursors, in bulk and without indexes; then the indexes;
        then what was appended meanwhile, until little is left."""
        changes = Changes()
        for events in self.before:
            self._add(events, changes)
            changes = self._flushed(changes)
        self._write(changes)
        self._up_to(self._live())
        for view in self.views:
            with self.home.begin() as connection:
                tables.index(connection, view, self.names, self.generation)
        while self._up_to(self._live()) > CLOSE:
            pass

    def finish(self) -> None:
        name = self.past.name
        with self.home.begin() as connection:
            live = checkpoints.cursors(connection, name, lock=True)
            changes = Changes()
            for partition, until in live.items():
                self.read(partition, until, changes)
            write(connection, changes, self.names)
            if self.parked != checkpoints.parked_from(connection, name):
                raise ParkedMeanwhile
            switch(connection, self.views, self.names, self.generation, name)

    def _live(self) -> dict[int, int]:
        with self.home.engine.connect() as connection:
            return checkpoints.cursors(connection, self.past.name)

    def _up_to(self, cursors: Mapping[int, int]) -> int:
        """Partition by partition, so that the whole of a dossier is merged before it is
        written."""
        before, changes = self.events, Changes()
        for partition, until in cursors.items():
            changes = self.read(partition, until, changes, self._flushed)
        self._write(changes)
        return self.events - before

    def read(
        self,
        partition: int,
        until: int,
        changes: Changes,
        flushed: Callable[[Changes], Changes] = lambda changes: changes,
    ) -> Changes:
        while self.done[partition] < until:
            self.done[partition], events = self.past.read(partition, self.done[partition], until)
            self._add(events, changes)
            changes = flushed(changes)
        return changes

    def _add(self, events: list[Recorded], changes: Changes) -> None:
        for event in events:
            if event.version < self.parked.get(event.stream, event.version + 1) and (
                not self.dropped or (event.stream, event.version) not in self.dropped
            ):
                self.fold.add(event, changes)
        self.events += len(events)
        self.progress(len(events))

    def _flushed(self, changes: Changes) -> Changes:
        if changes.dossier_count() <= IN_MEMORY:
            return changes
        self._write(changes)
        return Changes()

    def _write(self, changes: Changes) -> None:
        with self.home.begin() as connection:
            write(connection, changes, self.names)


def folded(log: Log | Past, home: Home, views: Iterable[View]) -> Changes:
    """What the rows of the views have to be at the live cursors: the fold of every event up
    to there, in memory. What checks I6."""
    build = _Build(home, log if isinstance(log, Past) else LogPast(log), list(views), None)
    build.look()
    changes = Changes()
    for events in build.before:
        build._add(events, changes)
    for partition, until in build._live().items():
        build.read(partition, until, changes)
    return changes
