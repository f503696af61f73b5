"""One dossier on a walk: what has to hold after each command, whatever anybody does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from hypothesis import strategies as st

from engine.core import custody
from engine.core.decide import Decided, decide
from engine.core.dossier import WHOLE, Dossier
from engine.core.evolve import evolve
from engine.core.law import Law
from schemas.codec import decode, encode
from schemas.commands import Command
from schemas.rejection import Rejected
from tests.core import walker
from tests.core.scenario import CODE, START, catalogue, procedure
from workflows.machine import LEGS

PROCEDURES = sorted(each.id for each in catalogue().procedures())
STEPS = 60
HOW = ("sensible", "sensible", "sensible", "sensible", "allowed", "tempting")

Line = tuple[str, bytes, bytes | None, datetime]


class Broken(AssertionError):
    """What has to hold does not. The name of the invariant comes first."""


class Walk:
    """One dossier, the bytes of its events, and what has to hold of them after each command."""

    def __init__(
        self, id_: str, decider: Callable[..., Decided | Rejected] = decide, code: str = CODE
    ) -> None:
        self.law: Law = catalogue()
        self.procedure = procedure(id_)
        self.decide = decider
        self.now = max(START, _first_day(self.procedure.valid_from))
        self.dossier = Dossier(code)
        self.log: list[Line] = []
        self.outcomes = {"decided": 0, "rejected": 0}

    def receive(self, pick: walker.Pick) -> None:
        opens = pick((walker.receipt, walker.receipt, walker.registration))
        self.give(opens(self.law, self.procedure, self.now, pick))

    def give(self, command: Command) -> Decided | Rejected:
        before = self.dossier
        was = _bytes_of(before)
        answer = self.decide(before, command, self.law, self.now)
        if _bytes_of(before) != was:
            raise Broken(f"I10: {command.act} changed the dossier it was decided on")
        if answer != self.decide(before, command, self.law, self.now):
            raise Broken(f"deterministic: {command.act} was decided in two ways")
        if isinstance(answer, Rejected):
            self.outcomes["rejected"] += 1
            return answer
        self.outcomes["decided"] += 1
        self._append(answer)
        return answer

    def _append(self, decided: Decided) -> None:
        live = self.dossier
        for event in decided.events:
            live = evolve(live, event, self.now)
            # I8 holds at each event, not only when the command is through.
            faults = custody.faults(live)
            if faults:
                raise Broken(f"I8: after {event.type}: {faults}")
            self.log.append((event.type, *encode(event), self.now))
        if live != decided.dossier:
            raise Broken("decided: the dossier is not what its events make of it")
        self.dossier = live
        if replay(self.log, live.stream) != live:
            raise Broken("replay: the dossier is not what its bytes make of it")
        clocks(live)
        _ends(live)


def replay(log: list[Line], code: str = CODE) -> Dossier:
    """The dossier, from nothing but bytes."""
    dossier = Dossier(code)
    for type_, payload, private, at in log:
        dossier = evolve(dossier, decode(type_, payload, private), at)
    return dossier


def _bytes_of(dossier: Dossier) -> str:
    return repr(dossier)


def _first_day(valid_from: str) -> datetime:
    year, month, day = map(int, valid_from.split("-"))
    return START.replace(year=year, month=month, day=day)


def clocks(dossier: Dossier) -> None:
    for leg in dossier.legs.values():
        if leg.due is not None and leg.due < leg.started:
            raise Broken(f"due: leg {leg.path!r} is due before it started")
        entered = leg.visits.get(leg.step, ())
        if leg.step_due is not None and leg.step_due < entered[0]:
            raise Broken(f"due: step {leg.step!r} is due before it was begun")
        for stop in leg.stops:
            if stop.until is not None and stop.until < stop.since:
                raise Broken(f"due: a stop of leg {leg.path!r} ends before it begins")
    for leg in dossier.open_legs():
        for stop in leg.stops:
            if stop.until is None and stop.leg != WHOLE and not dossier.legs[stop.leg].open:
                raise Broken(f"due: leg {leg.path!r} stands still for {stop.leg!r}, which is over")


def _ends(dossier: Dossier) -> None:
    """Nothing is open in what has ended, and what is open has a leg that somebody may move."""
    if dossier.status == "ended" and any(True for _ in dossier.open_legs()):
        raise Broken("end: the dossier has ended, and a leg of it has not")
    if dossier.status in ("open", "suspended"):
        if not dossier.root.open:
            raise Broken("end: the root has ended, and the dossier has not")
        if all(leg.mode == LEGS for leg in dossier.open_legs()):
            raise Broken("end: every open leg waits for another")


def step(walk: Walk, pick: walker.Pick) -> None:
    """Something happens: mostly what is sensible, now and then anything at all."""
    walk.now = max(walk.now + pick(walker.PACE), START)
    how = pick(HOW)
    if how == "sensible":
        todo = list(walker.sensible(walk.dossier, walk.law, walk.now, pick))
        how = "sensible" if todo else "allowed"
    if how == "sensible":
        walk.give(pick(todo))
    elif how == "allowed":
        walk.give(walker.allowed(walk.dossier, walk.law, walk.now, pick))
    else:
        walk.give(walker.tempting(walk.dossier, walk.law, walk.now, pick))


def drawn(draw: Callable[[st.SearchStrategy[Any]], Any]) -> walker.Pick:
    def pick(options: Sequence[Any]) -> Any:
        return options[draw(st.integers(0, len(options) - 1))]

    return pick
