"""Making a store, and the formats that are refused. The SQL is linted as a reviewer would."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from engine.store import (
    Stored,
    StoreError,
    StoreMissing,
    StoreTooNew,
    StoreTooOld,
    StoreUnreachable,
    open_log,
)
from engine.store.migrate import as_sql
from engine.store.schema import metadata
from tests.appends import append

EXCLUDED = "prefer-bigint-over-int,prefer-bigint-over-smallint,prefer-text-field"
"""Numbers of words, streams and shards are small on purpose: rows are kept for ever and the
narrow columns save 24 bytes an event. The text field is Alembic's own table."""


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'log.db'}"
    made: str = request.getfixturevalue("postgres_database")()
    return made


def run(url: str, *statements: str) -> None:
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
    engine.dispose()


def test_squawk_finds_nothing_in_the_sql_for_postgresql(tmp_path: Path) -> None:
    file = tmp_path / "migrations.sql"
    file.write_text(as_sql("postgresql+psycopg"))
    squawk = Path(sysconfig.get_path("scripts")) / "squawk"
    found = subprocess.run(
        [squawk, "--pg-version", "15", "--exclude", EXCLUDED, file],
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stdout


def test_squawk_would_find_something(tmp_path: Path) -> None:
    file = tmp_path / "bad.sql"
    file.write_text(as_sql("postgresql+psycopg") + "\nCREATE INDEX late ON others (n);\n")
    squawk = Path(sysconfig.get_path("scripts")) / "squawk"
    found = subprocess.run(
        [squawk, "--exclude", EXCLUDED, file], capture_output=True, text=True, check=False
    )
    assert found.returncode != 0


def test_the_migrations_make_the_tables_the_program_knows(url: str) -> None:
    log = open_log(url)
    with log.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = compare_metadata(context, metadata)
    log.close()
    # SQLite's index over shards alone is the same as PostgreSQL's primary key.
    assert [each for each in differences if "events_shard" not in str(each)] == []


def test_a_store_is_made_only_when_asked(url: str) -> None:
    with pytest.raises(StoreMissing, match="There is no store at"):
        open_log(url, create=False)
    open_log(url).close()
    log = open_log(url, create=False)
    assert isinstance(log.append([append("s")])[0], Stored)
    log.close()
    log = open_log(url)
    assert log.streams() == ["s"]
    log.close()


def test_looking_for_a_store_makes_no_file(tmp_path: Path) -> None:
    with pytest.raises(StoreMissing):
        open_log(f"sqlite:///{tmp_path / 'log.db'}", create=False)
    assert list(tmp_path.iterdir()) == []


def test_a_newer_store_is_refused_and_left_alone(url: str) -> None:
    open_log(url).close()
    run(url, "UPDATE alembic_version SET version_num = '0002'")
    for create in (True, False):
        with pytest.raises(StoreTooNew, match="format 0002; this program knows up to 0001"):
            open_log(url, create=create)


def test_an_older_store_says_how_it_is_brought_up_to_date(url: str) -> None:
    open_log(url).close()
    run(url, "UPDATE alembic_version SET version_num = '0000'")
    with pytest.raises(StoreTooOld, match="after a backup"):
        open_log(url, create=False)


def test_the_database_of_something_else_is_not_touched(url: str) -> None:
    run(url, "CREATE TABLE events (other integer)")
    for create in (True, False):
        with pytest.raises(StoreError, match="something else"):
            open_log(url, create=create)


def test_a_migration_that_fails_leaves_nothing(url: str) -> None:
    run(url, "CREATE TABLE definitions (other integer)")
    with pytest.raises(StoreError):
        open_log(url)
    engine = sa.create_engine(url)
    assert sa.inspect(engine).get_table_names() == ["definitions"]
    engine.dispose()


def test_several_programs_make_the_store_at_once(url: str) -> None:
    program = "import sys; from engine.store import open_log; open_log(sys.argv[1]).close()"
    running = [subprocess.Popen([sys.executable, "-c", program, url]) for _ in range(3)]
    assert [each.wait() for each in running] == [0, 0, 0]
    open_log(url, create=False).close()


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("nonsense", "is no address of a store"),
        ("mysql://x", "A store is a SQLite file or a PostgreSQL database"),
        ("sqlite://", "kept in a file"),
        ("sqlite:///:memory:", "kept in a file"),
        ("sqlite:////nobody/here/log.db", "folder .* does not exist"),
        ("postgresql://nobody@127.0.0.1:1/none", "the server does not answer"),
    ],
)
def test_an_address_that_is_none_is_refused_in_words(url: str, said: str) -> None:
    with pytest.raises(StoreUnreachable, match=said):
        open_log(url)


def test_opening_a_store_does_not_import_alembic(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    url = f"sqlite:///{tmp_path / 'log.db'}"
    open_log(url).close()
    program = (
        "import sys; from engine.store import open_log; open_log(sys.argv[1]).close();"
        " print([m for m in sys.modules if m.split('.')[0] == 'alembic'])"
    )
    subprocess.run([sys.executable, "-c", program, url], check=True)
    assert capfd.readouterr().out == "[]\n"
