"""The life that the benchmarks live: a 3-level dossier of twelve commands, each by its officer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count

from engine.core.calendar import build
from engine.core.decide import Decided, decide
from engine.core.dossier import Dossier
from engine.core.law import Law
from schemas import commands as c
from tests.core.walker import receipt, sensible
from workflows.calendar_files import load, versions
from workflows.load import load_catalogue
from workflows.load_organisation import load_organisation

THREE_LEVELS = "lt-16-social-allowance"
START = datetime(2021, 3, 1, 1, 0, tzinfo=UTC)

Life = list[tuple[c.Command, datetime]]


def the_law() -> Law:
    organisation = load_organisation()
    procedures = load_catalogue(organisation=organisation)
    return Law(procedures, [build(load(version)) for version in versions()], organisation)


def twelve(law: Law) -> Life:
    """Twelve commands from receipt to return, over three levels, one handover refused on the
    way and offered again."""
    procedure = next(each for each in law.procedures() if each.id == THREE_LEVELS)
    now = START
    command: c.Command = receipt(law, procedure, now)
    dossier = Dossier("bench")
    life: Life = []
    for number in count():
        outcome = decide(dossier, command, law, now)
        if not isinstance(outcome, Decided):
            raise AssertionError(f"{command.act}: {outcome}")
        dossier = outcome.dossier
        life.append((command, now))
        if dossier.status == "ended":
            break
        now += timedelta(minutes=90)
        command = next(iter(sensible(dossier, law, now)))
        if number == 1 and isinstance(command, c.Accept):
            command = c.RefuseHandover(
                actor=command.actor, leg=command.leg, reason="Thiếu chữ ký ở tờ khai"
            )
    if len(life) != 12:
        raise AssertionError(f"{len(life)} commands, not 12")
    return life
