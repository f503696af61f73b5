"""`lienthong deadlines`: what is close, what is late."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import click

from app.output import Cell, show, table
from app.plain.tasks import deadline as plain
from app.settings import Settings
from app.shell import SPAN, command
from app.times import local, shown

if TYPE_CHECKING:
    from consumers.views.deadlines import Deadline


@command("deadlines")
@click.option("--within", type=SPAN, metavar="SPAN", help="Only those that end so soon, or are"
              " over: 3d, 12h, 2w of calendar time.")  # fmt: skip
@click.option("--agency", metavar="A", help="Only those that this agency holds.")
@click.option("--limit", type=click.IntRange(min=1), default=1000, show_default=True,
              help="At most so many.")  # fmt: skip
def deadlines(settings: Settings, within: timedelta | None, agency: str | None, limit: int) -> None:
    """The open deadlines, of dossiers, legs and steps, the nearest first."""
    from app.house import open_house
    from app.law.definitions import agency_of
    from consumers.views.deadlines import deadlines as query
    from schemas.envelope import to_micros

    with open_house(settings) as house:
        if agency is not None:
            agency_of(house.law.organisation, agency)
        now = house.now
        until = None if within is None else to_micros(now + within)
        with house.reading() as connection:
            found = query(connection, until=until, agency=agency, limit=limit)
    at = to_micros(now)
    value = [plain(each, at) for each in found]

    def human() -> None:
        rows = [
            (
                Cell(each.code, "bold"),
                each.leg,
                f"step {each.step}" if each.kind == "step" else each.kind,
                each.agency,
                shown(each.due),
                _judged(each, at),
            )
            for each in found
        ]
        table(["code", "leg", "deadline", "agency", "due", ""], rows, whole=["code", "due"],
              nothing="No deadline is open.")  # fmt: skip

    show(settings, value, human)


def _judged(found: Deadline, now: int) -> Cell:
    if found.stopped:
        return Cell("clock stopped", "stopped")
    if found.overdue(now):
        return Cell("overdue", "overdue")
    today = local(found.due).date() == local(now).date()
    return Cell("today", "warning") if today else Cell("")
