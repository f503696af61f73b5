"""Every page, as somebody who may open it meets it: for what has to hold on each of them.

`{code}` is a dossier at work, `{done}` one that was returned; `{agencies}`, `{wrong}` and
`{calendar}` are files of an administrator (`drafts`). `test_pages` fails for a page that is
served and not listed here.
"""

from __future__ import annotations

from typing import NamedTuple

from tests.browser.conftest import PASSWORD

OFFICER, SPECIALIST = "ub-desk.receiver-1", "ub-land.specialist-1"
CITIZEN = "the bearer of the access code of {done}"
MONITOR, AUDITOR, ADMINISTRATOR, STRANGER = "monitor", "auditor", "administrator", ""


class Visited(NamedTuple):
    """`who`: an account, nobody, or CITIZEN. `path`: as the route has it; `address`: where
    somebody goes; `shot`: name of its picture. `then`: what he does there, as a script that may
    use `send` (see `SEND`); the page is what comes of it. `status`: of its answer."""

    who: str
    path: str
    address: str
    shot: str
    then: str = ""
    status: int = 200


SEND = """
const send = (action, fields, files = {}) => {
    const form = document.querySelector(`form[action^="${action}"]`);
    for (const [name, value] of Object.entries(fields)) {
        for (const each of form.querySelectorAll(`[name="${name}"]`)) each.remove();
        const field = form.appendChild(document.createElement("input"));
        Object.assign(field, {type: "hidden", name, value});
    }
    for (const [name, size] of Object.entries(files)) {
        const chosen = new DataTransfer();
        const content = "%PDF-1.7\\n" + " ".repeat(size) + "\\n%%EOF\\n";
        chosen.items.add(new File([content], "don.pdf", {type: "application/pdf"}));
        form.querySelector(`[name="${name}"]`).files = chosen.files;
    }
    HTMLFormElement.prototype.submit.call(form);
};
"""
"""Sends a form of the page past what a browser checks: `fields` in the place of those that are
there, `files` of so many bytes."""

TYPED = """{name: "Nguyễn Thị Bưởi", id: "022190001234", phone: "0912345678", go: "submit",
    address: "Số 5, phường Quang Trung, Uông Bí"}"""
APPLY = "/apply/lt-10-building-permit"
ACT = "/dossiers/{code}/acts/{act}"
NEWCOMER, GUESSED = "newcomer", "guessed"
"""Whoever has to choose a password first; whose password was guessed at too often."""


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
    Visited(SPECIALIST, "/inbox/{agency}", "/inbox/ub-land?q=zzz", "inbox-nothing"),
    Visited(MONITOR, "/inbox", "/inbox", "inbox-agencies"),
    Visited(
        SPECIALIST,
        "/inbox/{agency}/bulk",
        "/inbox/ub-land",
        "bulk",
        then="""const [one, two] = document.querySelectorAll('[name="task"]');
            one.checked = two.checked = true; two.value = two.value.replace(/@[0-9]+/, "@1");
            send("/inbox/ub-land/bulk", {act: "accept"});""",
    ),
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
    Visited(MONITOR, "/feedback", "/feedback", "feedback"),
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
    Visited(
        ADMINISTRATOR,
        "/admin/agencies/drafts/{digest}",
        "/admin/agencies/drafts/{agencies}",
        "admin-agencies-draft",
    ),
    Visited(
        ADMINISTRATOR,
        "/admin/agencies/drafts/{digest}",
        "/admin/agencies/drafts/{wrong}",
        "admin-agencies-wrong",
    ),
    Visited(
        ADMINISTRATOR,
        "/admin/calendars/drafts/{digest}",
        "/admin/calendars/drafts/{calendar}",
        "admin-calendar-draft",
    ),
    Visited(ADMINISTRATOR, "/admin/calendars", "/admin/calendars", "admin-calendars"),
    Visited(
        ADMINISTRATOR,
        "/admin/calendars/{version}",
        "/admin/calendars/vn-2025-12-25?year=2025",
        "admin-calendar",
    ),
    Visited(ADMINISTRATOR, "/admin/views", "/admin/views", "admin-views"),
    Visited(ADMINISTRATOR, "/admin/parked", "/admin/parked", "admin-parked"),
    Visited(
        ADMINISTRATOR,
        "/admin/procedures/drafts/{digest}",
        "/admin/procedures/drafts/{procedure}",
        "admin-procedure-draft",
    ),
    Visited(
        ADMINISTRATOR,
        "/admin/procedures/drafts/{digest}",
        "/admin/procedures/drafts/{unsound}",
        "admin-procedure-wrong",
    ),
    Visited(
        ADMINISTRATOR,
        "/admin/procedures/drafts/{digest}/activate",
        "/admin/procedures/drafts/{procedure}",
        "admin-sure",
        then='send("/admin/procedures/drafts/{procedure}/activate", {});',
    ),
    Visited(
        ADMINISTRATOR,
        "/admin/parked/event",
        "/admin/parked/event?group=live&dossier={parked}&version={parked_version}",
        "admin-parked-event",
    ),
    Visited(
        STRANGER,
        "/sign-in/password",
        "/sign-in",
        "first-password",
        then=f'send("/sign-in", {{name: "{NEWCOMER}", password: "{PASSWORD}"}});',
    ),
    Visited(
        STRANGER,
        "/sign-in",
        "/sign-in",
        "sign-in-wrong",
        status=401,
        then='send("/sign-in", {name: "lan", password: "no"});',
    ),
    Visited(
        STRANGER,
        "/sign-in",
        "/sign-in",
        "sign-in-closed",
        status=429,
        then=f'send("/sign-in", {{name: "{GUESSED}", password: "no"}});',
    ),
    Visited(
        STRANGER,
        "/look-up",
        "/look-up",
        "look-up-wrong",
        status=422,
        then='send("/look-up", {code: "{done}", word: "AAAA-AAAA"});',
    ),
    Visited(STRANGER, "/look-up", "/look-up/dossier", "look-up-closed"),
    Visited(
        CITIZEN,
        "/look-up/complain",
        "/look-up/complain",
        "look-up-again",
        then="""(async () => {
            await fetch("/look-up/leave", {method: "POST"});
            send("/look-up/complain", {ground: "fee", words: "Thu thêm 50.000 đồng"});
        })();""",
    ),
    Visited(
        STRANGER,
        "/apply/{id_}",
        APPLY + "?desk=ub-desk",
        "apply-wrong",
        status=422,
        then=f'send("{APPLY}", {{go: "review"}});',
    ),
    Visited(
        STRANGER,
        "/apply/{id_}",
        APPLY + "?desk=ub-desk",
        "apply-review",
        then=f'send("{APPLY}", {{...{TYPED}, go: "review"}}, {{"paper.application": 9}});',
    ),
    Visited(
        STRANGER,
        "/applied",
        APPLY + "?desk=ub-desk",
        "applied",
        then=f'send("{APPLY}", {TYPED}, {{"paper.application": 9}});',
    ),
    Visited(
        STRANGER,
        "/apply/{id_}",
        APPLY + "?desk=ub-desk",
        "error-too-large",
        status=413,
        then=f'send("{APPLY}", {TYPED}, {{"paper.application": 33000000}});',
    ),
    Visited(
        MONITOR,
        "/alerts",
        "/alerts",
        "alerts-nothing-ticked",
        status=422,
        then='send("/alerts/answers", {note: "Đã gọi cho chi nhánh"});',
    ),
    Visited(
        MONITOR,
        "/board",
        "/board",
        "board-not-saved",
        status=422,
        then='send("/board/saved", {name: " "});',
    ),
    Visited(STRANGER, "", "/nothing", "error-not-there", status=404),
    Visited(
        OFFICER, "/dossiers/{code}", "/dossiers/ub-desk-210101-9999", "error-no-dossier", status=404
    ),
    Visited(OFFICER, "/admin", "/admin", "error-not-yours", status=403),
    Visited(OFFICER, "/search", "/search?before=" + 200 * "x", "error-invalid", status=422),
    Visited(
        OFFICER,
        ACT,
        ACT + "?leg=",
        "error-refused",
        status=409,
        then=f'send("{ACT}", {{to_officer: "ub-tax.clerk-1"}});',
    ),
    Visited(
        OFFICER,
        ACT,
        ACT + "?leg=",
        "error-stale",
        status=409,
        then=f'send("{ACT}", {{version: "1"}});',
    ),
    Visited(OFFICER, ACT, ACT + "?leg=", "error-busy", status=503, then=f'send("{ACT}", {{}});'),
    # The last of a stranger: he may not try any more.
    Visited(
        STRANGER,
        "/look-up",
        "/look-up",
        "error-too-many",
        status=429,
        then="""const token = document.querySelector('[name="form_token"]');
            const body = new URLSearchParams({code: "x", word: "x"});
            if (token) body.set("form_token", token.value);
            (async () => {
                for (let n = 0; n < 10; n++) await fetch("/look-up", {method: "POST", body});
                send("/look-up", {code: "x", word: "x"});
            })();""",
    ),
)
