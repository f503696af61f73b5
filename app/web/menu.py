"""The way around: which pages each role finds in the bar at the top."""

from __future__ import annotations

from typing import NamedTuple

from app.access.policy import ACTIONS
from app.access.principal import Principal


class Entry(NamedTuple):
    """`text` is translated where it is shown; `action` is what the page needs."""

    href: str
    text: str
    action: str


def _(text: str) -> str:
    """Marks a text for the catalogues."""
    return text


ENTRIES = (
    Entry("/inbox", _("Inbox"), "inbox.read"),
    Entry("/receive", _("Receive"), "dossier.receive"),
    Entry("/board", _("Board"), "board.read"),
    Entry("/alerts", _("Alerts"), "alerts.read"),
    Entry("/reports", _("Reports"), "reports.read"),
    Entry("/search", _("Search"), "search"),
    Entry("/admin", _("Administration"), "views.write"),
    Entry("/look-up", _("Look up a dossier"), "citizen.look-up"),
    Entry("/apply", _("Apply online"), "citizen.submit"),
)


def menu(who: Principal) -> list[Entry]:
    """What the role of `who` may open; a citizen's pages only for who is not signed in."""
    mine = [each for each in ENTRIES if who.role in ACTIONS[each.action]]
    if who.role == "stranger":
        return mine
    return [each for each in mine if not each.action.startswith("citizen.")]
