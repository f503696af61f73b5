"""What the views and the sweep made of the events, published: where each dossier is, what is late.

Both publishers send first and remember after, so a crash sends again: the same snapshot, or the
same alert under the same id. Who reads the status topic drops what is older than what he knows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import select, update

from consumers import checkpoints
from consumers.alerts import Alert, alert_of, alerts_table
from consumers.broker import Broker, BrokerError
from consumers.home import Home
from consumers.outlet import Outlet
from consumers.transport import LogTransport
from consumers.views import status as status_view
from consumers.views.legs import Leg, legs
from consumers.views.status import Status, status
from engine.store.log import Log
from schemas.cloudevents import Message
from schemas.envelope import SHARDS, from_micros
from schemas.messages import (
    AlertRaised,
    Holder,
    LegStatus,
    StatusSnapshot,
    Transit,
    alert_message,
    status_message,
)
from schemas.topics import Topic, alerts_topic, status_topic

BATCH = 1_000


class _Publisher:
    """Sends to one topic, by a new producer after it failed."""

    def __init__(self, broker: Broker, topic: Topic) -> None:
        self.topic = topic
        self._outlet = Outlet(broker, [topic])

    def _arrived(self, messages: Iterable[Message]) -> None:
        """Returns when all of them are in the topic. Raises BrokerError, WrongTopic."""
        try:
            for message in messages:
                self._outlet.send(self.topic, message)
            self._outlet.flush()
        except BrokerError:
            self.close()
            raise

    def close(self) -> None:
        self._outlet.close()


class StatusPublisher(_Publisher):
    """A full snapshot of each dossier after events of it have reached the view, the last for
    each dossier of a batch only: the topic is compacted, and a snapshot holds all before it.

    `home`: where the views are.
    """

    def __init__(self, log: Log, home: Home, broker: Broker, house: str) -> None:
        super().__init__(broker, status_topic(house))
        self._log = log
        self._home = home
        self._house = house
        self._events = LogTransport(log)
        self._name = f"publish:{self.topic.name}"

    def step(self) -> int:
        """Publishes the next dossiers; how many. 0 when there is nothing new, and while the view
        has not come as far as the log. Raises BrokerError, WrongTopic, Fenced."""
        with self._home.engine.connect() as connection:
            cursors = checkpoints.cursors(connection, self._name)
        if not cursors:
            with self._home.begin() as connection:
                checkpoints.start(connection, self._name, range(SHARDS))
            cursors = dict.fromkeys(range(SHARDS), 0)
        batch = self._events.read(cursors, BATCH)
        if not batch:
            return 0
        last = {each.event.stream: each.event.version for each in batch}
        if self._view_is_behind(last):
            return 0
        self._arrived(self._snapshots(last))
        with self._home.begin() as connection:
            then = {each.partition: each.next for each in batch}
            checkpoints.advance(connection, self._name, cursors, then)
        return len(last)

    def _view_is_behind(self, wanted: Mapping[str, int]) -> bool:
        of = status_view.TABLE.c
        query = select(of.dossier, of.version).where(of.dossier.in_(sorted(wanted)))
        with self._home.engine.connect() as connection:
            shown = {code: version for code, version in connection.execute(query)}
            fed_by = checkpoints.views(connection)[status_view.VIEW.name].subscription
            # A parked dossier stands still until somebody works it off; nobody waits for it.
            parked = checkpoints.parked_from(connection, fed_by)
        return any(
            shown.get(code, 0) < version for code, version in wanted.items() if code not in parked
        )

    def _snapshots(self, codes: Iterable[str]) -> Iterable[Message]:
        with self._home.engine.connect() as connection:
            for code in codes:
                found = status(connection, code)
                if found is None:
                    continue
                [event] = self._log.read_stream(code, after=found.version - 1, until=found.version)
                snapshot = snapshot_of(found, legs(connection, code), event.hash)
                yield status_message(snapshot, self._house)


class AlertPublisher(_Publisher):
    """Each alert that was raised, under its own id."""

    def __init__(self, home: Home, broker: Broker, house: str) -> None:
        super().__init__(broker, alerts_topic(house))
        self._home = home
        self._house = house

    def step(self) -> int:
        """Publishes the next alerts, in the order in which they were due; how many. Raises
        BrokerError, WrongTopic."""
        of = alerts_table.c
        query = select(alerts_table).where(of.told == 0).order_by(of.due_at, of.id).limit(BATCH)
        with self._home.engine.connect() as connection:
            found = [alert_of(row) for row in connection.execute(query)]
        if not found:
            return 0
        self._arrived(alert_message(raised(each), each.id, self._house) for each in found)
        with self._home.begin() as connection:
            told = update(alerts_table).where(of.id.in_([each.id for each in found]))
            connection.execute(told.values(told=1))
        return len(found)


def raised(alert: Alert) -> AlertRaised:
    """The alert as it is published."""
    return AlertRaised(
        code=alert.dossier,
        leg=alert.leg,
        kind=alert.kind,
        deadline=from_micros(alert.deadline),
        due_at=from_micros(alert.due_at),
        raised_at=from_micros(alert.raised_at),
        agency=alert.agency,
    )


def snapshot_of(found: Status, parts: Iterable[Leg], seal: bytes) -> StatusSnapshot:
    """The rows of the views as they are published; `seal`: the hash of the last event in them."""
    transit = None
    if found.in_transit is not None:
        sender, receiver, since = found.in_transit
        transit = Transit(sender, receiver, from_micros(since))
    return StatusSnapshot(
        code=found.code,
        version=found.version,
        hash=seal.hex(),
        procedure=found.procedure,
        procedure_version=found.procedure_version,
        desk=found.desk,
        state=found.state,
        portal_code=found.portal_code,
        step=found.step,
        holder=Holder(*found.holder) if found.holder else None,
        in_transit=transit,
        legs=tuple(
            LegStatus(
                leg=each.leg,
                agency=each.agency,
                state=each.state,
                holder=Holder(*each.holder) if each.holder else None,
                due=_moment(each.due),
            )
            for each in parts
        ),
        due=_moment(found.due),
        appointment=_moment(found.appointment),
        clock=found.clock,
        ground=found.ground,
        verdict=found.verdict,
        received_at=_moment(found.received_at),
        ended_at=_moment(found.ended_at),
        occurred_at=from_micros(found.occurred_at),
    )


def _moment(micros: int | None) -> datetime | None:
    return None if micros is None else from_micros(micros)
