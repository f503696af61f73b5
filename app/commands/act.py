"""`lienthong act`: any act on a dossier after it was opened."""

from __future__ import annotations

from datetime import datetime

import click

from app.output import Cell, line, show, table
from app.settings import Settings
from app.shell import MOMENT, command, pairs
from app.times import HOW, shown
from app.trouble import BadInput


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
    from app import acting
    from app.definitions import known_officer
    from app.fields import Wrong, act_named
    from app.house import open_house
    from engine.core.admission import OPENING_ACTS
    from engine.runtime import Call

    try:
        name = act_named(act_word)
    except Wrong as wrong:
        raise BadInput(wrong.problems[0][1]) from None
    if name in OPENING_ACTS and name != "refuse-receipt":
        raise BadInput(f"{name} opens a dossier: use lienthong {name}")
    fields = pairs(given)
    with open_house(settings, write=True) as house:
        known_officer(house.law.organisation, actor)
        house.dossier(code)
        id_ = acting.command_id(house, command_id)
        dossier, before = acting.as_found(house, code, id_)
        name = acting.meant(dossier, name, leg)
        asked = house.law.outline(dossier.procedure).facts
        # First without the leg, so that wrong fields are told whatever the leg.
        acting.made(house, name, fields, asked, actor=actor, leg=leg or "")
        moment = house.happened(at)
        if leg is None:
            leg = acting.leg_for(house, dossier, name, actor, before or moment or house.now)
        made = acting.made(house, name, fields, asked, actor=actor, leg=leg)
        call = Call(made, id_, code, moment, now=house.now)
        done = acting.carry_out(house, call)
    value = {
        "code": code,
        "version": done.version,
        "events": [event.type for event in done.events],
        "leg": leg,
        "act": name,
        "repeated": done.repeated,
    }

    def human() -> None:
        in_leg = f" in {leg}" if leg else ""
        again = " (answered before: nothing was done again)" if done.repeated else ""
        line(f"{code}: {name}{in_leg} at {shown(done.events[0].occurred_at)}{again}", "bold")
        rows = [(event.version, Cell(event.type)) for event in done.events]
        table(["version", "event"], rows, right=["version"])

    show(settings, value, human)
