"""The lives of golden dossiers that went to another engine, and of those that came from one."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec

from engine.codes import code, code_prefix
from engine.core.dossier import Dossier
from engine.ids import Ids
from schemas import commands as c
from schemas.cloudevents import Message
from schemas.envelope import Recorded
from schemas.events import HandoverOffered
from schemas.handover import (
    HandoverReceipt,
    LegAskedBack,
    LegOffered,
    Letter,
    MessageRefused,
    exported,
    to_letter,
)
from tests.core import walker
from tests.core.scenario import START, Scenario
from tests.core.test_remote import ACCEPTED, FACTS, answer, arrival, back
from tests.golden.lives import REASON, Life
from tests.interlink.law import DESK, DIRECTOR, MINISTRY, PROCEDURE, PROVINCE, RECEIVER, law


class RemoteLife(Life):
    """A dossier in the engine of one of two houses."""

    def __init__(self, house: str, stream: str, seed: int) -> None:
        self.at = Scenario(law(house))
        self.at.dossier = Dossier(stream)
        self.ids = Ids(lambda: self.at.now, seed)
        self.records: list[Recorded] = []
        self.id = PROCEDURE


def asked() -> Life:
    """Recalled once, expired once, then accepted at the ministry and given back done."""
    life = RemoteLife(PROVINCE, "", 101)
    life.at.dossier = Dossier(code(code_prefix("qn-centre", life.at.now), 101))
    life.give(c.Receive(actor=DESK, procedure=PROCEDURE, agency="qn-centre", facts=FACTS))
    life.give(c.Forward(actor=DESK))
    life.give(c.RecallHandover(actor=DESK, leg="opinion"))
    life.give(answer("recalled"))
    life.give(c.Forward(actor=DESK, leg="opinion"))
    life.at.later(days=3)
    life.give(c.ExpireHandover(actor="system", leg="opinion"))
    life.give(answer("expired", handover=2))
    life.give(c.Forward(actor=DESK, leg="opinion"))
    life.give(answer("rejected", handover=3, rule="altered-history", reason=REASON))
    life.give(c.Forward(actor=DESK, leg="opinion"))
    accepted = answer("accepted", handover=4, agency="monre", officer=ACCEPTED.officer)
    life.give(accepted)
    life.give(back(handover=4, signed=True, facts={"outcome": "accepted"}))
    life.give(c.Return(actor=DESK))
    return life


def answered() -> Life:
    """What the ministry made of such a leg."""
    life = RemoteLife(MINISTRY, "qn-centre-210301-0101@quang-ninh.4", 102)
    life.at.later(minutes=20)
    life.give(arrival())
    life.give(c.Accept(actor=RECEIVER))
    while life.at.dossier.status != "ended":
        life.give(next(walker.sensible(life.at.dossier, life.at.law, life.at.now)))
    assert life.records[-1].actor == DIRECTOR
    return life


def letters() -> dict[str, list[Message]]:
    """Every message that these two engines sent each other, by the name of its file."""
    ours, theirs = asked(), answered()
    about: dict[str, Any] = {"code": ours.at.dossier.stream, "leg": "opinion", "handover": 1}
    at = next(n for n, each in enumerate(ours.records, 1) if each.type == "handover.offered")
    offer = ours.records[at - 1]
    event = offer.event()
    assert isinstance(event, HandoverOffered)
    id_ = str(UUID(bytes=offer.event_id))
    procedure = ours.at.law.procedure(ours.at.dossier.procedure)
    offered = LegOffered(
        **about,
        offer=id_,
        procedure=procedure.id,
        procedure_version=procedure.version,
        digest=procedure.digest,
        to_agency=event.to_agency,
        expires=event.expires,
        history=exported(ours.records[:at]),
    )
    recall = LegAskedBack(**about, offer=id_, why="recalled")
    ended = msgspec.structs.replace(recall, why="ended", stop=True)
    accepted = HandoverReceipt(
        **about,
        answer="accepted",
        there=theirs.at.dossier.stream,
        history=exported(theirs.records[:4], {theirs.records[3].command_id}),
    )
    rejected = HandoverReceipt(
        **about, answer="rejected", offer=id_, rule="altered-history", message=REASON
    )
    refused = MessageRefused(code=about["code"], about=id_, rule="not-json", message="no JSON")
    sent: list[tuple[Letter, str]] = [
        (offered, PROVINCE),
        (recall, PROVINCE),
        (ended, PROVINCE),
        (rejected, MINISTRY),
        (accepted, MINISTRY),
        (refused, MINISTRY),
    ]
    found: dict[str, list[Message]] = {}
    for number, (letter, house) in enumerate(sent, 1):
        message = to_letter(letter, house, number.to_bytes(16, "big"), START)
        found.setdefault(f"{letter.type}.v{letter.schema_version}", []).append(message)
    return found


REMOTE_LIVES = {"t-ministry-asked": asked, "t-ministry-answered": answered}


def remote_lives() -> dict[str, Life]:
    return {name: live() for name, live in REMOTE_LIVES.items()}
