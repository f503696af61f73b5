"""`lienthong calendars`: the versions of the working calendar."""

from __future__ import annotations

from pathlib import Path

import click

from app.acts.problems import FILE, strict_option, tell
from app.law import standing
from app.output import Cell, show, table
from app.settings import Settings
from app.shell import Group, command
from app.times import local

calendars = Group(name="calendars", help="Working calendars (lịch làm việc): list, check.")


@command("list")
def list_(settings: Settings) -> None:
    """Every version, the last known first."""
    found = standing.calendars(settings)
    value = [
        {
            "version": each.version,
            "known_on": each.known_on.isoformat(),
            "announced_to": each.announced_to.isoformat(),
            "first": each.first.isoformat(),
            "last": each.last.isoformat(),
            "days_off": len(each.days_off),
            "days_worked": len(each.days_worked),
        }
        for each in found
    ]
    headers = ["version", "known on", "announced to", "last day", "days off", "weekends worked"]
    rows = [
        (Cell(each.version, "bold"), each.known_on, each.announced_to, each.last,
         len(each.days_off), len(each.days_worked))
        for each in found
    ]  # fmt: skip
    show(settings, value, lambda: table(headers, rows, whole=["version"]))


@command("check")
@click.argument("file", metavar="FILE", type=FILE)
@strict_option
def check(settings: Settings, file: Path, strict: bool) -> None:
    """Everything wrong with a file that holds a new version.

    It is checked beside the versions of the store, else of the program. Exit status 2 on an
    error, 0 with warnings only. An administrator activates it on the desk.
    """
    from workflows.calendar_check import check_calendar

    today = local(settings.time()).date()
    found = check_calendar(file, standing.calendars(settings), today)
    tell(settings, found.errors, found.warnings, strict=strict)


for each in (list_, check):
    calendars.add_command(each)
