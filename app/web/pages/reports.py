"""Reports: a form, a period, and what was known when; on the screen, on paper and as a file."""

from __future__ import annotations

from datetime import date, datetime
from operator import itemgetter
from typing import Annotated, Any, NamedTuple, get_args

import msgspec
from fastapi import APIRouter, Depends, Query, Request, Response

from app.access.needs import needs
from app.access.principal import Principal
from app.api.resources.reports import READ, sent, units_for
from app.desk.context import AtDesk, Desk
from app.monitor.scope import agencies_of, number
from app.reporting import register
from app.reporting import wording as w
from app.reporting.counting import COLUMNS
from app.reporting.download import Kind, of_register, of_report
from app.reporting.form import GROUPINGS, Asked, report, titles
from app.reporting.form import Form as ReportForm
from app.reporting.lines import lines
from app.reporting.period import Period, known_at, named
from app.reporting.picking import Only, fields, picking
from app.reporting.register import Register
from app.settings import Lang
from app.times import local, parse_moment
from app.trouble import BadInput
from app.web.rendering import language, page
from engine.core.law import Law

router = APIRouter(include_in_schema=False)

SHOWN = 200
"""Dossiers of the register on the page; the files have all."""

CHOICES = ("unit,field", "unit", "field", "procedure", "level", "unit,procedure", "level,field")
"""Groupings that are offered: of GROUPINGS."""

Given = Annotated[str, Query(max_length=80)]
Long = Annotated[str, Query(max_length=200)]


class Form(msgspec.Struct, frozen=True):
    """What was filled in, as it was."""

    form: str = "06a"
    period: str = ""
    first: str = ""
    last: str = ""
    as_known: str = ""
    agency: str = ""
    by: str = ""
    only: Only = Only()

    @property
    def asked(self) -> bool:
        return bool(self.period or self.first or self.last)


class Said(NamedTuple):
    """What the form comes to; `wrong`: the fields that it does not make sense of."""

    period: Period | None
    known: datetime | None
    wrong: list[str]


async def _only(field: Long = "", procedure: Given = "", level: Given = "") -> Only:
    return Only(field.strip(), procedure.strip(), level.strip())


async def _filled(
    only: Annotated[Only, Depends(_only)],
    form: Given = "06a",
    period: Given = "",
    first: Annotated[str, Query(alias="from", max_length=80)] = "",
    last: Annotated[str, Query(alias="to", max_length=80)] = "",
    as_known: Given = "",
    agency: Given = "",
    by: Given = "",
) -> Form:
    return Form(
        form if form in w.FORMS else "06a",
        period.strip(),
        first.strip(),
        last.strip(),
        as_known.strip(),
        agency.strip(),
        by if by in CHOICES else "",
        only,
    )


@router.get("/reports")
def show(
    request: Request,
    who: Annotated[Principal, needs(READ)],
    desk: AtDesk,
    filled: Annotated[Form, Depends(_filled)],
    kind: Annotated[str, Query(alias="format", max_length=80)] = "",
) -> Response:
    """The page, or with `format` a file of what it shows."""
    said = _understood(filled, desk.house.law)
    lang = language(request)
    shows: dict[str, Any] = {}
    if filled.asked and not said.wrong and said.period is not None:
        units = units_for(desk, who, filled.agency or None)
        if kind in get_args(Kind):
            return _file(desk, filled, said, units, lang, kind)  # type: ignore[arg-type]
        shows = _shows(desk, filled, said, units, lang)
    return page(
        request,
        "reports/reports.html",
        422 if said.wrong else 200,
        filled=filled,
        wrong=said.wrong,
        period=said.period,
        **_choices(desk, who, lang, filled),
        **shows,
    )


def _understood(filled: Form, law: Law) -> Said:
    wrong: list[str] = []
    period: Period | None = None
    known: datetime | None = None
    try:
        if filled.first or filled.last:
            period = Period(_day(filled.first), _day(filled.last))
        elif filled.period:
            period = named(filled.period)
    except ValueError:
        wrong.append("period")
    try:
        if filled.as_known:
            known = parse_moment(filled.as_known, end_of_day=True)
    except ValueError:
        wrong.append("as_known")
    try:
        picking(law, filled.only)
    except BadInput:
        wrong.append("field")
    return Said(period, known, wrong)


def _day(text: str) -> date:
    return local(parse_moment(text)).date()


def _asked(desk: Desk, filled: Form, said: Said, units: frozenset[str] | None, lang: Lang) -> Asked:
    assert said.period is not None, "only what has a period is asked for"
    by = tuple(filled.by.split(",")) if filled.by else ()
    form: ReportForm = "06b" if filled.form == "06b" else "06a"
    today = desk.house.today
    return Asked(form, said.period, said.known, by, units, lang, filled.only, today)


def _register(desk: Desk, filled: Form, said: Said, units: frozenset[str] | None) -> Register:
    assert said.period is not None, "only what has a period is asked for"
    return Register(said.period, said.known, units, picking(desk.house.law, filled.only))


def _file(
    desk: Desk, filled: Form, said: Said, units: frozenset[str] | None, lang: Lang, kind: Kind
) -> Response:
    law = desk.house.law
    with desk.reading(whole=filled.form != "register") as connection:
        if filled.form == "register":
            asked = _register(desk, filled, said, units)
            return sent(of_register(connection, law, asked, lang, kind))
        found = report(connection, law, _asked(desk, filled, said, units, lang))
    return sent(of_report(found, kind))


def _shows(
    desk: Desk, filled: Form, said: Said, units: frozenset[str] | None, lang: Lang
) -> dict[str, Any]:
    """What the template needs to show the table."""
    with desk.reading(whole=filled.form != "register") as connection:
        if filled.form == "register":
            asked = _register(desk, filled, said, units)
            as_known = known_at(said.known)
            found = list(register.entries(connection, asked, limit=SHOWN + 1))
            written = register.writer(desk.house.law, lang, paper=True)
            return {
                "as_known": as_known,
                "register": [written(each) for each in found[:SHOWN]],
                "more": len(found) > SHOWN,
                "most": SHOWN,
                "headings": [(name, w.in_(lang, text)) for name, text in w.REGISTER],
            }
        made = report(connection, desk.house.law, _asked(desk, filled, said, units, lang))
    parts = [(w.in_(lang, w.SAID["dossiers"]), lines(made.rows, made.by), made.total)]
    if made.legs:
        parts.append((w.in_(lang, w.SAID["legs"]), lines(made.legs, made.by), made.legs_total))
    return {
        "as_known": made.as_known,
        "so_far": made.as_of if made.as_of < made.asked.period.last else None,
        "report": made,
        "parts": parts,
        "number": number(lang),
        "columns": COLUMNS,
        "groups": [(w.in_(lang, text), width) for text, width in w.GROUPS],
        "headings": {column: w.in_(lang, w.HEADINGS[column]) for column in COLUMNS},
        "explained": {column: w.in_(lang, w.EXPLAINED[column]) for column in COLUMNS},
        "label": ", ".join(w.in_(lang, w.LABELS[by]) for by in made.by),
    }


def _choices(desk: Desk, who: Principal, lang: Lang, filled: Form) -> dict[str, Any]:
    """What may be chosen; a period that was chosen stays among it, however old. `only`: what was
    chosen to be reported alone."""
    procedures = titles(desk.house.law, lang)
    levels = {id_: w.in_(lang, text) for id_, text in w.LEVELS.items()}
    only = filled.only
    called = (only.field, procedures.get(only.procedure), levels.get(only.level))
    today = desk.house.today
    years = [str(today.year - back) for back in range(6)]
    quarters, months = _quarters(today, 8), _months(today, 18)
    offered = {*years, *(each[0] for each in (*quarters, *months))}
    labels = {by: w.in_(lang, w.LABELS[by]) for by in GROUPINGS}
    return {
        "agencies": agencies_of(desk, who, lang),
        "fields": [(each, each) for each in fields(desk.house.law, lang)],
        "procedures": sorted(procedures.items(), key=itemgetter(1, 0)),
        "levels": list(levels.items()),
        "only": [each for each in called if each],
        "years": years,
        "quarters": quarters,
        "months": months,
        "older": "" if filled.period in offered else filled.period,
        "choices": [(each, ", ".join(labels[by] for by in each.split(","))) for each in CHOICES],
        "forms": [(id_, w.in_(lang, w.FORMS[id_]), w.in_(lang, w.TITLES[id_])) for id_ in w.FORMS],
        "title": {id_: w.in_(lang, text) for id_, text in w.TITLES.items()},
        "form_name": {id_: w.in_(lang, text) for id_, text in w.FORMS.items()},
    }


def _quarters(today: date, count: int) -> list[tuple[str, int, int]]:
    """(what the address says, quarter, year), the last first."""
    at = today.year * 4 + (today.month - 1) // 3
    every = ((each // 4, each % 4 + 1) for each in range(at, at - count, -1))
    return [(f"{year}-Q{quarter}", quarter, year) for year, quarter in every]


def _months(today: date, count: int) -> list[tuple[str, int, int]]:
    """(what the address says, month, year), the last first."""
    at = today.year * 12 + today.month - 1
    every = ((each // 12, each % 12 + 1) for each in range(at, at - count, -1))
    return [(f"{year}-{month:02d}", month, year) for year, month in every]
