"""Hands new alerts out to the webhooks and delivers what waits, while the server runs.

Several servers may share a database: what one has claimed the others leave alone until its lease
is over, so that what a server was delivering when it was killed is delivered again by another.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import groupby
from typing import TYPE_CHECKING

import msgspec

from app.api.webhooks import store
from app.api.webhooks.sender import NotTaken, Sender, Undelivered
from app.api.webhooks.store import DEAD, WAITING, Delivery, Webhook
from app.desk.beside import Beside

if TYPE_CHECKING:
    from app.house import House

SECOND = 1_000_000


class Pace(msgspec.Struct, frozen=True):
    """Seconds, but for `attempts`: after so many in vain a delivery is dead. The wait doubles from
    `first` to `longest`: with these values a receiver may be away for a day.

    `lease`: how long a claim holds; longer than an attempt may take.
    """

    every: float = 1.0
    idle: float = 5.0
    first: float = 5.0
    longest: float = 6 * 3600.0
    attempts: int = 20
    lease: float = 60.0
    workers: int = 8
    batch: int = 50


class Deliverer(Beside):
    """One thread that looks, and a few that send: one webhook's messages go one after the other,
    so that a receiver that hangs holds up only itself."""

    name = "webhooks"

    def __init__(
        self,
        house: House,
        oversees: store.Oversees,
        sender: Sender,
        pace: Pace | None = None,
        clock: Callable[[], float] = time.time,
        chance: Callable[[], float] = random.random,
    ) -> None:
        super().__init__()
        self._house = house
        self._oversees = oversees
        self._sender = sender
        self._pace = pace or Pace()
        self._clock = clock
        self._chance = chance
        self._pool = ThreadPoolExecutor(self._pace.workers, thread_name_prefix="webhook")
        self._busy: dict[str, Future[None]] = {}

    def stop(self) -> None:
        """Waits for the attempts that are under way."""
        super().stop()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def turn(self) -> float:
        home = self._house.home
        if not store.are_kept(home):
            return self._pace.idle
        store.open_webhooks(home)
        while store.hand_out(home, self.now(), self._oversees):
            pass
        self._busy = {id_: job for id_, job in self._busy.items() if not job.done()}
        if len(self._busy) < self._pace.workers:
            self._begin()
        return self._pace.every

    def _begin(self) -> None:
        """Lets the pool send what is due."""
        now, lease = self.now(), round(self._pace.lease * SECOND)
        claimed = store.claim(self._house.home, now, now + lease, self._busy, self._pace.batch)
        if not claimed:
            return
        with self._house.home.engine.connect() as connection:
            known = {each.id: each for each in store.listed(connection)}
        claimed.sort(key=lambda each: each.webhook)
        for id_, found in groupby(claimed, key=lambda each: each.webhook):
            if id_ in known:
                job = self._pool.submit(self._deliver, known[id_], list(found), now + lease)
                self._busy[id_] = job

    def _deliver(self, webhook: Webhook, found: list[Delivery], lease_ends: int) -> None:
        """One after the other; where nobody answers the rest waits like the one that was tried."""
        half = round(self._pace.lease * SECOND / 2)
        for number, each in enumerate(found):
            if self._over.is_set() or lease_ends - self.now() < half:
                store.give_back(self._house.home, found[number:], self.now())
                return
            try:
                self._sender.send(webhook, each, self.now() // SECOND)
            except NotTaken as error:
                self._failed(each, str(error))
                continue
            except Undelivered as error:
                next_at = self._failed(each, str(error))
                store.give_back(self._house.home, found[number + 1 :], next_at)
                return
            store.delivered(self._house.home, each)

    def _failed(self, found: Delivery, outcome: str) -> int:
        """When to try again, microseconds since 1970."""
        attempts = found.attempts + 1
        state = DEAD if attempts >= self._pace.attempts else WAITING
        next_at = self.now() + round(self._wait(found.attempts) * SECOND)
        store.failed(self._house.home, found, state, next_at, outcome)
        return next_at

    def _wait(self, failures: int) -> float:
        longest = min(self._pace.longest, self._pace.first * 2.0 ** min(failures, 40))
        return longest * (0.5 + 0.5 * self._chance())

    def now(self) -> int:
        """Microseconds since 1970."""
        return round(self._clock() * SECOND)
