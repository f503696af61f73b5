"""What a file of agencies, or a calendar, would change of what is in force."""

from __future__ import annotations

from datetime import date

import msgspec
from sqlalchemy import Connection, func, select

from app.admin.changes import Difference, differences
from consumers.views.deadlines import TABLE as DEADLINES
from engine.core.calendar import DAY, utc
from schemas.envelope import to_micros
from workflows.calendar_files import DayChange, changes
from workflows.calendar_model import CalendarSource
from workflows.organisation import Agency, Officer, Organisation


class End(msgspec.Struct, frozen=True):
    """An end that is set, put off or called off. `of`: an agency or a post, as it will be."""

    of: Agency | Officer
    before: date | None


class Turn(msgspec.Struct, frozen=True):
    """What differs between two organisations. `posts`: those that begin, by their agency;
    `others`: whatever else differs of what has not begun yet."""

    begun: list[Agency]
    ends: list[End]
    posts: dict[str, list[Officer]]
    post_ends: list[End]
    others: list[Difference]

    @property
    def empty(self) -> bool:
        return not (self.begun or self.ends or self.posts or self.post_ends or self.others)


def turn(before: Organisation, after: Organisation) -> Turn:
    """In the order of the files."""
    found = Turn([], [], {}, [], [])
    agencies = {each.id: each for each in before.agencies()}
    for agency in after.agencies():
        if agency.id not in agencies:
            found.begun.append(agency)
        else:
            _differ(agencies[agency.id], agency, found.ends, found.others)
    officers = {each.id: each for each in before.officers()}
    for officer in after.officers():
        if officer.id not in officers:
            found.posts.setdefault(officer.agency, []).append(officer)
        else:
            _differ(officers[officer.id], officer, found.post_ends, found.others)
    return found


def _differ(
    was: Agency | Officer, is_: Agency | Officer, ends: list[End], others: list[Difference]
) -> None:
    if was.valid_to != is_.valid_to:
        ends.append(End(is_, was.valid_to))
    others += [
        Difference(f"{is_.id}.{each.where}", each.before, each.after)
        for each in differences(was, is_)
        if each.where != "valid_to"
    ]


class DayTurn(msgspec.Struct, frozen=True):
    """What differs between two calendars. `others`: whatever is not about a day. `since`: the
    first day, from some day on, that counts otherwise; None when none does. `touched`: how many
    open deadlines end on it or later; each keeps its date, since its dossier keeps its calendar."""

    days: list[DayChange]
    others: list[Difference]
    since: date | None
    touched: int


def day_turn(
    connection: Connection, before: CalendarSource, after: CalendarSource, today: date
) -> DayTurn:
    days = changes(before, after)
    since = min((each.day for each in days if each.day >= today), default=None)
    others = differences(_frame(before), _frame(after))
    return DayTurn(days, others, since, _open_since(connection, since) if since else 0)


def _frame(calendar: CalendarSource) -> CalendarSource:
    """Without its days, and without what always differs."""
    bare = msgspec.structs.replace(calendar, days_off=(), days_worked=())
    return msgspec.structs.replace(bare, version="", known_on=date.min)


def _open_since(connection: Connection, day: date) -> int:
    """Open deadlines of legs and of their steps that end on a local day or later."""
    begin = to_micros(utc(day.toordinal() * DAY))
    counts = [
        select(func.count()).select_from(DEADLINES).where(due >= begin).scalar_subquery()
        for due in (DEADLINES.c.due, DEADLINES.c.step_due)
    ]
    return sum(connection.execute(select(*counts)).one())
