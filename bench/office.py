"""A store as an office has it after years: copies of the fifty sample dossiers, which the engine
decided once, each under a code of its own: of those that ended, and one in twenty of any, cut short
at some command, which is still under way.

What is copied are whole histories, chained anew, and with them the rows that the views made of the
one that was copied: the views' own code would make the same of each (tests/docs/test_office.py).
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from itertools import count, cycle, groupby, islice
from pathlib import Path
from typing import Any, NamedTuple

from click.testing import CliRunner
from msgspec.structs import replace
from sqlalchemy import Connection, Table, func, select, text

from app.cli import cli
from app.feeding.sweeping import sweep
from app.house import House, open_house
from app.settings import Settings
from bench.servers import filled_url
from consumers import checkpoints
from consumers.alerts import alert_id, alerts_table
from consumers.changes import Changes, Pending, Value
from consumers.rows import write
from consumers.subscription import LIVE
from consumers.views import all_views
from consumers.views.inbox import TABLE as TASKS
from engine.store import Append, Stored
from schemas.envelope import GENESIS, Recorded

SAMPLES = Path(__file__).parent.parent / "app" / "samples" / "fifty-dossiers.jsonl"

NOW = datetime(2021, 3, 10, 2, 0, tzinfo=UTC)
"""When the samples are in the middle of their lives."""

OPEN = 20
"""One in so many is still under way."""

FIRST = 1_000
"""The number of the first code that is not a sample's."""

BATCH = 2_000
"""Dossiers that are written at once."""

TABLES = tuple(table for view in all_views() for table in view.tables)

Life = list[list[Recorded]]
"""The history of a dossier, command by command."""


class Original(NamedTuple):
    """A dossier to copy. `rows`: of each table of the views, without the code in front."""

    code: str
    life: Life
    rows: Mapping[Table, dict[tuple[str, ...], dict[str, Value]]]
    alerts: Sequence[Mapping[str, Any]]


@contextmanager
def office(dossiers: int) -> Iterator[House]:
    """Opened at NOW; see `filled_url` for where it is and how long it stays."""

    def fresh(url: str) -> None:
        with filled(url, dossiers):
            pass

    with filled_url(f"office-{dossiers}", fresh) as url, _opened(url) as house:
        yield house


@contextmanager
def filled(url: str, dossiers: int) -> Iterator[House]:
    """The same in a database that is empty."""
    _submit_samples(url)
    with _opened(url) as house:
        fill(house, dossiers)
        yield house


def _opened(url: str) -> AbstractContextManager[House]:
    return open_house(Settings(database=url, now=NOW, json=True), write=True)


def busiest(house: House, count: int) -> list[str]:
    """So many posts, each of the agencies with most to do first."""
    query = select(TASKS.c.agency).group_by(TASKS.c.agency).order_by(func.count().desc())
    with house.home.engine.connect() as connection:
        agencies = connection.scalars(query).all()
    staff = house.law.organisation.officers_in
    return [staff(agency)[0].id for agency in islice(cycle(agencies), count)]


def _submit_samples(url: str) -> None:
    """The fifty dossiers, through the command line, so that the engine decides about them."""
    done = CliRunner().invoke(cli, ["submit", str(SAMPLES), "--database", url])
    if done.exit_code != 0:
        raise RuntimeError(done.output)


def fill(house: House, dossiers: int, seed: int = 1) -> None:
    """Adds so many copies to the fifty samples, with their rows in the views and their alerts."""
    chance, ids = random.Random(seed), _ids()
    ended, cut = _originals(house, ids)
    for start in range(0, dossiers, BATCH):
        made: list[tuple[str, Original]] = []
        for number in range(start, min(start + BATCH, dossiers)):
            original = ended[number % len(ended)] if number % OPEN else chance.choice(cut)
            made.append((_code(original.code, FIRST + 1_000 + number), original))
        _append(house, ((code, original.life) for code, original in made), ids)
        with house.home.begin() as connection:
            write(connection, _rows(made))
            _raise(connection, made)
            _move(connection, house.log.heads())
    if house.home.engine.dialect.name == "postgresql":
        # What PostgreSQL does by itself within minutes of so many rows.
        alone = house.home.engine.execution_options(isolation_level="AUTOCOMMIT")
        with alone.connect() as connection:
            connection.execute(text("VACUUM ANALYZE"))


def _originals(house: House, ids: Iterator[bytes]) -> tuple[list[Original], list[Original]]:
    """Those that ended, and each of the fifty cut short after each of its commands but the last;
    the latter are in the store from now on."""
    codes = house.log.streams(limit=100)
    lives = {code: _life(house, code) for code in codes}
    number = count(FIRST)
    cut = {
        _code(code, next(number)): life[:at]
        for code, life in lives.items()
        for at in range(1, len(life))
    }
    _append(house, cut.items(), ids)
    house.refresh()
    # Whatever is due by then has been raised: nothing happens beside what is measured.
    while sweep(house):
        house.refresh()
    ended = [code for code in codes if house.dossier(code).dossier.status == "ended"]
    return [_original(house, code) for code in ended], [_original(house, code) for code in cut]


def _code(code: str, number: int) -> str:
    return f"{code.rpartition('-')[0]}-{number:06d}"


def _life(house: House, code: str) -> Life:
    records = house.log.read_stream(code)
    return [list(of_one) for _, of_one in groupby(records, key=lambda each: each.command_id)]


def _original(house: House, code: str) -> Original:
    rows: dict[Table, dict[tuple[str, ...], dict[str, Value]]] = {}
    with house.home.engine.connect() as connection:
        for table in TABLES:
            key = [str(column.name) for column in table.primary_key]
            own = [str(column.name) for column in table.columns if column.computed is None]
            own = [name for name in own if name not in key]
            rows[table] = {}
            for row in connection.execute(select(table).where(table.c.dossier == code)).mappings():
                rest = tuple(row[each] for each in key[1:])
                rows[table][rest] = {name: row[name] for name in own}
        query = select(alerts_table).where(alerts_table.c.dossier == code)
        alerts = [dict(row) for row in connection.execute(query).mappings()]
    return Original(code, _life(house, code), rows, alerts)


def _append(house: House, made: Iterable[tuple[str, Life]], ids: Iterator[bytes]) -> None:
    appends = [each for code, life in made for each in _copied(code, life, ids)]
    if not all(isinstance(each, Stored) for each in house.log.append(appends)):
        raise AssertionError("a code is there already")


def _copied(code: str, life: Life, ids: Iterator[bytes]) -> Iterator[Append]:
    previous = GENESIS
    for command in life:
        id_, sealed = next(ids), []
        for each in command:
            own = replace(
                each, stream=code, event_id=next(ids), command_id=id_, correlation=id_,
                previous=previous, position=0,
            )  # fmt: skip
            previous = own.expected_hash()
            sealed.append(replace(own, hash=previous))
        yield Append(tuple(sealed))


def _rows(made: Sequence[tuple[str, Original]]) -> Changes:
    changes = Changes()
    for table in TABLES:
        pending = changes.tables[table] = Pending(table)
        for code, original in made:
            pending.rows[code] = {
                rest: _renamed(columns, original.code, code)
                for rest, columns in original.rows[table].items()
            }
    return changes


def _renamed(columns: dict[str, Value], old: str, new: str) -> dict[str, Value]:
    """Where a dossier is found by its code, by the copy's."""
    words = columns.get("words")
    return columns if words is None else {**columns, "words": str(words).replace(old, new)}


def _raise(connection: Connection, made: Sequence[tuple[str, Original]]) -> None:
    rows = [
        {**each, "dossier": code, "id": alert_id(code, each["leg"], each["kind"], each["deadline"])}
        for code, original in made
        for each in original.alerts
    ]
    if rows:
        connection.execute(alerts_table.insert(), rows)


def _move(connection: Connection, heads: Mapping[int, int]) -> None:
    """The views have what was appended."""
    before = checkpoints.cursors(connection, LIVE)
    checkpoints.advance(connection, LIVE, before, heads)


def _ids() -> Iterator[bytes]:
    return (number.to_bytes(16) for number in count(1))
