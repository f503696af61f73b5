"""Every page, as somebody who may open it meets it: for what has to hold on each of them.

`{code}` is a dossier at work, `{done}` one that was returned. `test_pages` fails for a page that is
served and not listed here.
"""

from __future__ import annotations

from typing import NamedTuple

OFFICER = "ub-desk.receiver-1"
MONITOR, AUDITOR, ADMINISTRATOR, STRANGER = "monitor", "auditor", "administrator", ""


class Visited(NamedTuple):
    """`path`: as the route has it; `address`: where somebody goes; `shot`: name of its picture."""

    who: str
    path: str
    address: str
    shot: str


PAGES = (
    Visited(STRANGER, "/", "/", "home"),
    Visited(STRANGER, "/sign-in", "/sign-in", "sign-in"),
    Visited(STRANGER, "/apply", "/apply", "apply"),
    Visited(STRANGER, "/apply/{id_}", "/apply/lt-11-household-business", "apply-form"),
    Visited(STRANGER, "/look-up", "/look-up", "look-up"),
    Visited(OFFICER, "/inbox/{agency}", "/inbox/ub-desk", "inbox"),
    Visited(OFFICER, "/receive", "/receive", "receive"),
    Visited(OFFICER, "/receive", "/receive?procedure=lt-16-social-allowance", "receive-form"),
    Visited(OFFICER, "/dossiers/{code}", "/dossiers/{code}", "dossier"),
    Visited(OFFICER, "/dossiers/{code}", "/dossiers/{done}", "dossier-returned"),
    Visited(OFFICER, "/dossiers/{code}/why", "/dossiers/{code}/why", "why"),
    Visited(OFFICER, "/dossiers/{code}/acts/{act}", "/dossiers/{code}/acts/{act}?leg=", "act"),
    Visited(OFFICER, "/dossiers/{code}/papers", "/dossiers/{code}/papers", "papers"),
    Visited(OFFICER, "/dossiers/{code}/forms", "/dossiers/{code}/forms", "forms"),
    Visited(
        OFFICER, "/dossiers/{code}/forms/{kind}.html", "/dossiers/{code}/forms/01.html", "form-01"
    ),
    Visited(MONITOR, "/board", "/board", "board"),
    Visited(MONITOR, "/board/dossiers", "/board/dossiers", "board-dossiers"),
    Visited(MONITOR, "/alerts", "/alerts", "alerts"),
    Visited(MONITOR, "/reports", "/reports", "reports"),
)
