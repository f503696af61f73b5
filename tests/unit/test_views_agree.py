"""What the views say is what the engine's own state says, over every procedure.

Dossiers walk at random through the real procedures, with sensible acts and any others that
the engine lets pass; after every few commands each view is compared with the folded state.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine, select

from consumers.home import OwnHome
from consumers.rebuild import open_views
from consumers.subscription import Subscription
from consumers.transport import LogTransport
from consumers.views import all_views, custody, deadlines, inbox, legs, register, status, timers
from engine.core.decide import Decided, decide
from engine.core.dossier import Dossier, LegState
from engine.core.law import Law
from schemas.commands import Command
from schemas.envelope import GENESIS, Origin, Recorded, seal, to_micros
from tests.core import walker
from tests.core.scenario import START, catalogue
from tests.streams import MemoryLog
from workflows.machine import LEGS
from workflows.model import Procedure

PROCEDURES = sorted(catalogue().procedures(), key=lambda each: each.id)
PACE = (1, 45, 400, 1600, 6000)
CODES = {"done": 10, "refused": 8, "stopped": 8}


class Walk:
    """One dossier that the engine decides on, with its sealed events."""

    def __init__(self, procedure: Procedure, number: int) -> None:
        self.law: Law = catalogue()
        self.rng = random.Random(f"{procedure.id} {number}")
        self.procedure = procedure
        self.code = f"walk-{procedure.id}-{number}"
        day = max(procedure.valid_from, "2021-03-01")
        self.now = START.replace(year=int(day[:4]), month=int(day[5:7]), day=int(day[8:10]))
        self.dossier = Dossier(self.code)
        self.version, self.hash = 0, GENESIS

    def commands(self, limit: int) -> Iterator[list[Recorded]]:
        """The events of each command that the engine took."""
        receipt = walker.receipt(self.law, self.procedure, self.now, self.rng.choice)
        yield self._give(receipt)
        for _ in range(limit):
            self.now += timedelta(minutes=self.rng.choice(PACE))
            recorded = self._give(self._next())
            if recorded:
                yield recorded

    def _next(self) -> Command:
        choose = self.rng.choice
        todo = list(walker.sensible(self.dossier, self.law, self.now, choose))
        if todo and self.rng.random() < 0.6:
            return choose(todo)
        return walker.tempting(self.dossier, self.law, self.now, choose)

    def _give(self, command: Command) -> list[Recorded]:
        answer = decide(self.dossier, command, self.law, self.now)
        if not isinstance(answer, Decided):
            return []
        self.dossier = answer.dossier
        at = to_micros(self.now)
        agency = self._agency(command.actor)
        origin = Origin(b"c" * 16, b"c" * 16, command.actor, agency, at, at)
        sealed = seal(
            self.code,
            answer.events,
            origin,
            version=self.version,
            previous=self.hash,
            new_id=lambda: b"i" * 16,
        )
        self.version, self.hash = sealed[-1].version, sealed[-1].hash
        return sealed

    def _agency(self, actor: str) -> str:
        nobody = actor in ("system", "citizen")
        return "" if nobody else self.law.organisation.officer(actor).agency


def us(moment: datetime | None) -> int | None:
    return None if moment is None else to_micros(moment)


def agree(connection: Connection, dossier: Dossier, version: int) -> None:
    """Each view of one dossier against the state of the engine."""
    open_ = dossier.status != "ended"
    _status(connection, dossier, version)
    code = dossier.stream
    open_legs = {leg.path: leg for leg in dossier.open_legs()} if open_ else {}
    rows = {row.leg: row for row in _rows(connection, inbox.TABLE, code)}
    assert rows.keys() == open_legs.keys()
    due_rows = {row.leg: row for row in _rows(connection, deadlines.TABLE, code)}
    assert due_rows.keys() == open_legs.keys()
    standing = {
        (row.what, row.leg): row.deadline
        for row in _rows(connection, timers.TABLE, code)
        if row.ends_at is None
    }
    assert {leg for _, leg in standing} <= open_legs.keys()
    for path, leg in open_legs.items():
        _inbox(rows[path], leg)
        _deadline(due_rows[path], leg)
        _timers(standing, leg)
    _legs(connection, dossier)
    _custody(connection, dossier)
    [entry] = [row for row in _rows(connection, register.TABLE, code)]
    assert entry.supplements == dossier.supplements
    assert entry.outcome == dossier.outcome
    assert entry.received_at == us(dossier.received_at)


def _rows(connection: Connection, table: object, code: str) -> list:  # type: ignore[type-arg]
    return list(connection.execute(select(table).where(table.c.dossier == code)))  # type: ignore


def _status(connection: Connection, dossier: Dossier, version: int) -> None:
    found = status.status(connection, dossier.stream)
    assert found is not None
    root = dossier.root
    assert found.version == version
    assert found.appointment == us(dossier.appointment)
    assert found.unit_appointment == us(dossier.unit_appointment)
    if dossier.status == "ended":
        assert (found.holder, found.in_transit, found.clock) == (None, None, "ended")
        assert found.ended_at == us(dossier.ended_at)
        assert found.portal_code in (CODES[str(dossier.outcome)], 3)
        return
    if root.transit:
        transit = root.transit
        assert found.holder is None
        where = (transit.sender.agency, transit.to_agency, us(transit.since))
        assert found.in_transit == where
    else:
        assert root.holder is not None
        assert found.holder == (root.holder.agency, root.holder.officer)
        assert found.in_transit is None
    assert found.step == root.step
    assert found.due == us(root.due)
    assert found.verdict == root.verdict
    if root.verdict is None:
        assert found.clock == ("running" if root.running else "stopped")
        assert (found.ground is None) == root.running


def _inbox(row: object, leg: LegState) -> None:
    assert (row.mode, row.step) == (leg.mode, leg.step)  # type: ignore[attr-defined]
    if leg.transit:
        there = (leg.transit.to_agency, leg.transit.to_role, leg.transit.to_officer)
        assert (row.agency, row.role, row.officer) == there  # type: ignore[attr-defined]
    else:
        assert leg.holder is not None
        assert row.agency == leg.holder.agency  # type: ignore[attr-defined]
        assert row.officer == leg.holder.officer  # type: ignore[attr-defined]
    if leg.running and leg.mode != LEGS:
        assert row.due == us(leg.step_due)  # type: ignore[attr-defined]
    if not leg.running:
        assert row.due is None  # type: ignore[attr-defined]


def _deadline(row: object, leg: LegState) -> None:
    assert bool(row.stopped) is not leg.running  # type: ignore[attr-defined]
    if leg.running:
        due = us(leg.due) if leg.verdict is None else None
        assert (row.due, row.step_due) == (due, us(leg.step_due))  # type: ignore[attr-defined]


def _timers(standing: dict[tuple[str, str], int], leg: LegState) -> None:
    due = us(leg.due) if leg.running and leg.verdict is None else None
    assert standing.get((timers.OWN, leg.path)) == due
    assert standing.get((timers.STEP, leg.path)) == (us(leg.step_due) if leg.running else None)
    expires = us(leg.transit.expires) if leg.transit else None
    assert standing.get((timers.OFFER, leg.path)) == expires


def _legs(connection: Connection, dossier: Dossier) -> None:
    found = {leg.leg: leg for leg in legs.legs(connection, dossier.stream)}
    assert found.keys() == dossier.legs.keys() - {""}
    for path, leg in found.items():
        state = dossier.legs[path]
        assert (leg.agency, leg.outcome) == (state.agency, state.outcome)
        assert leg.ended_at == us(state.ended_at)
        if state.open and state.holder:
            assert leg.holder == (state.holder.agency, state.holder.officer)
        if state.open and state.transit:
            assert (leg.holder, leg.to_agency) == (None, state.transit.to_agency)


def _custody(connection: Connection, dossier: Dossier) -> None:
    turns = custody.custody(connection, dossier.stream)
    for path, leg in dossier.legs.items():
        of_leg = [turn for turn in turns if turn.leg == path]
        for before, after in pairwise(of_leg):
            assert before.until is not None
            assert before.until <= after.since
        current = [turn for turn in of_leg if turn.until is None]
        if not leg.open:
            assert current == []
            continue
        [turn] = current
        assert (turn.waiting_for is not None) == (leg.transit is not None)
        holder = leg.transit.sender if leg.transit else leg.holder
        assert holder is not None
        assert (turn.agency, turn.officer) == (holder.agency, holder.officer)


@pytest.mark.parametrize("procedure", PROCEDURES, ids=lambda each: each.id)
def test_views_say_what_the_engine_says(procedure: Procedure, tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'views.db'}")
    home, log = OwnHome(engine), MemoryLog()
    open_views(home, log, all_views())
    subscription = Subscription(home, LogTransport(log), all_views())
    compared = 0
    for number in range(8):
        walk = Walk(procedure, number)
        for index, recorded in enumerate(walk.commands(40)):
            log.add(recorded)
            if index % 3 == 0 or walk.dossier.status == "ended":
                subscription.catch_up()
                with engine.connect() as connection:
                    agree(connection, walk.dossier, walk.version)
                compared += 1
    assert compared > 10
    engine.dispose()
