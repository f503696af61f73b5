"""The tables of the citizens' desk, in the store's own database. Moments: microseconds, UTC."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, LargeBinary, MetaData, Table, Text

metadata = MetaData()

facts = Table(
    "citizen_facts",
    metadata,
    Column("dossier", Text, primary_key=True),
    Column("digest", LargeBinary, nullable=False),
    Column("issued_at", BigInteger, nullable=False),
)
"""`digest`: of the word that was given for a dossier, keyed: what stands here opens nothing."""

keys = Table(
    "citizen_keys",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", LargeBinary, nullable=False),
)
"""`value`: 32 bytes drawn once for a store, so that every process of it has the same."""
