"""`lienthong reassign`: a person's whole caseload moves to a colleague."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import click

from app.output import Cell, line, progress, show, table
from app.settings import Settings
from app.shell import MOMENT, command
from app.times import HOW
from app.trouble import REFUSED

if TYPE_CHECKING:
    from app.house import House


@command("reassign")
@click.option("--from", "leaver", metavar="OFFICER", required=True, help="Who leaves.")
@click.option("--to", "heir", metavar="OFFICER", required=True, help="Who takes over.")
@click.option("--as", "actor", metavar="DECIDER", required=True, help="Who decides so.")
@click.option("--at", type=MOMENT, help=f"When, if not now: {HOW}.")
def reassign(settings: Settings, leaver: str, heir: str, actor: str, at: datetime | None) -> None:
    """Moves everything that an officer holds to a colleague, and names what could not move.

    Exit status 1 when something could not.
    """
    from app.house import open_house
    from app.law.definitions import known_officer
    from engine.runtime import Call, Done
    from schemas.commands import Assign
    from schemas.rejection import Rejected

    moved: list[tuple[str, str]] = []
    stuck: list[tuple[str, str, Rejected]] = []
    with open_house(settings, write=True) as house:
        for officer in (leaver, heir, actor):
            known_officer(house.law.organisation, officer)
        held = _caseload(house, leaver)
        calls = [
            Call(
                Assign(actor=actor, leg=leg, officer=heir),
                house.runtime.new_id(),
                code,
                house.happened(at),
                now=house.now,
            )
            for code, leg, _ in held
        ]
        with progress("Moving", len(calls)) as advance:
            for start in range(0, len(calls), 200):
                some = calls[start : start + 200]
                for call, answer in zip(some, house.runtime.handle_many(some), strict=True):
                    leg = call.command.leg
                    if isinstance(answer, Done):
                        moved.append((call.code, leg))
                    else:
                        stuck.append((call.code, leg, answer))
                advance(len(some))
        house.refresh()
    value = {
        "moved": [{"code": code, "leg": leg} for code, leg in moved],
        "not_moved": [
            {"code": code, "leg": leg, "rule": why.rule, "message": why.message}
            for code, leg, why in stuck
        ],
    }

    def human() -> None:
        line(f"{len(moved)} of {len(held)} moved from {leaver} to {heir}.", "bold")
        rows = [
            (Cell(code, "bold"), leg, Cell(why.rule, "refused"), why.message)
            for code, leg, why in stuck
        ]
        if rows:
            table(["code", "leg", "rule", "why it could not move"], rows, whole=["code", "rule"])

    show(settings, value, human)
    if stuck:
        click.get_current_context().exit(REFUSED)


def _caseload(house: House, officer: str) -> list[tuple[str, str, str]]:
    """(code, leg, mode) of every leg that lies with an officer, waiting ones included."""
    from sqlalchemy import select

    from consumers.views.inbox import TABLE

    query = (
        select(TABLE.c.dossier, TABLE.c.leg, TABLE.c.mode)
        .where(TABLE.c.officer == officer)
        .order_by(TABLE.c.dossier, TABLE.c.leg)
    )
    with house.reading() as connection:
        return [tuple(row) for row in connection.execute(query)]
