"""Ratings and complaints as XLSX: a sheet of what was rated, one of the complaints."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from app.reporting.feedback import Feedback, Row, mean, names
from app.reporting.feedback_words import ASPECTS as RATED
from app.reporting.feedback_words import COMPLAINTS
from app.reporting.spreadsheet import Sheets, top
from app.reporting.wording import LABELS, SAID, in_, when
from app.times import written_day
from app.web.words import said
from consumers.views.feedback import Complaint
from engine.core.law import Law
from schemas.events import ASPECTS, BEST
from workflows.model import Text

MARKS = tuple(range(BEST, 0, -1))
"""The best first, as on the page."""

RATINGS = Text(vi="Hồ sơ được đánh giá", en="Dossiers rated")
MARK = Text(vi="Số lần {mark} điểm", en="Marks of {mark}")
WAITING = Text(vi="Phản ánh chưa trả lời", en="Complaints waiting")
ANSWERED = Text(vi="Phản ánh đã trả lời", en="Complaints answered")

FIRST_ROW = 4
"""Of what is listed; above stand the title, the days, and the headings."""

Column = tuple[str, float, str]
"""Heading, width, look of its cells."""


def of_feedback(found: Feedback, complaints: Iterable[Complaint], law: Law) -> bytes:
    """The complaints: those that are listed, whatever the rows count."""
    sheets = Sheets()
    _rated(sheets, found)
    _complained(sheets, found, complaints, law)
    return sheets.done()


def _rated(sheets: Sheets, found: Feedback) -> None:
    lang = found.asked.lang
    mean_of = in_(lang, SAID["mean"])
    means = [mean_of, *(f"{mean_of}: {said(RATED, each, lang)}" for each in ASPECTS)]
    columns: list[Column] = [
        (in_(lang, SAID["number"]), 6, "centre"),
        *((in_(lang, LABELS[by]), 40, "text") for by in found.by),
        (in_(lang, RATINGS), 11, "count"),
        *((in_(lang, MARK, mark=mark), 9, "count") for mark in MARKS),
        *((each, 13, "mean") for each in means),
        (in_(lang, WAITING), 12, "count"),
        (in_(lang, ANSWERED), 12, "count"),
    ]
    sheet = _sheet(sheets, found, SAID["rated"], columns)
    for number, each in enumerate(found.rows, 1):
        labels = [each.names[by] for by in found.by]
        _write(sheets, sheet, FIRST_ROW + number - 1, [number, *labels, *_figures(each)], columns)
    total = ["", in_(lang, SAID["total"]), *[""] * (len(found.by) - 1), *_figures(found.total)]
    row = FIRST_ROW + len(found.rows)
    _write(sheets, sheet, row, total, columns, bold="bold ")
    for at, (_, _, look) in enumerate(columns):
        if look == "count":
            sheets.sum_above(sheet, row, at, FIRST_ROW, total[at])


def _figures(row: Row) -> list[float | None]:
    means = [row.mean, *(mean(marks) for marks in row.marks.values())]
    return [row.ratings, *reversed(row.spread), *means, row.waiting, row.answered]


def _complained(sheets: Sheets, found: Feedback, complaints: Iterable[Complaint], law: Law) -> None:
    lang = found.asked.lang
    called = names(law, lang)
    headings: list[tuple[Text, float]] = [
        (SAID["number"], 6),
        (Text(vi="Mã hồ sơ", en="Code"), 28),
        (Text(vi="Phản ánh số", en="Complaint no."), 10),
        (Text(vi="Nội dung", en="About"), 26),
        (LABELS["unit"], 36),
        (LABELS["procedure"], 44),
        (Text(vi="Gửi lúc", en="Filed"), 17),
        (Text(vi="Trả lời lúc", en="Answered"), 17),
        (Text(vi="Văn bản trả lời", en="Reference"), 22),
    ]
    columns: list[Column] = [(in_(lang, text), width, "text") for text, width in headings]
    sheet = _sheet(sheets, found, SAID["complaints"], columns)
    for number, each in enumerate(complaints, 1):
        cells = [
            str(number),
            each.code,
            str(each.number),
            said(COMPLAINTS, each.ground, lang),
            called["unit"].get(each.unit, each.unit),
            called["procedure"].get(each.procedure, each.procedure),
            when(lang, each.filed_at),
            when(lang, each.answered_at),
            each.reference or "",
        ]
        _write(sheets, sheet, FIRST_ROW + number - 1, cells, columns)


def _sheet(sheets: Sheets, found: Feedback, what: Text, columns: Sequence[Column]) -> Any:
    lang, period = found.asked.lang, found.asked.period
    name = in_(lang, what)
    sheet = sheets.sheet(name[:31], [width for _, width, _ in columns], (3, 3))
    last = len(columns) - 1
    days = in_(lang, SAID["ever"])
    if period is not None:
        first, last_day = (written_day(lang, day) for day in (period.first, period.last))
        days = in_(lang, SAID["said"], first=first, last=last_day)
    top(sheets, sheet, in_(lang, SAID["feedback"]), name.upper(), last)
    sheet.merge_range(2, 0, 2, last, days, sheets.looks["said"])
    for at, (heading, _, _) in enumerate(columns):
        sheet.write_string(3, at, heading, sheets.looks["head"])
    return sheet


def _write(
    sheets: Sheets,
    sheet: Any,
    row: int,
    cells: Sequence[str | float | None],
    columns: Sequence[Column],
    bold: str = "",
) -> None:
    for at, (cell, (_, _, look)) in enumerate(zip(cells, columns, strict=True)):
        form = sheets.looks[f"{bold}{look}"]
        if cell is None or cell == "":
            sheet.write_blank(row, at, None, form)
        elif isinstance(cell, str):
            sheet.write_string(row, at, cell, form)
        else:
            sheet.write_number(row, at, cell, form)
