"""A version of the working calendar that somebody wrote: everything wrong has its place."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import msgspec
import pytest

from engine.core.calendar import build
from workflows.calendar_check import CheckedCalendar, check_calendar
from workflows.calendar_files import FOLDER, encode, load, versions
from workflows.calendar_model import CalendarSource

TODAY = date(2026, 11, 22)
KNOWN = [load(each) for each in versions()]
NEW = msgspec.structs.replace(
    KNOWN[-1], version="vn-2026-11-25-qn", known_on=date(2026, 11, 25)
)  # fmt: skip


def checked(folder: Path, content: bytes) -> CheckedCalendar:
    file = folder / "new.json"
    file.write_bytes(content)
    return check_calendar(file, KNOWN, TODAY)


def test_a_new_version_is_read_as_it_was_written(tmp_path: Path) -> None:
    found = checked(tmp_path, encode(NEW))
    assert (found.calendar, found.errors, found.warnings) == (NEW, (), ())
    assert found.registered == "no"
    build(NEW)


@pytest.mark.parametrize("source", KNOWN, ids=lambda each: each.version)
def test_what_is_committed_is_known_as_it_is(source: CalendarSource) -> None:
    found = check_calendar(FOLDER / f"{source.version}.json", KNOWN, TODAY)
    assert (found.registered, found.calendar, found.errors) == ("so", source, ())


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('"vn-2026-11-25-qn"', '"vn-2026-01-13"',
         "2:12 version: vn-2026-01-13 is registered with other content: give it another version"),
        ('"known_on": "2026-11-25"', '"known_on": "2026-01-13"',
         "3:13 known_on: vn-2026-01-13 was known on 2026-01-13: a new one is known later"),
        ('"known_on": "2026-11-25"', '"known_on": "2026-11-21"',
         "3:13 known_on: 2026-11-21 is over: this house knows it on 2026-11-22 at the earliest"),
        ('"announced_to": "2026-12-31"', '"announced_to": "2031-12-31"',
         "4:17 announced_to: is after the last day"),
        ('"first": "2019-01-01"', '"first": "2026-12-01"',
         "5:10 first: begins after 2026-11-25, when it is known"),
        ('"last": "2030-12-31"', '"last": "2018-12-31"', "6:9 last: ends before it begins"),
        ('"last": "2030-12-31"', '"last": "2079-12-31"', "6:9 last: has more than 60 years"),
        ('"last": "2030-12-31"', '"last": "2029-12-31"',
         "6:9 last: vn-2026-01-13 goes on to 2030-12-31, this one less far"),
        ('Asia/Ho_Chi_Minh', 'Asia/Bangkok',
         "7:9 zone: 'Asia/Bangkok' is not one of 'Asia/Ho_Chi_Minh'"),
        ('["07:30","11:30"],["13:00","17:00"]', '["13:00","17:00"],["07:30","11:30"]',
         "8:10 hours: are not in order"),
        ('"17:00"', '"18:00"', "8:10 hours: make 540 minutes a day, not 480"),
        ('"17:00"', '"25:00"', '8:38 hours[1][1]: \'25:00\' is no time of day'),
        ('"weekend": [6,7]', '"weekend": [5,7]',
         "9:13 weekend[0]: input should be greater than or equal to 6"),
        ('{"day":"2019-01-01"', '{"day":"2018-01-01"',
         "11:10 days_off[0].day: 2018-01-01 is not between 2019-01-01 and 2030-12-31"),
        ('{"day":"2019-02-04"', '{"day":"2019-01-01"',
         "12:10 days_off[1].day: 2019-01-01 is there twice"),
        ('{"day":"2019-05-04"', '{"day":"2019-05-01"',
         "184:10 days_worked[1].day: 2019-05-01 is both off and worked"),
        ('{"day":"2019-05-04"', '{"day":"2019-05-07"',
         "184:10 days_worked[1].day: 2019-05-07 is worked anyway: it is no weekend"),
        ('"instead_of":"2019-04-29"', '"instead_of":"2019-04-24"',
         "184:36 days_worked[1].instead_of: 2019-04-24 is not off: list it under days_off"),
        ('"kind":"swap"', '"kind":"whim"', "19:30 days_off[8].kind: 'whim' is not one of"),
        ('"first"', '"fist"', "5:1 fist: 'fist' is no field here"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_place(
    tmp_path: Path, before: str, after: str, said: str
) -> None:
    text = encode(NEW).decode()
    assert before in text
    found = checked(tmp_path, text.replace(before, after, 1).encode())
    assert found.calendar is None
    told = [f"{p.line}:{p.column} {p.field}: {p.message}" for p in found.errors]
    assert any(each.startswith(said) for each in told), told


def test_a_name_that_a_release_may_bring_is_warned_of(tmp_path: Path) -> None:
    plain = msgspec.structs.replace(NEW, version="vn-2026-11-25")
    found = checked(tmp_path, encode(plain))
    assert found.calendar == plain
    (warning,) = found.warnings
    assert "vn-2026-11-25-NAME" in warning.message
