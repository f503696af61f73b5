"""A report as a file to take away: its bytes, its kind, its name."""

from __future__ import annotations

from typing import Literal, NamedTuple

from sqlalchemy import Connection

from app.reporting import comma, register
from app.reporting.feedback import Feedback
from app.reporting.form import Report
from app.reporting.period import Period, known_at
from app.settings import Lang
from consumers.views.feedback import complaints
from engine.core.law import Law

Kind = Literal["csv", "xlsx"]

CSV = "text/csv; charset=utf-8"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

MOST_LISTED = 1_000_000
"""Complaints in a spreadsheet: it has hardly more rows."""


class Download(NamedTuple):
    content: bytes
    media_type: str
    name: str

    @property
    def headers(self) -> dict[str, str]:
        return {
            "Content-Disposition": f'attachment; filename="{self.name}"',
            "Cache-Control": "no-store",
        }


def of_report(report: Report, kind: Kind) -> Download:
    name = _name(report.asked.form, report.asked.period, kind)
    if kind == "csv":
        return Download((comma.MARK + comma.of_report(report)).encode(), CSV, name)
    # A hundredth of a second that nobody needs to wait for who asks for JSON.
    from app.reporting import spreadsheet

    return Download(spreadsheet.of_report(report), XLSX, name)


def of_register(
    connection: Connection, law: Law, asked: register.Register, lang: Lang, kind: Kind
) -> Download:
    """Every dossier of the period."""
    writer = register.writer(law, lang, paper=kind == "xlsx")
    # Taken first: what is recorded while it is listed may be missing.
    known = known_at(asked.known)
    written = map(writer, register.entries(connection, asked))
    name = _name("register", asked.period, kind)
    if kind == "csv":
        text = "".join(comma.of_register(written))
        return Download((comma.MARK + text).encode(), CSV, name)
    from app.reporting import spreadsheet

    return Download(spreadsheet.of_register(written, asked.period, known, lang), XLSX, name)


def of_feedback(connection: Connection, law: Law, found: Feedback, kind: Kind) -> Download:
    """CSV has the rows that were counted; a spreadsheet has every complaint of them beside."""
    span = found.asked.period
    name = f"feedback-{span.first}-{span.last}.{kind}" if span else f"feedback.{kind}"
    if kind == "csv":
        return Download((comma.MARK + comma.of_feedback(found)).encode(), CSV, name)
    from app.reporting import feedback_sheets

    listed = complaints(connection, **found.asked.where, limit=MOST_LISTED)
    return Download(feedback_sheets.of_feedback(found, listed, law), XLSX, name)


def _name(form: str, period: Period, kind: Kind) -> str:
    return f"{form}-{period.first}-{period.last}.{kind}"
