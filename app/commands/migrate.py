"""`lienthong migrate`: the store as this version of the program wants it."""

from __future__ import annotations

from app.output import line, show
from app.settings import Settings
from app.shell import command


@command("migrate")
def migrate(settings: Settings) -> None:
    """Makes the store where there is none, or brings it up to date.

    Registers definitions that are new. May be done again at any time; before a new version of
    lienthong serves, it must be.
    """
    from app.house import open_house

    with open_house(settings, create=True) as house:
        name = house.name
    show(settings, {"store": name}, lambda: line(f"{name} is up to date.", "ok"))
