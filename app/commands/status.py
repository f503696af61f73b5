"""`lienthong status`: where a dossier is, or all of an agency's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from app.output import Cell, facts, heading, line, show, table
from app.plain import dossiers as plain
from app.settings import Settings
from app.shell import command
from app.times import shown
from app.trouble import BadInput

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from app.house import House
    from consumers.views.legs import Leg
    from consumers.views.status import Status

CLOCKS = {"running": "", "stopped": "stopped", "ended": "dim"}


@command("status")
@click.argument("code", required=False)
@click.option("--agency", metavar="A", help="The open dossiers that an agency received or has a"
              " part in.")  # fmt: skip
@click.option("--limit", type=click.IntRange(min=1), default=200, show_default=True,
              help="At most so many dossiers of an agency.")  # fmt: skip
def status(settings: Settings, code: str | None, agency: str | None, limit: int) -> None:
    """Where a dossier is, who holds it, its legs, its clock."""
    from app.house import open_house

    if (code is None) == (agency is None):
        raise BadInput("Say which dossier (CODE), or whose (--agency A)")
    with open_house(settings) as house, house.reading() as connection:
        if code is not None:
            _one(house, connection, code)
        else:
            _many(house, connection, str(agency), limit)


def _one(house: House, connection: Connection, code: str) -> None:
    from consumers.views.legs import legs
    from consumers.views.status import status as query

    found = query(connection, code)
    if found is None:
        raise BadInput(house.unknown(code))
    parts = legs(connection, code)
    value = {**plain.status(found), "legs": [plain.leg(each) for each in parts]}
    show(house.settings, value, lambda: _tell(house, found, parts))


def _tell(house: House, found: Status, parts: list[Leg]) -> None:
    lang = house.settings.lang
    procedure = house.procedure((found.procedure, found.procedure_version))
    title = procedure.title.vi if lang == "vi" else procedure.title.en
    heading(found.code)
    clock = found.clock or "not started"
    if found.ground:
        clock += f" ({found.ground})"
    facts(
        [
            ("procedure", f"{title} ({found.procedure}, {found.procedure_version})"),
            ("state", f"{found.state} (portal {found.portal_code})"),
            ("step", found.step),
            ("held by", where(found)),
            ("received", found.received_at and shown(found.received_at)),
            ("appointment", found.appointment and shown(found.appointment)),
            ("own part by", found.unit_appointment and shown(found.unit_appointment)),
            ("due", found.due and shown(found.due)),
            ("clock", Cell(clock, CLOCKS.get(found.clock or "", ""))),
            ("verdict", Cell(found.verdict, found.verdict) if found.verdict else None),
            ("processed", shown_if(found.processing_ended_at)),
            ("withdrawn", found.withdrawn),
            ("returned" if found.state == "returned" else "ended", shown_if(found.ended_at)),
        ]
    )
    if parts:
        line("")
        rows = [
            (
                Cell(leg.leg, "bold"),
                leg.agency,
                Cell(leg.state, "refused" if leg.state == "refused" else ""),
                f"→ {leg.to_agency}" if leg.to_agency else leg.holder[1] if leg.holder else "",
                shown(leg.due),
                Cell(leg.verdict or "", leg.verdict or ""),
            )
            for leg in parts
        ]
        table(["leg", "agency", "state", "held by", "due", "verdict"], rows, whole=["leg", "due"])


def shown_if(at: int | None) -> str | None:
    """The moment in words, None (and so no line) where there is none."""
    return None if at is None else shown(at)


def where(found: Status) -> str:
    """Who holds it, or between whom it is."""
    if found.in_transit:
        sender, receiver, since = found.in_transit
        return f"{sender} → {receiver}, since {shown(since)}"
    if found.holder:
        return f"{found.holder[1]} ({found.holder[0]})"
    return "nobody: it has ended" if found.ended_at else "nobody yet"


def _many(house: House, connection: Connection, agency: str, limit: int) -> None:
    from app.law.definitions import agency_of
    from app.part import open_at
    from consumers.views.status import statuses

    agency_of(house.law.organisation, agency)
    listed = statuses(connection, open_at(connection, agency, limit))

    def human() -> None:
        rows = [
            (
                Cell(each.code, "bold"),
                each.procedure,
                each.state,
                where(each),
                shown(each.due),
                Cell(each.clock or "", CLOCKS.get(each.clock or "", "")),
            )
            for each in listed
        ]
        headers = ["code", "procedure", "state", "held by", "due", "clock"]
        nothing = f"No open dossier at {agency}."
        table(headers, rows, whole=["code", "due"], nothing=nothing)

    show(house.settings, [plain.status(each) for each in listed], human)
