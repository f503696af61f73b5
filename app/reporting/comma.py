"""Reports as CSV, in UTF-8."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from io import StringIO

from app.reporting.counting import COLUMNS
from app.reporting.feedback import Feedback, mean
from app.reporting.form import Report, Row
from app.reporting.wording import REGISTER
from schemas.events import ASPECTS, BEST

MARK = "\ufeff"
"""Before a file that is downloaded: without it a spreadsheet garbles Vietnamese letters. A program
that reads a pipe takes it for a part of the first name."""


def of_report(report: Report) -> str:
    """A line for each row. The column `counts` says what: dossiers, or legs of other agencies'
    dossiers; the two are not to be added up."""
    labels = [name for by in report.by for name in (by, f"{by}_name")]
    out = StringIO()
    writer = csv.writer(out)
    writer.writerow(["counts", *labels, *COLUMNS])
    for kind, rows in (("dossiers", report.rows), ("legs", report.legs)):
        writer.writerows(_row(kind, row) for row in rows)
    return out.getvalue()


def _row(kind: str, row: Row) -> list[object]:
    labels = [_safe(each) for by in row.labels for each in (row.labels[by], row.names[by])]
    return [kind, *labels, *(row.numbers[column] for column in COLUMNS)]


def of_register(written: Iterable[list[str]]) -> Iterator[str]:
    """Piece by piece: a register may be long."""
    yield _line([name for name, _ in REGISTER])
    for cells in written:
        yield _line([_safe(cell) for cell in cells])


def of_feedback(found: Feedback) -> str:
    """A line for each row: the ratings, their mean, how often each mark was given, the mean of each
    aspect, and the complaints. A mean is empty where there is no mark."""
    labels = [name for by in found.by for name in (by, f"{by}_name")]
    marks = [f"marks_{mark}" for mark in range(1, BEST + 1)]
    means = [f"mean_{aspect}" for aspect in ASPECTS]
    heads = [*labels, "ratings", "mean", *marks, *means]
    text = _line([*heads, "complaints_waiting", "complaints_answered"])
    for row in found.rows:
        called = [_safe(each) for by in found.by for each in (row.labels[by], row.names[by])]
        numbers = [row.ratings, row.mean, *row.spread, *map(mean, row.marks.values())]
        told = ["" if each is None else str(each) for each in numbers]
        text += _line([*called, *told, str(row.waiting), str(row.answered)])
    return text


def _line(cells: list[str]) -> str:
    out = StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue()


def _safe(cell: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell[:1] in "=+-@\t\r" and cell else cell
