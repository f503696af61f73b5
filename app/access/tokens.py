"""Tokens for programs: each for an account, for some actions, until some day."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime
from fnmatch import fnmatchcase

import msgspec
from sqlalchemy import insert, select, update

from app.access.accounts import Accounts
from app.access.policy import ACTIONS
from app.access.principal import Principal, Role
from app.access.tables import accounts, tokens
from consumers.home import Home
from schemas.envelope import to_micros

PREFIX = "lt_"
"""What every token begins with, so that one that was published by mistake is found by search."""


class Token(msgspec.Struct, frozen=True):
    """One token, without what is secret of it."""

    id: str
    account: str
    scopes: frozenset[str]
    created_at: int
    expires_at: int
    revoked_at: int | None


class NoSuchScope(Exception):
    """`scope` names no action that the role may do; `known` are those that it may."""

    def __init__(self, scope: str, known: list[str]) -> None:
        super().__init__(scope)
        self.scope = scope
        self.known = known


def scopes_of(role: Role, asked: Iterable[str]) -> frozenset[str]:
    """The actions that are meant by "inbox.read", "dossier.*" or "*", of those that the role may
    do. Raises NoSuchScope."""
    known = sorted(action for action, roles in ACTIONS.items() if role in roles)
    found: set[str] = set()
    for each in asked:
        meant = [action for action in known if fnmatchcase(action, each)]
        if not meant:
            raise NoSuchScope(each, known)
        found.update(meant)
    return frozenset(found)


class Tokens:
    """The tokens of one store, whose tables `Accounts` has made."""

    def __init__(self, home: Home, holders: Accounts) -> None:
        self._home = home
        self._accounts = holders

    def make(self, account: str, scopes: frozenset[str], expires: datetime) -> tuple[str, str]:
        """(id, token); the token is told this once and not kept."""
        secret = PREFIX + secrets.token_urlsafe(32)
        id_ = secrets.token_hex(4)
        row = {
            "hash": _hash(secret),
            "id": id_,
            "account": account,
            "scopes": " ".join(sorted(scopes)),
            "created_at": self._accounts.now(),
            "expires_at": to_micros(expires),
            "revoked_at": None,
        }
        with self._home.begin() as connection:
            connection.execute(insert(tokens), [row])
        return id_, secret

    def principal(self, secret: str) -> Principal | None:
        """Who comes with this token; None for one that is unknown, over or revoked."""
        query = (
            select(accounts, tokens.c.scopes)
            .join(tokens, tokens.c.account == accounts.c.name)
            .where(
                tokens.c.hash == _hash(secret),
                tokens.c.revoked_at.is_(None),
                tokens.c.expires_at > self._accounts.now(),
                accounts.c.disabled == 0,
            )
        )
        with self._home.engine.connect() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            return None
        scopes = frozenset(row.scopes.split())
        return Principal(row.name, row.role, row.officer, row.agency, scopes, token=True)

    def all(self) -> list[Token]:
        query = select(tokens).order_by(tokens.c.created_at, tokens.c.id)
        with self._home.engine.connect() as connection:
            return [
                Token(row.id, row.account, frozenset(row.scopes.split()), row.created_at,
                      row.expires_at, row.revoked_at)
                for row in connection.execute(query)
            ]  # fmt: skip

    def revoke(self, id_: str) -> bool:
        """Whether there was such a token that was not revoked yet."""
        with self._home.begin() as connection:
            changed = connection.execute(
                update(tokens)
                .where(tokens.c.id == id_, tokens.c.revoked_at.is_(None))
                .values(revoked_at=self._accounts.now())
            )
            return bool(changed.rowcount)


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
