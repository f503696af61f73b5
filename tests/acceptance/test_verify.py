"""`verify`, after somebody has changed the database behind the engine's back."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, make_url
from sqlalchemy.pool import NullPool

from consumers.views.status import TABLE
from schemas.codec import dumps
from tests.acceptance.conftest import DESK, LAND, MORNING, RECEIVER, run
from tests.servers import PostgresDatabase

CODES = ("ub-desk-210303-0001", "ub-desk-210303-0002", "ub-desk-210303-0003")


class Store(NamedTuple):
    """A store with three dossiers of four events each."""

    url: str

    def verify(self, *words: str, code: int) -> Any:
        return run("verify", *words, "--json", "--database", self.url, code=code).json

    def tamper(self, *statements: str) -> None:
        """Runs SQL as somebody would who has the database's password."""
        engine = create_engine(make_url(self.url), poolclass=NullPool)
        with engine.begin() as connection:
            for statement in (*self._disarm(connection), *statements):
                connection.exec_driver_sql(statement)
        engine.dispose()

    def _disarm(self, connection: Any) -> list[str]:
        if connection.dialect.name == "sqlite":
            query = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
            found = connection.exec_driver_sql(query).all()
            return [f'DROP TRIGGER "{name}"' for (name,) in found]
        tables = ("streams", "words", "events", "definitions")
        return [f"ALTER TABLE {table} DISABLE TRIGGER USER" for table in tables]


def fill(url: str) -> Store:
    for _ in CODES:
        words = ("--procedure", LAND, "--agency", DESK, "--as", RECEIVER, "--at", MORNING)
        name = ("--field", "name=Nguyễn Văn An")
        said = run("receive", *words, *name, "--database", url, "--json")
        run("act", said.json["code"], "forward", "--as", RECEIVER, "--at", "2021-03-03 09:30",
            "--database", url)  # fmt: skip
    return Store(url)


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("filled")
    fill(f"sqlite:///{folder / 'verify.db'}")
    return folder


@pytest.fixture(scope="session")
def filled_postgres(postgres_url: str) -> Iterator[str]:
    """The name of a database to copy. Its stores are made once: that takes a second."""
    server = make_url(postgres_url)
    name = f"filled_{uuid4().hex}"
    engine = create_engine(server, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql(f'CREATE DATABASE "{name}"')
        fill(server.set(database=name).render_as_string(hide_password=False))
        yield name
        connection.exec_driver_sql(f'DROP DATABASE "{name}" WITH (FORCE)')
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, filled: Path, tmp_path: Path) -> Store:
    if request.param == "postgresql":
        make: PostgresDatabase = request.getfixturevalue("postgres_database")
        return Store(make(template=request.getfixturevalue("filled_postgres")))
    for file in filled.iterdir():
        shutil.copy(file, tmp_path / file.name)
    return Store(f"sqlite:///{tmp_path / 'verify.db'}")


def of(code: str, version: int) -> str:
    """An event, in SQL."""
    return f"stream = (SELECT id FROM streams WHERE name = '{code}') AND version = {version}"


def bad(code: str, version: int, why: str) -> Callable[[Any], bool]:
    def fits(first_bad: Any) -> bool:
        return (first_bad["code"], first_bad["version"]) == (code, version) and (
            why in first_bad["why"]
        )

    return fits


ONE, TWO, THREE = CODES
CHANGES: dict[str, tuple[list[str], Callable[[Any], bool]]] = {
    "an actor": (
        [f"UPDATE events SET actor = (SELECT id FROM words WHERE word = 'ub-desk')"
         f" WHERE {of(TWO, 3)}"],
        bad(TWO, 3, "the hash differs"),
    ),
    "a word that many events share": (
        [f"UPDATE words SET word = 'ub-desk.receiver-9' WHERE word = '{RECEIVER}'"],
        bad(ONE, 1, "the hash differs"),
    ),
    "the time it happened": (
        [f"UPDATE events SET occurred_at = occurred_at + 1 WHERE {of(TWO, 1)}"],
        bad(TWO, 1, "the hash differs"),
    ),
    "a hash": (
        [f"UPDATE events SET hash = (SELECT hash FROM events WHERE {of(ONE, 1)})"
         f" WHERE {of(TWO, 2)}"],
        bad(TWO, 2, "the hash differs"),
    ),
    "a deleted event": ([f"DELETE FROM events WHERE {of(TWO, 2)}"],
                        bad(TWO, 3, "version 2 is missing before it")),
    "a deleted first event": ([f"DELETE FROM events WHERE {of(TWO, 1)}"],
                              bad(TWO, 2, "version 1 is missing before it")),
    "a dossier without events": (
        [f"DELETE FROM events WHERE stream = (SELECT id FROM streams WHERE name = '{THREE}')"],
        bad(THREE, 1, "every event of it is missing"),
    ),
    "two events swapped": (
        [f"UPDATE events SET version = 99 WHERE {of(TWO, 2)}",
         f"UPDATE events SET version = 2 WHERE {of(TWO, 3)}",
         f"UPDATE events SET version = 3 WHERE {of(TWO, 99)}"],
        bad(TWO, 2, "the hash differs"),
    ),
    "positions swapped": (
        [f"UPDATE events SET position = position + 1000 WHERE {of(TWO, 2)}"],
        bad(TWO, 3, "is not beyond"),
    ),
    "a shard": (
        [f"UPDATE events SET shard = 15 - shard WHERE {of(TWO, 2)}"],
        bad(TWO, 2, "it stands in shard"),
    ),
    "no mark of a command's first event": (
        [f"UPDATE events SET first = (1 = 0) WHERE {of(TWO, 1)}"],
        bad(TWO, 1, "is not marked as the first event of its command"),
    ),
    "the end of every dossier": (
        ["DELETE FROM events WHERE version = 4"],
        bad(ONE, 4, "the status view has seen version 4"),
    ),
}  # fmt: skip
DEFINITIONS = {
    "a procedure's content": (
        [f"UPDATE definitions SET content = (SELECT content FROM definitions WHERE kind ="
         f" 'calendar' LIMIT 1) WHERE kind = 'procedure' AND id = '{LAND}'"],
        f"The procedure {LAND} ",
    ),
    "one character of the organisation": (
        ["UPDATE definitions SET content = {changed} WHERE kind = 'organisation'"],
        "The organisation organisation ",
    ),
    "a deleted procedure": (
        [f"DELETE FROM definitions WHERE kind = 'procedure' AND id = '{LAND}'"],
        "is gone, and dossiers are pinned to it",
    ),
    "deleted calendars": (["DELETE FROM definitions WHERE kind = 'calendar'"], "The calendar "),
    "a deleted organisation": (
        ["DELETE FROM definitions WHERE kind = 'organisation'"], "The organisation ",
    ),
}  # fmt: skip


def test_a_store_that_nobody_touched_holds(store: Store) -> None:
    assert store.verify(code=0) == {
        "ok": True, "events": 12, "first_bad": None, "last_hash": None, "private_gone": 0,
        "definitions": [],
    }  # fmt: skip
    one = store.verify(TWO, code=0)
    assert (one["ok"], one["events"]) == (True, 4)
    history = run("history", TWO, "--json", "--database", store.url).json
    assert one["last_hash"] == history[-1]["hash"]
    told = run("verify", "--database", store.url).out
    assert told == "The store holds: 12 events, each following from the one before.\n"


@pytest.mark.parametrize("what", CHANGES)
def test_what_was_changed_is_found_and_named(store: Store, what: str) -> None:
    statements, fits = CHANGES[what]
    store.tamper(*statements)
    verdict = store.verify(code=3)
    assert verdict["ok"] is False
    assert fits(verdict["first_bad"]), verdict


@pytest.mark.parametrize("what", DEFINITIONS)
def test_a_changed_definition_is_found_and_named(store: Store, what: str) -> None:
    statements, told = DEFINITIONS[what]
    lite = store.url.startswith("sqlite")
    changed = "CAST(content || ' ' AS BLOB)" if lite else "content || ' '::bytea"
    store.tamper(*(each.replace("{changed}", changed) for each in statements))
    verdict = store.verify(code=3)
    assert (verdict["ok"], verdict["events"], verdict["first_bad"]) == (False, 12, None)
    assert any(told in each for each in verdict["definitions"]), verdict
    assert told in run("verify", "--database", store.url, code=3).out


def test_doctor_sees_a_changed_definition(store: Store) -> None:
    store.tamper("UPDATE definitions SET digest = 'x' WHERE kind = 'calendar'")
    found = run("doctor", "--database", store.url, "--json", code=3).json
    states = {each["check"]: each["state"] for each in found["checks"]}
    assert states["registered"] == "problem"


def test_a_second_first_event_is_found(store: Store) -> None:
    """The index on a command's first event refuses it while it is there."""
    store.tamper("DROP INDEX events_command",
                 f"UPDATE events SET first = (1 = 1) WHERE {of(TWO, 2)}")  # fmt: skip
    assert bad(TWO, 2, "is marked as, but is not")(store.verify(code=3)["first_bad"])
    assert store.verify(TWO, code=3)["first_bad"]["version"] == 2
    assert store.verify(ONE, code=0)["ok"]


@pytest.mark.parametrize(
    ("column", "told"),
    [
        ("version", "its version None is no number"),
        ("stream", "1 of its events have no stream or no version"),
    ],
)
def test_an_event_without_a_place_is_missed(store: Store, column: str, told: str) -> None:
    if store.url.startswith("sqlite"):
        store.tamper("PRAGMA writable_schema = ON",
                     f"UPDATE sqlite_master SET sql = replace(sql, '{column} INTEGER NOT NULL',"
                     f" '{column} INTEGER') WHERE name = 'events'")  # fmt: skip
    else:
        store.tamper(f"ALTER TABLE events ALTER COLUMN {column} DROP NOT NULL")
    store.tamper(f"DELETE FROM {TABLE.name}",
                 f"UPDATE events SET {column} = NULL WHERE {of(THREE, 4)}")  # fmt: skip
    assert told in store.verify(code=3)["first_bad"]["why"]


def test_a_dossier_below_every_number_is_missed(store: Store) -> None:
    """A reading of everything begins at 1, as the numbers of streams do."""
    lite = store.url.startswith("sqlite")
    if not lite:
        store.tamper("ALTER TABLE streams ALTER COLUMN id DROP IDENTITY IF EXISTS")
    store.tamper("UPDATE events SET stream = -stream WHERE version > 0 AND stream ="
                 f" (SELECT id FROM streams WHERE name = '{THREE}')",
                 f"UPDATE streams SET id = -id WHERE name = '{THREE}'")  # fmt: skip
    assert store.verify(code=3)["first_bad"]["why"].startswith("4 of its events have no stream")


def test_one_changed_byte_of_a_payload_is_found(store: Store) -> None:
    history = run("history", TWO, "--json", "--database", store.url).json
    changed = dumps(history[1]["payload"]).replace(b"13 working", b"14 working").hex()
    quoted = f"x'{changed}'" if store.url.startswith("sqlite") else rf"'\x{changed}'::bytea"
    store.tamper(f"UPDATE events SET payload = {quoted} WHERE {of(TWO, 2)}")
    assert bad(TWO, 2, "the hash differs")(store.verify(code=3)["first_bad"])
    assert bad(TWO, 2, "the hash differs")(store.verify(TWO, code=3)["first_bad"])
    assert store.verify(ONE, code=0)["ok"], "another dossier still holds"
    told = run("verify", TWO, "--database", store.url, code=3).out
    assert told.startswith(f"{TWO}, event 2 does not hold: its content is not what was sealed")


@pytest.mark.parametrize("column", ["payload", "private", "event_id", "command_id", "actor"])
def test_a_value_of_another_type_is_found_in_sqlite(filled: Path, column: str) -> None:
    """SQLite keeps text where bytes belong: an UPDATE by hand leaves it so."""
    with TemporaryDirectory() as folder:
        for file in filled.iterdir():
            shutil.copy(file, folder)
        store = Store(f"sqlite:///{folder}/verify.db")
        store.tamper(f"UPDATE events SET {column} = 'zzz' WHERE {of(TWO, 1)}")
        verdict = store.verify(code=3)
        assert verdict["ok"] is False
        assert verdict["events"] in (0, 4), "what came before still holds"


def test_private_text_may_be_destroyed_but_not_changed(store: Store) -> None:
    store.tamper(f"UPDATE events SET private = NULL WHERE {of(ONE, 1)}")
    verdict = store.verify(code=0)
    assert (verdict["ok"], verdict["private_gone"]) == (True, 1)
    assert "1 private text is gone" in run("verify", "--database", store.url).out
    stolen = f"(SELECT private FROM events WHERE {of(TWO, 1)})"
    store.tamper(f"UPDATE events SET private = {stolen} WHERE {of(ONE, 1)}")
    assert bad(ONE, 1, "private text")(store.verify(code=3)["first_bad"])


def test_an_end_that_was_cut_off_is_found_by_the_last_known_hash(store: Store) -> None:
    last = store.verify(TWO, code=0)["last_hash"]
    assert store.verify(TWO, "--last-hash", last, code=0)["ok"]
    store.tamper(f"DELETE FROM events WHERE {of(TWO, 4)}")
    assert bad(TWO, 4, "the status view")(store.verify(TWO, code=3)["first_bad"])
    store.tamper(f"DROP TABLE {TABLE.name}")
    assert store.verify(TWO, code=0)["ok"], "without views nobody can tell from inside"
    verdict = store.verify(TWO, "--last-hash", last.upper(), code=3)
    assert bad(TWO, 4, "cut off after version 3")(verdict["first_bad"])


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--last-hash", "a" * 64], "of one dossier"),
        ([TWO, "--last-hash", "abc"], "64 hexadecimal digits"),
    ],
)
def test_verify_says_what_is_wrong_with_the_question(words: list[str], told: str) -> None:
    assert told in run("verify", *words, code=2).err


def test_an_end_that_was_cut_off_is_told_though_the_views_are_kept_elsewhere(
    store: Store, tmp_path: Path
) -> None:
    elsewhere = ("--views", f"sqlite:///{tmp_path / 'views.db'}")
    run("status", TWO, "--database", store.url, *elsewhere)
    # The store's own have seen nothing of it: the witness is the database that was named.
    store.tamper(f"DELETE FROM {TABLE.name}", f"DELETE FROM events WHERE {of(TWO, 4)}")
    assert bad(TWO, 4, "the status view")(store.verify(*elsewhere, code=3)["first_bad"])
    assert bad(TWO, 4, "the status view")(store.verify(TWO, *elsewhere, code=3)["first_bad"])
    assert store.verify(code=0)["ok"]
