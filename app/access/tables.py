"""The tables of accounts, in the store's own database. Moments are microseconds since 1970, UTC."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
)

from consumers.home import Home, ensure

metadata = MetaData()

accounts = Table(
    "accounts",
    metadata,
    Column("name", Text, primary_key=True),
    Column("role", Text, nullable=False),
    Column("officer", Text),
    Column("agency", Text),
    Column("hash", Text),
    Column("must_change", SmallInteger, nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("disabled", SmallInteger, nullable=False),
    Column("subject", Text, unique=True),
    Column("created_at", BigInteger, nullable=False),
)
"""`hash`: Argon2's, with its parameters; NULL for an account that only signs in elsewhere.
`epoch` is in every session, so raising it ends them all. `subject`: who the account is at the
provider of OpenID Connect."""

failures = Table(
    "sign_in_failures",
    metadata,
    Column("key", Text, primary_key=True),
    Column("count", Integer, nullable=False),
    Column("since", BigInteger, nullable=False),
)
"""Failed attempts to sign in: "account:NAME", whether or not there is such an account, and
"address:IP"."""

ended = Table(
    "ended_sessions",
    metadata,
    Column("id", Text, primary_key=True),
    Column("until", BigInteger, nullable=False),
)
"""Sessions that were signed out of before their time; kept until they would have ended."""

tokens = Table(
    "access_tokens",
    metadata,
    Column("hash", LargeBinary, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("account", Text, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("revoked_at", BigInteger),
)
"""`hash`: SHA-256 of the token, which has so much chance in it that nothing slower is needed.
`id`: what it is called by; `scopes`: actions, with spaces between."""

secrets = Table(
    "secrets",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", LargeBinary, nullable=False),
)


def open_tables(home: Home) -> None:
    """Makes them unless they are there."""
    ensure(home, metadata)
