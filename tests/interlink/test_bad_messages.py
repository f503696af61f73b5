"""What another engine, or anybody else, must not be able to do: refused, and a receipt says why."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from consumers.interlink import tables
from consumers.interlink.standing import there
from schemas import commands as c
from schemas.cloudevents import Message
from schemas.codec import dumps, loads
from schemas.handover import (
    LARGEST,
    HandoverReceipt,
    LegOffered,
    MessageRefused,
    SealedEvent,
    digest_of,
    exported,
    from_letter,
    to_letter,
)
from schemas.topics import inbox_topic, receipts_topic
from tests.core.scenario import START
from tests.interlink.law import DESK, MINISTRY, PROCEDURE, PROVINCE, RECEIVER
from tests.interlink.world import World

INBOX, RECEIPTS = inbox_topic(MINISTRY).name, receipts_topic(PROVINCE).name
Body = dict[str, Any]


def offered(world: World) -> tuple[str, Message]:
    """The code of an offered dossier, and the message that says so, which has not come."""
    code = world.offer()
    world.province.tell()
    (message,) = world.broker.everything()
    world.broker.lose()
    return code, message


def changed(message: Message, change: Callable[[Body], object]) -> Message:
    assert message.value is not None
    body = loads(message.value)
    change(body)
    return msgspec.structs.replace(message, value=dumps(body))


def header(message: Message, name: str, value: bytes) -> Message:
    headers = tuple((each, value if each == name else old) for each, old in message.headers)
    return msgspec.structs.replace(message, headers=headers)


def come(world: World, *messages: Message, topic: str = INBOX) -> list[Any]:
    """They come; what the province is sent because of them."""
    for message in messages:
        world.broker.put(topic, message)
    while world.ministry.work(1) or world.ministry.work(2):
        pass
    parts = world.broker.topics[RECEIPTS]
    return [from_letter(each).letter for part in parts for each in part]


def forged(body: Body) -> None:
    """An event in the middle of the history says something else; its hash is not resealed."""
    event = body["history"][1]
    event["payload"] = event["payload"].replace("20 working days", "90 working days")
    assert "90 working days" in event["payload"]


def other_hash(body: Body) -> None:
    body["history"][-1]["hash"] = "0" * 64


def cut_short(body: Body) -> None:
    del body["history"][-1]


def gap(body: Body) -> None:
    del body["history"][1]


def of(**changes: Any) -> Callable[[Body], object]:
    return lambda body: body.update(changes)


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (forged, "altered-history"),
        (other_hash, "altered-history"),
        (cut_short, "altered-history"),
        (gap, "altered-history"),
        (of(handover=7), "altered-history"),
        (of(leg="licence"), "altered-history"),
        (of(to_agency="mae"), "altered-history"),
        (of(expires="2031-01-01T00:00:00Z"), "altered-history"),
        (of(procedure_version="1999-01-01"), "procedure-unknown"),
        (of(digest="0" * 64), "procedure-differs-here"),
        (of(procedure="lt-07-project-land-list"), "procedure-not-agreed"),
    ],
)
def test_an_offer_that_does_not_hold_is_refused_for_good(
    world: World, change: Callable[[Body], object], rule: str
) -> None:
    code, message = offered(world)
    (receipt,) = come(world, changed(message, change))
    assert isinstance(receipt, HandoverReceipt)
    assert (receipt.answer, receipt.rule) == ("rejected", rule)
    assert receipt.message
    # The genuine one comes too late: the province has been told that it may take its leg back.
    (first, again) = come(world, message)
    assert first == receipt
    assert (again.answer, again.rule, again.offer) == ("rejected", rule, receipt.offer)
    assert world.ministry.streams() == []
    world.deliver()
    world.agree(settled=True)
    assert world.province.dossier(code).legs["opinion"].mode == "back"


def test_an_offer_of_an_unknown_house_is_refused(world: World) -> None:
    _, message = offered(world)
    world.broker.topics["hai-phong.handover.receipts.v1"] = [[]]
    come(world, header(message, "ce_source", b"urn:lienthong:hai-phong"))
    ((sent,),) = world.broker.topics["hai-phong.handover.receipts.v1"]
    receipt = from_letter(sent).letter
    assert isinstance(receipt, HandoverReceipt)
    assert (receipt.answer, receipt.rule) == ("rejected", "unknown-sender")
    assert world.ministry.streams() == []


def test_an_unknown_house_without_a_topic_is_only_noted(world: World) -> None:
    _, message = offered(world)
    assert come(world, header(message, "ce_source", b"urn:lienthong:nobody")) == []
    assert [each.rule for each in tables.handled(world.ministry.log)] == ["unknown-sender"]


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (lambda m: msgspec.structs.replace(m, value=b"{"), "not-json"),
        (lambda m: msgspec.structs.replace(m, value=None), "not-json"),
        (lambda m: msgspec.structs.replace(m, value=b"[]"), "wrong-schema"),
        (lambda m: changed(m, lambda body: body.pop("history")), "wrong-schema"),
        (lambda m: msgspec.structs.replace(m, value=b" " * (LARGEST + 1)), "too-large"),
        (lambda m: msgspec.structs.replace(m, key=b"another"), "wrong-key"),
        (lambda m: header(m, "ce_type", b"leg.sold"), "unknown-type"),
        (lambda m: header(m, "ce_dataschema", b"urn:lienthong:leg.offered:9"), "unknown-type"),
        (lambda m: msgspec.structs.replace(m, headers=m.headers[:-1]), "bad-headers"),
        (lambda m: msgspec.structs.replace(m, headers=m.headers + m.headers[:1]), "bad-headers"),
    ],
)
def test_what_is_no_message_is_refused_and_the_next_one_goes_on(
    world: World, change: Callable[[Message], Message], rule: str
) -> None:
    code, message = offered(world)
    (refused,) = come(world, change(message), message)
    assert isinstance(refused, MessageRefused)
    assert refused.rule == rule
    assert refused.about == dict(message.headers)["ce_id"].decode()
    assert world.ministry.streams() == [there(code, PROVINCE, 1)]
    world.deliver()
    assert {each.verdict for each in tables.handled(world.province.log)} == {"noted"}
    assert world.province.dossier(code).legs["opinion"].transit is not None


def test_a_replayed_offer_has_the_same_receipt_and_no_second_effect(world: World) -> None:
    code, message = offered(world)
    assert come(world, message, message) == []
    stream = there(code, PROVINCE, 1)
    world.done(world.ministry.give(stream, c.Accept(actor=RECEIVER)))
    world.ministry.tell()
    before = len(world.ministry.log.read_stream(stream))
    (first,) = come(world)
    (_, again) = come(world, message)
    assert again == first
    assert len(world.ministry.log.read_stream(stream)) == before
    ids = {dict(each.headers)["ce_id"] for part in world.broker.topics[RECEIPTS] for each in part}
    assert len(ids) == 1


def test_the_same_id_with_another_content_is_refused_and_takes_nothing_back(world: World) -> None:
    code, message = offered(world)
    come(world, message)
    (refused,) = come(world, changed(message, forged))
    assert isinstance(refused, MessageRefused)
    assert refused.rule == "message-id-reused"
    world.deliver()
    world.agree(settled=True)
    assert world.province.dossier(code).legs["opinion"].transit is not None


def test_a_leg_of_a_dossier_that_was_sealed_by_another_is_no_offer(world: World) -> None:
    """A whole chain, rightly sealed, in which nothing was offered to this house."""
    _, message = offered(world)
    bare = c.Receive(
        actor=DESK, procedure=PROCEDURE, agency="qn-centre", facts={"ministry": "monre"}
    )
    world.done(world.province.give("qn-centre-210301-0099", bare))
    records = world.province.log.read_stream("qn-centre-210301-0099")
    received = from_letter(message).letter
    assert isinstance(received, LegOffered)
    letter = msgspec.structs.replace(
        received, code="qn-centre-210301-0099", history=exported(records)
    )
    offer = to_letter(letter, PROVINCE, bytes.fromhex(letter.offer.replace("-", "")), START)
    (receipt,) = come(world, offer)
    assert (receipt.answer, receipt.rule) == ("rejected", "altered-history")


# --- receipts ---------------------------------------------------------------------------------


def answered(world: World) -> tuple[str, Message]:
    """The code of a dossier whose leg was accepted, and the receipt, which has not come."""
    code = world.offer()
    world.deliver()
    world.done(world.ministry.give(there(code, PROVINCE, 1), c.Accept(actor=RECEIVER)))
    world.broker.lose()
    world.ministry.tell()
    (message,) = world.broker.everything()
    world.broker.lose()
    return code, message


def tell(world: World, message: Message) -> list[Any]:
    """A receipt comes to the province; what it answers."""
    world.broker.born += 1
    for worker in world.province.workers:
        worker.close()
    world.broker.put(RECEIPTS, message)
    while world.province.work(2):
        pass
    parts = world.broker.topics[INBOX]
    return [from_letter(each).letter for part in parts for each in part]


def receipt_forged(body: Body) -> None:
    event = body["history"][-1]
    event["payload"] = event["payload"].replace(RECEIVER, "monre.director-1")
    event["actor"] = "monre.director-1"


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (receipt_forged, "altered-history"),
        (lambda body: body["history"].pop(), "nothing-answered"),
        (of(handover=7), "not-offered"),
        (of(code="qn-centre-210301-0077"), "wrong-key"),
        (of(there="elsewhere@quang-ninh.1"), "altered-history"),
        (of(answer="rejected", offer="0" * 8), "not-offered"),
    ],
)
def test_a_receipt_that_proves_nothing_changes_nothing(
    world: World, change: Callable[[Body], object], rule: str
) -> None:
    code, message = answered(world)
    (refused,) = tell(world, changed(message, change))
    assert isinstance(refused, MessageRefused)
    assert refused.rule == rule
    assert world.province.dossier(code).legs["opinion"].transit is not None
    tell(world, message)
    assert world.province.dossier(code).legs["opinion"].elsewhere is not None
    world.agree(settled=True)


def test_a_receipt_of_a_house_that_was_not_asked_is_refused(world: World) -> None:
    code, message = answered(world)
    tell(world, header(message, "ce_source", b"urn:lienthong:hai-phong"))
    (noted,) = tables.handled(world.province.log)
    assert (noted.verdict, noted.rule) == ("refused", "not-offered")
    assert world.province.dossier(code).legs["opinion"].transit is not None


def test_an_offer_among_receipts_and_a_receipt_in_an_inbox_are_refused(world: World) -> None:
    _, offer = offered(world)
    (refused,) = tell(world, header(offer, "ce_source", f"urn:lienthong:{MINISTRY}".encode()))
    assert refused.rule == "wrong-topic"
    world.broker.lose()
    (refused,) = come(world, to_letter(_receipt(), PROVINCE, bytes(16), START))
    assert refused.rule == "wrong-topic"


def _receipt() -> HandoverReceipt:
    return HandoverReceipt(code="x", leg="opinion", handover=1, answer="accepted")


def test_a_digest_is_over_every_byte_of_a_history() -> None:
    event = SealedEvent(
        version=1,
        type="x",
        schema_version=1,
        event_id="0" * 32,
        command_id="0" * 32,
        correlation="0" * 32,
        actor="a",
        agency="b",
        occurred_at=1,
        recorded_at=1,
        payload="{}",
        hash="0" * 64,
    )
    digests = {digest_of((event,))}
    for name, value in (("payload", "{ }"), ("actor", "c"), ("private", "{}"), ("version", 2)):
        digests.add(digest_of((msgspec.structs.replace(event, **{name: value}),)))
    assert len(digests) == 5
