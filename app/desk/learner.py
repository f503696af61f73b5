"""Learns what administrators activated at other servers of the same store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.desk.beside import Beside

if TYPE_CHECKING:
    from app.house import House

EVERY = 1.0
"""Seconds between two looks: so late a server decides by what another one has activated. What it
would refuse, and what it does not find, it looks for at once."""


class Learner(Beside):
    """One thread; a look is one small question to the store."""

    name = "learner"

    def __init__(self, house: House) -> None:
        super().__init__()
        self._house = house

    def turn(self) -> float:
        self._house.learn()
        return EVERY
