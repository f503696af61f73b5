"""The two stores that the benchmarks run on, in the same place: a folder of this file system."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
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
def filled_url(name: str, fill: Callable[[str], None]) -> Iterator[str]:
    """A file that was filled, gone at the end; in the folder that LIENTHONG_BENCH_STORE names it
    stays, and is found filled the next time."""
    folder = os.environ.get("LIENTHONG_BENCH_STORE")
    if not folder:
        with sqlite_url() as url:
            fill(url)
            yield url
        return
    file = Path(folder).resolve() / f"{name}.db"
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        for left in file.parent.glob(f"{name}.part*"):
            left.unlink()
        part = file.with_suffix(".part")
        fill(f"sqlite:///{part}")
        part.rename(file)
    yield f"sqlite:///{file}"


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
        _answers(server, f"http://127.0.0.1:{port}/readyz")
        yield ("127.0.0.1", port), server.pid
    finally:
        server.terminate()
        server.wait()


def _answers(server: subprocess.Popen[bytes], url: str) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end and server.poll() is None:
        try:
            with urlopen(url):
                return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError(f"nothing answers at {url}")
