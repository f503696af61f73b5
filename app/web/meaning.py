"""What an act would mean: it is decided on trial, and what follows is told. Nothing is kept."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from app.acts.fields import Wrong, make
from app.web.tasks import step_title
from engine.core.calendar import CalendarError
from engine.core.clock import ClockError
from engine.core.decide import decide
from engine.core.dossier import Dossier
from engine.core.rules import rejection
from schemas import events as e
from schemas.commands import COMMANDS
from schemas.rejection import Rejected
from workflows.machine import ORIGIN
from workflows.model import ENDS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.house import House
    from app.settings import Lang

FOR_TRIAL = {
    "reason": "…",
    "number": "…",
    "receipt": "…",
    "legal_basis": "…",
    "by": "5 working days",
    "ground": "withdrawal",
}
"""What stands for words that are not written yet, where an act cannot be decided without."""


class Next(msgspec.Struct, frozen=True):
    """One thing that would follow. `kind`: offer, step, hold, back, stops, runs, stands (the clock
    does not run yet), leg (ends), ready, ended, supplement, date, elsewhere. `by`: until when;
    `expires`: until when it can be taken."""

    kind: str
    leg: str = ""
    agency: str = ""
    role: str = ""
    officer: str | None = None
    step: str = ""
    word: str = ""
    by: datetime | None = None
    expires: datetime | None = None
    papers: tuple[str, ...] = ()


class Meaning(msgspec.Struct, frozen=True):
    """What would follow, or why it may not be done as it stands: a rule refused it, or of these
    fields something is `wrong`."""

    follows: tuple[Next, ...] = ()
    refused: Rejected | None = None
    wrong: tuple[tuple[str, str], ...] = ()

    def of(self, kind: str) -> Next | None:
        """The first thing of a kind that would follow."""
        return next((each for each in self.follows if each.kind == kind), None)

    @property
    def opens_legs(self) -> bool:
        return any(each.kind == "offer" and each.word == "leg" for each in self.follows)


def meaning(
    house: House,
    dossier: Dossier,
    act: str,
    leg: str,
    actor: str,
    given: Mapping[str, object],
    lang: Lang,
) -> Meaning:
    """What the act would mean with these fields; what is still missing is taken as given."""
    asked = house.law.outline(dossier.procedure).facts if dossier.procedure[0] else {}
    known = COMMANDS[act].__struct_fields__
    trial = {name: word for name, word in FOR_TRIAL.items() if name in known}
    said = {name: value for name, value in given.items() if value not in ("", None, [])}
    try:
        command = make(act, {**trial, **said}, asked, actor=actor, leg=leg)
        outcome = decide(dossier, command, house.law, house.now)
    except Wrong as wrong:
        return Meaning(wrong=tuple(wrong.problems))
    except (CalendarError, ClockError) as error:
        return Meaning(refused=rejection("bad-limit", why=error))
    if isinstance(outcome, Rejected):
        return Meaning(refused=outcome)
    return Meaning(_follows(house, dossier, outcome.events, outcome.dossier, lang))


def goes_along(house: House, dossier: Dossier, leg: str, means: Meaning) -> tuple[str, ...]:
    """The papers that go with what an act hands over, unless the officer chooses others: those of
    the dossier. What goes into a leg the procedure says; into several of which each gets something
    else, it alone."""
    if means.of("offer") is None:
        return ()
    if means.opens_legs:
        given = {each.papers for each in means.follows if each.word == "leg"}
        return given.pop() if len(given) == 1 else ()
    if leg and dossier.legs[leg].step == ORIGIN:
        return house.law.outline(dossier.procedure).legs[leg].papers_out
    return dossier.papers


def _follows(
    house: House, before: Dossier, events: tuple[e.Event, ...], after: Dossier, lang: Lang
) -> tuple[Next, ...]:
    key = after.procedure
    opened = {each.leg for each in events if isinstance(each, e.LegOpened)}
    offered = {each.leg for each in events if isinstance(each, e.HandoverOffered)}
    found: list[Next] = []
    for event in events:
        made = _next(event, opened)
        if made is None and isinstance(event, e.StepEnded) and event.to not in ENDS:
            leg = after.legs[event.leg]
            if event.leg not in offered and leg.holder is not None and leg.mode == "":
                made = Next("step", event.leg, leg.holder.agency, officer=leg.holder.officer,
                            step=event.to, by=event.due)  # fmt: skip
        if made is not None:
            title = step_title(house, key, made.leg, made.step, lang) if made.step else ""
            found.append(msgspec.structs.replace(made, step=title))
    return tuple(found)


def _next(event: e.Event, opened: set[str]) -> Next | None:
    if isinstance(event, e.HandoverOffered):
        return Next(
            "offer",
            event.leg,
            event.to_agency,
            event.to_role,
            event.to_officer,
            event.step,
            "leg" if event.leg in opened else "",
            event.due,
            event.expires,
            event.papers,
        )
    found = (make(event) for kind, make in _MADE.items() if isinstance(event, kind))
    return next(found, None)


def _held(kind: str) -> Callable[[Any], Next]:
    return lambda event: Next(
        kind,
        event.leg,
        event.agency,
        officer=event.officer,
        step=event.step,
        by=event.due,
    )


def _ended(word: str) -> Callable[[Any], Next]:
    return lambda event: Next("ended", word=word)


def _resumed(event: e.ClockResumed | e.DossierResumed) -> Next:
    """One ground is gone; where another is left, such as a suspension, no clock runs by that."""
    return Next("runs", by=event.dues.get("")) if event.running else Next("stands")


_MADE: dict[type[e.Event], Callable[[Any], Next | None]] = {
    e.HandoverAccepted: _held("hold"),
    e.HandoverNotTaken: _held("back"),
    e.StepAssigned: lambda event: Next("hold", event.leg, officer=event.officer, step=event.step),
    e.SupplementRequested: lambda event: Next("supplement", event.leg, by=event.answer_by),
    e.ClockStopped: lambda event: Next("stops", event.leg, word=event.ground),
    e.DossierSuspended: lambda event: Next("stops", word=event.ground),
    e.ClockResumed: _resumed,
    e.DossierResumed: _resumed,
    e.ClockExtended: lambda event: Next("date", event.leg, by=event.due),
    e.LegRefused: lambda event: Next("leg", event.leg, word="refused"),
    e.LegResulted: lambda event: Next("leg", event.leg, word="done", papers=event.papers),
    e.ResultReady: lambda event: Next("ready"),
    e.ResultReturned: lambda event: None if event.leg else Next("ended", word="returned"),
    e.DossierStopped: _ended("stopped"),
    e.DossierRefused: _ended("refused"),
    e.DossierRefusedAtReceipt: _ended("refused-at-receipt"),
}
"""Event -> what is told of it; what is not here follows from others that are."""
