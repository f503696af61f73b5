"""What a sealed history says of a handover: the only thing that either engine believes."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from uuid import UUID

import msgspec

from engine.core.dossier import Arrival, Dossier
from engine.core.evolve import evolve
from engine.store.log import Placed
from engine.verify import Chain
from schemas import events as e
from schemas.envelope import Recorded, from_micros, shard_of
from schemas.handover import History, imported

UNSENT = "too-large"
"""The rule under which an offer comes back that was never sent, nor ever will be."""

ANSWERS: dict[type[e.Event], str] = {
    e.HandoverAccepted: "accepted",
    e.HandoverRefused: "refused",
    e.HandoverRecalled: "recalled",
    e.HandoverExpired: "expired",
}


class Refused(Exception):
    """A message is not taken; `rule` is a stable code, the sentence says why."""

    def __init__(self, rule: str, words: str) -> None:
        super().__init__(words)
        self.rule = rule


class Standing(msgspec.Struct, frozen=True):
    """What became of a leg in the engine that it arrived at, as its history there shows.

    `answered`, `ended`: versions at which its offer was answered, and its work was over; 0 while
    it was not. `officer` answered, for `agency`. `outcome`: done, refused or stopped.
    """

    origin: Arrival
    to_agency: str
    digest: str
    answer: str = ""
    answered: int = 0
    agency: str = ""
    officer: str = ""
    papers: tuple[str, ...] = ()
    ended: int = 0
    outcome: str = ""
    facts: dict[str, str] = {}
    signed: bool = False
    attached: tuple[e.Attached, ...] = ()


def there(code: str, house: str, handover: int) -> str:
    """The code of a leg in the engine that took it over: whose it is can be read off it."""
    return f"{code}@{house}.{handover}"


def command_of(house: str, message: str) -> bytes:
    """The command id for what a house says in a message. No two houses share one, so that
    nobody uses up the ids of another."""
    return hashlib.sha256(f"{house}\n{message}".encode()).digest()[:16]


def folded(stream: str, records: Sequence[Recorded]) -> Dossier:
    """The dossier that events make. They were verified, so whatever does not fit together is
    the work of whoever sealed them. Raises Refused."""
    dossier = Dossier(stream)
    try:
        for each in records:
            dossier = evolve(dossier, each.event(), from_micros(each.occurred_at))
    except Exception as error:
        words = f"the history makes no dossier: {type(error).__name__}: {error}"
        raise Refused("unreadable-history", words[:300]) from error
    return dossier


def verified(stream: str, history: History) -> list[Recorded]:
    """The events of a history whose chain holds, from the first on. Raises Refused."""
    records = imported(stream, history)
    commands: set[bytes] = set()
    firsts = []
    for each in records:
        firsts.append(each.command_id not in commands)
        commands.add(each.command_id)
    placed = Placed(records, [shard_of(stream)] * len(records), firsts)
    bad = Chain().add(placed)
    if bad is not None:
        raise Refused("altered-history", f"event {bad.version} of the history: {bad.why}")
    if not records:
        raise Refused("altered-history", "the history has no events")
    return records


def standing(records: Sequence[Recorded]) -> Standing | None:
    """What a dossier's events say of the handover it came by; None when it came by none."""
    if not records or records[0].type != e.DossierArrived.type:
        return None
    stream = records[0].stream
    dossier = folded(stream, records[:1])
    arrived = records[0].event()
    assert isinstance(arrived, e.DossierArrived)
    assert dossier.origin is not None
    found = Standing(dossier.origin, arrived.agency, arrived.digest)
    try:
        for each in records[1:]:
            event = each.event()
            dossier = evolve(dossier, event, from_micros(each.occurred_at))
            found = _after(found, event, each, dossier)
    except Exception as error:
        words = f"the history makes no dossier: {type(error).__name__}: {error}"
        raise Refused("unreadable-history", words[:300]) from error
    return found


def _after(found: Standing, event: e.Event, record: Recorded, dossier: Dossier) -> Standing:
    change = msgspec.structs.replace
    answer = ANSWERS.get(type(event))
    if answer and not found.answer and isinstance(event, e.LegEvent) and not event.leg:
        papers = event.papers if isinstance(event, e.HandoverAccepted) else ()
        return change(
            found,
            answer=answer,
            answered=record.version,
            agency=record.agency,
            officer=record.actor,
            papers=papers,
        )
    if found.answer == "accepted" and not found.ended and dossier.status == "ended":
        return change(
            found,
            ended=record.version,
            outcome=dossier.outcome or "",
            facts=dossier.facts,
            signed=dossier.signed,
            attached=dossier.attached,
        )
    return found


def offer_in(records: Sequence[Recorded], leg: str, handover: int) -> Recorded | None:
    """The event with which a leg was offered to another engine under that number."""
    for each in records:
        if each.type == e.HandoverOffered.type:
            event = each.event()
            assert isinstance(event, e.HandoverOffered)
            if (event.leg, event.handover) == (leg, handover) and event.house is not None:
                return each
    return None


def text_of(id_: bytes) -> str:
    return str(UUID(bytes=id_))
