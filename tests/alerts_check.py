"""I7: an alert per (dossier, leg, kind, deadline) exactly once, never early. The checker.

It keeps the moments that lie ahead straight from what each event says, by rules of its own,
and compares them with what each sweep raised.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from consumers.alerts import Alert
from schemas import events as e
from schemas.envelope import Recorded, from_micros, to_micros

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
WARNING = 8 * HOUR
OWN = ("due-soon", "apology-due", "dossier-overdue", "leg-overdue")
STEP, HANDOVER, SUPPLEMENT = "step-overdue", "handover-not-accepted", "supplement-unanswered"


def i7(events: Iterable[Recorded], sweeps: Iterable[tuple[int, list[Alert]]]) -> list[str]:
    """What was raised early, twice, without a cause, or not at all by the first sweep after
    its moment. `sweeps`: when, and what it raised; both in the order of time."""
    wrong: list[str] = []
    raised: set[tuple[str, str, str, int]] = set()
    dossiers: dict[str, Ahead] = {}
    rest = list(events)
    for at, found in sweeps:
        while rest and rest[0].occurred_at <= at:
            event = rest.pop(0)
            ahead = dossiers.setdefault(event.stream, Ahead())
            # What was due before it happened was due, whether or not somebody had swept.
            ahead.comes_to(event.occurred_at)
            ahead.happens(event.event(), event.occurred_at)
        for ahead in dossiers.values():
            ahead.comes_to(at)
        expected = {
            (dossier, *each) for dossier, ahead in dossiers.items() for each in ahead.due
        } - raised
        got = [(each.dossier, each.leg, each.kind, each.deadline) for each in found]
        wrong += [f"I7: {each} raised twice" for each in got if each in raised]
        wrong += [f"I7: {each} raised early or for nothing" for each in set(got) - expected]
        wrong += [f"I7: {each} was due by {from_micros(at)}" for each in expected - set(got)]
        raised |= set(got)
    return wrong


class Ahead:
    """The moments that lie ahead of one dossier: (leg, kind) -> (moment, deadline); and those
    that have been `due`: (leg, kind, deadline). An event of no duration makes nothing due."""

    def __init__(self) -> None:
        self.moments: dict[tuple[str, str], tuple[int, int]] = {}
        self.due: set[tuple[str, str, int]] = set()
        self.now = 0

    def comes_to(self, at: int) -> None:
        if at > self.now:
            self.due |= {
                (*key, each) for key, (moment, each) in self.moments.items() if moment <= at
            }
        self.now = at

    def happens(self, event: Any, now: int) -> None:
        self._clock(event, now)
        self._waiting(event)
        self._over(event)

    def _clock(self, event: Any, now: int) -> None:
        match event:
            case e.DossierReceived():
                self._own("", event.appointment, now)
            case e.ClockStarted():
                self._own(event.leg, event.due, now)
            case e.ClockStopped():
                self._stop(leg for leg, _ in [*self.moments] if _within(event.leg, leg))
            case e.DossierSuspended():
                self._stop(leg for leg, _ in [*self.moments])
            case e.ClockResumed() | e.DossierResumed():
                for leg, due in event.dues.items():
                    self._own(leg, due, now)
                for leg, due in event.step_dues.items():
                    self._one(leg, STEP, due)
            case e.ClockEnded():
                self._cancel(event.leg, *OWN)

    def _waiting(self, event: Any) -> None:
        match event:
            case e.HandoverOffered():
                self._one(event.leg, HANDOVER, event.expires)
                self._one(event.leg, STEP, event.due)
            case e.HandoverAccepted():
                self._cancel(event.leg, HANDOVER)
            case e.HandoverNotTaken():
                self._cancel(event.leg, HANDOVER)
                self._one(event.leg, STEP, event.due)
            case e.SupplementRequested():
                self._one(event.leg, SUPPLEMENT, event.answer_by)
            case e.SupplementReceived():
                self._cancel(event.leg, SUPPLEMENT)
            case e.StepEnded():
                self._one(event.leg, STEP, event.due)
            case e.DossierReceived():
                self._one("", STEP, event.step_due)

    def _over(self, event: Any) -> None:
        match event:
            case e.ResultReturned() | e.DossierStopped() | e.DossierRefused():
                self.moments.clear()
            case e.LegResulted():
                self._cancel(event.leg, *OWN, STEP, HANDOVER)

    def _own(self, leg: str, due: datetime, now: int) -> None:
        deadline = to_micros(due)
        today = (due + 7 * HOUR).replace(hour=0, minute=0, second=0, microsecond=0)
        midnight = today + DAY - 7 * HOUR
        self._cancel(leg, *OWN)
        self.moments[leg, "leg-overdue" if leg else "dossier-overdue"] = (
            to_micros(midnight),
            deadline,
        )
        for kind, moment in (("due-soon", due - WARNING), ("apology-due", midnight - 2 * DAY)):
            if not leg and to_micros(moment) > now:
                self.moments[leg, kind] = (to_micros(moment), deadline)

    def _one(self, leg: str, kind: str, due: datetime | None) -> None:
        self._cancel(leg, kind)
        if due is not None:
            self.moments[leg, kind] = (to_micros(due), to_micros(due))

    def _stop(self, legs: Iterable[str]) -> None:
        for leg in set(legs):
            self._cancel(leg, *OWN, STEP)

    def _cancel(self, leg: str, *kinds: str) -> None:
        for kind in kinds:
            self.moments.pop((leg, kind), None)


def _within(leg: str, above: str) -> bool:
    return not above or leg == above or leg.startswith(f"{above}/")
