"""How many requests are answered in a minute: of an account, a token, an address."""

from __future__ import annotations

import time

import msgspec
from fastapi import Request
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from app.access.principal import Principal


class Rates(msgspec.Struct, frozen=True):
    """Requests a minute. A program may do 1,500 acts a second and more, for a whole province."""

    stranger: int = 600
    person: int = 1_200
    program: int = 600_000


class TooMany(Exception):
    """`seconds` until the next request is answered."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"too many requests; go on in {seconds} s")
        self.seconds = seconds


class Pace:
    """Counts in this process alone: each has its own share of the load."""

    def __init__(self, rates: Rates | None = None) -> None:
        rates = rates or Rates()
        self._limiter = FixedWindowRateLimiter(MemoryStorage())
        self._stranger = RateLimitItemPerMinute(rates.stranger)
        self._person = RateLimitItemPerMinute(rates.person)
        self._program = RateLimitItemPerMinute(rates.program)

    def count(self, who: Principal, request: Request) -> None:
        """Raises TooMany."""
        if who.account:
            item, key = self._program if who.token else self._person, who.account
        else:
            item, key = self._stranger, address(request)
        if not self._limiter.hit(item, key):
            reset = self._limiter.get_window_stats(item, key).reset_time
            raise TooMany(max(1, round(reset - time.time())))


def address(request: Request) -> str:
    """Where a request comes from; of IPv6 the network, for a host has more addresses than can be
    counted."""
    host = request.client.host if request.client else ""
    return ":".join(host.split(":")[:4]) if host.count(":") > 2 else host
