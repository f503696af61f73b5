"""How many requests are answered in a minute: of an account, a token, an address."""

from __future__ import annotations

import time

import msgspec
from fastapi import Request
from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from app.access.principal import Principal
from schemas.sentence import Sentence


class Rates(msgspec.Struct, frozen=True):
    """Requests a minute. A program may do 1,500 acts a second and more, for a whole province."""

    stranger: int = 600
    person: int = 1_200
    program: int = 600_000


class TooMany(Exception):
    """`seconds` until the next request is answered."""

    def __init__(self, seconds: int) -> None:
        super().__init__(Sentence("too many requests; go on in %(seconds)s s", seconds=seconds))
        self.seconds = seconds


BUNCH = 50
"""Requests of a program that are counted at once: at its pace, counting each would be a tenth of
the work."""


class Pace:
    """Counts in this process alone: each has its own share of the load."""

    def __init__(self, rates: Rates | None = None) -> None:
        rates = rates or Rates()
        self._limiter = FixedWindowRateLimiter(MemoryStorage())
        self._stranger = RateLimitItemPerMinute(rates.stranger)
        self._person = RateLimitItemPerMinute(rates.person)
        self._program = RateLimitItemPerMinute(rates.program)
        self._bunch = min(BUNCH, rates.program)
        self._uncounted: dict[str, int] = {}
        self._waits: dict[str, float] = {}

    def count(self, who: Principal, request: Request) -> None:
        """Raises TooMany."""
        if who.token:
            self._count_program(who.account)
        elif who.account:
            self._hit(self._person, who.account, 1)
        else:
            self._hit(self._stranger, address(request), 1)

    def _count_program(self, account: str) -> None:
        # In the event loop alone, so nobody else changes these meanwhile.
        waits = self._waits.get(account)
        if waits is not None:
            left = waits - time.time()
            if left > 0:
                raise TooMany(max(1, round(left)))
            del self._waits[account]
        uncounted = self._uncounted.get(account, 0) + 1
        self._uncounted[account] = uncounted % self._bunch
        if uncounted == self._bunch:
            try:
                self._hit(self._program, account, self._bunch)
            except TooMany as error:
                self._waits[account] = time.time() + error.seconds
                raise

    def _hit(self, item: RateLimitItem, key: str, cost: int) -> None:
        if not self._limiter.hit(item, key, cost=cost):
            reset = self._limiter.get_window_stats(item, key).reset_time
            raise TooMany(max(1, round(reset - time.time())))


def address(request: Request) -> str:
    """Where a request comes from; of IPv6 the network, for a host has more addresses than can be
    counted."""
    host = request.client.host if request.client else ""
    return ":".join(host.split(":")[:4]) if host.count(":") > 2 else host
