"""A new version of views beside the old one, then switched in one transaction.

The old rows stay readable and the live subscription goes on feeding them. The new rows are
brought to exactly where the live cursors stand and then join that subscription, so that all
views keep sharing one pass over the log. A rebuild that is killed leaves tables that nobody
reads; the next one starts from the beginning and deletes them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from consumers import checkpoints, tables
from consumers.alerts import make_alerts
from consumers.changes import Changes
from consumers.checkpoints import ViewInfo
from consumers.fold import Fold
from consumers.home import Home
from consumers.rows import write
from consumers.subscription import LIVE
from consumers.view import View
from engine.store.log import Log
from schemas.envelope import SHARDS

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


def open_views(
    home: Home, log: Log, views: Iterable[View], progress: Progress | None = None
) -> list[View]:
    """Makes what is missing and rebuilds what was made by another version of its handlers;
    the views that were rebuilt. Call it before a subscription starts."""
    views = list(views)
    if not tables.own_are_there(home.engine):
        with home.begin() as connection:
            tables.make_own(connection)
            make_alerts(connection)
            checkpoints.start(connection, LIVE, range(SHARDS))
    with home.engine.connect() as connection:
        known = checkpoints.views(connection)
    stale = [
        view for view in views if view.name not in known or known[view.name].version != view.version
    ]
    if stale:
        rebuild(home, log, stale, progress)
    return stale


def rebuild(home: Home, log: Log, views: Iterable[View], progress: Progress | None = None) -> int:
    """Builds these views anew, up to where the live cursors stand; how many events it read.

    Raises Poison for an event that cannot be handled and is not parked by the live
    subscription, and ParkedMeanwhile; the old rows then stay.
    """
    build = _Build(home, log, list(views), progress)
    build.begin()
    build.fill()
    build.finish()
    return build.events


class _Build:
    def __init__(self, home: Home, log: Log, views: list[View], progress: Progress | None) -> None:
        self.home = home
        self.log = log
        self.views = views
        self.fold = Fold(views)
        self.progress = progress or (lambda count: None)
        self.done = dict.fromkeys(range(SHARDS), 0)
        self.events = 0

    def begin(self) -> None:
        with self.home.begin() as connection:
            tables.drop_unfinished(connection, self.views)
            known = checkpoints.views(connection)
            of_all = [info.generation for info in known.values()]
            self.generation = max(of_all, default=0) + 1
            self.names: dict[str, str] = {}
            for view in self.views:
                self.names |= tables.beside(view, self.generation)
                tables.create(connection, view, self.names)
            self.parked = checkpoints.parked_from(connection, LIVE)
            self.dropped = checkpoints.dropped(connection, LIVE)

    def fill(self) -> None:
        """Everything up to the live cursors, in bulk and without indexes; then the indexes;
        then what was appended meanwhile, until little is left."""
        self._up_to(self._live())
        for view in self.views:
            with self.home.begin() as connection:
                tables.index(connection, view, self.names, self.generation)
        while self._up_to(self._live()) > CLOSE:
            pass

    def finish(self) -> None:
        with self.home.begin() as connection:
            live = checkpoints.cursors(connection, LIVE, lock=True)
            changes = Changes()
            for shard, until in live.items():
                self._read(shard, until, changes, None)
            write(connection, changes, self.names)
            if self.parked != checkpoints.parked_from(connection, LIVE):
                raise ParkedMeanwhile
            for view in self.views:
                tables.switch(connection, view, self.names)
                info = ViewInfo(view.name, view.version, self.generation, LIVE)
                checkpoints.record_view(connection, info)

    def _live(self) -> dict[int, int]:
        with self.home.engine.connect() as connection:
            return checkpoints.cursors(connection, LIVE)

    def _up_to(self, cursors: Mapping[int, int]) -> int:
        """Shard by shard, so that the whole of a dossier is merged before it is written."""
        before, changes = self.events, Changes()
        for shard, until in cursors.items():
            changes = self._read(shard, until, changes, self._write)
        self._write(changes)
        return self.events - before

    def _read(
        self, shard: int, until: int, changes: Changes, flush: Callable[[Changes], None] | None
    ) -> Changes:
        while self.done[shard] < until:
            events = self.log.read_shard(shard, after=self.done[shard], limit=READ)
            taken = 0
            for event in events:
                if event.position > until:
                    break
                taken += 1
                if event.version < self.parked.get(event.stream, event.version + 1) and (
                    not self.dropped or (event.stream, event.version) not in self.dropped
                ):
                    self.fold.add(event, changes)
            self.done[shard] = until if taken < READ else events[-1].position
            self.events += taken
            self.progress(taken)
            if flush and changes.dossier_count() > IN_MEMORY:
                flush(changes)
                changes = Changes()
        return changes

    def _write(self, changes: Changes) -> None:
        with self.home.begin() as connection:
            write(connection, changes, self.names)


def folded(log: Log, home: Home, views: Iterable[View]) -> Changes:
    """What the rows of the views have to be at the live cursors: the fold of every event up
    to there, in memory. What checks I6."""
    build = _Build(home, log, list(views), None)
    changes = Changes()
    with home.engine.connect() as connection:
        build.parked = checkpoints.parked_from(connection, LIVE)
        build.dropped = checkpoints.dropped(connection, LIVE)
        live = checkpoints.cursors(connection, LIVE)
    for shard, until in live.items():
        build._read(shard, until, changes, None)
    return changes
