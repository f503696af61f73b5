"""The working calendar: which days are worked, why the others are not; it never changes."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest

from engine.core.calendar import (
    Calendar,
    CalendarError,
    build,
    local_day,
    local_minute,
    minute_of_day,
    utc,
)
from workflows import calendar_files, seed_calendar
from workflows.calendar_files import CalendarFileError, known_at, load, versions
from workflows.calendar_model import CalendarSource, DayOff, DayWorked
from workflows.model import Text

# A committed version is never edited: a new decree is a new version. If this fails, restore
# the file, and add a version to overrides.yaml instead.
COMMITTED = {
    "vn-2020-12-09": "b12a3b1689eae01876d610689604e68018fd3f9017849f954b9e6c5af6034b87",
    "vn-2022-01-11": "061f714e3d4f963ede1bbbe8ad33d62aeabc32875b2094269f96e762f8507994",
    "vn-2022-12-01": "d3d3829d9a89744f7e360428f58dbd8239bfdbc773a4257186d887ee3ed42d3b",
    "vn-2023-11-03": "1a2ef7316931db39e72db452f6788a64751d0f0ac5991b4fa5516e686eba8ca6",
    "vn-2024-04-12": "b8efdf1150a4836a43a73d5fdd625fe3682ba0e3b7c84f17b48b75f164456620",
    "vn-2024-11-26": "dc3480feaa5f99e857d01d9006808c584aa7017eef866a76582a54b6d7d10dcc",
    "vn-2025-10-17": "a8fc0181b220ede2b2a713be5f38ee16097a290d60b1fed732f1f62592814d1d",
    "vn-2025-12-25": "9c10b2a6df1055631548881fdea9ae04148c69c49be80f20259a5b5caea6baef",
    "vn-2026-01-13": "7741b6ea5e37d11d5f0a8cd806c82dca65a395cdb4b64528a75ba16aedb73f59",
}

# Differences between a committed version and what the installed `holidays` would give today.
# A release of the package that corrects a past year shows here; list it, do not rebuild.
EXPECTED: dict[str, list[str]] = {}


@pytest.fixture(scope="module")
def calendar() -> Calendar:
    return build(load("vn-2026-01-13"))


def off(calendar: Calendar, text: str) -> tuple[str, str] | None:
    reason = calendar.reason_off(date.fromisoformat(text))
    return None if reason is None else (reason.kind, reason.text.vi)


TET = ("holiday", "Tết Nguyên đán")
SAT, SUN = ("weekend", "Thứ bảy"), ("weekend", "Chủ nhật")


@pytest.mark.parametrize(
    ("day", "why"),
    [
        # Tết 2024 was announced as 8 to 14 February (Thursday to Wednesday).
        ("2024-02-07", None),
        ("2024-02-08", TET),
        ("2024-02-10", TET),  # mùng một, a Saturday: the holiday goes before the weekend
        ("2024-02-14", TET),
        ("2024-02-15", None),
        # Tết 2025: 25 January to 2 February with the weekends, so 27 to 31 January.
        ("2025-01-25", SAT),
        ("2025-01-27", TET),
        ("2025-01-31", TET),
        ("2025-02-01", SAT),
        ("2025-02-02", SUN),
        ("2025-02-03", None),
        # Tết 2026: 14 to 22 February with the weekends, so 16 to 20 February.
        ("2026-02-13", None),
        ("2026-02-16", TET),
        ("2026-02-20", TET),
        ("2026-02-23", None),
        # Tết 2022: 31 January to 4 February, Monday to Friday; Tết 2023: 20 to 26 January.
        ("2022-01-28", None),
        ("2022-01-31", TET),
        ("2022-02-04", TET),
        ("2022-02-05", SAT),
        ("2023-01-19", None),
        ("2023-01-20", TET),
        ("2023-01-26", TET),
        ("2023-01-27", None),
        # National Day 2023: 1 to 4 September.
        ("2023-09-01", ("holiday", "Quốc khánh 2/9")),
        ("2023-09-04", ("compensation", "Nghỉ bù Quốc khánh 2/9")),
        ("2023-09-05", None),
        # Swaps: off on the one day, worked on the Saturday.
        ("2024-04-29", ("swap", "Nghỉ hoán đổi, làm bù thứ bảy 04/05/2024")),
        ("2024-05-04", None),
        ("2025-05-02", ("swap", "Nghỉ hoán đổi, làm bù thứ bảy 26/04/2025")),
        ("2025-04-26", None),
        ("2026-01-02", ("swap", "Nghỉ hoán đổi, làm bù thứ bảy 10/01/2026")),
        ("2026-01-10", None),
        ("2026-08-31", ("swap", "Nghỉ hoán đổi, làm bù thứ bảy 22/08/2026")),
        ("2026-08-22", None),
        ("2026-01-17", SAT),  # an ordinary Saturday
        # National Day has two days: 2-3/9/2024, 1-2/9/2025, 1-2/9/2026.
        ("2024-09-03", ("holiday", "Quốc khánh 2/9")),
        ("2025-09-01", ("holiday", "Quốc khánh 2/9")),
        ("2025-09-03", None),
        ("2026-09-01", ("holiday", "Quốc khánh 2/9")),
        ("2026-09-03", None),
        # 26 April 2026 is Hùng Kings' Day and a Sunday: Monday compensates.
        ("2026-04-26", ("holiday", "Giỗ Tổ Hùng Vương")),
        ("2026-04-27", ("compensation", "Nghỉ bù Giỗ Tổ Hùng Vương")),
        # 1 January 2022 was a Saturday.
        ("2022-01-03", ("compensation", "Nghỉ bù Tết Dương lịch")),
        ("2026-11-24", ("holiday", "Ngày Văn hóa Việt Nam 24/11")),
    ],
)
def test_each_day_off_has_its_reason(
    calendar: Calendar, day: str, why: tuple[str, str] | None
) -> None:
    assert off(calendar, day) == why
    assert calendar.is_working(date.fromisoformat(day)) is (why is None)


def test_a_swap_names_its_decree(calendar: Calendar) -> None:
    reason = calendar.reason_off(date(2026, 1, 2))
    assert reason is not None
    assert reason.source == "Công văn 12729/VPCP-KGVX ngày 25/12/2025"
    assert reason.text.en == "Day off swapped for Saturday 10/01/2026"


@pytest.mark.parametrize(
    # 2024: 366 - 104 = 262 weekdays; 1/1, 8-9/2, 12-14/2, 18/4, 30/4, 1/5, 2-3/9 = 11;
    # 29/4 off and Saturday 4/5 worked cancel out. 262 - 11 = 251.
    # 2025: 365 - 104 = 261 weekdays; 1/1, 27-31/1, 7/4, 30/4, 1/5, 1-2/9 = 11; 261 - 11 = 250.
    # 2026: 365 - 104 = 261; 1/1, 16-20/2, 27/4, 30/4, 1/5, 1-2/9, 24/11 = 12; two swaps
    # cancel out. 261 - 12 = 249.
    ("year", "working"),
    [(2024, 251), (2025, 250), (2026, 249)],
)
def test_working_days_of_a_year_counted_by_hand(
    calendar: Calendar, year: int, working: int
) -> None:
    days = [date(year, 1, 1) + timedelta(days=n) for n in range(366)]
    assert sum(calendar.is_working(day) for day in days if day.year == year) == working


def test_what_was_known_when() -> None:
    """On 20 December 2025 nobody knew that 2 January would be off."""
    before, after = known_at(date(2025, 12, 24)), known_at(date(2025, 12, 25))
    assert (before.version, after.version) == ("vn-2025-10-17", "vn-2025-12-25")
    assert build(before).is_working(date(2026, 1, 2))
    assert not build(before).is_working(date(2026, 1, 10))
    assert not build(after).is_working(date(2026, 1, 2))
    assert build(after).is_working(date(2026, 1, 10))
    assert seed_calendar.differences(before, after) == [
        "2026-01-02: as the week -> off (Nghỉ hoán đổi, làm bù thứ bảy 10/01/2026)",
        "2026-01-10: as the week -> worked for 2026-01-02",
    ]


@pytest.mark.parametrize(
    ("day", "version"),
    [
        ("2022-01-10", "vn-2020-12-09"),
        ("2022-02-15", "vn-2022-01-11"),
        ("2023-02-15", "vn-2022-12-01"),
        ("2024-02-15", "vn-2023-11-03"),
        ("2024-04-12", "vn-2024-04-12"),
    ],
)
def test_each_year_has_the_schedule_announced_for_it(day: str, version: str) -> None:
    asked = date.fromisoformat(day)
    found = known_at(asked)
    assert found.version == version
    assert found.announced_to >= asked or version == "vn-2020-12-09"


def test_the_oldest_version_stands_for_the_time_before_it() -> None:
    assert known_at(date(2019, 5, 1)).version == versions()[0]
    assert known_at(date(2099, 1, 1)).version == versions()[-1]


@pytest.mark.parametrize("version", versions())
def test_a_committed_version_never_changes(version: str) -> None:
    content = (calendar_files.FOLDER / f"{version}.json").read_bytes()
    assert hashlib.sha256(content).hexdigest() == COMMITTED[version]


@pytest.mark.parametrize("version", versions())
def test_the_installed_package_gives_the_committed_days(version: str) -> None:
    overrides = seed_calendar.read_overrides()
    (made,) = (each for each in overrides.versions if each.name == version)
    rebuilt = seed_calendar.build(made, overrides)
    assert seed_calendar.differences(load(version), rebuilt) == EXPECTED.get(version, [])


def test_every_version_of_the_override_file_is_committed() -> None:
    assert {each.name for each in seed_calendar.read_overrides().versions} == set(versions())


def test_seeding_writes_what_is_missing_and_refuses_to_change_what_is_there(
    tmp_path: Path,
) -> None:
    written = seed_calendar.write_missing(tmp_path)
    assert [path.stem for path in written] == list(versions())
    assert seed_calendar.write_missing(tmp_path) == []
    target = tmp_path / "vn-2025-10-17.json"
    target.write_bytes((tmp_path / "vn-2025-12-25.json").read_bytes())
    with pytest.raises(seed_calendar.SeedError, match=r"vn-2025-10-17.*\n2026-01-02: off"):
        seed_calendar.write_missing(tmp_path)


def test_a_swap_of_the_package_needs_a_decree() -> None:
    overrides = seed_calendar.read_overrides()
    bare = msgspec.structs.replace(overrides, swaps=())
    with pytest.raises(seed_calendar.SeedError, match="2018-12-31: the package knows a swap"):
        seed_calendar.build(overrides.versions[-1], bare)


def test_a_decree_gives_a_day_off_once_it_is_known() -> None:
    overrides = seed_calendar.read_overrides()
    name = Text("Quốc tang", "National mourning")
    decree = seed_calendar.Decree(date(2026, 3, 3), name, date(2026, 1, 1), "QĐ 1")
    with_it = msgspec.structs.replace(overrides, decrees=(decree,))
    newest = build(seed_calendar.build(overrides.versions[-1], with_it))
    older = build(seed_calendar.build(overrides.versions[0], with_it))
    assert off(newest, "2026-03-03") == ("decree", "Quốc tang")
    assert older.is_working(date(2026, 3, 3))


def test_an_unknown_holiday_of_the_package_is_not_guessed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(seed_calendar.NAMES, "Quốc khánh")
    overrides = seed_calendar.read_overrides()
    with pytest.raises(seed_calendar.SeedError, match="new holiday 'Quốc khánh'"):
        seed_calendar.build(overrides.versions[-1], overrides)


def test_an_unknown_version_names_those_there_are() -> None:
    with pytest.raises(CalendarFileError, match="no calendar version 'vn-1999-01-01'; there are"):
        load("vn-1999-01-01")


def test_a_broken_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calendar_files, "FOLDER", tmp_path)
    (tmp_path / "a.json").write_text('{"version": 3}')
    (tmp_path / "b.json").write_bytes(calendar_files.encode(SMALL))
    with pytest.raises(CalendarFileError, match=r"a\.json: .*version"):
        load.__wrapped__("a")
    with pytest.raises(CalendarFileError, match=r"b\.json: it says that it is version 'small'"):
        load.__wrapped__("b")


# --- the index ---------------------------------------------------------------------------


def test_the_fixed_offset_is_what_the_zone_database_says() -> None:
    zone = ZoneInfo("Asia/Ho_Chi_Minh")
    moment = datetime(2019, 1, 1, tzinfo=UTC)
    while moment.year < 2031:
        assert moment.astimezone(zone).utcoffset() == timedelta(hours=7)
        assert local_day(moment) == moment.astimezone(zone).date()
        moment += timedelta(hours=13)


def test_local_minutes_drop_the_seconds_and_come_back() -> None:
    moment = datetime(2026, 1, 5, 17, 30, 59, tzinfo=UTC)  # 00:30 on the 6th, local
    assert utc(local_minute(moment)) == datetime(2026, 1, 5, 17, 30, tzinfo=UTC)
    assert local_day(moment) == date(2026, 1, 6)


def test_a_naive_datetime_is_refused() -> None:
    with pytest.raises(CalendarError, match="2026-01-05T08:00:00 has no time zone"):
        local_minute(datetime(2026, 1, 5, 8))  # noqa: DTZ001


@pytest.mark.parametrize("day", [date(2018, 12, 31), date(2031, 1, 1), date(1, 1, 1), date.max])
def test_a_day_outside_the_calendar_is_refused(calendar: Calendar, day: date) -> None:
    with pytest.raises(
        CalendarError, match=f"^{day} is outside calendar vn-2026-01-13, 2019-01-01 to"
    ):
        calendar.is_working(day)


def test_counts_that_leave_the_calendar_are_refused(calendar: Calendar) -> None:
    with pytest.raises(CalendarError, match="2018-12-31 is outside"):
        calendar.workday(0)
    with pytest.raises(CalendarError, match="2031-01-01 is outside"):
        calendar.workday(99_999)
    with pytest.raises(CalendarError, match="a day is outside"):
        calendar.workdays_to(99_999_999)
    with pytest.raises(CalendarError, match="2018-12-31 is outside"):
        calendar.worked_to(date(2018, 12, 31).toordinal() * 1440)
    with pytest.raises(CalendarError, match="2031-01-01 is outside"):
        calendar.worked_to(date(2031, 1, 1).toordinal() * 1440)


def test_minutes_are_counted_from_the_first_day_to_the_last(calendar: Calendar) -> None:
    assert calendar.worked_to(date(2019, 1, 1).toordinal() * 1440) == 0
    last = calendar.worked_to(date(2031, 1, 1).toordinal() * 1440 - 1)
    assert last == len(calendar.workdays) * 480
    assert calendar.moment(last) == date(2030, 12, 31).toordinal() * 1440 + 17 * 60


def test_the_index_counts_as_the_days_themselves(calendar: Calendar) -> None:
    day, count = date(2019, 1, 1), 0
    while day <= date(2030, 12, 31):
        ordinal = day.toordinal()
        if calendar.is_working(day):
            count += 1
            assert calendar.workday(count) == ordinal
        assert calendar.workdays_to(ordinal) == count
        day += timedelta(days=1)


def test_other_office_hours_are_local_policy() -> None:
    hours = (("07:00", "11:30"), ("13:30", "17:00"))
    calendar = build(msgspec.structs.replace(load("vn-2026-01-13"), hours=hours))
    assert (calendar.opens, calendar.closes) == (420, 1020)
    monday = date(2026, 1, 5).toordinal() * 1440
    assert calendar.worked_to(monday + 12 * 60) - calendar.worked_to(monday) == 270  # 07:00-11:30


SMALL = CalendarSource(
    version="small",
    known_on=date(2026, 1, 1),
    announced_to=date(2026, 1, 31),
    first=date(2026, 1, 1),
    last=date(2026, 1, 31),
    zone="Asia/Ho_Chi_Minh",
    hours=(("07:30", "11:30"), ("13:00", "17:00")),
    weekend=(6, 7),
    days_off=(DayOff(date(2026, 1, 1), "holiday", Text("Tết Dương lịch", "New Year's Day")),),
    days_worked=(),
)
WORKED = DayWorked(date(2026, 1, 1), date(2026, 1, 2), "x")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"zone": "Asia/Tokyo"}, "only Asia/Ho_Chi_Minh"),
        ({"first": date(2026, 2, 1)}, "ends before it begins"),
        ({"hours": (("07:30", "11:30"),)}, "make 240 minutes a day, not 480"),
        ({"hours": ()}, "not in order"),
        ({"hours": (("13:00", "17:00"), ("07:30", "11:30"))}, "not in order"),
        ({"hours": (("7h30", "11:30"),)}, "'7h30' is not a time of day"),
        ({"hours": (("24:30", "25:30"),)}, "'24:30' is not a time of day"),
        ({"weekend": (5, 6)}, "weekday 5 cannot be the weekend"),
        ({"days_worked": (WORKED,)}, "2026-01-01 is both off and worked"),
        (
            {"days_worked": (msgspec.structs.replace(WORKED, day=date(2026, 1, 5)),)},
            "2026-01-05 is worked anyway",
        ),
    ],
)
def test_a_source_that_contradicts_itself_is_refused(
    change: dict[str, object], message: str
) -> None:
    with pytest.raises(CalendarError, match=message):
        build(msgspec.structs.replace(SMALL, **change))


def test_a_time_of_day() -> None:
    assert [minute_of_day(text) for text in ("00:00", "15:00", "23:59")] == [0, 900, 1439]
    for wrong in ("24:00", "23:60", "ab:cd", "7:30", "15-00"):
        with pytest.raises(CalendarError, match=f"'{wrong}' is not a time of day"):
            minute_of_day(wrong)


def test_a_calendar_of_one_day() -> None:
    assert build(msgspec.structs.replace(SMALL, last=SMALL.first)).workdays == ()
