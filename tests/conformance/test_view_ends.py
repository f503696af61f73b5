"""Deadlines that end: every store writes merged ends as it writes them one by one.

What SQLite makes of them is also drawn by Hypothesis, in `tests/unit/test_views_changes.py`.
"""

from __future__ import annotations

import random

import pytest
from sqlalchemy import select, text
from sqlalchemy.schema import CreateTable

from consumers.changes import Change, Changes, End, Put, Value
from consumers.rows import write
from consumers.view import moment, table
from engine.store import Log

TIMES = table(
    "times", ["dossier", "what", "at"], [moment("since"), moment("next_at"), moment("ends_at")]
)
CODES = ("d1", "d2")
ROUNDS = 25


@pytest.fixture
def home(log: Log) -> Log:
    with log.begin() as connection:
        connection.execute(CreateTable(TIMES))
    return log


def drawn(rng: random.Random) -> list[tuple[str, Change]]:
    """Deadlines set and ended in two dossiers; several in a moment, the narrow and the wide."""
    now = 0
    made: list[tuple[str, Change]] = []
    for number in range(rng.randint(5, 20)):
        now += rng.choice((0, 0, 1, 2))
        code = rng.choice(CODES)
        if rng.random() < 0.6:
            columns: dict[str, Value] = {
                "since": now,
                "next_at": rng.randint(0, 20),
                "ends_at": None,
            }
            key = (code, rng.choice("xy"), str(number))
            made.append((code, Put(TIMES, key, columns)))
        else:
            made.append((code, End(TIMES, rng.choice(((code, "x"), (code, "y"), (code,))), now)))
    return made


def written(
    home: Log, changes: list[tuple[str, Change]], cuts: list[bool], fresh: bool
) -> list[tuple[object, ...]]:
    """The rows that are there after these changes, written wherever there is a cut."""
    with home.begin() as connection:
        connection.execute(text("DELETE FROM view_times"))
        batch, new = Changes(), set(CODES if fresh else ())
        for (code, change), cut in zip(changes, cuts, strict=True):
            # Merging keeps and changes the columns it is given.
            given = change
            if isinstance(change, Put):
                given = Put(change.table, change.key, {**change.columns})
            batch.add([given], code, 1 if code in new else 2)
            new.discard(code)
            if cut:
                write(connection, batch)
                batch = Changes()
        write(connection, batch)
        return sorted(tuple(row) for row in connection.execute(select(TIMES)))


@pytest.mark.parametrize("fresh", [False, True])
def test_merging_ends_changes_nothing(home: Log, fresh: bool) -> None:
    ended = 0
    for seed in range(ROUNDS):
        rng = random.Random(seed)
        changes = drawn(rng)
        one_by_one = written(home, changes, [True] * len(changes), fresh)
        cuts = [rng.random() < 0.3 for _ in changes]
        assert written(home, changes, cuts, fresh) == one_by_one, seed
        assert written(home, changes, [False] * len(changes), fresh) == one_by_one, seed
        ended += sum(row[-1] is not None for row in one_by_one)
    assert ended > ROUNDS
