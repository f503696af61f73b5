"""What the simulation remembers of an open dossier; what has happened to it, the log knows."""

from __future__ import annotations

from typing import Literal, NamedTuple

from engine.core.dossier import Dossier
from schemas.commands import Command

Place = tuple[str, str, object]
"""Where a leg is: step, mode, and who holds it or which handover is on its way."""


class Plan(NamedTuple):
    """What will be done next in a leg, and when, unless the leg is moved before."""

    place: Place
    tick: int
    command: Command
    command_id: bytes | None = None


class Aside(NamedTuple):
    """Something about the whole dossier that is going to happen."""

    tick: int
    kind: Literal["withdraw", "stop", "suspend", "resume", "extend"]


class Case:
    """One dossier on its way. `code` is "" until the engine has given it one; `dossier` is
    the state that the engine's last answer led to."""

    __slots__ = (
        "apologises",
        "aside",
        "asked_again",
        "code",
        "counted",
        "dossier",
        "number",
        "part",
        "plans",
        "procedure",
        "received",
        "turn",
        "watched",
    )

    def __init__(self, number: int, part: str, procedure: str) -> None:
        self.number = number
        self.part = part
        self.procedure = procedure
        self.code = ""
        self.dossier = Dossier("")
        self.plans: dict[str, Plan] = {}
        self.aside: Aside | None = None
        self.turn = 0
        self.received = False
        self.counted = False
        self.watched = True
        self.apologises: bool | None = None
        self.asked_again = False

    def next(self) -> Plan | Aside | None:
        """What comes first."""
        due = min(self.plans.values(), key=_tick, default=None)
        if self.aside is not None and (due is None or self.aside.tick <= due.tick):
            return self.aside
        return due


def _tick(plan: Plan) -> int:
    return plan.tick
