"""The other end: what another engine says, taken as commands for the log here.

A message's effect is a command whose id follows from the house and from what it says, so that a
message that comes again, after a crash or by somebody's doing, has the first answer and no second
effect. What is refused is remembered under the same id beside the log, for good: an offer that
was once refused here will never be taken, and the house that made it may take its leg back.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Protocol

import msgspec

from consumers import checkpoints
from consumers.broker import BrokerError, Record
from consumers.checkpoints import Fenced
from consumers.interlink import tables
from consumers.interlink.answering import give, take_receipt
from consumers.interlink.arriving import arrival
from consumers.interlink.peers import HOUSE, Peers
from consumers.interlink.sending import Addressed, Carrier, Fault, cut, no_fault, receipt
from consumers.interlink.standing import (
    Refused,
    command_of,
    standing,
    there,
)
from consumers.interlink.tables import Handled
from consumers.outlet import Outlet
from engine.core.admission import SYSTEM
from engine.core.calendar import CalendarError
from engine.core.clock import ClockError
from engine.runtime import Answer, Busy, Call, Done, Runtime
from engine.store.errors import StoreError
from schemas.codec import dumps
from schemas.commands import WithdrawElsewhere
from schemas.envelope import Recorded, to_micros
from schemas.handover import (
    HandoverReceipt,
    LegAskedBack,
    LegOffered,
    MessageRefused,
    Received,
    Unreadable,
    digest_of,
    from_letter,
    kept_bytes,
    to_letter,
)
from schemas.rejection import Rejected
from schemas.topics import Topic, inbox_topic, receipts_topic

BATCH = 200
WAIT = 0.1
"""Seconds that a read waits for the first message."""


class Reads(Protocol):
    """A reader: see `consumers.broker.Reader`."""

    def read(self, cursors: Mapping[int, int], limit: int, wait: float = 0.0) -> list[Record]: ...

    def close(self) -> None: ...


class Carries(Carrier, Protocol):
    def reader(self, topic: str) -> Reads: ...


class Receiver:
    """Takes what comes on one topic of `house`: its inbox, or its receipts. Not for several
    threads."""

    def __init__(
        self,
        runtime: Runtime,
        carrier: Carries,
        house: str,
        peers: Peers,
        topic: Topic,
        *,
        batch: int = BATCH,
        wait: float = WAIT,
        fault: Fault = no_fault,
    ) -> None:
        self.runtime = runtime
        self.log = runtime.log
        self.house = house
        self.peers = peers
        self.topic = topic
        self.batch = batch
        self.name = f"interlink:in:{topic.name}"
        self._offers = topic.name == inbox_topic(house).name
        self._wait = wait
        self._carrier = carrier
        self._fault = fault
        self._reader: Reads | None = None
        self._outlet = Outlet(carrier)
        self._cursors: dict[int, int] = {}

    def step(self) -> int:
        """Handles the next messages; how many, 0 when there is nothing new.

        Raises BrokerError, WrongTopic, StoreError, Busy, Fenced; then the next step begins at
        the checkpoint, and what had its effect has no second.
        """
        try:
            return self._step()
        except (BrokerError, StoreError, Busy, Fenced):
            self.close()
            raise

    def close(self) -> None:
        if self._reader is not None:
            self._reader.close()
        self._outlet.close()
        self._reader, self._cursors = None, {}

    def _step(self) -> int:
        if not self._cursors:
            self._load()
        assert self._reader is not None
        batch = self._reader.read(self._cursors, self.batch, self._wait)
        if not batch:
            return 0
        self._fault("read")
        rows = []
        for record in batch:
            handled, replies = self._handle(record)
            rows.append(_row(self.topic.name, record, handled, to_micros(self.runtime.now())))
            self._fault("taken")
            for topic, reply in replies:
                self._outlet.send(topic, reply)
        self._outlet.flush()
        self._fault("answered")
        then = {each.partition: each.offset + 1 for each in batch}
        with self.log.begin() as connection:
            checkpoints.advance(connection, self.name, self._cursors, then)
            tables.note(connection, rows)
        self._cursors.update(then)
        self._fault("advanced")
        return len(batch)

    def _load(self) -> None:
        tables.open_tables(self.log)
        self._carrier.check(self.topic)
        identity = self._carrier.identity(self.topic.name)
        with self.log.begin() as connection:
            checkpoints.start(connection, self.name, range(self.topic.partitions))
            known = checkpoints.source_of(connection, self.name)
            if known is not None and known[1] != identity:
                checkpoints.restart(connection, self.name)
            checkpoints.set_source(connection, self.name, self.topic.name, identity)
            self._cursors = checkpoints.cursors(connection, self.name)
        self._reader = self._carrier.reader(self.topic.name)

    # --- one message ---

    def _handle(self, record: Record) -> tuple[Handled, list[Addressed]]:
        """What became of a message, and what is answered at once. Nothing that one message holds
        keeps the next ones waiting."""
        try:
            received = from_letter(record.message)
        except Unreadable as bad:
            return self._unreadable(bad)
        letter = received.letter
        handled = Handled(id=received.id, house=received.house, code=letter.code, type=letter.type)
        try:
            if isinstance(letter, MessageRefused):
                return self._after(handled, "noted", letter.rule, letter.message), []
            if isinstance(letter, HandoverReceipt):
                if self._offers:
                    raise Refused("wrong-topic", "a receipt does not belong into an inbox")
                return self._receipt(received, letter, handled), []
            if not self._offers:
                raise Refused("wrong-topic", f"{letter.type} does not belong among receipts")
            if isinstance(letter, LegOffered):
                return self._offer(received, letter, handled)
            return self._asked_back(received, letter, handled)
        except Refused as refused:
            replies = self._refusal(received.house, letter.code, received.id, refused)
            return self._after(handled, "refused", refused.rule, str(refused)), replies
        except (CalendarError, ClockError) as error:
            return self._after(handled, "failed", "no-date", str(error)), []

    def _after(self, handled: Handled, verdict: str, rule: str = "", why: str = "") -> Handled:
        return msgspec.structs.replace(handled, verdict=verdict, rule=rule, why=why[:500])

    def _unreadable(self, bad: Unreadable) -> tuple[Handled, list[Addressed]]:
        refused = Refused(bad.rule, str(bad))
        handled = Handled(id=bad.id, house=bad.house, verdict="refused", rule=bad.rule)
        replies = self._refusal(bad.house, "", bad.id, refused)
        return msgspec.structs.replace(handled, why=str(bad)[:500]), replies

    def _refusal(self, house: str, code: str, about: str, refused: Refused) -> list[Addressed]:
        """A message that changed nothing, to whoever sent the one that was not taken."""
        letter = MessageRefused(code=code, about=about, rule=refused.rule, message=str(refused))
        said = f"refused\n{self.house}\n{house}\n{about}\n{refused.rule}\n{refused}".encode()
        id_ = hashlib.sha256(said).digest()[:16]
        topic = receipts_topic(house) if self._offers else inbox_topic(house)
        message = to_letter(letter, self.house, id_, self.runtime.now())
        return [(topic, message)] if self._reachable(house, topic) else []

    def _reachable(self, house: str, topic: Topic) -> bool:
        """Whether there is such a topic: anybody may claim to be any house."""
        if house in self.peers.houses:
            return True
        return bool(HOUSE.match(house)) and self._carrier.partitions(topic.name) is not None

    # --- offers, in the inbox ---

    def _offer(
        self, received: Received, letter: LegOffered, handled: Handled
    ) -> tuple[Handled, list[Addressed]]:
        house = received.house
        id_, stream = command_of(house, received.id), there(letter.code, house, letter.handover)
        known = self.log.answer(id_)
        if known is None:
            try:
                command = arrival(self.runtime.renewed(), self.peers, self.house, received, letter)
                tables.keep(self.log, command.digest, kept_bytes(letter.history))
                answer = self.runtime.handle(Call(command, id_, stream))
            except Refused as refused:
                answer = self._never(id_, stream, Rejected(refused.rule, str(refused)))
            if isinstance(answer, Done):
                return handled, []
            return self._rejected(received, letter, answer, handled)
        if isinstance(known, Rejected):
            return self._rejected(received, letter, known, handled)
        return self._again(known[0], letter, handled)

    def _never(self, id_: bytes, stream: str, rejected: Rejected) -> Answer:
        """Remembers that this offer is refused; or the answer that it had from another worker."""
        if self.log.reject(id_, stream, rejected, to_micros(self.runtime.now())):
            return rejected
        known = self.log.answer(id_)
        assert known is not None, "the store said that it had answered this command"
        if isinstance(known, Rejected):
            return known
        return Done(known[0].stream, known[-1].version, tuple(known), repeated=True)

    def _again(
        self, arrived: Recorded, letter: LegOffered, handled: Handled
    ) -> tuple[Handled, list[Addressed]]:
        """The same offer once more: the same receipts once more."""
        found = standing([arrived])
        assert found is not None, "offers make dossiers that arrived"
        if found.digest != digest_of(letter.history):
            raise Refused("message-id-reused", "another offer came under this id before")
        return self._after(handled, "again"), self._receipts(arrived.stream)

    def _receipts(self, stream: str) -> list[Addressed]:
        """What was already said of a dossier that arrived here, with the same ids."""
        records = self.log.read_stream(stream)
        found = standing(records)
        if found is None:
            return []
        said = []
        for part in cut(records, found):
            then = standing(part)
            assert then is not None
            said.append(receipt(self.house, part, then))
        return said

    def _rejected(
        self,
        received: Received,
        letter: LegOffered | LegAskedBack,
        rejected: Rejected,
        handled: Handled,
    ) -> tuple[Handled, list[Addressed]]:
        """The receipt that an offer was not taken by the engine itself, and never will be."""
        answer = HandoverReceipt(
            code=letter.code,
            leg=letter.leg,
            handover=letter.handover,
            answer="rejected",
            offer=letter.offer if isinstance(letter, LegAskedBack) else received.id,
            rule=rejected.rule,
            message=rejected.message,
        )
        said = f"rejected\n{self.house}\n{received.house}\n".encode() + dumps(answer)
        id_ = hashlib.sha256(said).digest()[:16]
        topic = receipts_topic(received.house)
        message = to_letter(answer, self.house, id_, self.runtime.now())
        replies = [(topic, message)] if self._reachable(received.house, topic) else []
        return self._after(handled, "refused", rejected.rule, rejected.message), replies

    def _asked_back(
        self, received: Received, letter: LegAskedBack, handled: Handled
    ) -> tuple[Handled, list[Addressed]]:
        """Gives back what nobody here has accepted; else says again what became of it."""
        house = received.house
        if house not in self.peers.houses:
            raise Refused("unknown-sender", f"no house {house!r} is known here")
        stream = there(letter.code, house, letter.handover)
        offer = command_of(house, letter.offer)
        known = self.log.answer(offer)
        if known is None:
            withdrawn = Rejected("withdrawn", "The offer was taken back before it came.")
            answer = self._never(offer, stream, withdrawn)
            known = answer if isinstance(answer, Rejected) else list(answer.events)
        if isinstance(known, Rejected):
            return self._rejected(received, letter, known, handled)
        if known[0].stream != stream:
            raise Refused("not-offered", "that offer was about another handover")
        command = WithdrawElsewhere(actor=SYSTEM, stop=letter.stop)
        answer = give(self.runtime, stream, command, f"{house}\n{received.id}")
        if isinstance(answer, Done) and not answer.repeated:
            return handled, []
        rule = answer.rule if isinstance(answer, Rejected) else ""
        return self._after(handled, "again", rule), self._receipts(stream)

    def _receipt(self, received: Received, letter: HandoverReceipt, handled: Handled) -> Handled:
        answers = take_receipt(self.runtime, self.house, received.house, letter)
        refused = [each for each in answers if isinstance(each, Rejected)]
        if refused:
            # Nothing to send back: the dossier here has gone on, or knew it before.
            return self._after(handled, "noted", refused[0].rule, refused[0].message)
        return handled


def _row(topic: str, record: Record, handled: Handled, at: int) -> dict[str, object]:
    return {
        "topic": topic,
        "partition": record.partition,
        "position": record.offset,
        "handled_at": at,
        **msgspec.structs.asdict(handled),
    }
