"""`lienthong inbox`: who must do what by when."""

from __future__ import annotations

import click

from app.output import Cell, show, table
from app.plain.tasks import task as plain
from app.settings import Settings
from app.shell import command
from app.times import shown, working_time


@command("inbox")
@click.argument("agency")
@click.option("--officer", metavar="O", help="What is this officer's, or anybody's with his role.")
@click.option("--limit", type=click.IntRange(min=1), default=1000, show_default=True,
              help="At most so many.")  # fmt: skip
def inbox(settings: Settings, agency: str, officer: str | None, limit: int) -> None:
    """What an agency has to do, most urgent first."""
    from app.access.relation import Relations
    from app.house import open_house
    from app.law.definitions import agency_of, known_officer
    from consumers.views.inbox import inbox as query

    with open_house(settings) as house:
        agency_of(house.law.organisation, agency)
        if officer is not None:
            known_officer(house.law.organisation, officer)
        with house.reading() as connection:
            tasks = query(
                connection,
                agency,
                officer,
                act_of=house.act_of,
                remaining=house.remaining,
                limit=limit,
                in_place_of=house.gone(Relations(house).in_place_of(agency)),
            )
    value = [plain(each) for each in tasks]

    def human() -> None:
        rows = [
            (
                Cell(task.code, "bold"),
                task.leg,
                task.act,
                task.officer or f"any {task.role or 'receiver'}",
                shown(task.since),
                shown(task.due),
                _left(task.remaining_working_minutes),
            )
            for task in tasks
        ]
        headers = ["code", "leg", "act", "officer", "since", "due", "left"]
        nothing = f"Nothing to do at {agency}."
        table(headers, rows, right=["left"], whole=["code", "since", "due"], nothing=nothing)

    show(settings, value, human)


def _left(minutes: int | None) -> Cell:
    late = minutes is not None and minutes < 0
    soon = minutes is not None and 0 <= minutes < 480
    return Cell(working_time(minutes), "overdue" if late else "warning" if soon else "")
