"""The statutory clock: when a limit ends, counted in the time that the law counts.

All datetimes in and out are aware; results are in UTC. Time is taken to the minute: seconds
are dropped. Legal ground: Civil Code 2015 (91/2015/QH13), art. 147 and 148, for calendar days
and months; the procedure's own text for working days and hours.

The three ways of counting are one: each maps moments to ticks (working days, calendar
days, working minutes), a count goes n ticks on, and a pause adds the ticks that it covers.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Iterable
from datetime import MAXYEAR, MINYEAR, date, datetime
from decimal import ROUND_CEILING, Decimal
from functools import lru_cache
from typing import Literal

from engine.core.calendar import (
    DAY,
    WORKDAY,
    Calendar,
    CalendarError,
    local_day,
    local_minute,
    minute_of_day,
    utc,
)
from engine.core.derivation import Derivation, Extension, Pause, StartRule, Stretch, rule_for
from workflows.model import Limit, Unit

__all__ = [
    "ClockError",
    "Derivation",
    "Extension",
    "Pause",
    "StartRule",
    "add_working",
    "derive",
    "local_day",
    "remaining",
    "subtract",
    "verdict",
    "working_minutes",
]

Pausing = tuple[int, int | None]
"""A pause in local minutes, or in ticks; None: not resumed."""


class ClockError(Exception):
    """The clock was asked for something that cannot be counted. The message says what."""


def derive(
    calendar: Calendar,
    limit: Limit,
    start: datetime,
    *,
    rule: StartRule = "day-after",
    cutoff: str | None = None,
    pauses: Iterable[Pause] = (),
    extension: Extension | None = None,
    source: str = "",
) -> Derivation:
    """The deadline of a limit that started at `start`, with its reasons; cached by value.

    `rule` decides for working days only (see `StartRule`). A fraction of a day is rounded up
    to the whole day except under `moment`. `cutoff` ("HH:MM", local): under `same-day`, what
    is received later counts from the next working day; a restart after it, too. Other limits
    have their whole length at any time. A pause has an effect if it began before the deadline;
    one that began earlier in the last day and outlasts it moves the deadline to the end of
    office hours of the day of resumption (or of the next working day, after hours), since the
    limit had not run out.

    Raises ClockError for a limit that is not positive, months in fractions, a pause that
    ends before it begins; CalendarError for a naive datetime or a day outside the calendar.
    """
    return _derive(calendar, limit, start, rule, cutoff, tuple(pauses), extension, source)


@lru_cache(maxsize=8192)
def _derive(
    calendar: Calendar,
    limit: Limit,
    start: datetime,
    rule: StartRule,
    cutoff: str | None,
    pauses: tuple[Pause, ...],
    extension: Extension | None,
    source: str,
) -> Derivation:
    limits = (limit,) if extension is None else (limit, extension.limit)
    for each in limits:
        _check(each)
    applied = rule_for(rule, limit.unit)
    late = None if cutoff is None else minute_of_day(cutoff)
    ordered = tuple(sorted(pauses, key=_since)) if len(pauses) > 1 else pauses
    timed = [(_minutes_of(pause), pause.rule) for pause in ordered]
    shifts = [span for span, kind in timed if kind == "shift"]
    received = local_minute(start)
    begin = _begin(calendar, received, applied, late)

    stretches, due = _count_out(calendar, limits, rule, begin, shifts)
    restarted = False
    for (since, until), kind in timed:
        if kind == "shift" or (due is not None and since >= due):
            continue
        if until is None:
            shifts = sorted([*shifts, (since, None)], key=_first)
        elif until > received:
            begin = max(begin, _begin(calendar, until, applied, late))
            restarted = True
        stretches, due = _count_out(calendar, limits, rule, begin, shifts)

    open_since = (since for since, until in shifts if until is None)
    return Derivation(
        calendar=calendar,
        limit=limit,
        source=source,
        rule=applied,
        start=utc(received),
        cutoff=cutoff,
        pauses=ordered,
        extension=extension,
        begin=begin,
        restarted=restarted,
        stretches=stretches,
        horizon=min(open_since) if due is None else due,
        due=None if due is None else utc(due),
    )


def _check(limit: Limit) -> None:
    if not (limit.amount.is_finite() and limit.amount > 0):
        raise ClockError(f"a limit of {limit.amount} {limit.unit.value}s is not positive")
    if limit.unit is Unit.MONTH and limit.amount % 1:
        raise ClockError(f"{limit}: months are counted whole")


def _minutes_of(pause: Pause) -> Pausing:
    since = local_minute(pause.since)
    until = None if pause.until is None else local_minute(pause.until)
    if until is not None and until < since:
        raise ClockError(f"the pause on {pause.ground!r} ends before it begins: {pause}")
    return since, until


def _since(pause: Pause) -> int:
    return local_minute(pause.since)


def _first(pause: Pausing) -> int:
    return pause[0]


def _begin(calendar: Calendar, minute: int, rule: StartRule, late: int | None) -> int:
    """From where a limit counts that was received in that local minute."""
    if rule != "same-day":
        return minute
    day, of_day = divmod(minute, DAY)
    over = calendar.closes if late is None else min(late, calendar.closes)
    first = calendar.next_workday(day + 1 if of_day > over else day)
    # Days count from the day after: begin on the eve, and the first day is the first counted.
    return (first - 1) * DAY + calendar.closes


def _count_out(
    calendar: Calendar,
    limits: tuple[Limit, ...],
    rule: StartRule,
    begin: int,
    pauses: list[Pausing],
) -> tuple[tuple[Stretch, ...], int | None]:
    """The limits one after the other, and the local minute of the deadline."""
    stretches: list[Stretch] = []
    end: int | None = begin
    for limit in limits:
        if end is None:
            break
        applied = rule_for(rule, limit.unit)
        if applied == "moment":
            last = end_of_count = _after_minutes(calendar, limit, end, pauses)
        else:
            last, end_of_count = _after_days(calendar, limit, end, pauses)
        stretches.append(Stretch(limit, applied, end, last, end_of_count))
        end = end_of_count
    if end is not None and applied != "moment":
        end = _held(calendar, end, pauses)
    return tuple(stretches), end


def _after_minutes(
    calendar: Calendar, limit: Limit, begin: int, pauses: list[Pausing]
) -> int | None:
    worked = _advance(calendar.worked_to(begin), _minutes(limit), pauses, calendar.worked_to)
    return None if worked is None else calendar.moment(worked)


def _after_days(
    calendar: Calendar, limit: Limit, begin: int, pauses: list[Pausing]
) -> tuple[int | None, int | None]:
    """The end of the last day counted, and of the day to which it moves if that is off."""
    if limit.unit is Unit.WORKING_DAY:

        def tick(minute: int) -> int:
            return calendar.workdays_to(minute // DAY)

        rank = _advance(tick(begin), _whole(limit.amount), pauses, tick)
        if rank is None:
            return None, None
        end = calendar.closing(calendar.workday(rank))
        return end, end
    first = begin // DAY
    if limit.unit is Unit.MONTH:
        days = _months_after(first, int(limit.amount)) - first
    else:
        days = _whole(limit.amount)
    day = _advance(first, days, pauses, _day)
    if day is None:
        return None, None
    # Civil Code 2015, art. 148(5): a period that ends on a day off ends on the next working day.
    return calendar.closing(day), calendar.closing(calendar.next_workday(day))


def _day(minute: int) -> int:
    return minute // DAY


def _advance(
    begin: int, amount: int, pauses: list[Pausing], tick: Callable[[int], int]
) -> int | None:
    """`amount` ticks after `begin`, not counting those in pauses (in order of time).

    A pause covers the ticks after that of the stop, up to and including that of the resumption.
    None when the count meets a pause that has not ended.
    """
    target, seen = begin + amount, begin
    for since, until in pauses:
        stopped = tick(since)
        if stopped >= target:
            break
        if until is None:
            return None
        resumed, stopped = tick(until), max(stopped, seen)
        if resumed > stopped:
            target += resumed - stopped
            seen = resumed
    return target


def _held(calendar: Calendar, due: int, pauses: list[Pausing]) -> int | None:
    """The deadline, when a pause that began earlier on the last day outlasts it."""
    for since, until in pauses:
        if since >= due:
            break
        if until is None:
            return None
        if until > due:
            day = calendar.next_workday(until // DAY)
            if calendar.closing(day) < until:
                day = calendar.next_workday(day + 1)
            due = calendar.closing(day)
    return due


def _whole(amount: Decimal) -> int:
    return int(amount.to_integral_value(ROUND_CEILING))


def _minutes(limit: Limit) -> int:
    """Working minutes of a limit in working hours or days; a fraction of a minute rounds up."""
    return _whole(limit.amount * (60 if limit.unit is Unit.WORKING_HOUR else WORKDAY))


def _months_after(day: int, months: int) -> int:
    """The same day of a later (or earlier) month, or its last day (Civil Code, art. 148(3)).

    Raises CalendarError where the year is none of a date's.
    """
    begin = date.fromordinal(day)
    year, month = divmod(begin.year * 12 + begin.month - 1 + months, 12)
    if not MINYEAR <= year <= MAXYEAR:
        raise CalendarError(f"{months} months from {begin} there is no date in any calendar")
    last = monthrange(year, month + 1)[1]
    return date(year, month + 1, min(begin.day, last)).toordinal()


def working_minutes(calendar: Calendar, a: datetime, b: datetime) -> int:
    """Working minutes from `a` to `b`; negative when `b` is before `a`."""
    return calendar.worked_to(local_minute(b)) - calendar.worked_to(local_minute(a))


def remaining(calendar: Calendar, now: datetime, due: datetime) -> int:
    """Working minutes left until `due`; negative when it has passed.

    Zero is also the night after the last hour: compare `now` with `due` to tell.
    """
    return working_minutes(calendar, now, due)


def add_working(calendar: Calendar, moment: datetime, limit: Limit) -> datetime:
    """`limit` later, from the moment, without pauses: for timers.

    Working time ends at the earliest moment by which it has been worked (17:00 rather than
    07:30 of the next day). Calendar days and months keep the time of day. Zero is allowed.
    """
    return utc(_moved(calendar, local_minute(moment), limit, 1))


def subtract(calendar: Calendar, moment: datetime, limit: Limit) -> datetime:
    """`limit` earlier: the earliest moment from which exactly so much is left. For timers.

    So one working day before 17:00 on Friday is 17:00 on Thursday.
    """
    return utc(_moved(calendar, local_minute(moment), limit, -1))


def _moved(calendar: Calendar, minute: int, limit: Limit, sign: Literal[1, -1]) -> int:
    if limit.amount == 0:
        return minute
    _check(limit)
    if limit.unit in (Unit.WORKING_HOUR, Unit.WORKING_DAY):
        return calendar.moment(calendar.worked_to(minute) + sign * _minutes(limit))
    day, of_day = divmod(minute, DAY)
    if limit.unit is Unit.MONTH:
        return _months_after(day, sign * int(limit.amount)) * DAY + of_day
    return minute + sign * _whole(limit.amount * DAY)


def verdict(
    calendar: Calendar, ended_at: datetime, appointment: datetime | None
) -> Literal["early", "on time", "overdue"]:
    """By local date: the end's date before, equal to or after the appointment's.

    Without an appointment it is on time. `calendar` gives the zone.
    """
    if appointment is None:
        return "on time"
    ended, due = local_minute(ended_at) // DAY, local_minute(appointment) // DAY
    if ended == due:
        return "on time"
    return "early" if ended < due else "overdue"
