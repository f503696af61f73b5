"""`lienthong act`: any act on a dossier after it was opened."""

from __future__ import annotations

from datetime import datetime

import click

from app.output import Cell, line, show, table
from app.settings import Settings
from app.shell import MOMENT, command, pairs
from app.times import HOW, shown


@command("act")
@click.argument("code")
@click.argument("act_word", metavar="ACT")
@click.option("--leg", metavar="L", help="Path of the leg ('' is the root); else the only open leg"
              " in which the officer may do it.")  # fmt: skip
@click.option("--as", "actor", metavar="OFFICER", required=True, help="Who does it.")
@click.option("--at", type=MOMENT, help=f"When it happened, if not now: {HOW}.")
@click.option("--field", "given", multiple=True, metavar="K=V",
              help="A field of the act, or a fact the procedure asks about; repeat.")  # fmt: skip
@click.option("--command-id", metavar="U", help="A UUID: the same command sent again with it gets"
              " the first answer.")  # fmt: skip
def act(
    settings: Settings,
    code: str,
    act_word: str,
    leg: str | None,
    actor: str,
    at: datetime | None,
    given: tuple[str, ...],
    command_id: str | None,
) -> None:
    """Does an act: forward, accept, refuse, appraise, ask-supplement, sign, return, …

    `lienthong acts CODE` lists what is possible now. While a leg is in transit, refuse means
    its handover.
    """
    from app.acts import acting
    from app.house import open_house
    from app.law.definitions import known_officer

    name = acting.later_act(act_word)
    fields = pairs(given)
    with open_house(settings, write=True) as house:
        known_officer(house.law.organisation, actor)
        house.dossier(code)
        id_ = acting.command_id(house, command_id)
        wanted = acting.Wanted(name, fields, actor, at)
        call = acting.acting(house, code, wanted, leg, id_)
        done = acting.carry_out(house, call)
    value = acting.told(call, done)
    name, leg = value["act"], value["leg"]

    def human() -> None:
        in_leg = f" in {leg}" if leg else ""
        again = " (answered before: nothing was done again)" if done.repeated else ""
        line(f"{code}: {name}{in_leg} at {shown(done.events[0].occurred_at)}{again}", "bold")
        rows = [(event.version, Cell(event.type)) for event in done.events]
        table(["version", "event"], rows, right=["version"])

    show(settings, value, human)
