"""The statutory clock: deadlines of 2024-2026 worked by hand."""

from __future__ import annotations

from datetime import date

import pytest

from engine.core.clock import (
    StartRule,
    derive,
)
from tests.unit.clock_cases import BEFORE_SWAP, CALENDAR, at, due, pause
from workflows.model import Limit

# --- days from the day after receipt -----------------------------------------------------


@pytest.mark.parametrize(
    ("limit", "start", "expected"),
    [
        # Monday 5/1/2026; Tue 6, Wed 7, Thu 8, Fri 9, then Saturday 10 which is worked: 5 days.
        ("5 working days", "2026-01-05 09:00", "2026-01-10 17:00"),
        # Wednesday 31/12/2025: 1/1 holiday, 2/1 swapped, 3-4 weekend; Mon 5, Tue 6, Wed 7.
        ("3 working days", "2025-12-31 09:00", "2026-01-07 17:00"),
        # Tết 2024. Tue 6/2: Wed 7 (1), Tết 8-14, Thu 15 (2), Fri 16 (3).
        ("3 working days", "2024-02-06 10:00", "2024-02-16 17:00"),
        # Tết 2025. Thu 23/1: Fri 24 (1), 25-26 weekend, 27-31 Tết, 1-2/2 weekend, Mon 3/2 (2).
        ("2 working days", "2025-01-23 10:00", "2025-02-03 17:00"),
        # Tết 2026. Thu 12/2: Fri 13 (1), 14-22 off, Mon 23 (2), Tue 24 (3).
        ("3 working days", "2026-02-12 10:00", "2026-02-24 17:00"),
        # 30/4 2024. Thu 25/4: Fri 26 (1), 27-28, 29 swap, 30/4, 1/5 off, Thu 2/5 (2), Fri 3 (3),
        # Saturday 4/5 worked (4), Sunday, Mon 6 (5).
        ("3 working days", "2024-04-25 14:00", "2024-05-03 17:00"),
        ("4 working days", "2024-04-25 14:00", "2024-05-04 17:00"),
        ("5 working days", "2024-04-25 14:00", "2024-05-06 17:00"),
        # 30/4 2025. Thu 24/4: Fri 25 (1), Saturday 26 worked (2), Mon 28 (3), Tue 29 (4),
        # 30/4, 1/5, swap 2/5, 3-4 weekend, Mon 5/5 (5).
        ("2 working days", "2025-04-24 14:00", "2025-04-26 17:00"),
        ("5 working days", "2025-04-24 14:00", "2025-05-05 17:00"),
        # Giỗ Tổ 2026 on Sunday 26/4: Fri 24 -> Mon 27 compensates, Tue 28 (1), Wed 29 (2),
        # 30/4 and 1/5 off, 2-3 weekend, Mon 4/5 (3).
        ("3 working days", "2026-04-24 14:00", "2026-05-04 17:00"),
        # 2/9 2024 on Monday and Tuesday: Fri 30/8 -> Wed 4/9 (1).
        ("1 working day", "2024-08-30 08:00", "2024-09-04 17:00"),
        # 2/9 2025: 1-2/9 off. Fri 29/8 -> Wed 3/9 (1).
        ("1 working day", "2025-08-29 08:00", "2025-09-03 17:00"),
        # 2/9 2026: Thu 20/8: Fri 21 (1), Saturday 22 worked (2), 24-28 (3-7), 29-30 weekend,
        # 31/8 swap, 1-2/9 off, Thu 3/9 (8).
        ("8 working days", "2026-08-20 08:00", "2026-09-03 17:00"),
        # 24/11 2026, Tuesday. Mon 23 -> Wed 25 (1).
        ("1 working day", "2026-11-23 08:00", "2026-11-25 17:00"),
        # A fraction of a day is rounded up to the whole day: 11.5 is 12.
        # Mon 2/3/2026: 3-6 (4), 9-13 (9), 16, 17, 18 (12).
        ("11.5 working days", "2026-03-02 08:00", "2026-03-18 17:00"),
        # Received on Saturday online: Monday is the first day.
        ("1 working day", "2026-03-07 22:00", "2026-03-09 17:00"),
        # The hour of receipt plays no part: late in the evening is still that day.
        ("1 working day", "2026-03-05 23:59", "2026-03-06 17:00"),
        # Procedure 9, 34 days from Mon 2/3/2026: March 3-6 (4), 9-13 (9), 16-20 (14), 23-27
        # (19), 30-31 and April 1-3 (24), 6-10 (29), 13-17 (34).
        ("34 working days", "2026-03-02 08:00", "2026-04-17 17:00"),
    ],
)
def test_working_days(limit: str, start: str, expected: str) -> None:
    assert due(limit, start) == expected


@pytest.mark.parametrize(
    ("limit", "start", "expected"),
    [
        # 30 days of posting from Mon 2/3/2026: 3/3 is day 1, so Wed 1/4 is day 30.
        ("30 calendar days", "2026-03-02 09:00", "2026-04-01 17:00"),
        # From Thu 5/3: day 30 is Sat 4/4: it moves to Mon 6/4 (Civil Code, art. 148(5)).
        ("30 calendar days", "2026-03-05 09:00", "2026-04-06 17:00"),
        # Day 5 from Wed 11/2 is Mon 16/2, in Tết: to Mon 23/2.
        ("5 calendar days", "2026-02-11 09:00", "2026-02-23 17:00"),
        # Day 5 from Mon 5/1 is Saturday 10/1, which is worked: it stays.
        ("5 calendar days", "2026-01-05 09:00", "2026-01-10 17:00"),
        ("0.5 calendar days", "2026-01-05 09:00", "2026-01-06 17:00"),
        # One month from 31 January: February has no 31st, so the 28th; 28/2/2026 is a
        # Saturday: Mon 2/3. In 2025 the 28th is a Friday. In 2024 the 29th, a Thursday.
        ("1 month", "2026-01-31 09:00", "2026-03-02 17:00"),
        ("1 month", "2025-01-31 09:00", "2025-02-28 17:00"),
        ("1 month", "2024-01-31 09:00", "2024-02-29 17:00"),
        # The same day of the next month: Wed 15/4.  From December into the next year.
        ("1 month", "2026-03-15 09:00", "2026-04-15 17:00"),
        ("2 months", "2024-12-16 09:00", "2025-02-17 17:00"),  # 16/2/2025 is a Sunday
    ],
)
def test_calendar_days_and_months(limit: str, start: str, expected: str) -> None:
    assert due(limit, start) == expected
    assert due(limit, start, "moment") == expected  # by law they have no other start


# --- from the moment ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("limit", "start", "expected"),
    [
        # 0.5 day is 240 minutes. 08:00-11:30 is 210, and 30 more after lunch.
        ("0.5 day", "2026-03-02 08:00", "2026-03-02 13:30"),
        # Begun at opening it ends at lunch, not after it.
        ("0.5 day", "2026-03-02 07:30", "2026-03-02 11:30"),
        # In the lunch break: from 13:00, four hours: 17:00.
        ("0.5 day", "2026-03-02 12:10", "2026-03-02 17:00"),
        # Across the night: 15:00-17:00 is 120, and 07:30-09:30.
        ("0.5 day", "2026-03-02 15:00", "2026-03-03 09:30"),
        # Across the weekend: Friday 16:00-17:00 is 60, Monday 07:30-10:30.
        ("0.5 day", "2026-03-06 16:00", "2026-03-09 10:30"),
        # Friday 9/1 16:00: Saturday 10/1 is worked.
        ("0.5 day", "2026-01-09 16:00", "2026-01-10 10:30"),
        ("0.25 day", "2026-03-02 10:30", "2026-03-02 14:00"),  # 60 + 60
        ("1 day", "2026-03-02 09:00", "2026-03-03 09:00"),
        ("1.5 days", "2026-03-02 13:00", "2026-03-03 17:00"),
        # Procedure 13: 2, 3, 2 and 1 hours of one copy begun at 07:30.
        ("2 hours", "2026-03-02 07:30", "2026-03-02 09:30"),
        ("3 hours", "2026-03-02 09:30", "2026-03-02 14:00"),  # 120 to lunch, 60 after
        ("2 hours", "2026-03-02 14:00", "2026-03-02 16:00"),
        ("1 hour", "2026-03-02 16:00", "2026-03-02 17:00"),
        # After hours it begins at the next opening; before hours at this one.
        ("1 hour", "2026-03-02 19:00", "2026-03-03 08:30"),
        ("1 hour", "2026-03-02 05:00", "2026-03-02 08:30"),
        # 0.1 hour is 6 minutes; a third of one rounds up to a whole minute.
        ("0.1 hour", "2026-03-02 08:00", "2026-03-02 08:06"),
        ("0.333 hour", "2026-03-02 08:00", "2026-03-02 08:20"),
    ],
)
def test_working_time_from_the_moment(limit: str, start: str, expected: str) -> None:
    assert due(limit, start, "moment") == expected


def test_hours_count_from_the_moment_whatever_the_rule() -> None:
    assert due("2 hours", "2026-03-02 08:00", "day-after") == "2026-03-02 10:00"
    assert derive(CALENDAR, Limit.parse("2 hours"), at("2026-03-02 08:00")).rule == "moment"


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        ("2026-03-02 15:00", "2026-03-02 17:00"),
        ("2026-03-02 15:01", "2026-03-03 07:31"),  # 119 minutes and 1
        ("2026-03-06 15:30", "2026-03-09 08:00"),  # Friday: Monday
        ("2026-03-07 16:00", "2026-03-09 09:30"),  # Saturday: Monday
    ],
)
def test_the_cut_off_does_not_touch_hours(start: str, expected: str) -> None:
    assert due("2 hours", start, "moment", cutoff="15:00") == expected


@pytest.mark.parametrize(
    ("limit", "start", "cutoff", "expected"),
    [
        ("1 day", "2026-03-02 09:00", "15:00", "2026-03-02 17:00"),
        ("1 day", "2026-03-02 15:00", "15:00", "2026-03-02 17:00"),  # at the cut-off
        ("1 day", "2026-03-02 15:01", "15:00", "2026-03-03 17:00"),
        ("1 day", "2026-03-02 16:59", None, "2026-03-02 17:00"),
        ("1 day", "2026-03-02 17:01", None, "2026-03-03 17:00"),
        ("1 day", "2026-03-07 09:00", "15:00", "2026-03-09 17:00"),  # Saturday
        ("3 days", "2026-01-08 09:00", "15:00", "2026-01-10 17:00"),  # Thu, Fri, worked Sat
        # Friday before Tết 2026, too late: Monday 23/2.
        ("1 day", "2026-02-13 15:30", "15:00", "2026-02-23 17:00"),
    ],
)
def test_same_day_procedures(limit: str, start: str, cutoff: str | None, expected: str) -> None:
    assert due(limit, start, "same-day", cutoff=cutoff) == expected


def test_the_cut_off_does_not_touch_days_from_the_day_after() -> None:
    assert due("1 day", "2026-03-02 16:30", cutoff="15:00") == "2026-03-03 17:00"


# --- pauses ------------------------------------------------------------------------------


def test_shift_the_day_of_the_stop_counts_that_of_the_resumption_does_not() -> None:
    # From Mon 2/3: Tue 3 (1), Wed 4 (2, the stop), Thu 5, Fri 6, Mon 9 (resumed) do not count,
    # Tue 10 (3), Wed 11 (4), Thu 12 (5).
    one = pause("2026-03-04 10:00", "2026-03-09 09:00")
    assert due("5 days", "2026-03-02 08:00", "day-after", one) == "2026-03-12 17:00"


def test_restart_counts_the_whole_limit_from_the_day_after_the_resumption() -> None:
    # As above, but 5 days from Tue 10: 10, 11, 12, 13, 16.
    one = pause("2026-03-04 10:00", "2026-03-09 09:00", again=True)
    assert due("5 days", "2026-03-02 08:00", "day-after", one) == "2026-03-16 17:00"
    # In working time: 0.5 day from Mon 9, 09:00: 150 to lunch, 90 after.
    two = pause("2026-03-02 10:00", "2026-03-09 09:00", again=True)
    assert due("0.5 day", "2026-03-02 08:00", "moment", two) == "2026-03-09 14:30"


def test_a_restart_after_the_cut_off_begins_on_the_next_day() -> None:
    late = pause("2026-03-02 10:00", "2026-03-03 15:30", again=True)
    found = due("2 hours", "2026-03-02 09:00", "moment", late, cutoff="15:00")
    assert found == "2026-03-04 08:00"  # hours go on at once
    found = due("1 day", "2026-03-02 09:00", "same-day", late, cutoff="15:00")
    assert found == "2026-03-04 17:00"


def test_minutes_stop_and_go_on_exactly() -> None:
    # 4 hours from 08:00: 60 by 09:00, stop; from Tuesday 14:00 180 more: 17:00.
    one = pause("2026-03-02 09:00", "2026-03-03 14:00")
    assert due("0.5 day", "2026-03-02 08:00", "moment", one) == "2026-03-03 17:00"


@pytest.mark.parametrize(
    ("since", "until"),
    [
        ("2026-03-02 11:40", "2026-03-02 12:50"),  # the lunch break
        ("2026-03-02 17:30", "2026-03-03 07:00"),  # the night
        ("2026-03-07 08:00", "2026-03-08 20:00"),  # the weekend
        ("2026-03-02 09:00", "2026-03-02 09:00"),  # no time at all
    ],
)
def test_a_pause_without_working_time_shifts_nothing(since: str, until: str) -> None:
    one = pause(since, until)
    limit, start = "5.5 days", "2026-03-02 08:00"
    assert due(limit, start, "moment", one) == due(limit, start, "moment")


def test_a_pause_within_one_day_shifts_no_day() -> None:
    one = pause("2026-03-04 08:00", "2026-03-04 16:00")
    assert due("5 days", "2026-03-02 08:00", "day-after", one) == "2026-03-09 17:00"


def test_a_pause_over_the_weekend_shifts_no_day() -> None:
    # Friday 6/3 is the day of the stop, and counts; it is resumed on Sunday.
    one = pause("2026-03-06 16:00", "2026-03-08 09:00")
    assert due("5 days", "2026-03-02 08:00", "day-after", one) == "2026-03-09 17:00"


def test_calendar_days_in_a_pause_do_not_count_nor_do_weekends_in_it() -> None:
    # 10 days from Mon 2/3: 3, 4, 5 (3, the stop); 6-10 not; 11-17 are 4 to 10.
    one = pause("2026-03-05 09:00", "2026-03-10 09:00", "posting")
    assert due("10 calendar days", "2026-03-02 08:00", "day-after", one) == "2026-03-17 17:00"
    # One month to Thu 2/4, and 5 days: Tue 7/4.
    assert due("1 month", "2026-03-02 08:00", "day-after", one) == "2026-04-07 17:00"


def test_overlapping_pauses_count_once_and_in_any_order() -> None:
    whole = pause("2026-03-04 10:00", "2026-03-10 09:00")
    first = pause("2026-03-04 10:00", "2026-03-09 09:00")
    second = pause("2026-03-05 08:00", "2026-03-10 09:00", "financial duty")
    inner = pause("2026-03-05 08:00", "2026-03-06 09:00", "suspension")
    both: list[tuple[str, StartRule]] = [("5 days", "day-after"), ("2.5 days", "moment")]
    for limit, rule in both:
        one = due(limit, "2026-03-02 08:00", rule, whole)
        assert due(limit, "2026-03-02 08:00", rule, second, inner, first) == one
    # 3, 4 (2); 5-10 not; 11, 12, 13.
    assert due("5 days", "2026-03-02 08:00", "day-after", first, second) == "2026-03-13 17:00"


def test_several_pauses() -> None:
    # 3 (1, stop) 4 not; 5 (2, stop) 6 and 9 not; 10 (3) 11 (4) 12 (5).
    pauses = (
        pause("2026-03-03 09:00", "2026-03-04 09:00"),
        pause("2026-03-05 09:00", "2026-03-09 09:00"),
    )
    assert due("5 days", "2026-03-02 08:00", "day-after", *pauses) == "2026-03-12 17:00"


def test_a_pause_that_began_before_the_clock() -> None:
    early = pause("2026-02-25 09:00", "2026-03-04 09:00")
    # Received on 2/3; nothing counts up to 4/3: 5 (1), 6 (2).
    assert due("2 days", "2026-03-02 08:00", "day-after", early) == "2026-03-06 17:00"
    assert due("2 hours", "2026-03-02 08:00", "moment", early) == "2026-03-04 11:00"
    again = pause("2026-02-25 09:00", "2026-03-04 09:00", again=True)
    assert due("2 days", "2026-03-02 08:00", "day-after", again) == "2026-03-06 17:00"
    over = pause("2026-02-25 09:00", "2026-02-26 09:00", again=True)
    assert due("2 days", "2026-03-02 08:00", "day-after", over) == "2026-03-04 17:00"


def test_a_clock_that_is_still_stopped_has_no_due_date() -> None:
    for again in (False, True):
        still = pause("2026-03-04 10:00", None, again=again)
        found = derive(CALENDAR, Limit.parse("5 days"), at("2026-03-02 08:00"), pauses=[still])
        assert found.due is None
        # Tue 3 and Wed 4, the day of the stop, are used up.
        assert [entry.day for entry in found.counted] == [date(2026, 3, 3), date(2026, 3, 4)]
        assert due("5 hours", "2026-03-04 08:00", "moment", still) is None
        assert due("30 calendar days", "2026-03-02 08:00", "day-after", still) is None
        assert due("2 days", "2026-03-02 08:00", "day-after", still, extension="1 day") is None


def test_a_pause_after_the_deadline_changes_nothing() -> None:
    for again in (False, True):
        late = pause("2026-03-09 17:00", None, again=again)
        over = pause("2026-03-09 17:00", "2026-03-12 08:00", again=again)
        assert due("5 days", "2026-03-02 08:00", "day-after", over) == "2026-03-09 17:00"
        assert due("5 days", "2026-03-02 08:00", "day-after", late) == "2026-03-09 17:00"
        assert due("1 hour", "2026-03-02 08:00", "moment", late) == "2026-03-02 09:00"


def test_a_stop_on_the_last_day_gives_that_day_back() -> None:
    # Due Mon 9/3. Stopped that morning: the limit had not run out, so the day of the
    # resumption is the last day; after its office hours, the next.
    for until, expected in [
        ("2026-03-11 10:00", "2026-03-11 17:00"),
        ("2026-03-11 17:00", "2026-03-11 17:00"),  # at closing, not after it
        ("2026-03-11 18:00", "2026-03-12 17:00"),
        ("2026-03-14 10:00", "2026-03-16 17:00"),  # a Saturday
        ("2026-03-09 15:00", "2026-03-09 17:00"),  # the same day
        (None, None),
    ]:
        one = pause("2026-03-09 10:00", until)
        assert due("5 days", "2026-03-02 08:00", "day-after", one) == expected


def test_a_restart_that_ended_by_the_receipt_takes_nothing_out() -> None:
    # Resumed at the very minute of the receipt: that day is still the first one.
    one = pause("2026-03-01 09:00", "2026-03-03 08:00", again=True)
    assert due("1 day", "2026-03-03 08:00", "same-day", one) == "2026-03-03 17:00"
    found = derive(CALENDAR, Limit.parse("1 day"), at("2026-03-03 08:00"), pauses=[one])
    assert found.supplement_rule == "shift"


def test_a_shift_inside_a_restart_and_after_it() -> None:
    # Restart on Mon 9/3; then 10 (1), 11 (2, stop), 12-13 not, 16 (3).
    pauses = (
        pause("2026-03-04 10:00", "2026-03-09 09:00", again=True),
        pause("2026-03-05 10:00", "2026-03-06 09:00", "financial duty"),
        pause("2026-03-11 10:00", "2026-03-13 09:00", "financial duty"),
    )
    assert due("3 days", "2026-03-02 08:00", "day-after", *pauses) == "2026-03-16 17:00"


# --- extension ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("limit", "rule", "extension", "expected"),
    [
        # Due Mon 9/3; three more days: Tue 10, Wed 11, Thu 12.
        ("5 days", "day-after", "3 days", "2026-03-12 17:00"),
        # In calendar days: 10 to 14, a Saturday, to Mon 16.
        ("5 days", "day-after", "5 calendar days", "2026-03-16 17:00"),
        # In hours: Tuesday from 07:30.
        ("5 days", "day-after", "2 hours", "2026-03-10 09:30"),
        # 5 calendar days end on Sat 7/3, moved to Mon 9/3; 1 working day on: Tue 10.
        ("5 calendar days", "day-after", "1 day", "2026-03-10 17:00"),
        # 4 hours to 13:30, and 2 more.
        ("0.5 day", "moment", "2 hours", "2026-03-02 15:30"),
        # 4 hours to 13:30, then a calendar day: Tuesday, to the end of office hours.
        ("0.5 day", "moment", "1 calendar day", "2026-03-03 17:00"),
    ],
)
def test_an_extension_is_added_at_the_end(
    limit: str, rule: StartRule, extension: str, expected: str
) -> None:
    assert due(limit, "2026-03-02 08:00", rule, extension=extension) == expected


def test_an_extension_and_a_pause() -> None:
    # Due Mon 9/3, stopped on it until Wed 11: Thu 12 and Fri 13 are the two days added.
    one = pause("2026-03-09 10:00", "2026-03-11 10:00")
    found = due("5 days", "2026-03-02 08:00", "day-after", one, extension="2 days")
    assert found == "2026-03-13 17:00"


# --- what was known when -----------------------------------------------------------------


def test_a_past_deadline_as_it_was_known_and_as_it_is_known_now() -> None:
    # Received Tue 23/12/2025: 24, 25, 26, 29, 30, 31 (6). As known that day Fri 2/1 is the
    # 7th. After the decree it is off: Mon 5/1 is the 7th.
    limit, start = "7 days", "2025-12-23 09:00"
    assert due(limit, start, calendar=BEFORE_SWAP) == "2026-01-02 17:00"
    assert due(limit, start) == "2026-01-05 17:00"
    # 12 days: the Saturday worked for it makes up for the day: Fri 9 is the 11th,
    # Sat 10 the 12th; as known before, Fri 9 was the 12th.
    assert due("12 days", start, calendar=BEFORE_SWAP) == "2026-01-09 17:00"
    assert due("12 days", start) == "2026-01-10 17:00"
