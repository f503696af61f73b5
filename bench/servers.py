"""The two stores that the benchmarks run on, in the same place: a folder of this file system."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.request import urlopen
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


@contextmanager
def serving(url: str, now: datetime) -> Iterator[tuple[tuple[str, int], int]]:
    """(address, process id) of a `lienthong serve` on a store, once it answers; `now`: as its time
    stands, or a sweep would let handovers of long ago expire under the hands of who plays them."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    words = ["serve", "--database", url, "--port", str(port), "--now", now.isoformat()]
    server = subprocess.Popen([sys.executable, "-m", "app", *words], stderr=subprocess.DEVNULL)
    try:
        _answers(f"http://127.0.0.1:{port}/readyz")
        yield ("127.0.0.1", port), server.pid
    finally:
        server.terminate()
        server.wait()


def _answers(url: str) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            with urlopen(url):
                return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError(f"nothing answers at {url}")
