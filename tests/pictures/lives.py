"""A golden history as it stood after one of its events, and what pictures ask of a house."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from app.pictures.markup import calendar_of
from app.pictures.turns import Timeline, timeline_of
from app.pictures.walk import StepWalk, Walk, walk_of
from engine.core.dossier import Dossier
from engine.core.law import Law
from engine.runtime import Folded, fold
from schemas.envelope import Recorded, from_micros
from tests.forms.lives import history, law


class Then(NamedTuple):
    """`law`, `now`: as a house has them."""

    dossier: Dossier
    records: tuple[Recorded, ...]
    law: Law
    later: timedelta

    @property
    def now(self) -> datetime:
        return from_micros(self.records[-1].occurred_at) + self.later

    def walk(self) -> Walk:
        found = walk_of(self.dossier, self.records, self.law, self.now)
        assert found is not None
        return found

    def step(self, name: str, leg: str = "") -> StepWalk:
        (found,) = [each for each in self.walk().steps if (each.leg, each.step) == (leg, name)]
        return found

    def timeline(self) -> Timeline:
        calendar = calendar_of(self.law, self.dossier)
        return timeline_of(self.dossier, self.records, calendar, self.now)


def after(name: str, version: int | None = None, **later: float) -> Then:
    records = history(name)[:version]
    dossier = fold(records, Folded(Dossier(records[0].stream))).dossier
    return Then(dossier, records, law(), timedelta(**later))


def version_of(name: str, type_: str, number: int = 0) -> int:
    """The version of the number-th event of a type."""
    return [each.version for each in history(name) if each.type == type_][number]
