"""Accounts, in the store's own database: who may sign in, and with what.

What changes an account is one transaction; nothing here is remembered in a process, so several
processes on one store agree. Time is the wall clock's, also in a store whose time is made up.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, RowMapping, delete, func, insert, or_, select, update

from app.access.passwords import Passwords
from app.access.principal import Principal, Role
from app.access.tables import accounts, ended, failures, open_tables
from consumers.home import Home
from engine.ids import Clock, wall_clock
from schemas.envelope import to_micros

TRIES = 5
"""Failed attempts on one account, until it is closed for a while."""

TRIES_FROM_ONE_ADDRESS = 30

CLOSED_FOR = timedelta(minutes=15)
"""How long after the first of the failed attempts, and how long they are remembered."""


class Account(msgspec.Struct, frozen=True):
    """One account. `epoch`: sessions of another one have ended. `must_change`: the password has
    to be changed before anything else. `password`: it has one."""

    name: str
    role: Role
    officer: str | None
    agency: str | None
    epoch: int
    must_change: bool
    disabled: bool
    subject: str | None
    password: bool
    created_at: int

    def principal(self, scopes: frozenset[str] | None = None, *, token: bool = False) -> Principal:
        return Principal(self.name, self.role, self.officer, self.agency, scopes, token)


class NameTaken(Exception):
    """There is an account of that name, or for that subject, already."""


class Unknown(Exception):
    """There is no account of that name."""


class Closed(Exception):
    """Too many attempts failed. `seconds` until another one is looked at."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"too many attempts failed; the next one counts in {seconds} s")
        self.seconds = seconds


class Accounts:
    """The accounts of one store; makes its tables."""

    def __init__(
        self, home: Home, *, clock: Clock = wall_clock, passwords: Passwords | None = None
    ) -> None:
        self._home = home
        self._clock = clock
        self._passwords = passwords or Passwords()
        open_tables(home)

    def now(self) -> int:
        return to_micros(self._clock())

    # --- what there is ------------------------------------------------------------------------

    def get(self, name: str) -> Account | None:
        return self._found(accounts.c.name == name)

    def of_subject(self, subject: str) -> Account | None:
        return self._found(accounts.c.subject == subject)

    def all(self) -> list[Account]:
        with self._home.engine.connect() as connection:
            query = select(accounts).order_by(accounts.c.name)
            return [_account(row) for row in connection.execute(query).mappings()]

    def any(self) -> bool:
        with self._home.engine.connect() as connection:
            return connection.scalar(select(accounts.c.name).limit(1)) is not None

    def of_session(self, name: str, epoch: int, session: str) -> Account | None:
        """The account of a session that has not ended, else None."""
        query = select(accounts).where(
            accounts.c.name == name,
            accounts.c.epoch == epoch,
            accounts.c.disabled == 0,
            ~select(ended.c.id).where(ended.c.id == session).exists(),
        )
        with self._home.engine.connect() as connection:
            row = connection.execute(query).mappings().one_or_none()
        return None if row is None else _account(row)

    def _found(self, condition: Any) -> Account | None:
        with self._home.engine.connect() as connection:
            row = connection.execute(select(accounts).where(condition)).mappings().one_or_none()
        return None if row is None else _account(row)

    # --- what changes them --------------------------------------------------------------------

    def add(
        self,
        name: str,
        role: Role,
        *,
        officer: str | None = None,
        agency: str | None = None,
        password: str | None = None,
        subject: str | None = None,
    ) -> None:
        """With a `password` that must be changed at the first sign-in, or without any. Raises
        NameTaken."""
        row = {
            "name": name,
            "role": role,
            "officer": officer,
            "agency": agency,
            "hash": None if password is None else self._passwords.hash(password),
            "must_change": int(password is not None),
            "epoch": 1,
            "disabled": 0,
            "subject": subject,
            "created_at": self.now(),
        }
        with self._home.begin() as connection:
            same = [accounts.c.name == name]
            if subject is not None:
                same.append(accounts.c.subject == subject)
            if connection.execute(select(accounts.c.name).where(or_(*same))).first():
                raise NameTaken(name)
            connection.execute(insert(accounts), [row])

    def set_password(self, name: str, password: str, *, must_change: bool) -> None:
        """Also ends every session, and opens an account that was closed. Raises Unknown."""
        hashed = self._passwords.hash(password)
        with self._home.begin() as connection:
            self._change(connection, name, hash=hashed, must_change=int(must_change))
            connection.execute(delete(failures).where(failures.c.key == _of_account(name)))

    def set_disabled(self, name: str, disabled: bool) -> None:
        """Also ends every session. Raises Unknown."""
        with self._home.begin() as connection:
            self._change(connection, name, disabled=int(disabled))

    def end_sessions(self, name: str) -> None:
        """Raises Unknown."""
        with self._home.begin() as connection:
            self._change(connection, name)

    def end_session(self, session: str, until: int) -> None:
        """Signs out of one session, which would have ended at `until`."""
        with self._home.begin() as connection:
            connection.execute(delete(ended).where(ended.c.until < self.now()))
            if not connection.execute(select(ended.c.id).where(ended.c.id == session)).first():
                connection.execute(insert(ended), [{"id": session, "until": until}])

    def _change(self, connection: Connection, name: str, **columns: Any) -> None:
        changed = connection.execute(
            update(accounts)
            .where(accounts.c.name == name)
            .values(epoch=accounts.c.epoch + 1, **columns)
        )
        if not changed.rowcount:
            raise Unknown(name)

    # --- signing in ---------------------------------------------------------------------------

    def sign_in(self, name: str, password: str, address: str) -> Account | None:
        """The account, when it has this password; as slow when it has not or is not there.

        Raises Closed after too many attempts on the account or from the address, whatever the
        password, and whether or not there is such an account.
        """
        name = name[:100]
        keys = {_of_account(name): TRIES, f"address:{address}": TRIES_FROM_ONE_ADDRESS}
        # Counted before it is looked at: of many attempts at once no more are looked at.
        self._count(keys)
        with self._home.engine.connect() as connection:
            query = select(accounts).where(accounts.c.name == name, accounts.c.disabled == 0)
            row = connection.execute(query).mappings().one_or_none()
        if not self._passwords.fits(password, None if row is None else row["hash"]):
            return None
        with self._home.begin() as connection:
            connection.execute(delete(failures).where(failures.c.key == _of_account(name)))
            connection.execute(
                update(failures)
                .where(failures.c.key == f"address:{address}", failures.c.count > 0)
                .values(count=failures.c.count - 1)
            )
        assert row is not None, "nobody's password fits nothing"
        return _account(row)

    def _count(self, keys: Mapping[str, int]) -> None:
        now, window = self.now(), int(CLOSED_FOR.total_seconds() * 1_000_000)
        with self._home.begin() as connection:
            connection.execute(delete(failures).where(failures.c.since <= now - window))
            for key, most in sorted(keys.items()):
                # The row is locked first, so that two who count at once count two.
                added = connection.execute(
                    update(failures).where(failures.c.key == key).values(count=failures.c.count + 1)
                ).rowcount
                if not added:
                    _insert_once(connection, key, now)
                query = select(failures.c.count, failures.c.since).where(failures.c.key == key)
                count, since = connection.execute(query).one()
                if count > most:
                    raise Closed(max(1, (since + window - now) // 1_000_000))

    def failed(self) -> int:
        """How many accounts and addresses have failed lately."""
        with self._home.engine.connect() as connection:
            return connection.scalar(select(func.count()).select_from(failures)) or 0


def _insert_once(connection: Connection, key: str, now: int) -> None:
    if connection.dialect.name == "sqlite":
        from sqlalchemy.dialects.sqlite import insert as upsert
    else:
        from sqlalchemy.dialects.postgresql import insert as upsert  # type: ignore[assignment]
    row = upsert(failures).values(key=key, count=1, since=now)
    more = {"count": failures.c.count + 1}
    connection.execute(row.on_conflict_do_update(index_elements=["key"], set_=more))


def _of_account(name: str) -> str:
    return f"account:{name}"


def _account(row: RowMapping) -> Account:
    return Account(
        name=row["name"],
        role=row["role"],
        officer=row["officer"],
        agency=row["agency"],
        epoch=row["epoch"],
        must_change=bool(row["must_change"]),
        disabled=bool(row["disabled"]),
        subject=row["subject"],
        password=row["hash"] is not None,
        created_at=row["created_at"],
    )
