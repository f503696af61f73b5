"""How far somebody has read, as the id of an event: a position in each shard of the log.

One number would not do: events of different shards commit in another order than their positions,
so that whoever went on behind the greatest he saw would miss one that committed late.
"""

from __future__ import annotations

from collections.abc import Mapping

from app.desk.problems import Problem
from schemas.envelope import SHARDS

DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
LARGEST = 2**63 - 1


def id_of(cursors: Mapping[int, int]) -> str:
    return "-".join(_base36(cursors.get(shard, 0)) for shard in range(SHARDS))


def cursors_of(text: str) -> dict[int, int]:
    """Raises Problem."""
    parts = text.strip().split("-")
    fits = len(parts) == SHARDS and all(
        part and len(part) <= 13 and set(part) <= set(DIGITS) for part in parts
    )
    numbers = [int(part, 36) for part in parts] if fits else []
    if not fits or max(numbers) > LARGEST:
        said = f"{text[:60]!r} is no id of an event of this feed"
        raise Problem(422, "bad-event-id", "No id of this feed", said)
    return dict(enumerate(numbers))


def _base36(number: int) -> str:
    text = ""
    while number:
        number, digit = divmod(number, 36)
        text = DIGITS[digit] + text
    return text or "0"
