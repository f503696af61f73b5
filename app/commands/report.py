"""`lienthong report`: the statutory tables, of any period, as known at any moment; what citizens
say."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from app.output import Cell, line, note, progress, show, table
from app.settings import Settings
from app.shell import DAY, END_MOMENT, Group, command
from app.trouble import BadInput

if TYPE_CHECKING:
    from app.house import House
    from app.reporting.form import Form
    from app.reporting.period import Period
    from app.reporting.picking import Only

report = Group(
    name="report",
    help="The statutory tables (II.06a, II.06b, the register) of any period, as known at any"
    " moment: a past one never changes; and what citizens say when it is over.",
)

Decorated = Callable[..., None]


class Given(NamedTuple):
    """What every table is asked with; the days of a form are always given."""

    first: date | None
    last: date | None
    known: datetime | None
    unit: str | None
    as_csv: bool
    xlsx: Path | None
    field: str = ""
    procedure: str = ""
    level: str = ""

    @property
    def only(self) -> Only:
        from app.reporting.picking import Only

        return Only(self.field, self.procedure, self.level)


_SPAN = (
    click.option("--from", "first", type=DAY, required=True, help="The first day."),
    click.option("--to", "last", type=DAY, required=True, help="The last day."),
    click.option("--as-known", "known", type=END_MOMENT, help="By what was recorded up to"
                 " then; else by all that is."),
)  # fmt: skip
_ONLY = (
    click.option("--field", metavar="NAME", default="", help="Only this field, in either"
                 " language."),
    click.option("--procedure", metavar="P", default="", help="Only this procedure."),
    click.option("--level", metavar="L", default="", help="Only what agencies of this level"
                 " count: central, province, region, district, commune."),
)  # fmt: skip
_UNIT = click.option("--unit", metavar="A", help="Only this agency, with all under it.")
_HOW = (
    click.option("--csv", "as_csv", is_flag=True, help="As CSV on stdout."),
    click.option("--xlsx", metavar="FILE", type=click.Path(path_type=Path),
                 help="Into a spreadsheet, laid out as on paper."),
)  # fmt: skip


def _asks(function: Decorated) -> Decorated:
    """The options of every form."""
    for option in reversed((*_SPAN, _UNIT, *_ONLY, *_HOW)):
        function = option(function)
    return function


def _asks_of_days(function: Decorated) -> Decorated:
    """Of what is counted over all days unless somebody says which."""
    first = click.option("--from", "first", type=DAY, help="Said on this day or later.")
    last = click.option("--to", "last", type=DAY, help="Said on this day or before.")
    for option in reversed((first, last, _UNIT, *_HOW)):
        function = option(function)
    return function


def _by(default: str) -> Callable[[Decorated], Decorated]:
    words = "Grouped by unit, field, procedure, level; several with commas."
    return click.option("--by", metavar="WORDS", default=default, show_default=True, help=words)


@command("06a")
@_asks
@_by("unit,field")
def by_unit(settings: Settings, by: str, **given: Any) -> None:
    """II.06a/VPCP/KSTT: received, resolved and in progress, by unit and field.

    A dossier counts once, at the desk that received it; its legs are counted apart, each at
    the agency that it was handed over to.
    """
    _form(settings, "06a", by, Given(**given))


@command("06b")
@_asks
@_by("procedure")
def by_procedure(settings: Settings, by: str, **given: Any) -> None:
    """II.06b/VPCP/KSTT: the same columns, by procedure."""
    _form(settings, "06b", by, Given(**given))


@command("register")
@_asks
@click.option("--limit", type=click.IntRange(min=1), default=1000, show_default=True,
              help="At most so many on the screen and in JSON; files have all.")  # fmt: skip
def register(settings: Settings, limit: int, **options: Any) -> None:
    """Form 07: the dossiers received in the period, as they stood at its end."""
    from app.reporting import comma
    from app.reporting import register as form
    from app.reporting.picking import picking
    from app.reporting.wording import REGISTER

    given = Given(**options)
    _one_way(settings, given)
    with _reading(settings, given) as (house, connection, units):
        picks = picking(house.law, given.only)
        asked = form.Register(_period(given), given.known, units, picks)
        written = form.writer(house.law, settings.lang, paper=given.xlsx is not None)
        if given.as_csv or given.xlsx is not None:
            found = form.entries(connection, asked)
            with progress("Dossiers written") as advance:
                rows = _counted((written(each) for each in found), advance)
                if given.xlsx is not None:
                    from app.reporting.period import known_at
                    from app.reporting.spreadsheet import of_register

                    known = known_at(given.known)
                    _keep(given.xlsx, of_register(rows, asked.period, known, settings.lang))
                else:
                    for text in comma.of_register(rows):
                        click.echo(text, nl=False)
            return
        listed = list(form.entries(connection, asked, limit=limit + 1))
        entries = listed[:limit]
        value = form.heading(asked)
        value["rows"] = [form.plain(each, house.law) for each in entries]
        value["more"] = len(listed) > limit
    shown = [at for at, (name, _) in enumerate(REGISTER) if name not in ("applicant", "signature")]

    def human() -> None:
        rows = [[written(each)[at] for at in shown] for each in entries]
        headers = [REGISTER[at][0] for at in shown]
        whole = ["code", "received", "appointment", "ended", "returned"]
        table(headers, rows, whole=whole, nothing="No dossier was received in this period.")
        if value["more"]:
            note(f"These are the first {limit:,}; --limit shows more, --csv and --xlsx have all.")

    show(settings, value, human)


@command("feedback")
@_asks_of_days
@click.option(
    "--by",
    metavar="WORDS",
    default="unit",
    show_default=True,
    type=click.Choice(["unit", "procedure", "unit,procedure"]),
    help="What a row is of.",
)
@click.option("--complaints", "listing", is_flag=True,
              help="Lists the complaints one by one, the oldest first.")  # fmt: skip
def feedback(settings: Settings, by: Any, listing: bool, **options: Any) -> None:
    """Ratings and complaints of citizens, by the desk that received the dossier.

    How many dossiers were rated, how often each mark was given, and how many complaints wait for
    an answer. What was said in words is in the dossier's history, for who may read that.
    """
    from app.reporting.download import MOST_LISTED, of_feedback
    from app.reporting.feedback import Asked, complaint
    from app.reporting.feedback import feedback as made
    from consumers.views.feedback import complaints

    given = Given(known=None, **options)
    _one_way(settings, given)
    if listing and (given.as_csv or given.xlsx is not None):
        raise BadInput("--complaints lists on the screen or with --json; --xlsx has them beside.")
    with _reading(settings, given) as (house, connection, units):
        asked = Asked(by, _days(given), units, settings.lang)
        if listing:
            every = complaints(connection, **asked.where, limit=MOST_LISTED)
            listed = [complaint(each) for each in every]
            show(settings, listed, lambda: _tell_complaints(listed))
            return
        found = made(connection, house.law, asked)
        if given.xlsx is not None:
            _keep(given.xlsx, of_feedback(connection, house.law, found, "xlsx").content)
            return
    if given.as_csv:
        from app.reporting import comma

        click.echo(comma.of_feedback(found), nl=False)
    else:
        show(settings, found.plain(), lambda: _tell_feedback(found))


def _tell_feedback(found: Any) -> None:
    from app.reporting.wording import LABELS, in_

    marks = [str(mark) for mark in range(5, 0, -1)]
    counts = ["rated", "mean", *marks, "waiting", "answered"]
    headers = [*(in_("en", LABELS[by]).lower() for by in found.by), *counts]

    def cells(row: Any) -> list[str]:
        mean = "–" if row.mean is None else f"{row.mean:.2f}"
        spread = (f"{each:,}" for each in reversed(row.spread))
        return [f"{row.ratings:,}", mean, *spread, f"{row.waiting:,}", f"{row.answered:,}"]

    drawn: list[list[object]] = [[*row.names.values(), *cells(row)] for row in found.rows]
    sums = [Cell(each, "bold") for each in cells(found.total)]
    drawn.append([Cell("total", "bold"), *[""] * (len(found.by) - 1), *sums])
    table(headers, drawn if found.rows else [], right=counts,
          nothing="Nothing was said of the dossiers that these agencies received.")  # fmt: skip


def _tell_complaints(listed: list[dict[str, Any]]) -> None:
    keys = ("code", "complaint", "unit", "procedure", "ground", "filed", "answered")
    rows = [[each[key] if each[key] is not None else "–" for key in keys] for each in listed]
    table(keys, rows, whole=["code"], nothing="Nobody has complained.")


def _form(settings: Settings, form: Form, by: str, given: Given) -> None:
    from app.reporting import comma
    from app.reporting.form import Asked
    from app.reporting.form import report as made

    _one_way(settings, given)
    words = tuple(each.strip() for each in by.split(","))
    with _reading(settings, given) as (house, connection, units):
        period, lang = _period(given), settings.lang
        asked = Asked(form, period, given.known, words, units, lang, given.only, house.today)
        found = made(connection, house.law, asked)
    if given.xlsx is not None:
        from app.reporting.spreadsheet import of_report

        _keep(given.xlsx, of_report(found))
    elif given.as_csv:
        click.echo(comma.of_report(found), nl=False)
    else:
        show(settings, found.plain(), lambda: _tell(found))


def _tell(found: Any) -> None:
    if found.as_of < found.asked.period.last:
        note(f"The period has not ended: it is counted as of {found.as_of}.")
    _tell_tables(found)


def _tell_tables(found: Any) -> None:
    from app.reporting.wording import LABELS, SAID, SHORT, in_

    headers = [*(in_("en", LABELS[by]).lower() for by in found.by), *_headers(SHORT)]
    parts = [(found.rows, found.total, "")]
    if found.legs:
        parts.append((found.legs, found.legs_total, in_("en", SAID["legs"])))
    for rows, total, title in parts:
        if title:
            line("")
        drawn: list[list[object]] = [
            [*row.names.values(), *(f"{each:,}" for each in row.numbers.values())] for row in rows
        ]
        sums: list[object] = [Cell(f"{each:,}", "bold") for each in total.values()]
        drawn.append([Cell("total", "bold"), *[""] * (len(found.by) - 1), *sums])
        table(headers, drawn if rows else [], title=title, right=_headers(SHORT),
              nothing="Nothing was received, resolved or in progress in this period.")  # fmt: skip


def _headers(short: Any) -> list[str]:
    """The number of the form's column and a word for it: some words come twice."""
    return [f"{column[1:]} {said}" for column, said in short.items()]


@contextmanager
def _reading(settings: Settings, given: Given) -> Iterator[tuple[House, Any, Any]]:
    from app.house import open_house
    from app.law.definitions import agency_of
    from app.reporting.form import under

    with open_house(settings) as house:
        units = None
        if given.unit is not None:
            agency_of(house.law.organisation, given.unit)
            units = under(house.law.organisation, given.unit)
        with house.reading() as connection:
            yield house, connection, units


def _period(given: Given) -> Period:
    from app.reporting.period import Period

    assert given.first is not None, "a form asks for both"
    assert given.last is not None, "a form asks for both"
    try:
        return Period(given.first, given.last)
    except ValueError as error:
        raise BadInput(f"--from {given.first} --to {given.last}: {error}") from None


def _days(given: Given) -> Period | None:
    """The days that were given, either end open."""
    from app.reporting.period import between

    try:
        return between(given.first, given.last)
    except ValueError as error:
        raise BadInput(f"--from {given.first} --to {given.last}: {error}") from None


def _one_way(settings: Settings, given: Given) -> None:
    if sum((settings.json, given.as_csv, given.xlsx is not None)) > 1:
        raise BadInput("Give one of --json, --csv and --xlsx: each is an answer of its own.")


def _keep(file: Path, content: bytes) -> None:
    try:
        file.write_bytes(content)
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise BadInput(f"{file} cannot be written: {why}") from None
    note(f"Written to {file}.")


def _counted(rows: Iterator[list[str]], advance: Callable[[int], None]) -> Iterator[list[str]]:
    for row in rows:
        advance(1)
        yield row


for _each in (by_unit, by_procedure, register, feedback):
    report.add_command(_each)
