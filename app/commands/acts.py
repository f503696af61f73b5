"""`lienthong acts`: what is possible now, for whom, and why the rest is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from app.output import Cell, heading, line, note, show, table
from app.settings import Settings
from app.shell import MOMENT, command
from app.times import shown

if TYPE_CHECKING:
    from datetime import datetime

    from app.house import House
    from engine.core.decide import Possible
    from engine.core.dossier import Dossier


@command("acts")
@click.argument("code")
@click.option("--as", "actor", metavar="OFFICER", help="For this officer; else for whoever has a"
              " part in the dossier.")  # fmt: skip
@click.option("--at", type=MOMENT, help="As if it were that moment.")
def acts(settings: Settings, code: str, actor: str | None, at: datetime | None) -> None:
    """Which acts are possible now, and why the others are not."""
    from app.acts.possible import asked_of, plain, shortened
    from app.house import open_house
    from app.law.definitions import known_officer

    with open_house(settings) as house:
        dossier = house.dossier(code).dossier
        if actor is not None:
            known_officer(house.law.organisation, actor)
        moment = at or _in_office(house, dossier)
        possible, impossible = asked_of(house, dossier, moment, actor)
    value = plain(possible, impossible)

    def human() -> None:
        heading("Possible now" + (f" for {actor}" if actor else ""))
        rows = [
            (Cell(act, "ok"), leg or "(root)", ", ".join(shortened(who)))
            for act, leg, who in possible
        ]
        table(["act", "leg", "who may"], rows, whole=["act"], nothing="Nothing.")
        line("")
        heading("Not possible")
        others = [
            (leg or "(root)", Cell(rule, "dim"), why, Cell(", ".join(named), "dim"))
            for (leg, rule, why), named in _grouped(impossible).items()
        ]
        table(["leg", "rule", "why", "acts"], others, whole=["rule"])

    show(settings, value, human)


def _in_office(house: House, dossier: Dossier) -> datetime:
    """Now; or, when the dossier's desk is no more by now, when the last thing happened to it:
    so that a store of another year can be explored."""
    if house.settings.now is None and dossier.last_at is not None:
        desk = house.law.organisation.agency(dossier.agency)
        if not desk.valid_on(house.today):
            note(f"{desk.id} is no more: this is as of {shown(dossier.last_at)} (see --now).")
            return dossier.last_at
    return house.now


def _grouped(impossible: list[Possible]) -> dict[tuple[str, str, str], list[str]]:
    """(leg, rule, message) -> the acts it stands against; a sentence that differs in nothing
    but the act is said once."""
    groups: dict[tuple[str, str, str], list[str]] = {}
    for each in impossible:
        if each.rejected is not None:
            why = each.rejected.message.replace(f"{each.act!r} is not", "It is not", 1)
            why = why.replace(f"so {each.act!r} must", "so this must", 1)
            groups.setdefault((each.leg, each.rejected.rule, why), []).append(each.act)
    return groups
