"""A leg that another engine works on: what this one decides when it offers, hears, gets it back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from engine.core import custody
from engine.core.admission import SYSTEM
from engine.core.decide import decide, possible_acts
from schemas import commands as c
from schemas import events as e
from schemas.commands import BETWEEN_ENGINES
from schemas.rejection import Rejected
from tests.core.scenario import START, Scenario, a
from tests.interlink.law import (
    DESK,
    DESK_HEAD,
    DIRECTOR,
    MINISTRY,
    PROCEDURE,
    PROVINCE,
    RECEIVER,
    SPECIALIST,
    law,
)

FACTS = {"ministry": "monre"}
THERE: dict[str, Any] = {"house": MINISTRY, "handover": 1, "there": "x@quang-ninh.1"}
REASON = "Hồ sơ chưa đủ điều kiện"


def offered(**facts: str) -> Scenario:
    """At the province: the leg `opinion` is in transit to the ministry."""
    receipt = c.Receive(
        actor=DESK,
        procedure=PROCEDURE,
        agency="qn-centre",
        facts={**FACTS, **facts},
        papers=("application",),
    )
    return Scenario(law(PROVINCE)).given(receipt, c.Forward(actor=DESK))


def answer(how: str, **more: Any) -> c.AnswerElsewhere:
    return c.AnswerElsewhere(actor=SYSTEM, leg="opinion", answer=how, **{**THERE, **more})


ACCEPTED = answer("accepted", agency="monre", officer=RECEIVER, papers=("application",))


def back(outcome: str = "done", **more: Any) -> c.ReturnElsewhere:
    return c.ReturnElsewhere(actor=SYSTEM, leg="opinion", outcome=outcome, **{**THERE, **more})


def arrival(**more: Any) -> c.Arrive:
    """What the ministry makes of that offer."""
    at = offered()
    leg = at.leg("opinion")
    assert leg.transit is not None
    assert leg.due is not None
    words = {
        "actor": SYSTEM,
        "procedure": PROCEDURE,
        "version": "2021-01-01",
        "calendar": at.dossier.calendar,
        "agency": "monre",
        "facts": at.dossier.facts,
        "papers": leg.transit.papers,
        "house": PROVINCE,
        "code": at.dossier.stream,
        "of_leg": "opinion",
        "handover": 1,
        "at_version": len(at.past),
        "at_hash": "00" * 32,
        "digest": "00" * 32,
        "from_agency": "qn-centre",
        "from_officer": DESK,
        "step": "take",
        "due": leg.step_due,
        "expires": leg.transit.expires,
        "limit": leg.limit,
        "rule": leg.rule,
        "since": leg.started,
        "whole_due": leg.due,
    }
    return c.Arrive(**{**words, **more})


def arrived() -> Scenario:
    return Scenario(law(MINISTRY), START + timedelta(minutes=20)).given(arrival())


# --- at the province, which offers -----------------------------------------------------------


def test_an_offer_to_another_engine_says_so_and_leaves_the_leg_in_transit() -> None:
    at = offered()
    event = at.past[-1][0]
    assert isinstance(event, e.HandoverOffered)
    assert (event.leg, event.to_agency, event.house) == ("opinion", "monre", MINISTRY)
    assert at.leg("opinion").transit is not None


def test_nobody_answers_here_for_the_other_engine() -> None:
    at = offered()
    at.when(c.Accept(actor=RECEIVER, leg="opinion")).refused("works-elsewhere", MINISTRY)
    at.when(c.Accept(actor=DESK, leg="opinion")).refused("answered-elsewhere", MINISTRY)
    at.when(c.RefuseHandover(actor=DESK, leg="opinion", reason=REASON)).refused(
        "answered-elsewhere", "monre"
    )
    forged = replace(ACCEPTED, actor=DESK)
    at.when(forged).refused("only-a-rule")


def test_the_other_engine_accepts_and_then_nothing_can_be_done_here() -> None:
    at = (
        offered()
        .when(ACCEPTED)
        .then(
            a(e.AnsweredElsewhere, answer="accepted", house=MINISTRY, there="x@quang-ninh.1"),
            a(e.HandoverAccepted, leg="opinion", agency="monre", officer=RECEIVER),
        )
    )
    assert at.leg("opinion").elsewhere is not None
    for act in (
        c.RecallHandover(actor=DESK, leg="opinion"),
        c.Extend(actor=DESK_HEAD, leg="opinion", by="2 days", legal_basis="x"),
        c.ExpireHandover(actor=SYSTEM, leg="opinion"),
    ):
        at.when(act).refused("leg-elsewhere", MINISTRY, "monre")
    acts = possible_acts(at.dossier, at.law, at.now, DESK_HEAD)
    assert {each.act for each in acts if each.leg == "opinion" and each.rejected is None} == set()
    assert {each.act for each in acts}.isdisjoint(BETWEEN_ENGINES)


def test_an_offer_is_asked_back_and_only_the_answer_brings_it() -> None:
    at = (
        offered()
        .when(c.RecallHandover(actor=DESK, leg="opinion"))
        .then(a(e.HandoverRecallAsked, handover=1, why="recalled", escalated_to=None))
    )
    assert at.leg("opinion").transit is not None
    at.when(c.RecallHandover(actor=DESK, leg="opinion")).refused("recall-asked", MINISTRY)
    at.when(answer("recalled")).then(
        e.AnsweredElsewhere, a(e.HandoverRecalled, officer=DESK, step="@")
    )
    at.when(c.Forward(actor=DESK, leg="opinion")).then(
        a(e.StepCompleted, leg="opinion", step="@"),
        a(e.HandoverOffered, handover=2, house=MINISTRY),
    )


def test_it_was_accepted_before_it_was_asked_back() -> None:
    at = offered().given(c.RecallHandover(actor=DESK, leg="opinion"))
    at.when(ACCEPTED).then(e.AnsweredElsewhere, e.HandoverAccepted)


def test_an_expired_offer_escalates_and_stays_in_transit_until_the_answer() -> None:
    at = offered().given(c.RecallHandover(actor=DESK, leg="opinion")).later(days=3)
    at.when(c.ExpireHandover(actor=SYSTEM, leg="opinion")).then(
        a(e.HandoverRecallAsked, why="expired", escalated_to="monre")
    )
    assert at.leg("opinion").transit is not None, "it may have been accepted in time"
    at.when(c.ExpireHandover(actor=SYSTEM, leg="opinion")).refused("recall-asked")
    at.when(answer("recalled")).then(e.AnsweredElsewhere, a(e.HandoverExpired, leg="opinion"))


def test_it_expired_there_first() -> None:
    offered().when(answer("expired")).then(
        e.AnsweredElsewhere, a(e.HandoverExpired, escalated_to="monre")
    )


@pytest.mark.parametrize("how", ["refused", "rejected"])
def test_the_offer_is_not_taken_there(how: str) -> None:
    offered().when(answer(how, rule="altered-history")).then(
        a(e.AnsweredElsewhere, answer=how, rule="altered-history"),
        a(e.HandoverRefused, leg="opinion", officer=DESK),
    )


def test_an_offer_that_never_arrived_and_was_asked_back_is_recalled() -> None:
    at = offered().given(c.RecallHandover(actor=DESK, leg="opinion"))
    at.when(answer("rejected")).then(e.AnsweredElsewhere, e.HandoverRecalled)


def test_an_answer_to_another_handover_is_none() -> None:
    at = offered()
    at.when(answer("accepted", handover=7)).refused("not-the-handover", "7")
    at.when(answer("accepted", house="hai-phong")).refused("not-the-handover", "hai-phong")
    at.when(back()).refused("not-the-handover")
    at.given(ACCEPTED).when(back(handover=7)).refused("not-the-handover")
    at.when(ACCEPTED).refused("not-the-handover")


def test_it_comes_back_done_with_what_was_found_and_signed_there() -> None:
    at = offered().given(ACCEPTED)
    found = {"outcome": "refused", "shoe-size": "42", "ministry": "monre"}
    at.when(back(facts=found, signed=True)).then(
        a(e.LegReturned, outcome="done", facts={"outcome": "refused"}, signed=True),
        a(e.ClockEnded, leg="opinion", verdict="early"),
        a(e.LegResulted, leg="opinion", papers=("opinion",)),
        a(e.StepCompleted, leg="", act="join", to="return"),
        e.ClockEnded,
        e.ResultReady,
    )
    assert (at.leg("opinion").outcome, at.leg("opinion").step) == ("done", "done")
    at.when(c.Return(actor=DESK)).then(e.ResultReturned)


def test_files_of_the_papers_that_come_back_come_once_and_with_no_refusal() -> None:
    opinion, again, application = (
        e.Attached(paper, digit * 64, 9, "application/pdf")
        for paper, digit in (("opinion", "1"), ("opinion", "2"), ("application", "3"))
    )
    files = (opinion, application, e.Attached("opinion", "no hash", 9, "application/pdf"), again)
    before = (c.Attach(actor=DESK, attached=(opinion,)), ACCEPTED)
    for outcome, here in (("refused", (opinion,)), ("done", (opinion, again))):
        at = offered().given(*before, back(outcome, attached=files))
        assert at.dossier.attached == here


def test_without_its_signature_the_result_is_not_returned() -> None:
    at = offered().given(ACCEPTED, back())
    at.when(c.Return(actor=DESK)).refused("result-without-signature")


@pytest.mark.parametrize("outcome", ["refused", "stopped"])
def test_it_comes_back_refused(outcome: str) -> None:
    at = offered().given(ACCEPTED)
    at.when(back(outcome)).then(
        a(e.LegReturned, outcome=outcome),
        a(e.ClockEnded, leg="opinion"),
        a(e.LegRefused, leg="opinion", gate=False),
        a(e.StepCompleted, leg="", act="join", to="explain"),
    )
    at.when(back(outcome)).refused("leg-ended")


def test_a_gate_that_is_refused_there_ends_the_whole_here() -> None:
    at = offered(licence="needed")
    at.given(replace(ACCEPTED, leg="licence", officer=SPECIALIST, papers=()))
    at.when(replace(back("refused"), leg="licence")).then(
        a(e.LegReturned, leg="licence"),
        a(e.ClockEnded, leg="licence"),
        a(e.LegRefused, leg="licence", gate=True),
        a(e.ClockEnded, leg=""),
        e.DossierRefused,
    )


@pytest.mark.parametrize("accepted", [True, False])
def test_a_dossier_that_ends_here_says_whom_to_tell(accepted: bool) -> None:
    at = offered().given(*([ACCEPTED] if accepted else []))
    at.given(c.Stop(actor=DESK_HEAD, ground="no longer needed", reason=REASON))
    there = at.leg("opinion").elsewhere
    assert there is not None
    assert (there.house, there.handover) == (MINISTRY, 1)
    at.when(back()).refused("dossier-ended")


def test_what_comes_back_during_a_suspension_goes_on_when_it_is_over() -> None:
    at = offered().given(ACCEPTED, c.Suspend(actor=DESK_HEAD, ground="inspection")).later(days=30)
    at.when(back(signed=True)).then(e.LegReturned, a(e.ClockEnded, verdict="early"), e.LegResulted)
    at.when(c.Resume(actor=DESK_HEAD)).then(
        e.DossierResumed,
        a(e.StepCompleted, leg="", act="join", to="return"),
        e.ClockEnded,
        e.ResultReady,
    )


def test_only_a_whole_leg_goes_to_another_engine() -> None:
    receipt = c.Receive(actor=DESK, procedure=PROCEDURE, agency="qn-centre", facts=FACTS)
    at = Scenario(law(PROVINCE)).given(receipt)
    at.when(c.Transfer(actor=DESK, to_agency="monre")).refused("not-a-whole-leg", "receive")


# --- at the ministry, which takes over ------------------------------------------------------


def test_a_leg_arrives_in_transit_with_the_dates_it_was_promised() -> None:
    command = arrival()
    at = (
        Scenario(law(MINISTRY), START + timedelta(minutes=20))
        .when(command)
        .then(
            a(
                e.DossierArrived,
                procedure="t-ministry#opinion",
                house=PROVINCE,
                of_leg="opinion",
                agency="monre",
                officer=DESK,
                appointment=command.whole_due,
            ),
            a(e.ClockStarted, limit="5 working days", since=command.since, due=command.whole_due),
            a(
                e.HandoverOffered,
                to_agency="monre",
                to_role="receiver",
                due=command.due,
                house=None,
            ),
        )
    )
    assert at.dossier.origin is not None
    assert (at.leg().started, at.leg().due) == (command.since, command.whole_due)
    at.when(c.Accept(actor=RECEIVER)).then(a(e.HandoverAccepted, officer=RECEIVER))


def test_what_cannot_arrive() -> None:
    at = Scenario(law(MINISTRY), START + timedelta(minutes=20))
    at.when(arrival(agency="qn-justice")).refused("not-our-agency", "qn-justice")
    at.when(arrival(of_leg="nowhere")).refused("procedure-unknown", "t-ministry#nowhere")
    at.when(arrival(version="1999-01-01")).refused("procedure-unknown", "1999-01-01")
    at.when(arrival(step="sign")).refused("no-such-step", "take")
    at.when(arrival(calendar="none")).refused("unknown-calendar", "none")
    at.when(arrival(actor=RECEIVER)).refused("only-a-rule")
    at.when(arrival(expires=at.now)).refused("handover-has-expired")
    at.given(arrival()).when(arrival()).refused("dossier-exists")
    late = Scenario(law(MINISTRY)).on(2025, 3, 10)
    late.when(arrival(expires=late.now + timedelta(days=1))).refused("unknown-agency", "monre")


def test_the_ministry_works_on_it_as_on_its_own_and_gives_it_back() -> None:
    at = arrived().given(c.Accept(actor=RECEIVER), c.Complete(actor=RECEIVER))
    at.given(c.Accept(actor=SPECIALIST), c.Appraise(actor=SPECIALIST), c.Accept(actor=DIRECTOR))
    at.when(c.Sign(actor=DIRECTOR)).then(
        a(e.SignatureRecorded, to="done"),
        a(e.ClockEnded, leg="", verdict="early"),
        a(e.ResultReady, papers=("opinion",)),
        a(e.ResultReturned, step="sign", to="done", channel="interlinked"),
    )
    assert (at.dossier.status, at.dossier.outcome) == ("ended", "done")
    reopening = c.Reopen(actor=DIRECTOR, step="take", legal_basis="x")
    at.when(reopening).refused("given-back", PROVINCE)


def test_the_ministry_refuses_the_handover_and_has_it_no_longer() -> None:
    at = arrived()
    at.when(c.RefuseHandover(actor=RECEIVER, reason=REASON)).then(
        a(e.HandoverRefused, agency="qn-centre", officer=DESK),
        e.ClockEnded,
        a(e.DossierStopped, ground="not-taken"),
    )
    assert not custody.faults(at.dossier)


def test_nobody_accepts_after_the_time_is_up_by_the_ministrys_clock() -> None:
    at = arrived().later(days=3)
    at.when(c.Accept(actor=RECEIVER)).refused("handover-has-expired")
    at.when(c.ExpireHandover(actor=SYSTEM)).then(
        e.HandoverExpired, e.ClockEnded, a(e.DossierStopped, ground="not-taken")
    )


def test_the_ministry_cannot_take_back_what_the_province_offered() -> None:
    at = arrived()
    at.when(c.RecallHandover(actor=DESK)).refused("works-elsewhere", PROVINCE)
    at.when(c.RecallHandover(actor=RECEIVER)).refused("offered-elsewhere", PROVINCE)


def test_the_province_wants_it_back_before_anybody_accepted() -> None:
    arrived().when(c.WithdrawElsewhere(actor=SYSTEM)).then(
        e.HandoverRecalled, e.ClockEnded, a(e.DossierStopped, ground="not-taken")
    )
    late = arrived().later(days=3)
    late.when(c.WithdrawElsewhere(actor=SYSTEM)).then(
        e.HandoverExpired, e.ClockEnded, a(e.DossierStopped, ground="not-taken")
    )


def test_the_province_wants_it_back_too_late() -> None:
    at = arrived().given(c.Accept(actor=RECEIVER))
    at.when(c.WithdrawElsewhere(actor=SYSTEM)).refused("handover-answered")
    at.when(c.WithdrawElsewhere(actor=SYSTEM, stop=True)).then(
        a(e.ClockEnded, leg=""), a(e.DossierStopped, ground="ended-at-origin")
    )
    at.when(c.WithdrawElsewhere(actor=SYSTEM)).refused("dossier-ended")


def test_what_did_not_come_from_elsewhere_is_not_withdrawn() -> None:
    offered().when(c.WithdrawElsewhere(actor=SYSTEM)).refused("not-from-elsewhere")
    empty = Scenario(law(MINISTRY))
    empty.when(c.WithdrawElsewhere(actor=SYSTEM)).refused("not-received")


@pytest.mark.parametrize("act", sorted(BETWEEN_ENGINES))
def test_no_officer_speaks_for_another_engine(act: str) -> None:
    at = offered()
    commands = {"answer-elsewhere": ACCEPTED, "return-elsewhere": back(), "arrive": arrival()}
    command = commands.get(act, c.WithdrawElsewhere(actor=SYSTEM))
    refused = decide(at.dossier, replace(command, actor=DESK_HEAD), at.law, at.now)
    assert isinstance(refused, Rejected)
    assert refused.rule == "only-a-rule"
