"""`lienthong control-sheet`: form 06, who held the dossier from when to when."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from app.output import Cell, facts, heading, line, show, table
from app.plain import tasks
from app.settings import Settings
from app.shell import command
from app.times import shown, working_time
from app.trouble import BadInput

if TYPE_CHECKING:
    from consumers.views.custody import Turn


@command("control-sheet")
@click.argument("code")
def control_sheet(settings: Settings, code: str) -> None:
    """Form 06 (phiếu kiểm soát quá trình): who held it from when to when, leg by leg.

    Time in which somebody held it and time in which a handover waited are kept apart, both
    in working time of the dossier's calendar.
    """
    from app.house import open_house
    from consumers.views.custody import custody
    from consumers.views.status import status

    with open_house(settings) as house:
        with house.reading() as connection:
            found = status(connection, code)
            if found is None:
                raise BadInput(house.unknown(code))
            turns = custody(connection, code)
        value = tasks.control_sheet(house, found, turns)
        procedure = house.law.procedure((found.procedure, found.procedure_version))
    minutes = [each["working_minutes"] for each in value["turns"]]
    held, waited = value["held_working_minutes"], value["waiting_working_minutes"]

    def human() -> None:
        title = procedure.title.vi if settings.lang == "vi" else procedure.title.en
        heading("PHIẾU KIỂM SOÁT QUÁ TRÌNH GIẢI QUYẾT HỒ SƠ (06)")
        facts([("code", code), ("procedure", f"{title} ({found.procedure})")])
        line("")
        rows = [_row(turn, count) for turn, count in zip(turns, minutes, strict=True)]
        headers = ["leg", "from", "to", "who", "held", "waited"]
        table(headers, rows, right=["held", "waited"], whole=["from", "to", "held", "waited"])
        line("")
        facts([("held in all", working_time(held)), ("waited in all", working_time(waited))])

    show(settings, value, human)


def _row(turn: Turn, minutes: int) -> tuple[object, ...]:
    until = shown(turn.until, nothing="now")
    if turn.waiting_for is None:
        who = f"{turn.officer} ({turn.agency})"
        return (turn.leg, shown(turn.since), until, who, working_time(minutes), "")
    agency, whom = turn.waiting_for
    name = whom if whom.startswith(agency) else f"{agency}, {whom}"
    who = Cell(f"→ handed over to {name}, waiting", "dim")
    return (turn.leg, shown(turn.since), until, who, "", working_time(minutes))
