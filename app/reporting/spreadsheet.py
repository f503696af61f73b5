"""Reports as XLSX, laid out as the forms are: the only user of xlsxwriter.

Sums are formulas, with their values beside them for whoever does not compute.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from io import BytesIO
from typing import Any

import xlsxwriter
from xlsxwriter.utility import xl_rowcol_to_cell

from app.reporting.counting import COLUMNS
from app.reporting.form import IDENTITIES, Report
from app.reporting.lines import Line, lines
from app.reporting.period import Period
from app.reporting.wording import (
    FORMS,
    GROUPS,
    HEADINGS,
    LABELS,
    REGISTER,
    SAID,
    TITLES,
    in_,
    when,
)
from app.settings import Lang
from app.times import written_day
from workflows.model import Text

FIRST = 2
"""The column in which the numbers begin."""

LAST = FIRST + len(COLUMNS) - 1
PLACE = {column: FIRST + at for at, column in enumerate(COLUMNS)}


class Sheets:
    """A workbook in memory, with the formats that all sheets share."""

    def __init__(self) -> None:
        self._bytes = BytesIO()
        # Texts stay texts: nothing of ours is a formula or a link unless it is written as one.
        plain = {"strings_to_formulas": False, "strings_to_urls": False, "in_memory": True}
        self.book = xlsxwriter.Workbook(self._bytes, plain)
        font = {"font_name": "Times New Roman", "font_size": 11}
        cell = {**font, "border": 1, "valign": "vcenter"}
        looks: dict[str, dict[str, Any]] = {
            "title": {**font, "font_size": 14, "bold": True, "align": "center", "text_wrap": True},
            "form": {**font, "bold": True},
            "said": {**font, "italic": True, "align": "center"},
            "head": {**cell, "bold": True, "align": "center", "text_wrap": True},
            "mark": {**cell, "italic": True, "align": "center"},
            "text": {**cell, "text_wrap": True},
            "count": {**cell, "num_format": "#,##0"},
            "mean": {**cell, "num_format": "0.00"},
            "centre": {**cell, "align": "center"},
            "bold text": {**cell, "bold": True, "text_wrap": True},
            "bold count": {**cell, "bold": True, "num_format": "#,##0"},
            "bold mean": {**cell, "bold": True, "num_format": "0.00"},
            "bold centre": {**cell, "bold": True, "align": "center"},
        }
        self.looks = {name: self.book.add_format(look) for name, look in looks.items()}

    def sheet(self, name: str, widths: Sequence[float], repeated: tuple[int, int]) -> Any:
        """A sheet for landscape A4, as wide as the paper. `repeated`: rows on top of each page."""
        made = self.book.add_worksheet(name)
        for column, width in enumerate(widths):
            made.set_column(column, column, width)
        made.set_landscape()
        made.set_paper(9)
        made.fit_to_pages(1, 0)
        made.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.6)
        made.repeat_rows(*repeated)
        made.freeze_panes(repeated[1] + 1, 0)
        made.set_footer("&C&P/&N")
        return made

    def sum_above(self, sheet: Any, row: int, column: int, first: int, value: Any) -> None:
        """The sum of a column from row `first` to the one above `row`."""
        formula = _of_rows(column, first, row - 1) if row > first else "=0"
        sheet.write_formula(row, column, formula, self.looks["bold count"], value)

    def done(self) -> bytes:
        self.book.close()
        return self._bytes.getvalue()


# --- II.06a and II.06b ---


def of_report(report: Report) -> bytes:
    """A sheet of dossiers, and one of legs where there are any."""
    sheets = Sheets()
    _sheet(sheets, report, SAID["dossiers"], lines(report.rows, report.by), report.total)
    if report.legs:
        _sheet(sheets, report, SAID["legs"], lines(report.legs, report.by), report.legs_total)
    return sheets.done()


def _sheet(
    sheets: Sheets, report: Report, what: Text, listed: list[Line], total: dict[str, int]
) -> None:
    lang, look = report.asked.lang, sheets.looks
    sheet = sheets.sheet(in_(lang, what)[:31], [6, 44, *[11] * len(COLUMNS)], (5, 7))
    title = f"{in_(lang, TITLES[report.asked.form])}".upper()
    if what is SAID["legs"]:
        title += f"\n{in_(lang, what)}"
    top(sheets, sheet, in_(lang, FORMS[report.asked.form]), title, LAST)
    _about(sheets, sheet, lang, report.asked.period, report.as_known, LAST, "unit")
    if report.as_of < report.asked.period.last:
        so_far = in_(lang, SAID["so far"], day=written_day(lang, report.as_of))
        sheet.write_string(0, 2, so_far, sheets.looks["form"])
    _headings(sheets, sheet, report)
    row = 8
    for line in listed:
        bold = "bold " if line.kind == "group" else ""
        sheet.write_string(row, 0, line.number, look[f"{bold}centre"])
        sheet.write_string(row, 1, line.label, look[f"{bold}text"])
        for column, place in PLACE.items():
            value, count = line.numbers[column], look[f"{bold}count"]
            formula = _of_parts(column, row)
            if formula is None and line.kind == "group":
                formula = _of_rows(place, row + 1, row + line.count)
            if formula is None:
                sheet.write_number(row, place, value, count)
            else:
                sheet.write_formula(row, place, formula, count, value)
        row += 1
    # The rows of a group count in its sum; the total adds up what stands alone.
    summed = "group" if any(line.kind == "group" for line in listed) else "row"
    rows = [8 + at for at, line in enumerate(listed) if line.kind == summed]
    sheet.write_blank(row, 0, None, look["bold centre"])
    sheet.write_string(row, 1, in_(lang, SAID["total"]), look["bold text"])
    for column, place in PLACE.items():
        formula = _of_parts(column, row) or _of_all(place, rows, len(listed), summed)
        sheet.write_formula(row, place, formula, look["bold count"], total[column])


def _of_parts(column: str, row: int) -> str | None:
    """Columns 3, 7 and 11 are the sums of those behind them."""
    for whole, parts in IDENTITIES:
        if whole == column and parts != ("c7", "c11"):
            return f"=SUM({_cell(row, PLACE[parts[0]])}:{_cell(row, PLACE[parts[-1]])})"
    return None


def _of_rows(place: int, first: int, last: int) -> str:
    return f"=SUM({_cell(first, place)}:{_cell(last, place)})"


def _of_all(place: int, rows: list[int], count: int, summed: str) -> str:
    if not rows:
        return "=0"
    if summed == "row":
        return _of_rows(place, rows[0], rows[-1])
    # Everything but the groups themselves: half of it, for a group is the sum of its rows.
    return f"=SUM({_cell(8, place)}:{_cell(7 + count, place)})/2"


def _cell(row: int, column: int) -> str:
    return str(xl_rowcol_to_cell(row, column))


def _headings(sheets: Sheets, sheet: Any, report: Report) -> None:
    lang, head = report.asked.lang, sheets.looks["head"]
    label = ", ".join(in_(lang, LABELS[by]) for by in report.by)
    sheet.merge_range(5, 0, 6, 0, in_(lang, SAID["number"]), head)
    sheet.merge_range(5, 1, 6, 1, label, head)
    place = FIRST
    for text, width in GROUPS:
        sheet.merge_range(5, place, 5, place + width - 1, in_(lang, text), head)
        place += width
    sheet.set_row(6, 48)
    for column, at in PLACE.items():
        sheet.write_string(6, at, in_(lang, HEADINGS[column]), head)
    for at in range(LAST + 1):
        sheet.write_string(7, at, f"({at + 1})", sheets.looks["mark"])


def top(sheets: Sheets, sheet: Any, form: str, title: str, last: int) -> None:
    """What stands over a table: which form it is, and what it is about."""
    sheet.merge_range(0, 0, 0, 1, form, sheets.looks["form"])
    sheet.merge_range(1, 0, 1, last, title, sheets.looks["title"])
    sheet.set_row(1, 20 * (1 + title.count("\n")))


def _about(
    sheets: Sheets, sheet: Any, lang: Lang, period: Period, known: datetime, last: int, note: str
) -> None:
    first, end = period.first, period.last
    said = (
        in_(lang, SAID["period"], first=written_day(lang, first), last=written_day(lang, end)),
        in_(lang, SAID["known"], known=when(lang, known)),
        in_(lang, SAID[note]),
    )
    for row, text in enumerate(said, 2):
        sheet.merge_range(row, 0, row, last, text, sheets.looks["said"])


# --- the register ---


def of_register(written: Iterable[list[str]], period: Period, known: datetime, lang: Lang) -> bytes:
    """A line for each dossier, under the headings of form 07."""
    sheets = Sheets()
    widths = [6, 26, 34, 24, 24, 12, 16, 16, 16, 16, 16, 12, 24]
    sheet = sheets.sheet(in_(lang, TITLES["register"])[:31], widths, (5, 6))
    last = len(REGISTER)
    title = in_(lang, TITLES["register"])
    top(sheets, sheet, in_(lang, FORMS["register"]), title.upper(), last)
    _about(sheets, sheet, lang, period, known, last, "blank")
    headings = [in_(lang, SAID["number"]), *(in_(lang, text) for _, text in REGISTER)]
    for at, heading in enumerate(headings):
        sheet.write_string(5, at, heading, sheets.looks["head"])
        sheet.write_string(6, at, f"({at + 1})", sheets.looks["mark"])
    row = 7
    for number, cells in enumerate(written, 1):
        sheet.write_number(row, 0, number, sheets.looks["centre"])
        for at, cell in enumerate(cells, 1):
            sheet.write_string(row, at, cell, sheets.looks["text"])
        row += 1
    sheet.autofilter(5, 1, max(row - 1, 6), last)
    return sheets.done()
