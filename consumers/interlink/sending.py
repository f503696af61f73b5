"""One end: what the log says that another engine has to know. The log is the outbox.

A worker reads the log, says of each event what follows for others, sends it, waits until all of
it has arrived, and moves its checkpoint. Whatever dies in between, the same is said again, with
the same ids.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from typing import Protocol

from consumers import checkpoints, outlet
from consumers.broker import BrokerError
from consumers.checkpoints import Fenced
from consumers.interlink.peers import Peers
from consumers.interlink.standing import (
    UNSENT,
    Standing,
    command_of,
    folded,
    offer_in,
    standing,
    text_of,
)
from consumers.interlink.tables import open_tables
from consumers.outlet import Outlet
from engine.core.admission import SYSTEM
from engine.core.dossier import LegState
from engine.runtime import Call, Runtime
from engine.store.errors import StoreError
from schemas import events as e
from schemas.cloudevents import Message
from schemas.commands import AnswerElsewhere
from schemas.envelope import SHARDS, Recorded, from_micros
from schemas.handover import (
    LARGEST,
    HandoverReceipt,
    LegAskedBack,
    LegOffered,
    exported,
    to_letter,
)
from schemas.topics import Topic, inbox_topic, receipts_topic

BATCH = 500

Fault = Callable[[str], None]
"""Called at the named points of a round; tests stop the program there."""

Addressed = tuple[Topic, Message]

ENDS = frozenset({e.DossierStopped.type, e.DossierRefused.type, e.LegRefused.type})
"""What may end a leg here that another engine still has."""

ANSWERED = frozenset(
    {
        *(e.HandoverAccepted.type, e.HandoverRefused.type, e.HandoverRecalled.type),
        *(e.HandoverExpired.type, e.ResultReturned.type, e.DossierStopped.type),
        e.DossierRefused.type,
    }
)
"""What may answer or end a leg that came from another engine."""


def no_fault(point: str) -> None: ...


class Carrier(outlet.Carrier, Protocol):
    """What carries messages: see `consumers.broker.Broker`."""

    def partitions(self, topic: str) -> int | None: ...

    def identity(self, topic: str) -> str: ...


class Sender:
    """Says to other houses what the log of `house` has for them. Not for several threads."""

    def __init__(
        self,
        runtime: Runtime,
        carrier: Carrier,
        house: str,
        peers: Peers,
        *,
        batch: int = BATCH,
        fault: Fault = no_fault,
    ) -> None:
        self.runtime = runtime
        self.log = runtime.log
        self.house = house
        self.peers = peers
        self.batch = batch
        self.name = f"interlink:out:{house}"
        self._carrier = carrier
        self._fault = fault
        self._outlet = Outlet(carrier)
        self._cursors: dict[int, int] = {}

    def step(self) -> int:
        """Handles the next events of the log; how many, 0 when there is nothing new.

        Raises BrokerError, WrongTopic, StoreError, Fenced; then nothing was checkpointed, and
        the next step begins at the checkpoint.
        """
        try:
            return self._step()
        except (BrokerError, StoreError, Fenced):
            self.close()
            raise

    def close(self) -> None:
        self._outlet.close()
        self._cursors = {}

    def _step(self) -> int:
        if not self._cursors:
            self._load()
        events = self.log.read_shards(self._cursors, limit=self.batch)
        if not events:
            return 0
        said = [each for event in events for each in self._addressed(event)]
        self._fault("read")
        if said:
            for topic, message in said:
                self._outlet.send(topic, message)
            self._fault("half-sent")
            self._outlet.flush()
            self._fault("sent")
        then = {event.shard: event.position for event in events}
        with self.log.begin() as connection:
            checkpoints.advance(connection, self.name, self._cursors, then)
        self._cursors.update(then)
        self._fault("advanced")
        return len(events)

    def _load(self) -> None:
        """Where it stands; at the beginning when a topic was made anew: what stood in the old one
        is gone, and to say it all again does no harm."""
        open_tables(self.log)
        with self.log.begin() as connection:
            checkpoints.start(connection, self.name, range(SHARDS))
            for house in sorted(self.peers.houses):
                for topic in (inbox_topic(house), receipts_topic(house)):
                    self._carrier.check(topic)
                    name = f"{self.name}:{topic.name}"
                    known = checkpoints.source_of(connection, name)
                    identity = self._carrier.identity(topic.name)
                    if known is not None and known[1] != identity:
                        checkpoints.restart(connection, self.name)
                    checkpoints.set_source(connection, name, topic.name, identity)
            self._cursors = checkpoints.cursors(connection, self.name)

    # --- what an event says to others ---

    def _addressed(self, event: Recorded) -> Iterator[Addressed]:
        if event.type == e.HandoverOffered.type:
            yield from self._offer(event)
        elif event.type == e.HandoverRecallAsked.type:
            yield from self._recall(event)
        elif event.type in ENDS:
            yield from self._ended(event)
        if event.type in ANSWERED and "@" in event.stream:
            records = self.log.read_stream(event.stream, until=event.version)
            found = standing(records)
            if found and event.version in (found.answered, found.ended):
                yield receipt(self.house, records, found)

    def _offer(self, record: Recorded) -> Iterator[Addressed]:
        event = record.event()
        assert isinstance(event, e.HandoverOffered)
        if event.house is None or not self._open(record.stream, event):
            return
        records = self.log.read_stream(record.stream, until=record.version)
        procedure = self.runtime.law.procedure(folded(record.stream, records).procedure)
        offer = LegOffered(
            code=record.stream,
            leg=event.leg,
            handover=event.handover,
            offer=text_of(record.event_id),
            procedure=procedure.id,
            procedure_version=procedure.version,
            digest=procedure.digest,
            to_agency=event.to_agency,
            expires=event.expires,
            history=exported(records),
        )
        message = to_letter(offer, self.house, record.event_id, from_micros(record.recorded_at))
        if message.value is not None and len(message.value) > LARGEST:
            self._not_sendable(offer, event.house)
        elif event.house in self.peers.houses:
            yield inbox_topic(event.house), message

    def _open(self, stream: str, offer: e.HandoverOffered) -> bool:
        """Whether nobody has answered yet. What was answered is not said again: it is known there,
        or was never sent and must never be."""
        leg = self.runtime.load(stream).dossier.legs[offer.leg]
        return leg.transit is not None and leg.transit.handover == offer.handover

    def _not_sendable(self, offer: LegOffered, house: str) -> None:
        """Nobody will ever see this offer, so that it may be taken back here."""
        command = AnswerElsewhere(
            actor=SYSTEM,
            leg=offer.leg,
            house=house,
            handover=offer.handover,
            answer="rejected",
            rule=UNSENT,
            reason="The history of the dossier is too large to be sent to the other engine.",
        )
        last = self.runtime.current(offer.code).dossier.last_at
        at = self.runtime.now() if last is None else max(self.runtime.now(), last)
        self.runtime.handle(Call(command, command_of(house, offer.offer), offer.code, at))

    def _recall(self, record: Recorded) -> Iterator[Addressed]:
        event = record.event()
        assert isinstance(event, e.HandoverRecallAsked)
        yield from self._ask(record, event.leg, event.handover, event.why, record.event_id)

    def _ended(self, record: Recorded) -> Iterator[Addressed]:
        """Legs that were with another engine when they ended here, unless it gave them back."""
        records = self.log.read_stream(record.stream, until=record.version)
        before, after = folded(record.stream, records[:-1]), folded(record.stream, records)
        back = {each.handover for each in _given_back(records)}
        for leg in before.open_legs():
            handover = _with(leg)
            if handover is None or handover in back or after.legs[leg.path].open:
                continue
            about = f"{text_of(record.event_id)}\n{leg.path}".encode()
            id_ = hashlib.sha256(about).digest()[:16]
            yield from self._ask(record, leg.path, handover, "ended", id_)

    def _ask(
        self, record: Recorded, leg: str, handover: int, why: str, id_: bytes
    ) -> Iterator[Addressed]:
        offer = offer_in(self.log.read_stream(record.stream, until=record.version), leg, handover)
        assert offer is not None, "what is asked back was offered"
        event = offer.event()
        assert isinstance(event, e.HandoverOffered)
        house = event.house
        if house is None or house not in self.peers.houses:
            return
        letter = LegAskedBack(
            code=record.stream,
            leg=leg,
            handover=handover,
            offer=text_of(offer.event_id),
            why=why,
            stop=why == "ended",
        )
        at = from_micros(record.recorded_at)
        yield inbox_topic(house), to_letter(letter, self.house, id_, at)


def _with(leg: LegState) -> int | None:
    """The handover by which another engine has the leg, or may soon have it."""
    if leg.elsewhere is not None:
        return leg.elsewhere.handover
    if leg.transit is not None and leg.transit.house is not None:
        return leg.transit.handover
    return None


def _given_back(records: list[Recorded]) -> Iterator[e.LegReturned]:
    for each in records:
        if each.type == e.LegReturned.type:
            event = each.event()
            assert isinstance(event, e.LegReturned)
            yield event


def receipt(house: str, records: list[Recorded], found: Standing) -> Addressed:
    """What the house that offered is told, as these events of the dossier here show it."""
    origin = found.origin
    tip = records[-1]
    told = {records[at - 1].command_id for at in (found.answered, found.ended) if at}
    letter = HandoverReceipt(
        code=origin.code,
        leg=origin.of_leg,
        handover=origin.handover,
        answer="returned" if found.ended else found.answer,
        there=tip.stream,
        history=exported(records, told),
    )
    about = f"receipt\n{house}\n{tip.stream}\n{tip.version}".encode()
    id_ = hashlib.sha256(about).digest()[:16]
    message = to_letter(letter, house, id_, from_micros(tip.recorded_at))
    return receipts_topic(origin.house), message


def cut(records: list[Recorded], found: Standing) -> list[list[Recorded]]:
    """The histories of the receipts that a dossier has sent so far, in their order."""
    return [records[:at] for at in (found.answered, found.ended) if at]
