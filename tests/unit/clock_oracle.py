"""The clock once more, on the fingers: two independent ways to a deadline, both slow.

`naive_due` walks days and minutes with `Calendar.is_working` alone. `replay` reads only
what a derivation lists and counts it off.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta, timezone
from itertools import pairwise
from math import ceil

import msgspec

from engine.core.calendar import Calendar
from engine.core.clock import Derivation, Extension, Pause, StartRule
from engine.core.derivation import Counted, NotCounted
from workflows.model import Limit, Unit

LOCAL = timezone(timedelta(hours=7))
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
OPENS, CLOSES = time(7, 30), time(17)
Entry = Counted | NotCounted


class Case(msgspec.Struct, frozen=True):
    calendar: Calendar
    limit: Limit
    start: datetime
    rule: StartRule
    cutoff: str | None
    pauses: tuple[Pause, ...]
    extension: Extension | None


def rule_of(case_rule: StartRule, limit: Limit) -> StartRule:
    if limit.unit is Unit.WORKING_HOUR:
        return "moment"
    return case_rule if limit.unit is Unit.WORKING_DAY else "day-after"


def minutes_of(limit: Limit) -> int:
    return ceil(limit.amount * (60 if limit.unit is Unit.WORKING_HOUR else 480))


def month_end(start: date, months: int) -> date:
    """As by hand: so many months on, then the same day number or the last."""
    target = start.replace(day=1)
    for _ in range(months):
        target = (target + timedelta(days=31)).replace(day=1)
    return target.replace(day=min(start.day, monthrange(target.year, target.month)[1]))


def at_close(day: date) -> datetime:
    return datetime.combine(day, CLOSES, LOCAL)


def next_working(calendar: Calendar, day: date) -> date:
    while not calendar.is_working(day):
        day += DAY
    return day


# --- by walking the calendar -------------------------------------------------------------


def naive_due(case: Case) -> datetime | None:
    start = case.start.astimezone(LOCAL)
    applied = rule_of(case.rule, case.limit)
    pauses = sorted(case.pauses, key=lambda pause: pause.since)
    shifts = [pause for pause in pauses if pause.rule == "shift"]
    begin = first_moment(case, applied, start)
    due = run(case, begin, shifts)
    for pause in pauses:
        if pause.rule == "shift" or (due is not None and pause.since >= due):
            continue
        if pause.until is None:
            return None
        if pause.until > start:
            begin = max(begin, first_moment(case, applied, pause.until.astimezone(LOCAL)))
        due = run(case, begin, shifts)
    return None if due is None else due.astimezone(UTC)


def first_moment(case: Case, rule: StartRule, moment: datetime) -> datetime:
    if rule != "same-day":
        return moment
    hour, minute = (case.cutoff or "23:59").split(":")
    cutoff = min(time(int(hour), int(minute)), CLOSES)
    late = moment.time() > cutoff and case.calendar.is_working(moment.date())
    day = next_working(case.calendar, moment.date() + DAY if late else moment.date())
    return at_close(day - DAY)


def run(case: Case, begin: datetime, pauses: list[Pause]) -> datetime | None:
    limits = [case.limit, *([case.extension.limit] if case.extension else [])]
    due: datetime | None = begin
    for limit in limits:
        if due is None:
            return None
        if rule_of(case.rule, limit) == "moment":
            due = walk_minutes(case.calendar, limit, due, pauses)
        else:
            due = walk_days(case.calendar, limit, due, pauses)
    if rule_of(case.rule, limits[-1]) == "moment" or due is None:
        return due
    for pause in pauses:
        if pause.since < due and pause.until is None:
            return None
        if pause.since < due and pause.until is not None and pause.until > due:
            until = pause.until.astimezone(LOCAL)
            day = next_working(case.calendar, until.date())
            due = at_close(
                day if at_close(day) >= until else next_working(case.calendar, day + DAY)
            )
    return due


def walk_minutes(
    calendar: Calendar, limit: Limit, begin: datetime, pauses: list[Pause]
) -> datetime | None:
    left, moment = minutes_of(limit), begin
    while left:
        if not calendar.is_working(moment.date()) or moment.time() >= CLOSES:
            moment = datetime.combine(moment.date() + DAY, time(0), LOCAL)
            continue
        office = OPENS <= moment.time() < time(11, 30) or time(13) <= moment.time() < CLOSES
        if office:
            for pause in pauses:
                if pause.since <= moment and pause.until is None:
                    return None
            if not any(pause.since <= moment < pause.until for pause in pauses if pause.until):
                left -= 1
        moment += MINUTE
    return moment


def walk_days(
    calendar: Calendar, limit: Limit, begin: datetime, pauses: list[Pause]
) -> datetime | None:
    day = begin.date()
    if limit.unit is Unit.MONTH:
        left = (month_end(day, int(limit.amount)) - day).days
    else:
        left = ceil(limit.amount)
    while left:
        day += DAY
        if limit.unit is Unit.WORKING_DAY and not calendar.is_working(day):
            continue
        paused = False
        for pause in pauses:
            if pause.since.astimezone(LOCAL).date() < day:
                if pause.until is None:
                    return None
                paused = paused or day <= pause.until.astimezone(LOCAL).date()
        left -= not paused
    return at_close(next_working(calendar, day))


# --- by reading the derivation -----------------------------------------------------------


def replay(derivation: Derivation) -> datetime | None:
    """The deadline told by the lists alone. Fails when a day is missing, twice or left over."""
    entries = derivation.days()
    for before, after in pairwise(entries):
        assert after.day - before.day == DAY, f"{before.day} is followed by {after.day}"
    for entry in entries:
        if isinstance(entry, NotCounted) and entry.reason.kind in ("weekend", "holiday", "swap"):
            assert not derivation.calendar.is_working(entry.day)
    if derivation.due is None:
        return None
    return _count_off(derivation, entries)


def _count_off(derivation: Derivation, entries: list[Entry]) -> datetime:
    extension = derivation.extension
    limits = [derivation.limit, *([extension.limit] if extension else [])]
    left = _tokens(entries)
    first, reached = derivation.stretches[0].begin // 1440, at_close(entries[0].day - DAY)
    for number, limit in enumerate(limits):
        begin = date.fromordinal(first) if number == 0 else reached.date()
        stretch = derivation.stretches[number]
        if stretch.rule == "moment":
            reached = _take_minutes(left, minutes_of(limit))
            continue
        whole = ceil(limit.amount)
        if limit.unit is Unit.MONTH:
            whole = (month_end(begin, int(limit.amount)) - begin).days
        for _ in range(whole):
            day, span = left.pop(0)
            assert span is None
        reached = at_close(next_working(derivation.calendar, day))
    assert left == [], "days are listed as counted that the limit does not need"
    last = entries[-1]
    if last.day > reached.date():
        assert isinstance(last, NotCounted)
        reached = at_close(last.day)
    return reached.astimezone(UTC)


def _tokens(entries: list[Entry]) -> list[tuple[date, tuple[int, int] | None]]:
    tokens: list[tuple[date, tuple[int, int] | None]] = []
    for entry in entries:
        if isinstance(entry, Counted):
            tokens += [(entry.day, span) for span in entry.spans] or [(entry.day, None)]
    return tokens


def _take_minutes(left: list[tuple[date, tuple[int, int] | None]], amount: int) -> datetime:
    while True:
        day, span = left.pop(0)
        assert span is not None
        begin, end = span
        if end - begin >= amount:
            if end - begin > amount:
                left.insert(0, (day, (begin + amount, end)))
            midnight = datetime.combine(day, time(0), LOCAL)
            return midnight + timedelta(minutes=begin + amount)
        amount -= end - begin
