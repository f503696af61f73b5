"""Dossiers that anything may happen to, and that are told late: for tests of reports."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from itertools import count

from msgspec.structs import replace
from sqlalchemy import Connection, create_engine
from sqlalchemy.pool import StaticPool

from consumers.changes import Changes
from consumers.fold import Fold
from consumers.rows import write
from consumers.tables import create
from consumers.view import View
from consumers.views.report import VIEW
from engine.core.admission import SYSTEM
from engine.core.calendar import local_day
from engine.core.decide import Decided
from engine.core.law import leg_key
from schemas import commands as c
from schemas import events as e
from schemas.commands import Command
from schemas.envelope import GENESIS, Origin, Recorded, seal, to_micros
from schemas.rejection import Rejected
from tests.core import walk, walker

DELAYS = tuple(timedelta(hours=hours) for hours in (0, 0, 0, 0, 2, 30, 24 * 40))
"""How long after it happened something is told."""


class Life(walk.Walk):
    """A walk that is recorded. `events`: sealed, as a log would hold them."""

    def __init__(self, id_: str, code: str, pick: walker.Pick) -> None:
        super().__init__(id_, code=code)
        self.pick = pick
        self.events: list[Recorded] = []

    def lives(self, steps: int) -> Life:
        self.receive(self.pick)
        for _ in range(steps):
            walk.step(self, self.pick)
        return self

    def arrives(self, path: str, steps: int) -> Life:
        """As this leg of another house's dossier. Now and then nobody takes it."""
        leg = self.law.procedure(leg_key(self.procedure.key, path))
        start = leg.process.steps[leg.process.start]
        day = local_day(self.now)
        there = [each for each in self.law.organisation.on(day) if each.function == leg.desk]
        offer = c.Arrive(
            actor=SYSTEM,
            procedure=self.procedure.id,
            version=self.procedure.version,
            calendar=self.law.calendar_known_on(day).version,
            agency=self.pick(there).id,
            house="other",
            code="theirs",
            of_leg=path,
            handover=1,
            at_version=3,
            at_hash="00" * 32,
            digest="00" * 32,
            from_agency="elsewhere",
            from_officer="elsewhere.receiver-1",
            step=start.name,
            expires=self.now + timedelta(days=3),
            limit="3 days",
            rule="day-after",
            since=self.now,
            whole_due=self.now + timedelta(days=self.pick((1, 2, 20))),
        )
        assert isinstance(self.give(offer), Decided)
        self.now += timedelta(hours=self.pick((1, 1, 40, 80)))
        if self.pick((True, False, False)):
            self.give(c.WithdrawElsewhere(actor=SYSTEM))
        for _ in range(steps):
            walk.step(self, self.pick)
        if self.pick((True, False, False)):
            self.give(c.WithdrawElsewhere(actor=SYSTEM, stop=True))
        return self

    def _found(self, command: Command) -> Command:
        """What somebody finds when a leg is over may lead the next time to another agency."""
        legs = self.dossier.legs
        if not isinstance(command, c.StepAct) or all(leg.open for leg in legs.values()):
            return command
        day = local_day(self.now)
        facts = {}
        for leg in self.law.outline(self.dossier.procedure).legs.values():
            known = [each for each in self.law.organisation.on(day) if each.function == leg.at]
            if known:
                facts[leg.at] = self.pick(known).id
        return replace(command, facts={**facts, **command.facts})

    def give(self, command: Command) -> Decided | Rejected:
        # What has to hold of a walk is checked elsewhere.
        command = self._found(command)
        answer = self.decide(self.dossier, command, self.law, self.now)
        if isinstance(answer, Decided):
            self.dossier = answer.dossier
            self.append(answer.events)
        return answer

    def append(self, events: Iterable[e.Event]) -> None:
        """They happened now, and are told so much later; never before what happened earlier."""
        told = to_micros(self.now + self.pick(DELAYS))
        self.events += sealed(self.dossier.stream, events, to_micros(self.now), told, self.events)


def sealed(
    stream: str, events: Iterable[e.Event], occurred: int, told: int, past: list[Recorded]
) -> list[Recorded]:
    """One command's events behind those that were sealed before."""
    last = past[-1] if past else None
    told = max(told, last.recorded_at) if last else told
    command = _new_id()
    origin = Origin(command, command, "ub-desk.receiver-1", "ub-desk", occurred, told)
    return seal(
        stream,
        events,
        origin,
        version=last.version if last else 0,
        previous=last.hash if last else GENESIS,
        new_id=_new_id,
    )


_numbers = count(1)


def _new_id() -> bytes:
    return next(_numbers).to_bytes(16)


@contextmanager
def viewed(
    streams: Iterable[Iterable[Recorded]], views: Sequence[View] = (VIEW,)
) -> Iterator[Connection]:
    """A database that holds the views of these streams."""
    engine = create_engine("sqlite://", poolclass=StaticPool)
    with engine.begin() as connection:
        for view in views:
            create(connection, view, {table.name: table.name for table in view.tables})
        follow(connection, (event for stream in streams for event in stream), views=views)
        yield connection
    engine.dispose()


def follow(
    connection: Connection,
    events: Iterable[Recorded],
    batch: int = 7,
    views: Sequence[View] = (VIEW,),
) -> None:
    """Feeds the views in small batches, so that rows are merged and overwritten both."""
    fold, changes = Fold(views), Changes()
    for number, event in enumerate(events, 1):
        fold.add(event, changes)
        if number % batch == 0:
            write(connection, changes)
            changes = Changes()
    write(connection, changes)
