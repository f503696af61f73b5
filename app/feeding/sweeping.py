"""A sweep of the timers, and what the engine does by itself on what it raises."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.output import note, progress

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.house import House
    from consumers.alerts import Alert


def sweep(house: House) -> int:
    """Raises what is due and lets the engine act on it; how many handovers expired."""
    from consumers.alerts import act_on
    from consumers.alerts import sweep as raise_due
    from engine.store import StoreReadOnly
    from engine.store.errors import in_plain_words

    expired = 0

    def submit(waiting: Sequence[Alert]) -> list[bool]:
        nonlocal expired
        expired += house.expire(waiting)
        return [True] * len(waiting)

    try:
        with in_plain_words(house.name), progress("Handovers that nobody answered") as advance:
            raise_due(house.home, house.now, house.warn_at)
            while settled := act_on(house.home, submit):
                advance(settled)
    except StoreReadOnly:
        note("The store can only be read: nothing new is raised.")
    return expired
