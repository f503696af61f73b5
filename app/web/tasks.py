"""What an agency has to do, as an officer filters and pages through it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, TypeVar
from unicodedata import combining, normalize
from urllib.parse import urlencode

import msgspec
from sqlalchemy import ColumnElement, Connection, RowMapping, Select, case, func, select, tuple_

from app.web.names import Names
from consumers.views import status
from consumers.views.inbox import BY_MODE, REGISTERED, TABLE, TRANSFER, act_at
from engine.core.calendar import CalendarError, local_day
from engine.core.clock import ClockError, add_working
from schemas.envelope import to_micros
from workflows.machine import AT_WORK, BACK, LEGS, PAUSED, RESUME_ACTS, SUPPLEMENT
from workflows.model import Limit

if TYPE_CHECKING:
    from app.house import House
    from app.settings import Lang

PAGE = 25
"""Tasks on a page: no more than somebody looks through, and a page stays light on a phone."""

Whose = Literal["mine", "anyone", "all"]
Urgency = Literal["overdue", "soon", "ok", "none"]
URGENCIES: tuple[Urgency, ...] = ("overdue", "soon", "ok", "none")

Moment = TypeVar("Moment", int, datetime)
"""In microseconds since 1970, as a row has it, or as it is reckoned with."""

SOON = Limit.parse("8 working hours")
"""How long before its deadline a task counts as due soon; as procedures do unless they say
otherwise."""


class Filters(msgspec.Struct, frozen=True):
    """What of the list is asked for; kept in the address. `page` counts from 1."""

    procedure: str = ""
    act: str = ""
    whose: str = ""
    urgency: str = ""
    q: str = ""
    page: int = 1

    def address(self, **changes: Any) -> str:
        """The query of an address with some filters changed; what is empty is left out."""
        said = {**msgspec.structs.asdict(self), **changes}
        kept = {name: value for name, value in said.items() if value not in ("", 1, None)}
        return f"?{urlencode(kept)}" if kept else "?"


def filters(asked: Mapping[str, str]) -> Filters:
    """The filters in a query; what makes no sense there is left out."""
    page = asked.get("page", "1")
    return Filters(
        procedure=asked.get("procedure", "")[:100],
        act=asked.get("act", "")[:50],
        whose=asked["whose"] if asked.get("whose") in ("mine", "anyone", "all") else "",
        urgency=asked["urgency"] if asked.get("urgency") in URGENCIES else "",
        q=asked.get("q", "").strip()[:100],
        page=max(1, int(page)) if page.isdecimal() and len(page) < 6 else 1,
    )


class Row(msgspec.Struct, frozen=True):
    """One task as it is shown; `part`: what its leg is called, unless the step says the same.
    Moments are microseconds since 1970; `left` is working minutes, negative when the time is
    over; `version`: of the dossier, as the list knows it."""

    code: str
    leg: str
    part: str
    act: str
    procedure: str
    step: str
    officer: str | None
    role: str | None
    since: int
    due: int | None
    left: int | None
    urgency: str
    whole_due: int | None
    version: int


class Found(msgspec.Struct, frozen=True):
    """A page of tasks, and how many there are of each urgency with all other filters."""

    rows: list[Row]
    counts: dict[str, int]
    total: int


class Reader(msgspec.Struct, frozen=True):
    """Who reads an agency's list: `officer` is None for who holds no post there. `gone`: the
    agencies that are no more and whose dossiers it has."""

    agency: str
    gone: Collection[str]
    officer: str | None
    roles: tuple[str, ...]
    lang: Lang


def tasks(connection: Connection, house: House, reader: Reader, asked: Filters) -> Found:
    """The tasks of an agency that pass the filters, most urgent first."""
    now, soon = to_micros(house.now), to_micros(soon_after(house))
    conditions = _conditions(house, reader, asked)
    # Only what is filtered by the dossier has to be looked up there before it is counted.
    by_dossier = asked.procedure or asked.act or asked.q
    joined = TABLE.join(status.TABLE, status.TABLE.c.dossier == TABLE.c.dossier)
    source = joined if by_dossier else TABLE
    counts = _counts(connection, select().select_from(source).where(*conditions), now, soon)
    total = counts[asked.urgency] if asked.urgency else sum(counts.values())
    order = (TABLE.c.due.is_(None), TABLE.c.due, TABLE.c.dossier, TABLE.c.leg)
    first = select(TABLE.c.dossier, TABLE.c.leg).select_from(source).where(*conditions)
    if asked.urgency:
        first = first.where(_urgent(asked.urgency, now, soon))
    first = first.order_by(*order).limit(PAGE).offset((asked.page - 1) * PAGE)
    of, shown = status.TABLE.c, first.subquery()
    more = [of.procedure, of.procedure_version, of.calendar, of.version, of.stops]
    query = (
        select(*TABLE.c, *more, of.due.label("whole_due"))
        .select_from(joined)
        .join(shown, (shown.c.dossier == TABLE.c.dossier) & (shown.c.leg == TABLE.c.leg))
        .order_by(*order)
    )
    rows = connection.execute(query).mappings()
    return Found([_row(house, reader, row, now, soon) for row in rows], counts, total)


def soon_after(house: House) -> datetime:
    """Up to when a deadline is near; now itself where no calendar knows."""
    calendar = house.law.calendar_known_on(local_day(house.now))
    try:
        return add_working(calendar, house.now, SOON)
    except (CalendarError, ClockError):
        return house.now


def _counts(connection: Connection, query: Select[Any], now: int, soon: int) -> dict[str, int]:
    sums = [
        func.coalesce(func.sum(case((_urgent(each, now, soon), 1), else_=0)), 0).label(each)
        for each in URGENCIES
    ]
    found = connection.execute(query.add_columns(*sums)).mappings().one()
    return {each: int(found[each]) for each in URGENCIES}


def _urgent(urgency: str, now: int, soon: int) -> ColumnElement[bool]:
    due = TABLE.c.due
    match urgency:
        case "overdue":
            return due < now
        case "soon":
            return (due >= now) & (due < soon)
        case "ok":
            return due >= soon
    return due.is_(None)


def _conditions(house: House, reader: Reader, asked: Filters) -> list[ColumnElement[bool]]:
    whole = TABLE.c.agency.in_(sorted({reader.agency, *reader.gone}))
    found: list[ColumnElement[bool]] = [whole, TABLE.c.mode != LEGS]
    if asked.procedure:
        found.append(status.TABLE.c.procedure == asked.procedure)
    if asked.act:
        found.append(_of_act(house, reader, asked.act, asked.procedure))
    if reader.officer is not None:
        whose = asked.whose or "both"
        mine = TABLE.c.officer == reader.officer
        role = TABLE.c.role.is_(None) | TABLE.c.role.in_(reader.roles)
        # Whoever had it, or was named, at an agency that is no more does nothing there: somebody
        # takes it over, or answers the offer.
        anyone = role & (TABLE.c.officer.is_(None) | (TABLE.c.agency != reader.agency))
        if whose != "all":
            found.append({"mine": mine, "anyone": anyone, "both": mine | anyone}[whose])
    if asked.q:
        found.append(_matching(house, asked.q))
    return found


def _of_act(house: House, reader: Reader, act: str, procedure: str) -> ColumnElement[bool]:
    """Of the tasks that are ended by an act: by their mode, or by the step they are at; as `act_at`
    says it of one. `procedure`: the only one that is asked for, or none; a row is then compared
    with its steps and not with those of all."""
    mode, gone = TABLE.c.mode, TABLE.c.agency.in_(sorted(reader.gone))
    work = {
        (each.id, each.version, leg, step.name): step.act
        for each in house.law.procedures()
        if procedure in ("", each.id)
        for leg, process in house.law.outline(each.key).processes.items()
        for step in process.steps.values()
        if step.by is not None
    }
    of = status.TABLE.c
    at = tuple_(of.procedure, of.procedure_version, TABLE.c.leg, TABLE.c.step)
    if act == TRANSFER:
        return gone & mode.in_([AT_WORK, BACK]) & at.in_(list(work))
    found = (mode == AT_WORK) & ~gone & at.in_([key for key, each in work.items() if each == act])
    if act == BY_MODE[BACK]:
        found |= (mode == BACK) & (~gone | at.not_in(list(work)))
    found |= mode.in_([each for each, meant in BY_MODE.items() if meant == act and each != BACK])
    found |= (mode == PAUSED) & TABLE.c.ground.in_(
        [ground for ground, meant in RESUME_ACTS.items() if meant == act]
    )
    if act == "resume":
        found |= (mode == PAUSED) & TABLE.c.ground.not_in(list(RESUME_ACTS))
    return found


def _matching(house: House, text: str) -> ColumnElement[bool]:
    """Of a code that has the text in it, or a procedure whose title has it, marks or none."""
    wanted = plain(text)
    named = {
        each.id
        for each in house.law.procedures()
        if wanted in plain(f"{each.id} {each.title.vi} {each.title.en}")
    }
    coded = TABLE.c.dossier.icontains(text, autoescape=True)
    return coded | status.TABLE.c.procedure.in_(sorted(named)) if named else coded


def plain(text: str) -> str:
    """Lower case without the marks of Vietnamese: "Đất đai" is "dat dai"."""
    apart = normalize("NFD", text.lower().replace("đ", "d"))
    return "".join(each for each in apart if not combining(each))


def acts_of(house: House) -> list[str]:
    """Every act that may be what is to be done next."""
    steps = {
        step.act
        for procedure in house.law.procedures()
        for process in house.law.outline(procedure.key).processes.values()
        for step in process.steps.values()
        if step.by is not None
    }
    return [*BY_MODE.values(), *sorted(steps - {"forward"}), *RESUME_ACTS.values(), TRANSFER]


def _row(house: House, reader: Reader, row: RowMapping, now: int, soon: int) -> Row:
    lang = reader.lang
    procedure = house.law.procedure((row["procedure"], row["procedure_version"]))
    due, names = row["due"], Names(house.law, procedure, lang)
    step = step_title(house, procedure.key, row["leg"], row["step"], lang)
    part = names.leg(row["leg"])
    return Row(
        code=row["dossier"],
        leg=row["leg"],
        part="" if part == step else part,
        act=act_at(row, house.act_of, reader.gone),
        procedure=procedure.title.vi if lang == "vi" else procedure.title.en,
        step=step,
        officer=row["officer"],
        role=row["role"],
        since=row["since"],
        due=due,
        left=None if due is None else house.remaining(row["calendar"], due),
        urgency=_urgency(row, now, soon),
        whole_due=row["whole_due"],
        version=row["version"],
    )


def nearness(due: Moment, now: Moment, soon: Moment) -> Urgency:
    """Of a step: by the moment, where the deadline of a leg counts by its day."""
    return "overdue" if due < now else "soon" if due < soon else "ok"


def _urgency(row: RowMapping, now: int, soon: int) -> str:
    due = row["due"]
    if due is not None:
        return nearness(due, now, soon)
    last = row["stops"].rpartition("*=")[2]
    suspended = "*=" in row["stops"] and not last.startswith("\n")
    return "stopped" if suspended or row["mode"] in (PAUSED, SUPPLEMENT) else "none"


def step_title(house: House, key: tuple[str, str], leg: str, step: str, lang: Lang) -> str:
    """What a step is called; a step without a title, by its name."""
    process = house.law.outline(key).processes.get(leg)
    found = process.steps.get(step) if process else None
    if found is None or found.title is None:
        return "" if step in (REGISTERED, "@") else step.replace("-", " ")
    return found.title.vi if lang == "vi" else found.title.en
