"""Who makes a request: by the cookie of a session, or by a token."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING

from app.access.accounts import Account, Accounts
from app.access.principal import STRANGER, Principal
from app.access.tokens import Tokens

if TYPE_CHECKING:
    from fastapi import Request

    from app.access.sessions import Session

REMEMBERED = 2.0
"""Seconds for which an answer of the store is believed: so soon a token that is revoked, or a
session that another process ended, is good for nothing."""

MOST = 10_000

BEARER = "bearer "


class BadToken(Exception):
    """A request came with a token that is unknown, over or revoked."""


class Identity:
    """Called with a request. `at_once` answers from memory, or not at all: so nearly every
    request of a busy program is spared the way to the store."""

    def __init__(
        self, accounts: Accounts, tokens: Tokens, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._accounts = accounts
        self._tokens = tokens
        self._monotonic = monotonic
        self._known: dict[Hashable, tuple[float, Principal | None]] = {}

    def __call__(self, request: Request) -> Principal:
        """Raises BadToken. Somebody who has to change his password first is a stranger."""
        found = self.at_once(request)
        if found is not None:
            return found
        secret, session = bearer(request), session_of(request)
        if secret:
            who = self._tokens.principal(secret)
            self._remember(_of_token(secret), who)
            if who is None:
                raise BadToken
            return who
        assert session is not None, "strangers are known at once"
        account = self.account(session)
        who = None if account is None or account.must_change else account.principal()
        self._remember(session_key(session), who)
        return who or STRANGER

    def at_once(self, request: Request) -> Principal | None:
        """Raises BadToken."""
        secret = bearer(request)
        if secret:
            found = self._recall(_of_token(secret))
            if found is not None and found[1] is None:
                raise BadToken
            return None if found is None else found[1]
        session = session_of(request)
        if session is None:
            return STRANGER
        found = self._recall(session_key(session))
        return None if found is None else found[1] or STRANGER

    def account(self, session: Session) -> Account | None:
        """Whose session it is, also when his password has to be changed first; asks the store."""
        return self._accounts.of_session(session.account, session.epoch, session.id)

    def forget(self, session: Session) -> None:
        """It has ended, or its account has changed."""
        self._known.pop(session_key(session), None)

    def _recall(self, key: Hashable) -> tuple[float, Principal | None] | None:
        found = self._known.get(key)
        return found if found is not None and found[0] > self._monotonic() else None

    def _remember(self, key: Hashable, who: Principal | None) -> None:
        if len(self._known) >= MOST:
            self._known.clear()
        self._known[key] = (self._monotonic() + REMEMBERED, who)


def bearer(request: Request) -> str:
    """The token that a request came with; "" for none."""
    given = request.headers.get("authorization", "")
    return given[len(BEARER) :].strip() if given[: len(BEARER)].lower() == BEARER else ""


def session_of(request: Request) -> Session | None:
    """The session whose cookie came with a request, as `Guard` has read it."""
    found: Session | None = getattr(request.state, "session", None)
    return found


def session_key(session: Session) -> Hashable:
    return (session.account, session.epoch, session.id)


def _of_token(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
