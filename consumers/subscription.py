"""Read -> handle -> write rows and cursors in one transaction.

A batch is read and handled before the transaction begins, so that the one writer of SQLite
is held only while rows are written. The cursors move by compare-and-set in that transaction:
of two processes that own the same subscription, one writes and the other is fenced; a crash
leaves both rows and cursors, or neither.

From a transport that is not exact, an event is applied only after the one that it follows, by
its version and by the chain: what comes twice is dropped; what comes too early waits, and its
dossier with it, until the gap is filled, from the log where there is one; what does not follow
is refused, and the dossier goes on without it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

from sqlalchemy import Connection

from consumers import checkpoints, dead_letters, parking
from consumers.changes import Changes
from consumers.checkpoints import Fenced
from consumers.dead_letters import Letter
from consumers.fold import Fold, Poison
from consumers.guard import Guard, Stale, Standing, follows
from consumers.home import Home
from consumers.parking import Parked
from consumers.rows import Names, write
from consumers.transport import Delivery, Refused, Rewound, Transport
from consumers.view import View
from engine.store.errors import StoreError, breaks_a_rule
from schemas.envelope import Recorded

LIVE = "live"
"""The subscription that feeds all views in one pass over the log."""

BATCH = 1_000
RETRIES = 3

Batch = Sequence[Delivery | Refused]


class Source(Protocol):
    """Where what a transport left out can be had: the log, as a rule."""

    def read_stream(
        self, stream: str, *, after: int = 0, until: int | None = None
    ) -> list[Recorded]:
        """Events with after < version <= until, in order. May raise StoreError."""


class NotFed(Exception):
    """The views are fed by another subscription or another version of their handlers now."""


class _Work:
    """One batch, handled: what to write, where the cursors go, what has to be parked."""

    def __init__(self, parked: Mapping[str, int], known: Mapping[str, Standing]) -> None:
        self.changes = Changes()
        self.then: dict[int, int] = {}
        self.to_park: list[Parked] = []
        self.letters: list[Letter] = []
        self.standing = dict(parked)
        self.known = known
        self.last: dict[str, Standing] = {}
        self.freed: set[str] = set()


class Subscription:
    """Feeds some views from a transport. Not for several threads at once.

    `source`: what fills gaps. `fed`: whether the views are to be the very ones that are recorded
    as fed by this subscription; while they are made, they are not yet.
    """

    def __init__(
        self,
        home: Home,
        transport: Transport,
        views: Iterable[View],
        *,
        name: str = LIVE,
        batch: int = BATCH,
        names: Names | None = None,
        source: Source | None = None,
        fed: bool = False,
    ) -> None:
        self.home = home
        self.transport = transport
        self.fold = Fold(views)
        self.name = name
        self.batch = batch
        self.names = names
        self.source = source
        self.cursors: dict[int, int] = {}
        self.guard = None if transport.exact else Guard(name)
        self._fed = {view.name: view.version for view in self.fold.views} if fed else None
        self._parked: dict[str, int] = {}
        self.load()
        if len(self.cursors) < len(transport.partitions()):
            with home.begin() as connection:
                checkpoints.start(connection, name, transport.partitions())
            self.load()
        self._recognise()

    @property
    def standing(self) -> Mapping[str, int]:
        """The dossiers that stand still, each with the first version that is parked."""
        return self._parked

    def load(self) -> None:
        """Reads cursors and what is parked anew: after being fenced, say."""
        with self.home.engine.connect() as connection:
            self.cursors = checkpoints.cursors(connection, self.name)
            self._parked = checkpoints.parked_from(connection, self.name)
        if self.guard is not None:
            self.guard.forget()

    def step(self) -> int:
        """Handles the next batch; how many messages it held, 0 when there is nothing new.

        Raises Fenced, having written nothing, when another process moved the cursors; NotFed
        when the views are not this subscription's any more; what the transport raises.
        """
        try:
            batch = self.transport.read(self.cursors, self.batch)
        except Rewound:
            self._begin_again()
            return self.step()
        if self.transport.moved():
            # Others may have moved the cursors: from there it is read again.
            self.load()
            self._recognise()
            return 0
        if batch:
            self._settle(batch)
        return len(batch)

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

    # --- where the cursors belong ---

    def _recognise(self) -> None:
        """A topic that was made anew is read from its beginning: versions tell what was applied."""
        mine = (self.transport.topic, self.transport.identity())
        if not mine[1]:
            return
        with self.home.engine.connect() as connection:
            if checkpoints.source_of(connection, self.name) == mine:
                return
        with self.home.begin() as connection:
            # Others of the group may begin at this moment, and have seen the same.
            checkpoints.cursors(connection, self.name, lock=True)
            known = checkpoints.source_of(connection, self.name)
            if known is not None and known != mine:
                checkpoints.restart(connection, self.name)
            checkpoints.set_source(connection, self.name, *mine)
        self.load()

    def _begin_again(self) -> None:
        with self.home.begin() as connection:
            checkpoints.restart(connection, self.name)
        self.load()

    # --- one batch ---

    def _settle(self, batch: Batch, trouble: str = "") -> None:
        """`trouble`: what the database said to the rows of this one event, which is poison."""
        for _ in range(RETRIES):
            try:
                return self._handle(batch, trouble)
            except Stale:
                self.load()
            except Exception as error:
                if trouble or not _of_the_rows(error):
                    raise
                if len(batch) == 1:
                    return self._settle(batch, f"{type(error).__name__}: {error}")
                # One event of these has made rows that no table takes.
                half = len(batch) // 2
                self._settle(batch[:half])
                return self._settle(batch[half:])
        raise Fenced(f"{self.name}: what is parked changes all the time")

    def _handle(self, batch: Batch, trouble: str) -> None:
        known: dict[str, Standing] = {}
        if self.guard is not None:
            streams = {each.event.stream for each in batch if isinstance(each, Delivery)}
            known = self.guard.standing(self.home, streams)
        work = _Work(self._parked, known)
        take = self._take_exact if self.guard is None else self._take
        for each in batch:
            work.then[each.partition] = each.next
            if isinstance(each, Refused):
                self._refuse(work, each, each.reason)
            else:
                take(work, each, trouble)
        with self.home.begin() as connection:
            checkpoints.advance(connection, self.name, self.cursors, work.then)
            self._check(connection)
            write(connection, work.changes, self.names)
            parking.add(connection, self.name, work.to_park)
            dead_letters.add(connection, self.name, work.letters)
            if self.guard is not None:
                self.guard.move(connection, known, work.last)
            for dossier in sorted(work.freed):
                self._retry(connection, dossier)
        self.cursors.update(work.then)
        if work.to_park or work.freed:
            self.load()

    def _take_exact(self, work: _Work, delivery: Delivery, trouble: str) -> None:
        stream = delivery.event.stream
        if stream in work.standing:
            behind = work.standing[stream]
            work.to_park.append(parking.park(delivery, f"behind version {behind}"))
        else:
            self._apply(work, delivery, delivery.event, trouble)

    def _take(self, work: _Work, delivery: Delivery, trouble: str) -> None:
        event = delivery.event
        stream = event.stream
        known = work.last.get(stream) or work.known[stream]
        if event.version <= known.version:
            if event.version == known.version and event.hash != known.hash:
                reason = f"another event is version {known.version} of its dossier"
                self._refuse(work, delivery, reason)
            return
        if event.version == known.version + 1:
            if not follows(event, known):
                reason = f"it does not follow version {known.version} of its dossier"
                self._refuse(work, delivery, reason)
            elif self._apply(work, delivery, event, trouble) and stream in work.standing:
                work.freed.add(stream)
            return
        if stream in work.standing:
            reason = f"behind version {work.standing[stream]}"
            work.to_park.append(parking.park(delivery, reason))
            return
        missing = self._filled(stream, known, event)
        if missing:
            if all(self._apply(work, delivery, each) for each in missing):
                self._take(work, delivery, trouble)
            else:
                work.to_park.append(parking.park(delivery, "behind what was missing"))
            return
        reason = f"gap: version {known.version + 1} has not come"
        work.to_park.append(parking.park(delivery, reason))
        work.standing[stream] = event.version

    def _apply(self, work: _Work, delivery: Delivery, event: Recorded, trouble: str = "") -> bool:
        try:
            if trouble:
                raise Poison(trouble)
            self.fold.add(event, work.changes)
        except Poison as poison:
            itself = event is delivery.event
            again = work.standing.get(event.stream) == event.version
            work.standing.setdefault(event.stream, event.version)
            work.to_park.append(parking.park(delivery, str(poison), None if itself else event))
            if itself and delivery.message is not None and not again:
                work.letters.append(self._letter(delivery, str(poison), refused=False))
            return False
        if self.guard is not None:
            work.last[event.stream] = Standing(event.version, event.hash)
        return True

    def _refuse(self, work: _Work, each: Delivery | Refused, reason: str) -> None:
        work.letters.append(self._letter(each, reason, refused=True))

    def _letter(self, each: Delivery | Refused, reason: str, *, refused: bool) -> Letter:
        message = each.message
        assert message is not None, "only a message is refused"
        dossier = each.event.stream if isinstance(each, Delivery) else None
        place = self.transport.topic, each.partition, each.next - 1
        return Letter(*place, dossier, reason, refused, message)

    def _check(self, connection: Connection) -> None:
        now = checkpoints.parked_from(connection, self.name)
        if now != self._parked:
            raise Stale
        if self._fed is not None and checkpoints.fed(connection, self.name) != self._fed:
            raise NotFed(f"The views of {self.name} are fed in another way now: start again.")

    # --- what waits ---

    def _filled(self, stream: str, known: Standing, before: Recorded) -> list[Recorded]:
        """What is missing between what stands and an event, from the source; all of it or
        nothing."""
        if self.source is None:
            return []
        try:
            found = self.source.read_stream(stream, after=known.version, until=before.version - 1)
        except StoreError:
            return []
        for event in found:
            if not follows(event, known):
                return []
            known = Standing(event.version, event.hash)
        return found if known.version == before.version - 1 else []

    def _retry(self, connection: Connection, dossier: str) -> int:
        """Within a transaction that holds the cursors."""
        if self.guard is None:
            return self._retry_exact(connection, dossier)
        changes, applied = Changes(), 0
        before = self.guard.read(connection, [dossier])
        known = before[dossier]
        try:
            for each in parking.listed(connection, self.name, dossier, after=known.version):
                event = each.event
                if event.version <= known.version:
                    continue
                if event.version > known.version + 1:
                    for missing in self._filled(dossier, known, event):
                        self.fold.add(missing, changes)
                        known, applied = Standing(missing.version, missing.hash), applied + 1
                    if event.version > known.version + 1:
                        break
                if not follows(event, known):
                    self._cast_out(connection, each, known)
                    continue
                if not each.dropped:
                    self.fold.add(event, changes)
                    applied += 1
                known = Standing(event.version, event.hash)
        except Poison:
            pass  # It goes no further; what was applied before it stays.
        write(connection, changes, self.names)
        parking.remove(connection, self.name, dossier, known.version)
        if known != before[dossier]:
            self.guard.move(connection, before, {dossier: known})
        return applied

    def _retry_exact(self, connection: Connection, dossier: str) -> int:
        changes, applied, until = Changes(), 0, 0
        for each in parking.listed(connection, self.name, dossier):
            if not each.dropped:
                try:
                    self.fold.add(each.event, changes)
                except Poison:
                    break
                applied += 1
            until = each.version
        write(connection, changes, self.names)
        parking.remove(connection, self.name, dossier, until)
        return applied

    def _cast_out(self, connection: Connection, each: Parked, known: Standing) -> None:
        """What waited turns out to follow nothing: it was never an event of this dossier."""
        parking.forget(connection, self.name, each.event)
        if each.message is not None:
            reason = f"it does not follow version {known.version} of its dossier"
            place = self.transport.topic, each.partition, each.position
            letter = Letter(*place, each.dossier, reason, True, each.message)
            dead_letters.add(connection, self.name, [letter])


def _of_the_rows(error: Exception) -> bool:
    """Whether a database refused what was to be written, rather than to write."""
    if isinstance(error, (Fenced, NotFed)):
        return False
    if isinstance(error, (OverflowError, TypeError, ValueError)) or type(error) is StoreError:
        return True
    return breaks_a_rule(error)
