"""Words are learnt once, forgotten when there are too many, and never mixed up."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from engine.store import StoreDamaged, rows
from engine.store.rows import COLUMNS, Words, hashes_before, recorded, rows_of
from engine.store.schema import events
from schemas.envelope import GENESIS
from tests.appends import append


class Table:
    """The table of words."""

    def __init__(self) -> None:
        self.kept: dict[str, int] = {}
        self.asked: list[object] = []

    def learn(self, words: list[str]) -> Iterable[tuple[int, str]]:
        self.asked.append(words)
        for word in words:
            self.kept.setdefault(word, len(self.kept) + 1)
        return [(self.kept[word], word) for word in words]

    def look_up(self, numbers: list[int]) -> Iterable[tuple[int, str]]:
        self.asked.append(numbers)
        return [(number, word) for word, number in self.kept.items() if number in numbers]


def test_words_are_asked_for_once() -> None:
    table = Table()
    words = Words(table.learn, table.look_up)
    [event] = append("s", actor="a", agency="b", on_behalf="c").events

    numbers = words.numbers_for([event, event])
    assert {numbers[word] for word in ("a", "b", "c", event.type)} == {1, 2, 3, 4}
    assert numbers[None] is None
    assert words.numbers_for([event]) == numbers
    assert table.asked == [["a", "approval.recorded", "b", "c"]]


def test_too_many_words_are_forgotten_and_learnt_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "MOST_WORDS", 3)
    table = Table()
    words = Words(table.learn, table.look_up)
    for number in range(20):
        [event] = append("s", actor=f"actor {number}").events
        numbers = words.numbers_for([event])
        assert {event.type, event.actor, event.agency} <= numbers.keys()
        assert len(numbers) <= 7
    assert len(table.kept) == 22


def test_a_row_goes_there_and_back() -> None:
    table = Table()
    writing, reading = (Words(table.learn, table.look_up) for _ in range(2))
    made = append("s", 3, on_behalf="c")
    numbers = writing.numbers_for(made.events)
    written = [
        dict(zip(events.c.keys(), row, strict=True)) for row in rows_of(made, 1, numbers, [7, 8, 9])
    ]
    assert [row["first"] for row in written] == [True, False, False]
    read = [tuple({**row, "stream": "s"}[column] for column in COLUMNS) for row in written]

    back = recorded(read, reading, hashes_before(read, GENESIS))
    assert [each.position for each in back] == [7, 8, 9]
    assert all(each.hash == each.expected_hash() for each in back)
    table.kept.clear()
    with pytest.raises(StoreDamaged, match="word 1"):
        recorded(read, Words(table.learn, table.look_up), [b""] * 3)
