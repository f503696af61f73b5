"""A receipt for what was offered here, taken as commands: what a history elsewhere proves."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from consumers.interlink import tables
from consumers.interlink.standing import (
    Refused,
    Standing,
    command_of,
    offer_in,
    standing,
    text_of,
    there,
    verified,
)
from engine.core.admission import SYSTEM
from engine.runtime import Answer, Busy, Call, Runtime
from schemas import events as e
from schemas.commands import AnswerElsewhere, Command, ReturnElsewhere
from schemas.envelope import Recorded
from schemas.handover import HandoverReceipt, digest_of, kept_bytes
from schemas.rejection import Rejected

ATTEMPTS = 20
"""How often a command is given anew because the dossier's time had moved on meanwhile."""


def give(runtime: Runtime, code: str, command: Command, about: str) -> Answer:
    """Gives a command at the first moment that the dossier's own time allows. `about`: what the
    command's id follows from. Raises StoreError, Busy."""
    for attempt in range(ATTEMPTS):
        last = runtime.current(code).dossier.last_at
        at = runtime.now() if last is None else max(runtime.now(), last)
        answer = runtime.handle(Call(command, command_of(about, str(attempt)), code, at))
        if not isinstance(answer, Rejected) or answer.rule != "time-backwards":
            return answer
    raise Busy(f"{code}: it was written to {ATTEMPTS} times meanwhile")


def take_receipt(runtime: Runtime, own: str, house: str, letter: HandoverReceipt) -> list[Answer]:
    """What `house` answered to an offer of the house `own`; the answers to the commands that this
    is here. Raises Refused for a receipt that proves nothing."""
    records = runtime.log.read_stream(letter.code)
    offer = offer_in(records, letter.leg, letter.handover)
    if offer is None or _offered(offer).house != house:
        raise Refused("not-offered", f"this handover was not offered to {house}")
    if letter.answer != "rejected":
        return list(_taken(runtime, own, house, letter, offer))
    if letter.offer != text_of(offer.event_id):
        raise Refused("not-offered", "it is about another offer than was made")
    command = AnswerElsewhere(
        actor=SYSTEM,
        leg=letter.leg,
        house=house,
        handover=letter.handover,
        answer="rejected",
        rule=letter.rule,
        reason=letter.message,
    )
    return [give(runtime, letter.code, command, f"{house}\nrejected\n{letter.offer}")]


def _taken(
    runtime: Runtime, own: str, house: str, letter: HandoverReceipt, offer: Recorded
) -> Iterator[Answer]:
    """What the history there shows, step by step: a receipt that was lost is made up for by the
    next one."""
    records = verified(letter.there, letter.history)
    found = standing(records)
    if found is None or not found.answer:
        raise Refused("nothing-answered", "its history does not show an answer to an offer")
    _same_handover(own, letter, offer, found)
    accepted = found.answer == "accepted"
    answer = AnswerElsewhere(
        actor=SYSTEM,
        leg=letter.leg,
        house=house,
        handover=letter.handover,
        answer=found.answer,
        agency=found.agency if accepted else "",
        officer=found.officer if accepted else "",
        papers=found.papers,
    )
    yield _give(runtime, house, letter, records, found.answered, answer)
    if found.ended:
        _continues(runtime, letter, records[found.answered - 1])
        back = ReturnElsewhere(
            actor=SYSTEM,
            leg=letter.leg,
            house=house,
            handover=letter.handover,
            outcome=found.outcome,
            facts=found.facts,
            signed=found.signed,
            attached=found.attached,
        )
        yield _give(runtime, house, letter, records, found.ended, back)


def _give(
    runtime: Runtime,
    house: str,
    letter: HandoverReceipt,
    records: list[Recorded],
    at: int,
    command: AnswerElsewhere | ReturnElsewhere,
) -> Answer:
    """Gives the command with its proof: the history up to event `at`, which is kept. Who acted
    there is named as the one on whose behalf the engine acts here."""
    tip, part = records[at - 1], letter.history[:at]
    digest = digest_of(part)
    tables.keep(runtime.log, digest, kept_bytes(part))
    proven = msgspec.structs.replace(
        command,
        on_behalf=None if tip.actor == SYSTEM else tip.actor,
        there=letter.there,
        at_version=at,
        at_hash=tip.hash.hex(),
        digest=digest,
        reason=_reason(records, tip.command_id),
    )
    return give(runtime, letter.code, proven, f"{house}\n{tip.event_id.hex()}")


def _same_handover(own: str, letter: HandoverReceipt, offer: Recorded, found: Standing) -> None:
    """Refused for a history of anything else than what was offered here, exactly as offered."""
    origin, event = found.origin, _offered(offer)
    ours = (own, letter.code, letter.leg, letter.handover)
    if (origin.house, origin.code, origin.of_leg, origin.handover) != ours:
        raise Refused("not-offered", "its history is that of another handover")
    if (origin.at_version, origin.at_hash) != (offer.version, offer.hash.hex()):
        raise Refused("not-offered", "what arrived there is not what was offered here")
    if letter.there != there(letter.code, own, letter.handover):
        raise Refused("not-offered", f"{letter.there} is no dossier of this handover")
    if found.to_agency != event.to_agency:
        raise Refused("not-offered", f"it was offered to {event.to_agency}")


def _continues(runtime: Runtime, letter: HandoverReceipt, answered: Recorded) -> None:
    """Refused for a second history of the same leg, beside the one that was believed before."""
    for each in runtime.log.read_stream(letter.code):
        if each.type == e.AnsweredElsewhere.type:
            event = each.event()
            assert isinstance(event, e.AnsweredElsewhere)
            if event.handover == letter.handover and event.at_hash != answered.hash.hex():
                words = "it does not continue the history in which the offer was answered"
                raise Refused("altered-history", words)


def _offered(offer: Recorded) -> e.HandoverOffered:
    event = offer.event()
    assert isinstance(event, e.HandoverOffered)
    return event


def _reason(records: list[Recorded], command_id: bytes) -> str | None:
    """The reason that was given with a command, if its private text came."""
    for each in records:
        if each.command_id == command_id and each.private is not None:
            private = each.event().private
            if private is not None and private.reason:
                return private.reason
    return None
