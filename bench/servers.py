"""The two stores that the benchmarks run on, in the same place: a folder of this file system."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import sqlalchemy as sa

FOLDER = Path(__file__).parent.parent
"""Not /tmp, which may be memory: an fsync has to cost what it costs."""


@contextmanager
def sqlite_url() -> Iterator[str]:
    """A fresh file, gone at the end."""
    with TemporaryDirectory(dir=FOLDER, prefix=".bench-", ignore_cleanup_errors=True) as folder:
        yield f"sqlite:///{folder}/log.db"


@contextmanager
def fresh_database(server: str) -> Iterator[str]:
    """A fresh database of a PostgreSQL server, dropped at the end."""
    name = f"bench_{uuid4().hex}"
    # No pool: what is measured may kill the server's processes meanwhile.
    admin = sa.create_engine(server, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with admin.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    try:
        yield sa.make_url(server).set(database=name).render_as_string(hide_password=False)
    finally:
        with admin.connect() as connection:
            connection.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))
        admin.dispose()
