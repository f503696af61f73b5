"""A leg goes to the other engine and comes back: message by message, and both sides agree."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from consumers.interlink import receiving, sending, tables
from consumers.interlink.standing import there
from consumers.interlink.worker import Interlink, Moved
from engine.core.acts import remote
from engine.core.calendar import CalendarError
from engine.core.rules import refuse
from engine.verify import verify_all
from schemas import commands as c
from schemas import events as e
from tests.interlink.law import DESK, DESK_HEAD, MINISTRY, PROVINCE, RECEIVER
from tests.interlink.world import PEERS, World

REASON = "Hồ sơ chưa đủ điều kiện"
PERSON = "Nguyễn Văn A"


def abroad(code: str, handover: int = 1) -> str:
    return there(code, PROVINCE, handover)


def accepted(world: World) -> str:
    code = world.offer()
    world.deliver()
    world.done(world.ministry.give(abroad(code), c.Accept(actor=RECEIVER)))
    world.deliver()
    return code


def finish(world: World, code: str) -> None:
    """Whoever has to do something next does it, until the dossier has ended."""
    for _ in range(40):
        for side in world.sides:
            for stream in side.streams():
                command = side.next_of(stream)
                if command is not None:
                    world.later(minutes=5)
                    world.done(side.give(stream, command))
        world.deliver()
        if world.province.dossier(code).status == "ended":
            return
    raise AssertionError("it never ends")


def types(world: World, code: str) -> list[str]:
    return [each.type for each in world.province.log.read_stream(code)]


def test_a_leg_goes_there_and_comes_back_done(world: World) -> None:
    code = accepted(world)
    leg = world.province.dossier(code).legs["opinion"]
    assert leg.holder is not None
    assert (leg.holder.agency, leg.holder.officer) == ("monre", RECEIVER)
    finish(world, code)
    world.agree(settled=True)
    ended = world.province.dossier(code)
    assert (ended.outcome, ended.signed, ended.legs["opinion"].outcome) == ("done", True, "done")
    assert ended.facts["outcome"] == "accepted"
    for side in world.sides:
        assert verify_all(side.log).ok


def test_the_officer_there_is_named_and_the_proof_is_kept(world: World) -> None:
    code = accepted(world)
    *_, proof, taken = world.province.log.read_stream(code)
    event = proof.event()
    assert isinstance(event, e.AnsweredElsewhere)
    assert (taken.type, taken.actor, taken.on_behalf) == ("handover.accepted", "system", RECEIVER)
    history = tables.kept(world.province.log, event.digest)
    assert history is not None
    assert hashlib.sha256(history).hexdigest() == event.digest
    shown = world.ministry.log.read_stream(abroad(code), until=event.at_version)
    assert shown[-1].hash.hex() == event.at_hash
    assert shown[-1].actor == RECEIVER


def test_the_history_that_was_taken_over_is_kept_as_it_came(world: World) -> None:
    code = world.offer()
    world.deliver()
    (arrived, *_) = world.ministry.log.read_stream(abroad(code))
    event = arrived.event()
    assert isinstance(event, e.DossierArrived)
    history = tables.kept(world.ministry.log, event.digest)
    assert history is not None
    assert hashlib.sha256(history).hexdigest() == event.digest
    offered = world.province.log.read_stream(code)[-1]
    assert (event.at_version, event.at_hash) == (offered.version, offered.hash.hex())


def test_a_refusal_says_why_and_the_leg_is_offered_again(world: World) -> None:
    code = world.offer()
    world.deliver()
    refusal = c.RefuseHandover(actor=RECEIVER, reason=REASON)
    world.done(world.ministry.give(abroad(code), refusal))
    world.deliver()
    world.agree(settled=True)
    said = [each for each in world.province.log.read_stream(code) if each.private]
    private = said[-1].event().private
    assert private is not None
    assert private.reason == REASON
    assert types(world, code)[-1] == "handover.refused"
    world.done(world.province.give(code, c.Forward(actor=DESK, leg="opinion")))
    world.deliver()
    assert world.ministry.dossier(abroad(code, 2)).status == "open"
    finish(world, code)
    world.agree(settled=True)


def test_a_leg_that_is_refused_there_is_refused_here(world: World) -> None:
    code = accepted(world)
    for _ in range(2):
        command = world.ministry.next_of(abroad(code))
        assert command is not None
        world.done(world.ministry.give(abroad(code), command))
    holder = world.ministry.dossier(abroad(code)).root.holder
    assert holder is not None
    refusal = c.Refuse(actor=holder.officer, reason=REASON)
    world.done(world.ministry.give(abroad(code), refusal))
    world.deliver()
    world.agree(settled=True)
    dossier = world.province.dossier(code)
    assert (dossier.legs["opinion"].outcome, dossier.root.step) == ("refused", "explain")


# --- who is first -------------------------------------------------------------------------


def test_recalled_before_anybody_accepted(world: World) -> None:
    code = world.offer()
    world.deliver()
    world.done(world.province.give(code, c.RecallHandover(actor=DESK, leg="opinion")))
    world.deliver()
    world.agree(settled=True)
    assert types(world, code)[-1] == "handover.recalled"
    assert world.ministry.dossier(abroad(code)).status == "ended"


def test_accepted_before_it_was_recalled(world: World) -> None:
    code = world.offer()
    world.deliver()
    world.done(world.ministry.give(abroad(code), c.Accept(actor=RECEIVER)))
    world.done(world.province.give(code, c.RecallHandover(actor=DESK, leg="opinion")))
    world.deliver()
    world.agree(settled=True)
    assert types(world, code)[-1] == "handover.accepted"


def test_recalled_before_it_arrived_it_never_does(world: World) -> None:
    code = world.offer()
    world.province.tell()
    (offer,) = world.broker.everything()
    world.broker.lose()
    world.done(world.province.give(code, c.RecallHandover(actor=DESK, leg="opinion")))
    world.deliver()
    assert types(world, code)[-1] == "handover.recalled"
    world.broker.put(f"{MINISTRY}.handover.inbox.v1", offer)
    world.deliver()
    world.agree(settled=True)
    assert world.ministry.streams() == []


def test_an_offer_that_expires_escalates_at_home_and_comes_back_by_the_answer(
    world: World,
) -> None:
    code = world.offer()
    world.deliver()
    world.later(days=3)
    leg = world.province.dossier(code).legs["opinion"]
    world.done(world.province.give(code, c.ExpireHandover(actor="system", leg=leg.path)))
    assert types(world, code)[-1] == "handover.recall_asked"
    assert world.province.dossier(code).legs["opinion"].transit is not None
    world.deliver()
    world.agree(settled=True)
    assert types(world, code)[-1] == "handover.expired"


def test_it_was_accepted_in_time_although_the_province_thought_it_had_expired(
    world: World,
) -> None:
    code = world.offer()
    world.deliver()
    world.done(world.ministry.give(abroad(code), c.Accept(actor=RECEIVER)))
    world.later(days=3)
    world.expire()
    world.deliver()
    world.agree(settled=True)
    assert types(world, code)[-1] == "handover.accepted"


def test_it_expires_there_by_the_ministrys_own_clock(world: World) -> None:
    code = world.offer()
    world.deliver()
    world.later(days=3)
    world.done(world.ministry.give(abroad(code), c.ExpireHandover(actor="system")))
    world.deliver()
    world.agree(settled=True)
    assert types(world, code)[-1] == "handover.expired"


@pytest.mark.parametrize("when", ["before it arrives", "in transit", "accepted", "returned"])
def test_the_dossier_is_stopped_at_home(world: World, when: str) -> None:
    code = accepted(world) if when in ("accepted", "returned") else world.offer()
    if when == "in transit":
        world.deliver()
    if when == "returned":
        while world.ministry.dossier(abroad(code)).status != "ended":
            command = world.ministry.next_of(abroad(code))
            assert command is not None
            world.done(world.ministry.give(abroad(code), command))
    stop = c.Stop(actor=DESK_HEAD, ground="court order", reason=REASON)
    world.done(world.province.give(code, stop))
    world.agree()
    world.deliver()
    world.agree(settled=True)
    # What ended before anybody was told of it is not offered any more, and never will arrive.
    expected = "new" if when == "before it arrives" else "ended"
    assert world.ministry.dossier(abroad(code)).status == expected
    assert world.province.dossier(code).outcome == "stopped"


def test_the_time_here_had_moved_on_when_the_answer_came(world: World) -> None:
    code = world.offer()
    world.deliver()
    world.done(world.ministry.give(abroad(code), c.Accept(actor=RECEIVER)))
    world.later(hours=2)
    world.done(world.province.give(code, c.Suspend(actor=DESK_HEAD, ground="inspection")))
    world.later(hours=-1)
    world.deliver()
    world.agree(settled=True)


# --- what does not cross --------------------------------------------------------------------


def test_nothing_private_is_in_what_is_sent_but_the_reason_of_a_refusal(world: World) -> None:
    code = "qn-centre-210301-0009"
    receipt = c.Receive(
        actor=DESK,
        procedure="t-ministry",
        agency="qn-centre",
        facts={"ministry": "monre"},
        applicant={"name": PERSON},
        note="Gọi trước",
    )
    world.done(world.province.give(code, receipt))
    world.done(world.province.give(code, c.Forward(actor=DESK, note="Gọi trước")))
    world.deliver()
    refusal = c.RefuseHandover(actor=RECEIVER, reason=REASON)
    world.done(world.ministry.give(abroad(code), refusal))
    world.deliver()
    said = b"".join(each.value or b"" for each in world.broker.everything()).decode()
    assert PERSON not in said
    assert "Gọi trước" not in said
    assert REASON in said


def test_a_broker_that_lost_everything_is_told_again(world: World) -> None:
    code = world.offer()
    world.province.tell()
    world.broker.lose()
    world.broker.born += 1
    for side in world.sides:
        for worker in side.workers:
            worker.close()
    world.deliver()
    world.done(world.ministry.give(abroad(code), c.Accept(actor=RECEIVER)))
    world.deliver()
    world.agree(settled=True)
    assert types(world, code)[-1] == "handover.accepted"


def test_what_was_lost_on_the_way_is_said_again_on_request(world: World) -> None:
    code = world.offer()
    world.province.tell()
    world.broker.lose()
    world.deliver()
    assert world.ministry.streams() == []
    made = Interlink(
        world.province.runtime, world.broker, PROVINCE, PEERS[PROVINCE], chance=lambda: 0.5
    )
    made.again()
    assert made.catch_up().events > 0
    made.close()
    world.ministry.start()
    world.deliver()
    assert world.ministry.streams() == [abroad(code)]
    world.agree(settled=True)


def test_while_the_broker_is_down_it_waits_ever_longer_and_says_why(world: World) -> None:
    world.offer()
    waits: list[float] = []
    told: list[Moved] = []
    made = Interlink(
        world.province.runtime, world.broker, PROVINCE, PEERS[PROVINCE], chance=lambda: 1.0
    )
    world.broker.down = True

    def wait(seconds: float) -> None:
        waits.append(seconds)
        world.broker.down = len(waits) < 4

    made.run(lambda: len(waits) > 4, wait, told.append)
    made.close()
    assert waits[:4] == [0.2, 0.4, 0.8, 1.6]
    assert [each.trouble for each in told[:4]] == ["the broker is down"] * 4
    assert sum(each.events for each in told) > 0
    assert len(world.broker.everything()) == 1


def test_what_follows_at_home_is_refused_and_the_result_is_kept(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No rule at home may make a result that came back unheard: the dossier waits."""
    code = accepted(world)
    stream = abroad(code)
    while world.ministry.dossier(stream).status != "ended":
        command = world.ministry.next_of(stream)
        assert command is not None
        world.done(world.ministry.give(stream, command))
    with monkeypatch.context() as patch:
        patch.setattr(remote, "join", lambda *_: refuse("no-such-leg", leg="", legs=""))
        world.deliver()
    world.agree(settled=True)
    dossier = world.province.dossier(code)
    assert (dossier.legs["opinion"].outcome, dossier.root.mode) == ("done", "legs")
    world.done(world.province.give(code, c.Suspend(actor=DESK_HEAD, ground="inspection")))
    world.done(world.province.give(code, c.Resume(actor=DESK_HEAD)))
    assert world.province.dossier(code).root.step == "return"


def test_an_offer_too_large_to_be_sent_comes_back_by_itself(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "LARGEST", 1_000)
    code = world.offer()
    world.deliver()
    assert world.broker.everything() == []
    assert world.province.dossier(code).legs["opinion"].mode == "back"
    proof = world.province.log.read_stream(code)[-2].event()
    assert isinstance(proof, e.AnsweredElsewhere)
    assert (proof.answer, proof.rule) == ("rejected", "too-large")


def test_a_date_beyond_every_calendar_fails_one_message_and_no_other(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    codes = [world.offer(), world.offer()]
    real = receiving.arrival

    def fails(law: Any, peers: Any, house: str, received: Any, letter: Any) -> Any:
        if letter.code == codes[0]:
            raise CalendarError("no calendar covers that day")
        return real(law, peers, house, received, letter)

    with monkeypatch.context() as patch:
        patch.setattr(receiving, "arrival", fails)
        world.deliver()
    assert world.ministry.streams() == [abroad(codes[1])]
    assert tables.tally(world.ministry.log) == {"failed": 1, "taken": 1}
    peers = PEERS[MINISTRY]
    made = Interlink(world.ministry.runtime, world.broker, MINISTRY, peers)
    made.again()
    made.catch_up()
    made.close()
    assert world.ministry.streams() == [abroad(each) for each in codes]
    assert tables.tally(world.ministry.log) == {"again": 1, "taken": 1}
