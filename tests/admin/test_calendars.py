"""A working calendar from a file: checked, compared, followed from its day on and never before."""

from __future__ import annotations

from datetime import date

import msgspec
import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from app.admin import records
from app.house import House, open_house
from app.law import registry
from app.settings import Settings
from consumers.views.deadlines import deadlines
from engine.core.calendar import DAY, utc
from schemas.envelope import to_micros
from tests.admin.moment import at_once
from tests.desk.conftest import As
from workflows.calendar_files import encode, load
from workflows.calendar_model import CalendarSource, DayOff
from workflows.model import Text
from workflows.yaml_source import MAX_BYTES

FORMS = "/admin/calendars"
NEWEST = load("vn-2026-01-13")
OFF = DayOff(date(2021, 4, 5), "decree", Text("Nghỉ theo quyết định", "Off by decree"), "QĐ 1")
VERSION = "vn-2026-11-25-qn"


def newer(*more: DayOff, version: str = VERSION, known_on: str = "2026-11-25") -> CalendarSource:
    """The newest of the files, known later, with more days off."""
    days = tuple(sorted((*NEWEST.days_off, *more), key=lambda each: each.day))
    return msgspec.structs.replace(
        NEWEST, version=version, known_on=date.fromisoformat(known_on), days_off=days
    )


def upload(client: TestClient, content: bytes) -> Response:
    return client.post(FORMS, files={"file": ("vn.json", content, "application/json")})


def draft(client: TestClient, source: CalendarSource) -> str:
    place: str = upload(client, encode(source)).headers["location"]
    return place


def activate(
    client: TestClient, place: str, over: str = NEWEST.version, sure: str = "yes"
) -> Response:
    return client.post(f"{place}/activate", data={"sure": sure, "over": over})


def test_a_calendar_is_compared_and_activated(as_: As, house: House, settings: Settings) -> None:
    admin = as_("administrator")
    place = draft(admin, newer(OFF))
    page = admin.get(place).text
    for said in ("05/04/2021", "Nghỉ theo quyết định", f"so với {NEWEST.version}", "25/11/2026"):
        assert said in page
    assert "30/04/2021" not in page, "a day that does not change"
    assert "Không thể hoàn tác" in activate(admin, place, sure="").text
    assert VERSION not in admin.get(FORMS).text
    assert activate(admin, place).headers["location"] == f"{FORMS}/{VERSION}"
    assert "05/04/2021" in admin.get(f"{FORMS}/{VERSION}?year=2021").text
    acts = [(each.act, each.what) for each in records.acts(house.home)]
    assert acts == [("calendar.activated", VERSION)]
    assert house.law.calendar_known_on(date(2026, 11, 24)).version == NEWEST.version
    assert house.law.calendar_known_on(date(2026, 11, 25)).version == VERSION
    with open_house(settings, write=True) as again:
        assert again.law.calendar_known_on(date(2026, 11, 25)).version == VERSION
        assert registry.faults(again.log) == []
    # Once more is once.
    assert activate(admin, place).status_code == 303
    assert len(records.acts(house.home)) == 1


def test_how_many_open_deadlines_lie_behind_the_first_day_is_told(as_: As, house: House) -> None:
    begin = to_micros(utc(OFF.day.toordinal() * DAY))
    with house.reading() as connection:
        found = deadlines(connection, limit=100_000)
    touched = sum(each.due >= begin for each in found)
    assert 0 < touched < len(found)
    admin = as_("administrator")
    page = admin.get(draft(admin, newer(OFF))).text
    assert f"Có {touched} thời hạn đang mở kết thúc vào ngày đó hoặc sau đó" in page
    assert "Tất cả giữ nguyên ngày" in page


def test_what_was_received_keeps_its_dates(as_: As, house: House) -> None:
    """Days off in the middle of its time do not move a deadline that was promised before."""
    admin = as_("administrator")
    codes = house.log.streams(limit=1_000)
    before = {code: house.runtime.load(code).dossier for code in codes}
    dates = {code: house.derivations(before[code]) for code in codes}
    assert any(dates.values())
    activate(admin, draft(admin, newer(OFF)))
    assert {code: house.runtime.load(code).dossier for code in codes} == before
    assert {code: house.derivations(before[code]) for code in codes} == dates


def test_a_bad_file_changes_nothing(as_: As, house: House) -> None:
    admin = as_("administrator")
    before = registry.calendars(house.log)
    text = encode(newer(OFF)).replace(b'["13:00","17:00"]', b'["13:00","18:00"]')
    place = upload(admin, text).headers["location"]
    page = admin.get(place).text
    assert "dòng 8, cột 10" in page
    assert "cộng lại 540 phút mỗi ngày, không phải 480" in page
    assert "/activate" not in page
    assert activate(admin, place).status_code == 422
    assert registry.calendars(house.log) == before
    assert records.acts(house.home) == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"a: &a [x]\nb: [*a, *a]\n", "an anchor"),
        (b"[" * 500 + b"]" * 500, "nested more than"),
        (b"\xff\xfe", "not UTF-8"),
        (b"version: <script>alert(1)</script>\n", "&lt;script&gt;"),
        (encode(newer()).replace(b'"last": "2030', b'"last": "9999'), "has more than 60 years"),
    ],
)
def test_bombs_and_nonsense_are_refused(as_: As, content: bytes, said: str) -> None:
    admin = as_("administrator")
    admin.cookies.set("lang", "en")
    page = admin.get(upload(admin, content).headers["location"]).text
    assert said in page
    assert "<script>alert" not in page
    assert "/activate" not in page


def test_too_much_is_not_read(as_: As) -> None:
    admin = as_("administrator")
    assert upload(admin, b"#" * (MAX_BYTES + 1)).status_code == 413
    assert admin.get(f"{FORMS}/drafts/nothing").status_code == 404


def test_what_is_registered_otherwise_is_refused(as_: As, house: House) -> None:
    admin = as_("administrator")
    place = draft(admin, newer(OFF))
    with_nothing_more = newer()
    registry.add_calendar(house.log, with_nothing_more)
    page = admin.get(place).text
    assert "đã được đăng ký với nội dung khác" in page
    assert "/activate" not in page
    assert activate(admin, place).status_code == 409
    assert registry.calendars(house.log)[0] == with_nothing_more
    assert records.acts(house.home) == []


def test_a_calendar_that_is_registered_as_it_is_has_nothing_to_activate(as_: As) -> None:
    admin = as_("administrator")
    page = admin.get(draft(admin, NEWEST)).text
    assert "Phiên bản này đã được đăng ký" in page
    assert "/activate" not in page


def test_of_two_who_saw_the_same_calendar_one_is_first(as_: As, house: House) -> None:
    first, second = as_("administrator"), as_("administrator", agency="qn")
    mine = draft(first, newer(OFF))
    yours = draft(second, newer(version="vn-2026-12-01-qn", known_on="2026-12-01"))
    assert activate(first, mine).status_code == 303
    late = activate(second, yours)
    assert late.status_code == 409
    assert "Lịch vừa được thay đổi" in late.text
    assert activate(second, yours, over=VERSION).status_code == 303
    assert [each.version for each in registry.calendars(house.log)][:2] == [
        "vn-2026-12-01-qn",
        VERSION,
    ]


def test_at_the_same_moment_one_version_is_registered(as_: As, house: House) -> None:
    clients = [as_("administrator"), as_("administrator", agency="qn")]
    places = [draft(clients[0], newer()), draft(clients[1], newer(OFF))]
    answers = at_once(activate, list(zip(clients, places, strict=True)))
    assert sorted(each.status_code for each in answers) == [303, 409]
    assert len(records.acts(house.home)) == 1


def test_nobody_else_comes_here(as_: As, house: House) -> None:
    place = draft(as_("administrator"), newer(OFF))
    before = registry.calendars(house.log)
    for who in ("ub-desk.receiver-1", "monitor", "auditor"):
        client = as_(who)
        assert client.get(place).status_code == 403
        assert client.get(f"{FORMS}/{NEWEST.version}/file").status_code == 403
        assert upload(client, encode(newer(OFF))).status_code == 403
        assert activate(client, place).status_code == 403
    assert registry.calendars(house.log) == before


def test_a_version_is_had_as_a_file_that_makes_the_next(as_: As) -> None:
    admin = as_("administrator")
    got = admin.get(f"{FORMS}/{NEWEST.version}/file")
    assert got.content == encode(NEWEST)
    assert NEWEST.version in got.headers["content-disposition"]
    assert admin.get(f"{FORMS}/none/file").status_code == 404


def test_what_would_be_due_is_reckoned_by_it(as_: As) -> None:
    """Of the store, not of the program's files."""
    admin = as_("administrator")
    asked = {"from": "2026-12-01T08:30+07:00", "limit": "1", "unit": "working-day"}
    off = DayOff(date(2026, 12, 2), "decree", Text("Nghỉ", "Off"), "QĐ 2")
    before = admin.get("/api/v1/due", params=asked).json()
    assert (before["calendar"], before["due"][:10]) == (NEWEST.version, "2026-12-02")
    activate(admin, draft(admin, newer(off)))
    after = admin.get("/api/v1/due", params=asked).json()
    assert (after["calendar"], after["due"][:10]) == (VERSION, "2026-12-03")
    assert admin.get("/api/v1/due", params=asked | {"calendar": "none"}).status_code == 422
