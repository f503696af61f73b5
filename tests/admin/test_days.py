"""Days stand in pages as people write them; files and addresses have them as ISO 8601 does."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

import pytest
from fastapi.testclient import TestClient

from app.web.days import day_words, value_words
from app.web.spoken import spoken
from app.web.switch import COOKIE
from schemas.sentence import Sentence
from tests.admin import test_agencies as agencies
from tests.admin import test_calendars as calendars
from tests.admin import test_procedures as procedures
from tests.desk.conftest import As

ISO = re.compile(r"(?<![-\w])\d{4}-\d\d-\d\d(?![-\w])")
LATE = agencies.BRANCH.replace("2021-04-10", "2021-03-01")

PAGES: dict[str, Callable[[TestClient], str]] = {
    "procedures": lambda admin: "/admin/procedures",
    "a procedure": lambda admin: "/admin/procedures/lt-03-mortgage-registration/2021-01-01",
    "a new version": lambda admin: procedures.upload(
        admin, procedures.newer(**procedures.NEWER)
    ).headers["location"],
    "a version that begins too early": lambda admin: procedures.upload(
        admin, procedures.newer(**{**procedures.NEWER, "valid from": "2020-12-31"})
    ).headers["location"],
    "agencies": lambda admin: "/admin/agencies",
    "agencies that begin": lambda admin: agencies.draft(admin, agencies.BRANCH),
    "posts that end": lambda admin: agencies.draft(admin, agencies.POST_ENDS),
    "agencies that began before": lambda admin: agencies.draft(admin, LATE),
    "calendars": lambda admin: "/admin/calendars",
    "a calendar": lambda admin: "/admin/calendars/vn-2020-12-09?year=2021",
    "a new calendar": lambda admin: calendars.draft(admin, calendars.newer(calendars.OFF)),
    "a calendar known too late": lambda admin: calendars.draft(
        admin, calendars.newer(calendars.OFF, known_on="2020-01-01")
    ),
}


def seen(page: str) -> str:
    """What is read on a page: without what a file says of itself, and versions, which are names."""
    body = page.partition("<main")[2].partition("</main>")[0]
    for unseen in (r"<details.*?</details>", r"<pre.*?</pre>", r"<[^>]+>"):
        body = re.sub(unseen, " ", body, flags=re.DOTALL)
    return re.sub(r"(phiên bản|Phiên bản|[\w-]+,) 20\d\d-\d\d-\d\d", " ", body)


@pytest.mark.parametrize("name", PAGES)
def test_no_day_is_shown_as_files_have_it(as_: As, name: str) -> None:
    admin = as_("administrator")
    page = admin.get(PAGES[name](admin)).text
    text = seen(page)
    if name == "procedures":
        # A column of versions.
        text = re.sub(r"20\d\d-\d\d-\d\d(?=\s+\d\d/)", " ", text)
    assert re.search(r"\b\d\d/\d\d/\d{4}\b", text)
    assert ISO.findall(text) == []


def test_in_english_and_in_addresses_they_are_iso(as_: As) -> None:
    admin = as_("administrator")
    assert 'name="on" value="2021-03-31"' in admin.get("/admin/agencies").text
    admin.cookies.set(COOKIE, "en")
    text = seen(admin.get("/admin/calendars/vn-2020-12-09?year=2021").text)
    assert "2021-04-30" in text


def test_what_is_no_day_stays_as_it_is() -> None:
    assert day_words(date(2021, 3, 4), "vi") == "04/03/2021"
    assert day_words("2021-03-04", "vi") == "04/03/2021"
    assert day_words("2021-03-04", "en") == "2021-03-04"
    assert day_words("2021-02-30", "vi") == "2021-02-30"
    assert day_words(None, "vi") == "…"
    assert value_words("4 working days", "vi") == "4 ngày làm việc"
    assert value_words("receiver at desk", "vi") == "receiver at desk"


def test_in_a_sentence_too() -> None:
    said = Sentence("%(day)s is there twice", day=date(2021, 3, 4))
    assert said == "2021-03-04 is there twice"
    assert spoken(said, "vi").startswith("04/03/2021")
