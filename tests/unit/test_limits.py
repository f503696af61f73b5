"""Limits in words: what is one, what nobody could count out, and what leaves every calendar."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from engine.core.calendar import CalendarError, local_day
from engine.core.clock import add_working, derive, subtract
from tests.unit.clock_cases import CALENDAR, at
from workflows.model import Limit


@pytest.mark.parametrize(
    "amount",
    ["1e9999999", "0.1e9999999", "1e-9999999", "1E5", "100000", "9" * 99, "0." + "0" * 99 + "1",
     "inf", "nan", "", ".", "1_000"],
)  # fmt: skip
def test_an_amount_that_nobody_could_count_out_is_refused_by_its_form(amount: str) -> None:
    with pytest.raises(ValueError, match="limit"):
        Limit.parse(f"{amount} days")


def test_a_limit_may_be_as_long_as_any_law_has_it() -> None:
    assert str(Limit.parse("99999 working days")) == "99999 working days"
    assert str(Limit.parse("0.125 day")) == "0.125 working days"
    assert Limit.parse(".5 day") == Limit.parse("0.50 days")


@pytest.mark.parametrize("unit", ["hours", "days", "calendar days", "months"])
def test_a_date_beyond_all_calendars_is_told_as_one(unit: str) -> None:
    limit, last = Limit.parse(f"99999 {unit}"), datetime(9999, 12, 31, 20, tzinfo=UTC)
    with pytest.raises(CalendarError):
        derive(CALENDAR, limit, at("2026-03-02 08:00"))
    with pytest.raises(CalendarError):
        add_working(CALENDAR, datetime(9900, 1, 1, tzinfo=UTC), limit)
    with pytest.raises(CalendarError):
        subtract(CALENDAR, datetime(100, 1, 1, tzinfo=UTC), limit)
    with pytest.raises(CalendarError):
        local_day(last)
