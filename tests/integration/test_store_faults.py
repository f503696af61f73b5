"""What breaks under a store: the writer, the disk, the file, the server.

Each time: a clear error, nothing that was acknowledged is lost, no append is half there.
"""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from engine.store import (
    DiskFull,
    Log,
    Repeated,
    StoreBusy,
    Stored,
    StoreDamaged,
    StoreError,
    StoreReadOnly,
    StoreUnreachable,
    open_log,
)
from tests.appends import append

WRITER = """
import os, signal, sys
from engine.store import open_log
from tests.appends import append

url, point, countdown, size = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])

def fault(reached):
    global countdown
    if reached == point:
        countdown -= 1
        if countdown == 0:
            os.kill(os.getpid(), signal.SIGKILL)

log = open_log(url, fault=fault)
for number in range(10_000):
    log.append([append(f"s{number}", size, command_id=number.to_bytes(16, "big"))])
    print(number, flush=True)
"""

EACH_STORE = pytest.mark.parametrize(
    "url", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)


@pytest.fixture
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'log.db'}"
    made: str = request.getfixturevalue("postgres_database")()
    return made


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "log.db"


@pytest.fixture
def log(file: Path) -> Iterator[Log]:
    opened = open_log(f"sqlite:///{file}")
    yield opened
    opened.close()


def check_whole(log: Log, acknowledged: int, size: int) -> int:
    """Everything acknowledged is there and no append is half there. How many there are."""
    streams = log.streams(limit=100_000)
    assert {f"s{number}" for number in range(acknowledged)} <= set(streams)
    for events in (log.read_stream(stream) for stream in streams):
        assert [event.version for event in events] == list(range(1, size + 1))
        assert all(event.hash == event.expected_hash() for event in events)
    return len(streams)


# --- the writer -----------------------------------------------------------------------------


@EACH_STORE
@pytest.mark.parametrize(
    ("point", "size", "stored"),
    [("before-commit", 200, 0), ("after-commit", 200, 1), ("after-commit", 2, 1)],
)
def test_a_writer_killed_between_two_points(url: str, point: str, size: int, stored: int) -> None:
    program = [sys.executable, "-c", WRITER, url, point, "4", str(size)]
    killed = subprocess.run(program, stdout=subprocess.PIPE, text=True, check=False)
    assert killed.returncode == -9

    acknowledged = len(killed.stdout.splitlines())
    assert acknowledged == 3
    log = open_log(url, create=False)
    assert check_whole(log, acknowledged, size) == acknowledged + stored
    # The one who was never answered asks again, and has the answer or the event.
    [outcome] = log.append([append("s3", size, command_id=(3).to_bytes(16, "big"))])
    assert isinstance(outcome, Repeated if stored else Stored)
    log.close()


@EACH_STORE
def test_a_writer_killed_at_any_moment(url: str) -> None:
    open_log(url).close()
    program = [sys.executable, "-c", WRITER, url, "never", "1", "3"]
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        lines = [writer.stdout.readline() for _ in range(60)]
        writer.kill()
        lines += writer.stdout.read().splitlines()
    log = open_log(url, create=False)
    # At most one append was stored and not acknowledged.
    assert check_whole(log, len(lines), 3) - len(lines) in (0, 1)
    log.close()


# --- the disk -------------------------------------------------------------------------------


def test_a_full_disk_is_said_and_costs_nothing(log: Log) -> None:
    with log.begin() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar() + 20
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    acknowledged = 0
    with pytest.raises(DiskFull, match="the disk is full"):  # noqa: PT012 - whichever it is
        for acknowledged in range(1000):
            log.append([append(f"s{acknowledged}", 30)])
    assert acknowledged > 2
    assert check_whole(log, acknowledged, 30) == acknowledged
    with log.begin() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1000000")
    assert isinstance(log.append([append(f"s{acknowledged}", 30)])[0], Stored)


def test_a_file_that_may_not_grow_is_a_full_disk(file: Path) -> None:
    open_log(f"sqlite:///{file}").close()
    limited = (
        "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))" + WRITER
    )
    ended = subprocess.run(
        [sys.executable, "-c", limited, f"sqlite:///{file}", "never", "1", "30"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "engine.store.errors.DiskFull" in ended.stderr
    acknowledged = len(ended.stdout.splitlines())
    log = open_log(f"sqlite:///{file}")
    assert acknowledged > 2
    assert check_whole(log, acknowledged, 30) == acknowledged
    log.close()


# --- the file -------------------------------------------------------------------------------


@pytest.fixture
def as_nobody() -> Iterator[Path]:
    """A folder that may be read but not written by who runs the test, even by root."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        log = open_log(f"sqlite:///{folder / 'log.db'}")
        log.append([append("s", 2)])
        log.close()
        (folder / "log.db").chmod(stat.S_IRUSR | stat.S_IRGRP | stat.S_IROTH)
        folder.chmod(0o755)
        root = os.geteuid() == 0
        if root:
            os.seteuid(65534)
        yield folder / "log.db"
        if root:
            os.seteuid(0)


def test_a_file_that_may_not_be_written_is_said(as_nobody: Path) -> None:
    with pytest.raises((StoreReadOnly, StoreUnreachable), match=r"not written|cannot be opened"):
        open_log(f"sqlite:///{as_nobody}").append([append("t")])


def test_a_store_opened_for_reading_reads_and_refuses_to_write(log: Log, file: Path) -> None:
    log.append([append("s", 2)])
    reader = open_log(f"sqlite:///file:{file}?mode=ro&uri=true", create=False)
    assert reader.read_stream("s") == log.read_stream("s")
    with pytest.raises(StoreReadOnly, match="may be read but not written"):
        reader.append([append("t")])
    with pytest.raises(StoreReadOnly):
        reader.register("calendar", "vn", "1", "d", b"")
    reader.close()


@pytest.fixture
def grown(file: Path) -> Path:
    """A store of some 250 pages that nobody has open."""
    log = open_log(f"sqlite:///{file}")
    log.append([append(f"s{number}", 5) for number in range(400)])
    log.close()
    return file


def test_a_write_that_was_interrupted_leaves_a_log_that_closes(file: Path) -> None:
    """An interruption inside of the driver makes SQLAlchemy throw its connection away."""
    log = open_log(f"sqlite:///{file}")

    def interrupted() -> None:
        with log.begin() as connection:
            connection.invalidate()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    log.close()


def test_writers_behind_another_program_wait_together_not_one_after_the_other(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.store.sqlite.WAIT", 1.0)
    waited: list[float] = []

    def write(log: Log) -> None:
        asked = time.monotonic()
        with pytest.raises(StoreBusy), log.begin():
            pass
        waited.append(time.monotonic() - asked)

    with closing(open_log(f"sqlite:///{file}")) as log:
        with closing(sqlite3.connect(file, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            threads = [threading.Thread(target=write, args=[log]) for _ in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        assert len(waited) == 4
        assert max(waited) < 2.5 * min(waited)
        # And who comes afterwards is as patient as ever.
        log.append([append("s", 1)])


def test_a_damaged_page_is_said(grown: Path) -> None:
    page, content = 4096, bytearray(grown.read_bytes())
    for at in range(20, len(content) // page):
        content[at * page : at * page + 100] = os.urandom(100)
    grown.write_bytes(content)
    with pytest.raises(StoreDamaged, match=r"log\.db cannot be used: the file is damaged"):
        read_everything(grown)


def test_a_flipped_bit_in_an_event_breaks_its_hash(grown: Path) -> None:
    content = grown.read_bytes()
    before = read_everything(grown)
    at = content.index("tờ 3".encode())
    grown.write_bytes(content[:at] + b"T" + content[at + 1 :])
    after = read_everything(grown)
    [(was, now)] = [(a, b) for a, b in zip(before, after, strict=True) if a != b]
    assert now.hash != now.expected_hash()
    assert was.hash == was.expected_hash()


@pytest.mark.parametrize("keep", [100, 40_000, 300_000])
def test_a_file_cut_short_is_said(grown: Path, keep: int) -> None:
    os.truncate(grown, keep)
    with pytest.raises(StoreDamaged):
        read_everything(grown)


def test_a_file_that_is_no_database_is_said(file: Path) -> None:
    file.write_bytes(b"Not a database at all." * 1000)
    with pytest.raises(StoreDamaged, match="is not a SQLite database"):
        open_log(f"sqlite:///{file}")
    assert file.read_bytes().startswith(b"Not a database")


def test_an_append_into_damage_is_not_acknowledged(grown: Path) -> None:
    content = bytearray(grown.read_bytes())
    for page in range(1, len(content) // 4096):
        content[page * 4096] ^= 0xFF
    grown.write_bytes(content)
    with pytest.raises(StoreDamaged):
        open_log(f"sqlite:///{grown}").append([append("new")])


def read_everything(file: Path) -> list[object]:
    log = open_log(f"sqlite:///{file}")
    try:
        return [event for batch in log.read_all() for event in batch]
    finally:
        log.close()


# --- the server -----------------------------------------------------------------------------


@pytest.mark.postgres
def test_a_connection_that_breaks_is_said_and_the_next_one_works(
    postgres_database: Callable[..., str],
) -> None:
    log = open_log(postgres_database())
    log.append([append("s0", 3)])
    others(log, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{}'")
    with pytest.raises(StoreUnreachable, match="the server does not answer"):
        log.append([append("s1", 3)])
    assert isinstance(log.append([append("s1", 3)])[0], Stored)
    others(log, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{}'")
    with pytest.raises(StoreUnreachable):
        log.heads()
    assert check_whole(log, 2, 3) == 2
    log.close()


@pytest.mark.postgres
def test_a_standby_may_be_read_but_not_written(postgres_database: Callable[..., str]) -> None:
    url = postgres_database()
    open_log(url).close()
    log = open_log(url)
    others(log, 'ALTER DATABASE "{}" SET default_transaction_read_only = on')
    log.close()
    log = open_log(url, create=False)
    with pytest.raises(StoreReadOnly, match="read-only"):
        log.append([append("s")])
    assert log.streams() == []
    log.close()


@pytest.mark.postgres
def test_a_database_that_went_away_is_said(postgres_database: Callable[..., str]) -> None:
    log = open_log(postgres_database())
    others(log, "DROP TABLE events")
    for use in (log.heads, lambda: log.append([append("s")])):
        with pytest.raises(StoreError, match="a table of the store is missing"):
            use()
    log.close()


def others(log: Log, sql: str) -> None:
    """Somebody else does this to the log's database, which the text may name."""
    url = make_url(str(log.engine.url.render_as_string(hide_password=False)))
    server = url.set(drivername="postgresql")
    if "terminate" in sql:
        server = server.set(database="postgres")
    with psycopg.connect(server.render_as_string(hide_password=False), autocommit=True) as c:
        c.execute(sql.format(url.database))
