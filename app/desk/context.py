"""What a request works with: `AtDesk` in the arguments of a route."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import Annotated, Protocol, TypeVar

from fastapi import Depends, Request
from sqlalchemy import Connection

from app.access.access import Access, Identify
from app.access.asking import asking
from app.access.entrance import Entrance
from app.access.reads import Reads
from app.admin.records import open_records
from app.api.feed.tail import Tail
from app.api.webhooks.deliverer import Deliverer
from app.api.webhooks.sender import Sender
from app.desk.apart import FeederApart
from app.desk.feeder import Feeder, Feeding
from app.desk.learner import Learner
from app.desk.problems import Problem
from app.desk.sweeper import Sweeper
from app.desk.together import Together
from app.house import House
from app.monitor.kept import open_kept
from app.settings import Settings
from consumers.alerts import open_alerts
from consumers.barrier import confined, open_barrier
from engine.store.errors import in_plain_words
from schemas.sentence import Sentence

LONGEST_WAIT = 5.0
"""Seconds that a read may ask to wait for a write."""


Kind = TypeVar("Kind")


class Part(Protocol):
    """What runs beside the requests as long as the server does."""

    def start(self) -> None: ...

    def stop(self) -> None: ...


class Desk:
    """One house, its views kept up to date, and who may do what in it. `parts` are started in
    their order and stopped in the other."""

    def __init__(self, settings: Settings, house: House, identify: Identify | None = None) -> None:
        self.settings = settings
        self.house = house
        self.entrance = Entrance(house.log)
        self.access = Access(house, identify or self.entrance.identity)
        self.reads = Reads(house.log)
        self.barrier = False
        self.feeder: Feeding = FeederApart(house) if settings.feed_apart else Feeder(house)
        self.together = Together(house, self.feeder)
        self.sweeper = Sweeper(house, self.feeder)
        self.tail = Tail(house)
        sender = Sender(private=settings.private_webhooks)
        self.deliverer = Deliverer(house, self.access.oversees, sender)
        # The reads are written last when the server ends: others may still note some.
        self.parts: list[Part] = [
            self.reads, Learner(house), self.feeder, self.together, self.sweeper, self.tail,
            self.deliverer,
        ]  # fmt: skip

        self._making = threading.RLock()
        self._made: dict[Callable[[Desk], object], object] = {}

    def one(self, kind: Callable[[Desk], Kind]) -> Kind:
        """What there is one of in a server, made when it is first asked for: `desk.one(Live)`."""
        with self._making:
            if kind not in self._made:
                self._made[kind] = kind(self)
            return self._made[kind]  # type: ignore[return-value]

    def open_tables(self) -> None:
        """Makes what people keep beside the views, once for all requests."""
        home = self.house.home
        # The answers to alerts have an index on the alerts.
        open_alerts(home)
        open_kept(home)
        open_records(home)

    def raise_barrier(self) -> None:
        """From now on the database itself keeps rows from who may not see them, where it can."""
        self.barrier = open_barrier(self.house.home)

    @contextmanager
    def reading(
        self,
        after: str | None = None,
        wait: float = 2.0,
        *,
        views: Collection[str] = (),
        whole: bool = False,
    ) -> Iterator[Connection]:
        """A connection for the queries of views. `after`: the position that a write returned;
        the status, and `views` beside it, then know at least that. Raises Problem when they do
        not in time.

        Within a request it shows what who asks may see, where the database keeps that up too;
        `whole`: everything, for what is counted once for all who ask.
        """
        if after:
            self._await(after, min(wait, LONGEST_WAIT), views)
        home = self.house.home
        who = None if whole or not self.barrier else asking()
        with in_plain_words(self.house.name), home.engine.connect() as connection:
            if who is None:
                yield connection
                return
            with confined(connection, who.agencies, who.dossiers):
                yield connection

    def _await(self, after: str, seconds: float, views: Collection[str]) -> None:
        code, _, version = after.rpartition("@")
        if not code or not version.isdecimal() or len(version) > 12:
            said: str = Sentence(
                "%(after)r is no position that a write returned, such as CODE@7", after=after
            )
            raise Problem(422, "bad-position", "No position", said)
        if not self.feeder.wait(code, int(version), seconds, asking(), views):
            said = f"They do not know {after} yet"
            raise Problem(503, "behind", "The views are behind", said, headers={"Retry-After": "1"})


def position(code: str, version: int) -> str:
    """What a write returns and a read may wait for."""
    return f"{code}@{version}"


async def _desk(request: Request) -> Desk:
    # Not `def`: that would go through a thread to say what is known here.
    desk: Desk = request.app.state.desk
    return desk


AtDesk = Annotated[Desk, Depends(_desk)]
