"""The statutory clock: started, stopped on a ground, resumed, extended, ended."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from schemas.events.base import LegEvent


class ClockStarted(LegEvent, frozen=True, kw_only=True, omit_defaults=True):
    """`limit` as words ("34 working days"), `rule`: how counting starts, `due`: its end.
    `since`: when it began, if that was before, in another engine."""

    type: ClassVar[str] = "clock.started"

    limit: str
    rule: str
    due: datetime
    since: datetime | None = None


class ClockStopped(LegEvent, frozen=True, kw_only=True, omit_defaults=True):
    """The clock of this leg and of every leg above it stands still on a ground.

    `restarts`: the whole limit begins anew when the clock resumes (supplement rule).
    """

    type: ClassVar[str] = "clock.stopped"

    step: str
    ground: str
    evidence: str | None = None
    legal_basis: str | None = None
    restarts: bool = False


class ClockResumed(LegEvent, frozen=True, kw_only=True, omit_defaults=True):
    """The ground is gone. `dues` and `step_dues` hold the new dates by leg path, for each
    leg whose clock runs again; a leg that another ground still stops is not among them.
    `extended`: those of `dues` whose limit was made longer before."""

    type: ClassVar[str] = "clock.resumed"

    step: str
    ground: str
    evidence: str | None = None
    dues: dict[str, datetime] = {}
    step_dues: dict[str, datetime] = {}
    running: tuple[str, ...] = ()
    extended: tuple[str, ...] = ()


class ClockExtended(LegEvent, frozen=True, kw_only=True, omit_defaults=True):
    """The limit was made longer by `by` (words), once, on a legal basis; `due` is the new end."""

    type: ClassVar[str] = "clock.extended"

    by: str
    legal_basis: str
    due: datetime


class ClockEnded(LegEvent, frozen=True, kw_only=True, omit_defaults=True):
    """The processing clock ended; `verdict` is early, on time or overdue."""

    type: ClassVar[str] = "clock.ended"

    due: datetime | None = None
    verdict: str
