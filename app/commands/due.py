"""`lienthong due` and `lienthong why`: a deadline and its reasons."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from app.law import definitions, standing
from app.output import heading, line, show
from app.plain.definitions import UNITS
from app.plain.definitions import derivation as plain
from app.settings import Lang, Settings
from app.shell import MOMENT, command
from app.times import HOW, local
from app.trouble import BadInput

if TYPE_CHECKING:
    from engine.core.derivation import Derivation
    from workflows.model import Procedure


class UnitName(click.ParamType[str]):
    """ "working-day", "working days", "day", "hours": all of them are meant well."""

    name = "U"

    def convert(self, value: Any, param: Any, ctx: Any) -> str:
        from app.law.deriving import unit_named

        try:
            return unit_named(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


@command("due")
@click.option("--from", "start", type=MOMENT, required=True, help=f"When received: {HOW}.")
@click.option("--limit", "amount", metavar="N", help="How much, such as 34 or 0.5.")
@click.option(
    "--unit", type=UnitName(), default="working-day", show_default=True,
    help=f"Of the limit: {', '.join(UNITS)}. A plain day or hour is one of working time.",
)  # fmt: skip
@click.option("--procedure", "id_", metavar="ID", help="Take limit and cut-off of a procedure.")
@click.option("--calendar", "version", metavar="V", help="A version of the working calendar; the"
              " one known when it was received, when left out.")  # fmt: skip
def due(
    settings: Settings,
    start: datetime,
    amount: str | None,
    unit: str,
    id_: str | None,
    version: str | None,
) -> None:
    """The appointment date of a limit, with each day that counted and each that did not.

    By the procedures and calendars of the store, where there is one, else of the program.
    """
    from app.law.deriving import derived, length

    of = None if id_ is None else _in_force(settings, id_, start)
    if amount is None and of is None:
        raise BadInput("Say how long: --limit N with --unit U, or --procedure ID")
    law = standing.law(settings)
    derivation = derived(start, length(amount, unit, of), version, law)
    show(settings, plain(derivation, settings.lang), lambda: tell(derivation, settings.lang))


def _in_force(settings: Settings, id_: str, start: datetime) -> Procedure:
    """The version of the day it was received."""
    day = local(start).date().isoformat()
    known = standing.catalogue(settings)
    found = known.in_force(id_, day)
    if found is None:
        newest = definitions.procedure(known, id_)
        raise BadInput(
            f"No version of {id_} is in force on {day}; the newest, {newest.version}, is from"
            f" {newest.valid_from} to {newest.valid_to or '…'}"
        )
    return found


def tell(derivation: Derivation, lang: Lang) -> None:
    from engine.core.explain import explain

    *reasons, last = explain(derivation, lang)
    for reason in reasons:
        line(reason)
    line(last, "bold")


@command("why")
@click.argument("code")
def why(settings: Settings, code: str) -> None:
    """How the deadlines of a dossier come about: of the whole, of each leg, of each step."""
    from app.house import open_house

    with open_house(settings) as house:
        found = house.derivations(house.dossier(code).dossier)
    value = {
        "code": code,
        "deadlines": [
            {"leg": leg, "step": step, **plain(derivation, settings.lang)}
            for leg, step, derivation in found
        ],
    }

    def human() -> None:
        if not found:
            line(f"{code} has no deadline.")
        for number, (leg, step, derivation) in enumerate(found):
            if number:
                line("")
            heading(_name(leg, step, settings.lang))
            tell(derivation, settings.lang)

    show(settings, value, human)


def _name(leg: str, step: str | None, lang: Lang) -> str:
    vi = lang == "vi"
    if step is not None:
        place = f"{leg}: {step}" if leg else step
        return f"Bước {place}" if vi else f"Step {place}"
    if leg:
        return f"Phần việc {leg}" if vi else f"Leg {leg}"
    return "Toàn bộ hồ sơ" if vi else "The whole dossier"
