"""Sessions: a signed cookie says whose, and since when; the store says whether it has ended.

What is signed is kept in no table, so that a request costs one look at the account and no write.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from collections.abc import Mapping
from typing import NamedTuple

import msgspec
from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import insert, select

from app.access.accounts import Account
from app.access.tables import secrets as secrets_table
from consumers.home import Home
from engine.ids import Clock, wall_clock

IDLE = 60 * 60
"""Seconds without a request after which a session is over."""

ABSOLUTE = 12 * 60 * 60
"""Seconds after which it is over whatever happens: no working day is longer."""

RENEWED = 60
"""Seconds for which a cookie is not worth writing anew."""

VARIABLE = "LIENTHONG_SECRET"


class Session(msgspec.Struct, frozen=True):
    """One session. `id`: by chance; `begun`, `seen`: seconds since 1970."""

    account: str
    epoch: int
    id: str
    begun: int
    seen: int

    def ends(self) -> int:
        """Microseconds since 1970 after which no cookie of it is good for anything."""
        return (self.begun + ABSOLUTE) * 1_000_000


class Sessions:
    """Makes and reads cookies. `secret`: of all processes that serve one store."""

    def __init__(self, secret: bytes, clock: Clock = wall_clock) -> None:
        self._signer = URLSafeSerializer(
            secret, salt="session", signer_kwargs={"digest_method": hashlib.sha256}
        )
        self._form_key = hmac.digest(secret, b"form token", "sha256")
        self._clock = clock

    def now(self) -> int:
        return int(self._clock().timestamp())

    def begin(self, account: Account) -> Session:
        """A new one at every sign-in, so that nobody can have known it before."""
        now = self.now()
        return Session(account.name, account.epoch, secrets.token_urlsafe(16), now, now)

    def cookie(self, session: Session) -> str:
        """What the browser keeps: seen now."""
        fields = [session.account, session.epoch, session.id, session.begun, self.now()]
        return str(self._signer.dumps(fields))

    def read(self, cookie: str) -> Session | None:
        """None for one that nobody here signed, or that is over."""
        try:
            session = Session(*self._signer.loads(cookie))
        except (BadSignature, TypeError):
            return None
        now = self.now()
        if session.seen + IDLE <= now or session.begun + ABSOLUTE <= now:
            return None
        return session

    def stale(self, session: Session) -> bool:
        """Whether its cookie is to be written anew, so that it is not over too early."""
        return session.seen + RENEWED <= self.now()

    def form_token(self, of: str) -> str:
        """What every form of this session, or of this visitor, has to send back."""
        return hmac.digest(self._form_key, of.encode(), "sha256").hex()[:32]


class Names(NamedTuple):
    """Of the cookies of a session, of a visitor who is about to sign in here, and of one who is
    away at a provider."""

    session: str
    visit: str
    away: str


def names(secure: bool) -> Names:
    """With the prefix that lets no other host or path of the domain set them, where there is
    TLS."""
    prefix = "__Host-" if secure else ""
    return Names(f"{prefix}session", f"{prefix}visit", f"{prefix}away")


def secret_of(home: Home, environment: Mapping[str, str] = os.environ) -> bytes:
    """That of LIENTHONG_SECRET, else the store's own, made when there is none. Raises ValueError
    for one that can be guessed."""
    given = environment.get(VARIABLE, "")
    if given:
        if len(given) < 32:
            raise ValueError(f"{VARIABLE} has fewer than 32 characters")
        return given.encode()
    query = select(secrets_table.c.value).where(secrets_table.c.name == "sessions")
    with home.engine.connect() as connection:
        found = connection.scalar(query)
    if found is None:
        with home.begin() as connection:
            if connection.dialect.name == "postgresql":
                # Two that begin at once agree on the first one's.
                connection.exec_driver_sql("LOCK TABLE secrets")
            found = connection.scalar(query)
            if found is None:
                found = secrets.token_bytes(32)
                row = {"name": "sessions", "value": found}
                connection.execute(insert(secrets_table), [row])
    return bytes(found)
