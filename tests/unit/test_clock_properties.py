"""Every derivation replays to its date, and agrees with counting on the fingers."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Literal

from hypothesis import assume, given, settings
from hypothesis import strategies as st
from msgspec import structs

from engine.core.clock import (
    Derivation,
    Extension,
    Pause,
    add_working,
    derive,
    subtract,
    working_minutes,
)
from tests.unit.clock_cases import BEFORE_SWAP, CALENDAR, LOCAL
from tests.unit.clock_oracle import Case, naive_due, replay
from workflows.model import Limit, Unit

# --- properties --------------------------------------------------------------------------

MOMENTS = st.builds(
    lambda day, minute: (
        datetime.combine(day, datetime.min.time(), LOCAL) + timedelta(minutes=minute)
    ),
    st.dates(date(2024, 1, 1), date(2026, 10, 31)),
    st.integers(0, 1439),
)
LIMITS = st.one_of(
    st.builds(Limit, st.sampled_from([Decimal(n) / 4 for n in range(1, 60)]),
              st.just(Unit.WORKING_DAY)),
    st.builds(Limit, st.sampled_from([Decimal(n) / 2 for n in range(1, 40)]),
              st.just(Unit.WORKING_HOUR)),
    st.builds(Limit, st.integers(1, 45).map(Decimal), st.just(Unit.CALENDAR_DAY)),
    st.builds(Limit, st.integers(1, 3).map(Decimal), st.just(Unit.MONTH)),
)  # fmt: skip
PAUSE_RULES: list[Literal["shift", "restart"]] = ["shift", "shift", "restart"]
PAUSES = st.lists(
    st.tuples(
        st.integers(-3 * 1440, 25 * 1440),
        st.one_of(st.none(), st.integers(0, 600), st.integers(0, 12 * 1440)),
        st.sampled_from(PAUSE_RULES),
    ),
    max_size=4,
)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    start = draw(MOMENTS)
    pauses = []
    for offset, length, rule in draw(PAUSES):
        since = start + timedelta(minutes=offset)
        until = None if length is None else since + timedelta(minutes=length)
        pauses.append(Pause("supplement", "x", since, until, rule))
    return Case(
        calendar=draw(st.sampled_from([CALENDAR, BEFORE_SWAP])),
        limit=draw(LIMITS),
        start=start,
        rule=draw(st.sampled_from(["day-after", "moment", "same-day"])),
        cutoff=draw(st.sampled_from([None, "15:00"])),
        pauses=tuple(pauses),
        extension=draw(st.one_of(st.none(), st.builds(Extension, LIMITS, st.just("x")))),
    )


def derivation(case: Case) -> Derivation:
    return derive(
        case.calendar,
        case.limit,
        case.start,
        rule=case.rule,
        cutoff=case.cutoff,
        pauses=case.pauses,
        extension=case.extension,
    )


@settings(max_examples=200, deadline=None)
@given(cases())
def test_the_derivation_replays_to_its_date(case: Case) -> None:
    found = derivation(case)
    assert replay(found) == found.due


@settings(max_examples=200, deadline=None)
@given(cases())
def test_the_clock_agrees_with_counting_on_the_fingers(case: Case) -> None:
    assert derivation(case).due == naive_due(case)


@settings(max_examples=80, deadline=None)
@given(cases(), st.integers(1, 5 * 1440))
def test_a_later_resumption_never_makes_an_earlier_deadline(case: Case, minutes: int) -> None:
    assume(case.pauses and case.pauses[0].until is not None)
    first, *rest = case.pauses
    assert first.until is not None
    longer = Pause(
        first.ground, first.evidence, first.since, first.until + timedelta(minutes=minutes),
        first.rule,
    )  # fmt: skip
    rest = [each for each in rest if each.rule == "shift"]
    one = derivation(structs.replace(case, pauses=(first, *rest))).due
    two = derivation(structs.replace(case, pauses=(longer, *rest))).due
    assert one is None or two is None or one <= two


@settings(max_examples=80, deadline=None)
@given(MOMENTS, st.sampled_from([Decimal(n) / 4 for n in range(1, 60)]))
def test_earlier_undoes_later(moment: datetime, amount: Decimal) -> None:
    limit = Limit(amount, Unit.WORKING_DAY)
    later = add_working(CALENDAR, moment, limit)
    assert working_minutes(CALENDAR, moment, later) == amount * 480
    back = subtract(CALENDAR, later, limit)
    assert back <= moment or working_minutes(CALENDAR, moment, back) == 0
    assert working_minutes(CALENDAR, back, later) == amount * 480
