"""Every page, as somebody who may open it meets it: for what has to hold on each of them.

`{code}` is a dossier at work, `{done}` one that was returned. `test_pages` fails for a page that is
served and not listed here.
"""

from __future__ import annotations

from typing import NamedTuple

OFFICER, SPECIALIST = "ub-desk.receiver-1", "ub-land.specialist-1"
CITIZEN = "the bearer of the access code of {done}"
MONITOR, AUDITOR, ADMINISTRATOR, STRANGER = "monitor", "auditor", "administrator", ""


class Visited(NamedTuple):
    """`who`: an account, nobody, or CITIZEN. `path`: as the route has it; `address`: where
    somebody goes; `shot`: name of its picture."""

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
    Visited(STRANGER, "/api", "/api", "api"),
    Visited(CITIZEN, "/look-up/dossier", "/look-up/dossier", "look-up-dossier"),
    Visited(CITIZEN, "/look-up/rate", "/look-up/rate", "look-up-rate"),
    Visited(CITIZEN, "/look-up/complain", "/look-up/complain", "look-up-complain"),
    Visited(SPECIALIST, "/inbox/{agency}", "/inbox/ub-land", "inbox"),
    Visited(OFFICER, "/inbox/{agency}", "/inbox/ub-desk", "inbox-empty"),
    Visited(OFFICER, "/receive/{code}", "/receive/{code}", "receipt"),
    Visited(OFFICER, "/dossiers/{code}/way", "/dossiers/{done}/way", "way"),
    Visited(OFFICER, "/dossiers/{code}/applicant", "/dossiers/{code}/applicant", "applicant"),
    Visited(OFFICER, "/receive", "/receive", "receive"),
    Visited(OFFICER, "/receive", "/receive?procedure=lt-11-household-business", "receive-form"),
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
    Visited(MONITOR, "/board", "/board?wall=1", "board-wall"),
    Visited(MONITOR, "/reports", "/reports", "reports"),
    Visited(AUDITOR, "/search", "/search?q=dat dai", "search"),
    Visited(AUDITOR, "/dossiers/{code}/audit", "/dossiers/{done}/audit?version=5", "audit"),
    Visited(AUDITOR, "/compare", "/compare", "compare-which"),
    Visited(AUDITOR, "/compare", "/compare?a={code}&b={done}", "compare"),
    Visited(ADMINISTRATOR, "/admin", "/admin", "admin"),
    Visited(ADMINISTRATOR, "/admin/procedures", "/admin/procedures", "admin-procedures"),
    Visited(
        ADMINISTRATOR,
        "/admin/procedures/{id_}/{version}",
        "/admin/procedures/lt-15-death-group/2021-01-01",
        "admin-procedure",
    ),
    Visited(ADMINISTRATOR, "/admin/agencies", "/admin/agencies", "admin-agencies"),
    Visited(ADMINISTRATOR, "/admin/calendars", "/admin/calendars", "admin-calendars"),
    Visited(
        ADMINISTRATOR,
        "/admin/calendars/{version}",
        "/admin/calendars/vn-2025-12-25?year=2025",
        "admin-calendar",
    ),
    Visited(ADMINISTRATOR, "/admin/views", "/admin/views", "admin-views"),
    Visited(ADMINISTRATOR, "/admin/parked", "/admin/parked", "admin-parked"),
)
