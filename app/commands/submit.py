"""`lienthong submit`: many acts from a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from app.output import Cell, line, progress, show, table
from app.settings import Settings
from app.shell import command
from app.trouble import REFUSED, WRONG

if TYPE_CHECKING:
    from app.acts.batch import Report
    from app.acts.lines import Line, Problem


@command("submit")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--check", "only_check", is_flag=True, help="Checks every line, applies none.")
def submit(settings: Settings, file: Path, only_check: bool) -> None:
    """Acts from a JSONL or CSV file: every line is checked before the first is applied.

    A line has act, as (the officer), and the fields of the act; at, leg, command_id where
    needed. What opens a dossier has procedure and agency, and may be given a label such as #1 as
    its dossier; later lines name that label, or the code of a dossier that exists.

    Sent again, the same file goes on where it stopped and repeats nothing. An act that a rule
    refuses is reported, later lines of its dossier are left out, others go on (exit status 1).
    """
    from app.acts.batch import apply
    from app.acts.lines import read
    from app.house import open_house

    if _no_store(settings):
        # Checked beside it, so that a broken file leaves no empty store behind.
        lines, problems = _read_beside(settings, file)
        if problems or only_check:
            _told(settings, file, len(lines), problems)
            return
    with open_house(settings, create=True) as house:
        lines, problems = read(file, house)
        if problems or only_check:
            _told(settings, file, len(lines), problems)
            return
        with progress("Applying", len(lines)) as advance:
            report = apply(house, lines, advance)
        house.refresh()
    _report(settings, file, report)


def _no_store(settings: Settings) -> bool:
    from engine.store import StoreMissing, StoreTooOld, open_log

    try:
        open_log(settings.database, create=False).close()
    except StoreMissing:
        return True
    except StoreTooOld:
        return False
    return False


def _read_beside(settings: Settings, file: Path) -> tuple[list[Line], list[Problem]]:
    """What a new store would make of a file, in one that is deleted again."""
    from tempfile import TemporaryDirectory

    from app.acts.lines import read
    from app.house import open_house

    with TemporaryDirectory() as folder:
        beside = msgspec.structs.replace(settings, database=f"sqlite:///{folder}/check.db")
        with open_house(beside, create=True) as house:
            return read(file, house)


def _told(settings: Settings, file: Path, lines: int, problems: list[Problem]) -> None:
    value = {"file": str(file), "lines": lines, "applied": 0, "errors": problems}

    def human() -> None:
        for problem in problems:
            field = f"{problem.field}: " if problem.field else ""
            line(f"{problem.file}:{problem.line}: {field}{problem.message}", "problem")
        count = f"{len(problems)} error{'' if len(problems) == 1 else 's'}"
        line(f"{file}: {count}, nothing was applied." if problems
             else f"{file}: {lines} lines, all well formed.")  # fmt: skip

    show(settings, value, human)
    if problems:
        click.get_current_context().exit(WRONG)


def _report(settings: Settings, file: Path, report: Report) -> None:
    value = {
        "file": str(file),
        "lines": report.lines,
        "applied": report.applied,
        "repeated": report.repeated,
        "dossiers": report.dossiers,
        "refused": report.refused,
        "left_out": report.left_out,
        "errors": [],
    }

    def human() -> None:
        again = f", {report.repeated} were applied before" if report.repeated else ""
        line(
            f"{file}: {report.applied} of {report.lines} lines applied{again}; "
            f"{report.opened} dossier{'' if report.opened == 1 else 's'} opened.",
            "bold",
        )
        if not report.refused:
            return
        rows = [
            (each.line, each.dossier, each.act, Cell(each.rule, "refused"), each.message)
            for each in report.refused
        ]
        headers = ["line", "dossier", "act", "rule", "why"]
        table(headers, rows, right=["line"], whole=["line", "rule"])
        if report.left_out:
            line(f"{len(report.left_out)} later lines of these dossiers were left out: "
                 f"{', '.join(map(str, report.left_out[:20]))}"
                 + (", …" if len(report.left_out) > 20 else ""))  # fmt: skip
        line("Put corrected lines into a file of their own: a changed file is a new one.", "dim")

    show(settings, value, human)
    if report.refused:
        click.get_current_context().exit(REFUSED)
