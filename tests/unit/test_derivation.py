"""A deadline explains itself, and the small questions about time; what cannot be counted."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pytest

from engine.core.calendar import CalendarError
from engine.core.clock import (
    ClockError,
    Derivation,
    Extension,
    Pause,
    add_working,
    derive,
    local_day,
    remaining,
    subtract,
    verdict,
    working_minutes,
)
from engine.core.derivation import ground_text
from engine.core.explain import explain, limit_text
from tests.unit.clock_cases import BEFORE_SWAP, CALENDAR, at, due, local, pause
from workflows.model import Limit, Unit

# --- the derivation as it is read --------------------------------------------------------


def test_the_derivation_says_why_each_day_does_not_count() -> None:
    found = derive(
        CALENDAR,
        Limit.parse("5 days"),
        at("2025-12-30 09:00"),
        source="1.012783 2024-08-01",
        pauses=[pause("2026-01-05 10:00", "2026-01-06 10:00")],
    )
    assert [(f"{entry.day:%d/%m}", entry.reason.kind) for entry in found.not_counted] == [
        ("01/01", "holiday"),
        ("02/01", "swap"),
        ("03/01", "weekend"),
        ("04/01", "weekend"),
        ("06/01", "pause"),
    ]
    assert [f"{entry.day:%d/%m}" for entry in found.counted] == [
        "31/12", "05/01", "07/01", "08/01", "09/01",
    ]  # fmt: skip
    assert found.not_counted[-1].reason.source == "PBS-1"
    assert (found.calendar_version, found.source) == ("vn-2026-01-13", "1.012783 2024-08-01")
    assert (found.supplement_rule, found.counted[0].minutes) == ("shift", None)


def test_the_derivation_gives_the_minutes_of_each_day() -> None:
    one = pause("2026-03-02 10:00", "2026-03-03 08:00")
    found = derive(
        CALENDAR, Limit.parse("1 day"), at("2026-03-02 08:00"), rule="moment", pauses=[one]
    )
    # 08:00-10:00, then 08:00-11:30 and 13:00-15:30: 120 + 210 + 150 = 480.
    assert [(f"{entry.day:%d/%m}", entry.spans, entry.minutes) for entry in found.counted] == [
        ("02/03", ((480, 600),), 120),
        ("03/03", ((480, 690), (780, 930)), 360),
    ]


def reasons(found: Derivation) -> list[tuple[str, str]]:
    return [(f"{entry.day:%d/%m}", entry.reason.kind) for entry in found.not_counted]


def test_days_before_counting_began_have_reasons_too() -> None:
    hours = Limit.parse("1 hour")
    same_day = Limit.parse("same day")
    late = derive(CALENDAR, same_day, at("2026-03-06 15:30"), rule="same-day", cutoff="15:00")
    assert reasons(late) == [("06/03", "cutoff"), ("07/03", "weekend"), ("08/03", "weekend")]
    night = derive(CALENDAR, hours, at("2026-03-05 19:00"), rule="moment")
    assert reasons(night) == [("05/03", "after hours")]
    again = pause("2026-03-03 08:00", "2026-03-05 09:00", again=True)
    anew = derive(CALENDAR, Limit.parse("3 days"), at("2026-03-02 08:00"), pauses=[again])
    assert reasons(anew)[:3] == [(f"0{day}/03", "restart") for day in (3, 4, 5)]
    assert anew.supplement_rule == "restart"


def test_a_day_lost_to_a_pause_names_that_pause() -> None:
    # Tuesday lies wholly in the second pause; the first ended on Monday, the third comes later.
    pauses = [
        Pause("supplement", "PBS-1", at("2026-03-02 09:00"), at("2026-03-02 10:00")),
        Pause("financial duty", "TB-2", at("2026-03-02 15:00"), at("2026-03-04 07:30")),
        Pause("posting", "NY-3", at("2026-03-04 08:00"), at("2026-03-04 09:00")),
    ]
    found = derive(
        CALENDAR, Limit.parse("1 day"), at("2026-03-02 08:00"), rule="moment", pauses=pauses
    )
    assert [(entry.day.day, entry.reason.source) for entry in found.not_counted] == [(3, "TB-2")]


def test_the_same_question_is_answered_from_the_cache() -> None:
    first = derive(CALENDAR, Limit.parse("9 days"), at("2026-03-02 08:00"))
    assert derive(CALENDAR, Limit.parse("9 days"), at("2026-03-02 08:00")) is first
    assert derive(BEFORE_SWAP, Limit.parse("9 days"), at("2026-03-02 08:00")) is not first


def test_it_reads_well_in_vietnamese() -> None:
    found = derive(
        CALENDAR,
        Limit.parse("5 days"),
        at("2025-12-30 09:00"),
        source="1.012783 2024-08-01",
        pauses=[pause("2026-01-05 10:00", "2026-01-06 10:00", again=True)],
        extension=Extension(Limit.parse("1 day"), "Nghị định 118/2025/NĐ-CP"),
    )
    assert explain(found) == [
        "Thời hạn: 5 ngày làm việc (nguồn: 1.012783 2024-08-01).",
        "Nhận lúc 09:00 thứ ba 30/12/2025; tính từ ngày tiếp theo của ngày nhận, đến hết giờ "
        "làm việc của ngày cuối.",
        "Tạm dừng tính thời hạn (chờ bổ sung hồ sơ), từ 10:00 thứ hai 05/01/2026 đến 10:00 thứ ba "
        "06/01/2026; khi tiếp tục thì tính lại toàn bộ thời hạn (căn cứ: PBS-1).",
        "Gia hạn thêm 1 ngày làm việc (căn cứ: Nghị định 118/2025/NĐ-CP).",
        "Tính 6 ngày: 07/01/2026–10/01/2026, 12/01/2026–13/01/2026.",
        "Trong đó thứ bảy 10/01/2026: làm bù cho ngày 02/01/2026 (căn cứ: Công văn "
        "12729/VPCP-KGVX ngày 25/12/2025).",
        "Không tính 3 ngày – Thời hạn tính lại từ đầu sau khi bổ sung: 31/12/2025, "
        "05/01/2026–06/01/2026.",
        "Không tính 1 ngày – Tết Dương lịch: 01/01/2026.",
        "Không tính 1 ngày – Nghỉ hoán đổi, làm bù thứ bảy 10/01/2026: 02/01/2026 (căn cứ: "
        "Công văn 12729/VPCP-KGVX ngày 25/12/2025).",
        "Không tính 3 ngày – Thứ bảy, chủ nhật: 03/01/2026–04/01/2026, 11/01/2026.",
        "Theo lịch làm việc vn-2026-01-13, như đã biết ngày 13/01/2026.",
        "Hạn: 17:00 thứ ba 13/01/2026.",
    ]


def test_it_reads_well_in_english() -> None:
    found = derive(
        CALENDAR,
        Limit.parse("0.5 day"),
        at("2026-12-31 15:30"),
        rule="moment",
        cutoff="15:00",
        pauses=[pause("2027-01-04 08:00", None, "elsewhere"), pause("2026-12-31 16:00", None)],
    )
    assert explain(found, "en") == [
        "Limit: 0.5 working days.",
        "Received 15:30 Thursday 2026-12-31; counted in office hours from the moment of receipt.",
        "The clock stopped (awaiting supplement), from 16:00 Thursday 2026-12-31 until now "
        "(ground: PBS-1).",
        "The clock stopped (with another step or agency), from 08:00 Monday 2027-01-04 until now "
        "(ground: PBS-1).",
        "Counted, Thursday 2026-12-31: 15:30–16:00 (0.5 hours).",
        "By the working calendar vn-2026-01-13, as known on 2026-01-13.",
        "The clock is stopped: there is no due date until it is resumed.",
    ]


def test_it_says_that_the_cut_off_was_missed() -> None:
    same_day = Limit.parse("same day")
    found = derive(CALENDAR, same_day, at("2025-01-24 15:30"), rule="same-day", cutoff="15:00")
    assert explain(found, "en")[:6] == [
        "Limit: same day.",
        "Received 15:30 Friday 2025-01-24; the day of receipt is the first day, to the end of "
        "office hours of the last day.",
        "What is received after 15:00 counts from the next working day.",
        "Counted, 1 day: 2025-02-03.",
        "Not counted, 1 day – Received after the cut-off, so counting begins on the next "
        "working day: 2025-01-24.",
        "Not counted, 4 days – Weekends: 2025-01-25–2025-01-26, 2025-02-01–2025-02-02.",
    ]


def test_it_says_when_the_schedule_was_not_yet_published_and_gives_hours() -> None:
    found = derive(CALENDAR, Limit.parse("1 day"), at("2026-12-31 16:30"), rule="moment")
    lines = explain(found, "en")
    assert "Counted, Monday 2027-01-04: 07:30–11:30, 13:00–16:30 (7.5 hours)." in lines
    assert (
        "This version knows no published schedule after 2026-12-31; the date may change." in lines
    )
    assert "Tính thứ hai 04/01/2027: 07:30–11:30, 13:00–16:30 (7,5 giờ)." in explain(found)


def test_limits_in_words() -> None:
    words = [limit_text(Limit.parse(text)) for text in ("0.5 day", "2 hours", "1 month")]
    assert words == ["0,5 ngày làm việc", "2 giờ làm việc", "1 tháng"]
    assert limit_text(Limit.parse("30 calendar days")) == "30 ngày"
    assert limit_text(Limit.parse("same day")) == "trong ngày"
    assert limit_text(Limit.parse("same day"), "en") == "same day"
    assert limit_text(Limit.parse("30 calendar days"), "en") == "30 calendar days"


def test_grounds_in_words() -> None:
    assert ground_text("financial-duty").vi == "chờ thực hiện nghĩa vụ tài chính"
    assert ground_text("posting").en == "public posting"
    assert ground_text("bão số 3").vi == "bão số 3"  # a suspension's ground, as it was written


# --- small questions ---------------------------------------------------------------------


def test_working_minutes_and_what_remains() -> None:
    a, b = at("2026-03-02 10:00"), at("2026-03-03 10:00")
    assert working_minutes(CALENDAR, a, b) == 480  # 90 + 240, and 150
    assert working_minutes(CALENDAR, b, a) == -480
    assert working_minutes(CALENDAR, at("2026-03-07 08:00"), at("2026-03-08 20:00")) == 0
    assert remaining(CALENDAR, a, at("2026-03-02 17:00")) == 330
    assert remaining(CALENDAR, at("2026-03-03 08:00"), at("2026-03-02 17:00")) == -30


@pytest.mark.parametrize(
    ("moment", "limit", "later", "earlier"),
    [
        ("2026-03-03 17:00", "1 day", "2026-03-04 17:00", "2026-03-02 17:00"),
        ("2026-03-03 10:00", "8 hours", "2026-03-04 10:00", "2026-03-02 10:00"),
        ("2026-03-02 08:00", "0.5 day", "2026-03-02 13:30", "2026-02-27 13:30"),
        ("2026-03-31 09:00", "1 month", "2026-04-30 09:00", "2026-02-28 09:00"),
        ("2026-03-31 09:00", "2 months", "2026-05-31 09:00", "2026-01-31 09:00"),
        ("2026-03-03 10:00", "1.5 calendar days", "2026-03-04 22:00", "2026-03-01 22:00"),
    ],
)
def test_earlier_and_later_for_timers(moment: str, limit: str, later: str, earlier: str) -> None:
    assert local(add_working(CALENDAR, at(moment), Limit.parse(limit))) == later
    assert local(subtract(CALENDAR, at(moment), Limit.parse(limit))) == earlier


def test_no_time_is_no_time() -> None:
    none = Limit(Decimal(0), Unit.WORKING_DAY)
    moment = at("2026-03-07 12:00")
    assert add_working(CALENDAR, moment, none) == subtract(CALENDAR, moment, none) == moment


def test_the_verdict_is_by_local_date() -> None:
    appointment = at("2026-03-09 17:00")
    assert verdict(CALENDAR, at("2026-03-08 23:59"), appointment) == "early"
    assert verdict(CALENDAR, at("2026-03-09 00:00"), appointment) == "on time"
    # Not overdue when the date is today, even after office hours.
    assert verdict(CALENDAR, at("2026-03-09 23:59"), appointment) == "on time"
    assert verdict(CALENDAR, at("2026-03-10 00:00"), appointment) == "overdue"
    assert verdict(CALENDAR, at("2026-03-10 00:00"), None) == "on time"
    assert local_day(at("2026-03-10 00:00")) == date(2026, 3, 10)


# --- what cannot be counted --------------------------------------------------------------


@pytest.mark.parametrize("amount", ["-1", "0", "NaN", "Infinity"])
def test_a_limit_must_be_positive(amount: str) -> None:
    limit = Limit(Decimal(amount), Unit.WORKING_DAY)
    with pytest.raises(ClockError, match=f"a limit of {amount} working days is not positive"):
        derive(CALENDAR, limit, at("2026-03-02 08:00"))
    longer = Extension(limit, "x")
    with pytest.raises(ClockError, match="not positive"):
        derive(CALENDAR, Limit.parse("1 day"), at("2026-03-02 08:00"), extension=longer)
    if amount == "-1":
        with pytest.raises(ClockError, match="not positive"):
            add_working(CALENDAR, at("2026-03-02 08:00"), limit)


def test_months_are_whole() -> None:
    with pytest.raises(ClockError, match=r"1\.5 months: months are counted whole"):
        due("1.5 months", "2026-03-02 08:00")


def test_a_pause_ends_after_it_begins() -> None:
    wrong = pause("2026-03-04 08:00", "2026-03-03 08:00")
    with pytest.raises(ClockError, match="the pause on 'supplement' ends before it begins"):
        due("1 day", "2026-03-02 08:00", "day-after", wrong)


def test_naive_datetimes_are_refused() -> None:
    naive = datetime(2026, 3, 2, 8)  # noqa: DTZ001
    limit = Limit.parse("1 day")
    with pytest.raises(CalendarError, match="has no time zone"):
        derive(CALENDAR, limit, naive)
    with pytest.raises(CalendarError, match="has no time zone"):
        derive(CALENDAR, limit, at("2026-03-02 08:00"), pauses=[Pause("x", "", naive)])
    with pytest.raises(CalendarError, match="has no time zone"):
        remaining(CALENDAR, naive, at("2026-03-02 08:00"))


@pytest.mark.parametrize("limit", ["5 days", "5 hours", "5 calendar days", "1 month"])
def test_a_deadline_beyond_the_calendar_is_refused(limit: str) -> None:
    with pytest.raises(CalendarError, match="is outside calendar vn-2026-01-13"):
        due(limit, "2030-12-31 16:00")
    with pytest.raises(CalendarError, match="is outside calendar vn-2026-01-13"):
        due(limit, "2010-12-31 16:00", "moment")


def test_a_cut_off_must_be_a_time_of_day() -> None:
    with pytest.raises(CalendarError, match="'3pm' is not a time of day"):
        due("1 hour", "2026-03-02 08:00", "moment", cutoff="3pm")
