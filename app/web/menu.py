"""The way around: which pages each role finds in the bar at the top."""

from __future__ import annotations

from typing import NamedTuple

from app.access.policy import ACTIONS
from app.access.principal import Principal, Role


class Entry(NamedTuple):
    """`text` is translated where it is shown; `action` is what the page needs; `key`: after "g",
    what opens it from the keyboard."""

    href: str
    text: str
    action: str
    key: str


def _(text: str) -> str:
    """Marks a text for the catalogues."""
    return text


ENTRIES = (
    Entry("/inbox", _("Inbox"), "inbox.read", "i"),
    Entry("/receive", _("Receive"), "dossier.receive", "r"),
    Entry("/board", _("Board"), "board.read", "b"),
    Entry("/alerts", _("Alerts"), "alerts.read", "a"),
    Entry("/reports", _("Reports"), "reports.read", "t"),
    Entry("/feedback", _("Ratings"), "reports.read", "f"),
    Entry("/search", _("Search"), "search", "s"),
    Entry("/admin", _("Administration"), "views.write", "q"),
    Entry("/look-up", _("Look up a dossier"), "citizen.look-up", "l"),
    Entry("/apply", _("Apply online"), "citizen.submit", "n"),
)

FIRST: dict[Role, str] = {
    "officer": "/inbox",
    "monitor": "/board",
    "auditor": "/search",
    "administrator": "/admin",
}
"""Where the day of each role begins."""


def menu(who: Principal) -> list[Entry]:
    """What the role of `who` may open; a citizen's pages only for who is not signed in."""
    mine = [each for each in ENTRIES if who.role in ACTIONS[each.action]]
    if who.role == "stranger":
        return mine
    return [each for each in mine if not each.action.startswith("citizen.")]
