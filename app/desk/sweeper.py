"""Raises alerts while the server runs, where no Kafka consumer does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.desk.beside import Beside
from app.feeding.sweeping import sweep

if TYPE_CHECKING:
    from app.desk.feeder import Feeding
    from app.house import House

EVERY = 15.0
"""Seconds between two sweeps: an alert is late by at most that."""


class Sweeper(Beside):
    """One thread. Several servers on one store skip each other's rows."""

    name = "sweeper"

    def __init__(self, house: House, feeder: Feeding) -> None:
        super().__init__()
        self._house = house
        self._feeder = feeder

    def turn(self) -> float:
        if self._sweeps():
            sweep(self._house)
            # Handovers may have expired.
            self._feeder.nudge()
        return EVERY

    def _sweeps(self) -> bool:
        """Not as if it were later than it is: what that raised would stay."""
        asked = self._house.settings.now
        return self._house.sweeps and (asked is None or asked <= self._house.real_now)
