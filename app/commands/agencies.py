"""`lienthong agencies`: the dated agency tree."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.acts.problems import FILE, strict_option, tell
from app.law import standing
from app.output import Cell, show, table
from app.plain.definitions import agency as plain
from app.settings import Settings
from app.shell import DAY, Group, command
from app.times import local

if TYPE_CHECKING:
    pass

agencies = Group(name="agencies", help="Agencies (cơ quan) and their officers, as they were.")


@command("list")
@click.option("--on", "on", type=DAY, help="As the tree was on that day; today when left out.")
@click.option("--officers", is_flag=True, help="Also the codes of the officers in post.")
def list_(settings: Settings, on: date | None, officers: bool) -> None:
    """The agency tree on a day: levels, functions, validity, successors."""
    staff = standing.organisation(settings)
    day = on or local(settings.time()).date()
    found = staff.tree(day)
    value = [plain(agency, staff, day) for _, agency in found]
    headers = ["id", "name", "level", "function", "valid", "successor"]
    rows = [
        [
            Cell("  " * depth + agency.id, "bold"),
            agency.name.vi if settings.lang == "vi" else agency.name.en,
            agency.level,
            agency.function,
            f"{agency.valid_from} – {agency.valid_to or '…'}",
            agency.successor or "",
        ]
        for depth, agency in found
    ]
    if officers:
        headers.append("officers")
        for row, (_, agency) in zip(rows, found, strict=True):
            row.append(", ".join(each.id for each in staff.officers_in(agency.id, day=day)))
    whole = ["id", "valid"]
    nothing = f"No agency existed on {day}."
    show(settings, value, lambda: table(headers, rows, whole=whole, nothing=nothing))


@command("check")
@click.argument("file", metavar="FILE", type=FILE)
@strict_option
def check(settings: Settings, file: Path, strict: bool) -> None:
    """Everything wrong with a file that changes the agencies.

    It is checked beside the agencies of the store, else of the program. Exit status 2 on an
    error, 0 with warnings only. An administrator activates it on the desk.
    """
    from workflows.amend import check_amendment

    today = local(settings.time()).date()
    found = check_amendment(file, standing.organisation(settings), today)
    tell(settings, found.errors, found.warnings, strict=strict)


for each in (list_, check):
    agencies.add_command(each)
