"""How far each view is behind what feeds it, as the JSON that scripts rely on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from app.house import House
    from app.settings import Settings
    from consumers.parking import Parked


def view_rows(settings: Settings, house: House) -> tuple[list[dict[str, Any]], list[Parked]]:
    """A row a view, and the events that are parked. Nothing is brought up to date before."""
    from app.commands.lag import behind
    from app.feeding.reading import Reading
    from consumers import checkpoints
    from consumers.lag import whole
    from consumers.parking import waiting
    from consumers.tables import own_are_there
    from engine.store.errors import in_plain_words

    with in_plain_words(house.name):
        if not own_are_there(house.home.engine):
            return [], []
        found = behind(settings, Reading(settings, house.home, house), relays=False)
        with house.home.engine.connect() as connection:
            views = checkpoints.views(connection)
            names = sorted({info.subscription for info in views.values()})
            parked = [each for name in names for each in waiting(connection, name)]
    rows = [
        {
            "view": each.name,
            "version": each.version,
            "fed_from": each.source,
            "behind": None if parts is None else whole(parts)[0],
            "seconds": None if parts is None else whole(parts)[1],
            "parked": len(parked),
        }
        for each, parts in found
    ]
    return rows, parked
