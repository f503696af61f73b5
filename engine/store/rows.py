"""Recorded events <-> rows, and the words that rows point at instead of repeating them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from engine.store.errors import StoreDamaged
from engine.store.log import Append
from schemas.envelope import GENESIS, Recorded, shard_of

Row = Sequence[Any]

COLUMNS = (
    "stream", "version", "type", "schema_version", "event_id", "command_id", "correlation",
    "actor", "agency", "on_behalf", "occurred_at", "recorded_at", "payload", "private", "hash",
    "position",
)  # fmt: skip
"""What every read selects, in this order: `recorded` takes it apart."""

MOST_WORDS = 200_000
"""Words kept in memory: some 20 MB. Beyond it they are forgotten and learnt again."""


class Words:
    """The words of a store and their numbers, both ways. A word never changes its number.

    `learn` stores words that are new and returns number and word of each of them; `look_up`
    returns number and word of numbers. Both are asked only for what is not known here.
    """

    def __init__(
        self,
        learn: Callable[[list[str]], Iterable[tuple[int, str]]],
        look_up: Callable[[list[int]], Iterable[tuple[int, str]]],
    ) -> None:
        self._learn = learn
        self._look_up = look_up
        # Nobody's mandate is no word: None stands for itself in both.
        self.numbers: dict[str | None, int | None] = {None: None}
        self.words: dict[int | None, str | None] = {None: None}

    def numbers_for(self, events: Iterable[Recorded]) -> Mapping[str | None, int | None]:
        """The numbers of words, every word of these events among them."""
        needed: set[str | None] = set()
        for event in events:
            needed.update((event.type, event.actor, event.agency, event.on_behalf))
        missing = needed - self.numbers.keys()
        if missing:
            self._keep(self._learn(sorted(word for word in needed if word is not None)))
        return self.numbers

    def look_up(self, rows: Iterable[Row]) -> None:
        """Makes sure that every number of these rows is known. Raises StoreDamaged."""
        numbers = {row[at] for row in rows for at in (2, 7, 8, 9)} - {None}
        for number in numbers:
            if not isinstance(number, int):  # SQLite keeps whatever was put in
                raise StoreDamaged(f"An event uses word {number!r}, which no store has.")
        self._keep(self._look_up(sorted(numbers)))
        missing = numbers - self.words.keys()
        if missing:
            raise StoreDamaged(f"An event uses word {min(missing)}, which the store has lost.")

    def _keep(self, pairs: Iterable[tuple[int, str]]) -> None:
        numbers, words = dict(self.numbers), dict(self.words)
        if len(numbers) > MOST_WORDS:
            numbers, words = {None: None}, {None: None}
        for number, word in pairs:
            numbers[word] = number
            words[number] = word
        # Replaced whole: another thread reads either the old ones or the new ones.
        self.numbers, self.words = numbers, words


def recorded(rows: Sequence[Row], words: Words, previous: Iterable[bytes]) -> list[Recorded]:
    """The events of rows, each with its previous hash. Raises StoreDamaged."""
    hashes = list(previous)
    try:
        return _recorded(rows, words.words, hashes)
    except KeyError:
        words.look_up(rows)
        return _recorded(rows, words.words, hashes)


def _recorded(
    rows: Sequence[Row], words: dict[int | None, Any], hashes: list[bytes]
) -> list[Recorded]:
    return [
        Recorded(
            stream, version, words[type_], schema_version, event_id, command_id,
            command_id if correlation is None else correlation,
            words[actor], words[agency], words[on_behalf], occurred_at,
            occurred_at if recorded_at is None else recorded_at,
            payload, private, before, hash_, position,
        )
        for (
            stream, version, type_, schema_version, event_id, command_id, correlation,
            actor, agency, on_behalf, occurred_at, recorded_at, payload, private, hash_, position,
        ), before in zip(rows, hashes, strict=True)
    ]  # fmt: skip


def rows_of(
    append: Append,
    stream: int,
    numbers: Mapping[str | None, int | None],
    positions: Iterable[int],
) -> list[Row]:
    """The rows of an append, in the order of the table's columns.

    Takes from `positions` exactly as many as there are events.
    """
    shard = shard_of(append.stream)
    first = append.events[0]
    return [
        (
            position, e.occurred_at,
            None if e.recorded_at == e.occurred_at else e.recorded_at,
            stream, e.version, numbers[e.type], numbers[e.actor], numbers[e.agency],
            numbers[e.on_behalf], shard, e.schema_version, e is first, e.event_id,
            e.command_id, e.hash, None if e.correlation == e.command_id else e.correlation,
            e.payload, e.private,
        )
        for e, position in zip(append.events, positions, strict=False)
    ]  # fmt: skip


def hashes_before(rows: Sequence[Row], first: bytes) -> Iterable[bytes]:
    """The hash before each of these rows, which are in the order of stream and version.

    `first`: the hash before the first of them.
    """
    stream = rows[0][0] if rows else None
    for row in rows:
        yield first if row[0] == stream else GENESIS
        stream, first = row[0], row[14]


def checked(appends: Sequence[Append]) -> None:
    """Raises ValueError for an append whose events are not one command's next versions."""
    for append in appends:
        if not append.events:
            raise ValueError("an append without events says nothing")
        version, stream, command_id = append.expected, append.stream, append.command_id
        for event in append.events:
            version += 1
            if (event.stream, event.version, event.command_id) != (stream, version, command_id):
                raise ValueError(f"{stream}: version {version} of one command should follow")
