"""A date from words: when it was received, how long the limit is, by which calendar."""

from __future__ import annotations

from datetime import date, datetime
from typing import NamedTuple

from app.law import definitions
from app.plain.definitions import UNITS
from app.trouble import BadInput
from engine.core.calendar import Calendar, CalendarError, local_day
from engine.core.clock import ClockError, derive
from engine.core.deadlines import start_rule
from engine.core.derivation import Derivation
from engine.core.law import Law
from engine.core.rules import Refusal
from workflows.model import MOST, Limit, Policy, Procedure


class Length(NamedTuple):
    """A limit, the cut-off of its policy, and where it comes from."""

    limit: Limit
    cutoff: str | None
    source: str = ""


def unit_named(word: str) -> str:
    """ "working-day", "working days", "day", "hours": all of them are meant well. Raises
    ValueError."""
    plain = "-".join(word.lower().replace("_", " ").replace("-", " ").split())
    plain = plain.removesuffix("s")
    found = {"day": "working-day", "hour": "working-hour"}.get(plain, plain)
    if found not in UNITS:
        raise ValueError(f"{word!r} is no unit; there are: {', '.join(UNITS)}")
    return found


def length(amount: str | None, unit: str, of: Procedure | None) -> Length:
    """`amount` of `unit`, else the procedure's own limit; with the procedure's cut-off if one is
    named. Raises BadInput."""
    cutoff, source = Policy().cutoff, ""
    if of is not None:
        cutoff, source = of.policy.cutoff, f"{of.id} {of.version}"
    if amount is None:
        if of is None:
            raise BadInput("Say how long: a limit with its unit, or a procedure")
        return Length(of.limit, cutoff, source)
    try:
        limit = Limit.parse(f"{amount.replace(',', '.')} {unit.replace('-', ' ')}")
    except ValueError:
        raise BadInput(
            f"limit {amount!r} is not a number above 0, such as 34 or 0.5, and at most {MOST}"
        ) from None
    return Length(limit, cutoff, source)


def derived(
    start: datetime, asked: Length, calendar: str | None, law: Law | None = None
) -> Derivation:
    """By a version of the working calendar, else by the one known when it was received: of a
    store's law, or of the files. Raises BadInput for what no calendar covers."""
    day = local_day(start)
    known = definitions.calendar(calendar, day) if law is None else _of_law(law, calendar, day)
    try:
        return derive(
            known,
            asked.limit,
            start,
            rule=start_rule(asked.limit),
            cutoff=asked.cutoff,
            source=asked.source,
        )
    except (CalendarError, ClockError) as error:
        raise BadInput(str(error)) from None


def _of_law(law: Law, version: str | None, day: date) -> Calendar:
    try:
        return law.calendar_known_on(day) if version is None else law.calendar(version)
    except Refusal as refusal:
        raise BadInput(refusal.rejected.message) from None
