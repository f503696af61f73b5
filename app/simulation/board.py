"""The board of the demo: what the views say at the end of the year, agency by agency."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import msgspec
from sqlalchemy import Connection, and_, func, select

from consumers.alerts import alerts_table
from consumers.views import deadlines, inbox, register
from consumers.views.timers import DAY, midnight_after
from schemas.envelope import to_micros
from workflows.machine import LEGS, PAUSED, SUPPLEMENT
from workflows.organisation import Organisation

LEVELS = ("district", "province", "commune")
"""In the order of the board; the communes are many, so they come last."""


class Row(msgspec.Struct):
    """One agency together with its own one-stop desk.

    `received`, of which `early`, `on_time`, `overdue` are resolved. `to_do`: what lies with
    the agency now; of that, `waiting` for the citizen, `due_soon` within a day, `late`: past
    the deadline of its step, of its leg or of the whole.
    """

    agency: str
    name: str
    level: str
    received: int = 0
    early: int = 0
    on_time: int = 0
    overdue: int = 0
    to_do: int = 0
    waiting: int = 0
    due_soon: int = 0
    late: int = 0

    def count(self, verdict: str | None, number: int) -> None:
        self.received += number
        self.early += number if verdict == "early" else 0
        self.on_time += number if verdict == "on time" else 0
        self.overdue += number if verdict == "overdue" else 0


class _Rows:
    def __init__(self, organisation: Organisation) -> None:
        self.organisation = organisation
        self.found: dict[str, Row] = {}

    def of(self, agency_id: str) -> Row:
        agency = self.organisation.agency(agency_id)
        if agency.function == "commune-one-stop" and agency.parent:
            agency = self.organisation.agency(agency.parent)
        if agency.id not in self.found:
            self.found[agency.id] = Row(agency.id, agency.name.vi, agency.level)
        return self.found[agency.id]

    def sorted(self) -> list[Row]:
        files = {agency.id: at for at, agency in enumerate(self.organisation.agencies())}
        levels = {level: at for at, level in enumerate(LEVELS)}
        return sorted(
            self.found.values(),
            key=lambda row: (levels.get(row.level, len(levels)), files[row.agency]),
        )


def board(connection: Connection, organisation: Organisation, now: datetime) -> list[Row]:
    """A row for each agency that received something or has something to do, by level."""
    rows = _Rows(organisation)
    entries = register.TABLE.c
    received = (
        select(entries.unit, entries.verdict, func.count())
        .where(entries.received_at.is_not(None))
        .group_by(entries.unit, entries.verdict)
    )
    for unit, verdict, number in connection.execute(received):
        rows.of(unit).count(verdict, number)
    at = to_micros(now)
    for agency, mode, step_due, dues in _tasks(connection):
        row = rows.of(agency)
        row.to_do += 1
        if mode in (PAUSED, SUPPLEMENT):
            row.waiting += 1
            continue
        # A day's deadline is not over while the day lasts; a step's is over at its moment.
        late = (step_due is not None and step_due < at) or any(
            midnight_after(due) <= at for due in dues
        )
        soon = [due for due in (step_due, *dues) if due is not None and due <= at + DAY]
        row.late += late
        row.due_soon += bool(soon) and not late
    return rows.sorted()


def _tasks(connection: Connection) -> Iterator[tuple[str, str, int | None, list[int]]]:
    """(agency, mode, due of the step, dues of the leg and the whole) of what has to be done; no
    due counts while its clock is stopped."""
    tasks, own, whole = inbox.TABLE.c, deadlines.TABLE.alias(), deadlines.TABLE.alias()
    query = (
        select(tasks.agency, tasks.mode, tasks.due, own.c.due, own.c.stopped, whole.c.due,
               whole.c.stopped)
        .outerjoin(own, and_(own.c.dossier == tasks.dossier, own.c.leg == tasks.leg))
        .outerjoin(whole, and_(whole.c.dossier == tasks.dossier, whole.c.leg == ""))
        .where(tasks.mode != LEGS)
    )  # fmt: skip
    for agency, mode, step_due, due, stopped, last, all_stopped in connection.execute(query):
        dues = [at for at, still in ((due, stopped), (last, all_stopped)) if at and not still]
        yield agency, mode, step_due, dues


class Alerts(msgspec.Struct, frozen=True):
    """How many alerts of each kind, and the latest: (raised at, kind, dossier, agency)."""

    by_kind: dict[str, int]
    latest: list[tuple[int, str, str, str]]


def alerts_of(connection: Connection, latest: int = 4) -> Alerts:
    kinds = select(alerts_table.c.kind, func.count()).group_by(alerts_table.c.kind)
    newest = (
        select(
            alerts_table.c.raised_at,
            alerts_table.c.kind,
            alerts_table.c.dossier,
            alerts_table.c.agency,
        )
        .order_by(alerts_table.c.raised_at.desc(), alerts_table.c.id)
        .limit(latest)
    )
    counted = {kind: number for kind, number in connection.execute(kinds)}
    most = sorted(counted, key=lambda kind: (-counted[kind], kind))
    return Alerts(
        {kind: counted[kind] for kind in most},
        [(at, kind, code, agency or "") for at, kind, code, agency in connection.execute(newest)],
    )
