"""A form as it is laid out, line by line: the same on the screen, on paper and in a spreadsheet."""

from __future__ import annotations

from itertools import groupby
from typing import Literal

import msgspec

from app.reporting.form import Row, total


class Line(msgspec.Struct, frozen=True):
    """`group`: the sum of the `count` lines that follow it. `number`: I, II, … of a group, else
    1, 2, …"""

    kind: Literal["group", "row"]
    number: str
    label: str
    numbers: dict[str, int]
    count: int = 0


def lines(rows: list[Row], by: tuple[str, ...]) -> list[Line]:
    """Grouped by the first of what they are ordered by, when there are two or more."""
    if len(by) == 1:
        return [
            Line("row", str(number), row.names[by[0]], row.numbers)
            for number, row in enumerate(rows, 1)
        ]
    found: list[Line] = []
    groups = groupby(rows, key=lambda row: (row.labels[by[0]], row.names[by[0]]))
    for place, ((_, name), members) in enumerate(groups, 1):
        of_group = list(members)
        found.append(Line("group", roman(place), name, total(of_group), len(of_group)))
        found += [
            Line("row", str(number), " – ".join(row.names[each] for each in by[1:]), row.numbers)
            for number, row in enumerate(of_group, 1)
        ]
    return found


def roman(number: int) -> str:
    digits = (
        (1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"), (50, "L"),
        (40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"),
    )  # fmt: skip
    found = ""
    for value, digit in digits:
        times, number = divmod(number, value)
        found += digit * times
    return found
