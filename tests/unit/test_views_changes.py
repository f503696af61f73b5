"""Changes merged in memory and written are the same as changes written one by one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.pool import StaticPool
from sqlalchemy.schema import CreateTable

from consumers.changes import Change, Changes, Drop, End, Every, Put
from consumers.rows import write
from consumers.view import View, moment, number, table
from consumers.view import text as words
from consumers.views import all_views, view
from schemas.events import EVENT_TYPES, HandoverExpired, HandoverNotTaken, HandoverRefused

TABLE = table(
    "test",
    ["dossier", "leg"],
    [words("a"), words("b"), number("n"), words("line", adds=True), number("sum", adds=True)],
)


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    made = create_engine("sqlite://", poolclass=StaticPool)
    with made.begin() as connection:
        connection.execute(CreateTable(TABLE))
    yield made
    made.dispose()


KEYS = st.tuples(st.sampled_from(["d1", "d2"]), st.sampled_from(["", "x", "y"]))
COLUMNS = st.fixed_dictionaries(
    {},
    optional={
        "a": st.sampled_from(["p", "q", None]),
        "b": st.sampled_from(["r", None]),
        "n": st.integers(0, 3),
        "line": st.sampled_from(["1\n", "2\n"]),
        "sum": st.integers(1, 3),
    },
)
CHANGES = st.one_of(
    st.builds(lambda key, columns: ("put", key, columns), KEYS, COLUMNS),
    st.builds(lambda key: ("drop", key, {}), KEYS),
    st.builds(lambda key: ("drop", key[:1], {}), KEYS),
    st.builds(lambda key, a: ("every", key, {"a": a}), KEYS, st.sampled_from(["e", None])),
)


def change(what: str, key: tuple[str, ...], columns: dict) -> Change:  # type: ignore[type-arg]
    if what == "put":
        return Put(TABLE, key, dict(columns))
    return Drop(TABLE, key) if what == "drop" else Every(TABLE, key[0], dict(columns))


@given(
    st.lists(st.tuples(CHANGES, st.booleans()), max_size=25),
    st.sets(st.sampled_from(["d1", "d2"])),
)
def test_merging_changes_nothing(
    engine: Engine,
    changes: list,
    fresh: set[str],  # type: ignore[type-arg]
) -> None:
    """Any cut into batches gives the same rows. A dossier is fresh in its first batch."""

    def rows(cuts: list[bool]) -> list[object]:
        with engine.begin() as connection:
            connection.execute(text("DELETE FROM view_test"))
            new, batch = set(fresh), Changes()
            for (each, _), cut in zip(changes, cuts, strict=True):
                dossier = each[1][0]
                batch.add([change(*each)], dossier, 1 if dossier in new else 2)
                new.discard(dossier)
                if cut:
                    write(connection, batch)
                    batch = Changes()
            write(connection, batch)
            query = text("SELECT * FROM view_test ORDER BY 1, 2")
            return list(connection.execute(query))

    one_by_one = rows([True] * len(changes))
    assert rows([False] * len(changes)) == one_by_one
    assert rows([cut for _, cut in changes]) == one_by_one


TIMES = table(
    "times", ["dossier", "what", "at"], [moment("since"), moment("next_at"), moment("ends_at")]
)
ACTS = st.one_of(
    st.tuples(st.just("set"), st.sampled_from("xy"), st.integers(0, 12)),
    st.tuples(st.just("end"), st.sampled_from(["x", "y", ""]), st.just(0)),
)


@given(st.lists(st.tuples(ACTS, st.integers(0, 2), st.booleans()), max_size=20), st.booleans())
def test_merging_ends_changes_nothing(acts: list, fresh: bool) -> None:  # type: ignore[type-arg]
    def rows(cuts: list[bool]) -> list[object]:
        made = create_engine("sqlite://", poolclass=StaticPool)
        with made.begin() as connection:
            connection.execute(CreateTable(TIMES))
            now, batch, first = 0, Changes(), fresh
            for number_, (((act, what, next_at), later, _), cut) in enumerate(
                zip(acts, cuts, strict=True)
            ):
                now += later
                row = {"since": now, "next_at": next_at, "ends_at": None}
                end = End(TIMES, ("d", what) if what else ("d",), now)
                put = Put(TIMES, ("d", what, f"{number_:02}"), dict(row))
                batch.add([put] if act == "set" else [end], "d", 1 if first else 2)
                first = False
                if cut:
                    write(connection, batch)
                    batch = Changes()
            write(connection, batch)
            return list(connection.execute(text("SELECT * FROM view_times ORDER BY 1, 2, 3")))

    one_by_one = rows([True] * len(acts))
    assert rows([False] * len(acts)) == one_by_one
    assert rows([cut for *_, cut in acts]) == one_by_one


def test_what_had_come_due_keeps_its_row_and_its_end(engine: Engine) -> None:
    batch = Changes()
    for at, next_at in (("1", 5), ("2", 6), ("3", 4)):
        row = {"since": 4 if at == "3" else 1, "next_at": next_at, "ends_at": None}
        batch.add([Put(TIMES, ("d", "x", at), row)], "d", 1)
    batch.add([End(TIMES, ("d", "x"), 4)], "d", 2)
    batch.add([Put(TIMES, ("d", "x", "4"), {"since": 4, "next_at": 5, "ends_at": None})], "d", 3)
    batch.add([End(TIMES, ("d",), 5)], "d", 4)
    [pending] = batch
    assert pending.rows["d"] == {("x", "4"): {"since": 4, "next_at": 5, "ends_at": 5}}


def test_a_batch_is_written_in_few_statements(engine: Engine) -> None:
    batch = Changes()
    for number_ in range(1000):
        key = (f"d{number_}", "")
        batch.add([Put(TABLE, key, {"a": "x"}), Put(TABLE, key, {"b": "y"})], key[0], 1)
        batch.add([Every(TABLE, key[0], {"a": "z"})], key[0], 2)
    assert sum(1 for pending in batch for _ in pending.every) == 0
    with engine.begin() as connection:
        assert write(connection, batch) == 1000
        found = connection.execute(text("SELECT DISTINCT a, b FROM view_test WHERE dossier = 'd7'"))
        assert found.all() == [("z", "y")]
        connection.execute(text("DELETE FROM view_test"))


def test_a_handler_of_a_base_class_stands_for_all_below_it() -> None:
    def base(event: object, seen: object) -> list[Change]:
        return []

    def own(event: object, seen: object) -> list[Change]:
        return []

    made = View("x", 1, [], {HandoverNotTaken: base, HandoverExpired: own})
    assert made.handlers[HandoverRefused.type] is base
    assert made.handlers[HandoverExpired.type] is own
    assert len(made.handlers) == 3


def test_views_are_found_by_their_files() -> None:
    names = [each.name for each in all_views()]
    assert {"board", "custody", "deadlines", "inbox", "legs", "search", "status"} <= set(names)
    assert names == sorted(names)
    assert view("status") in all_views()
    with pytest.raises(KeyError):
        view("nothing")


def test_every_table_is_named_after_its_view_and_keyed_by_dossier() -> None:
    for each in all_views():
        for of_view in each.tables:
            assert f"{of_view.name}_".startswith(f"view_{each.name}_")
            assert next(iter(of_view.primary_key)).name == "dossier"


def test_status_follows_every_event() -> None:
    """Its version is what tells how far a dossier has been followed."""
    assert view("status").handlers.keys() == EVENT_TYPES.keys()
