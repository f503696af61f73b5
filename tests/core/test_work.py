"""Ending steps, each act with its evidence; giving a step to a colleague."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from engine.core.law import Law
from schemas import commands as c
from schemas import events as e
from tests.core.scenario import (
    DESK,
    ENVIRONMENT,
    ENVIRONMENT_HEAD,
    SYSTEM,
    Scenario,
    a,
    catalogue,
    procedure,
    reached,
    received,
)
from workflows.model import Branch

CLERK = "ub.clerk-1"
CHAIRMAN = "ub.chairman-1"


def test_forwarding_hands_the_dossier_to_the_next_agency() -> None:
    received("t-counter").when(c.Forward(actor=DESK, papers=("application",))).then(
        a(e.StepCompleted, step="receive", act="forward", to="appraise"),
        a(
            e.HandoverOffered,
            to_agency="ub-environment",
            to_role="specialist",
            from_officer=DESK,
            papers=("application",),
            back="receive",
        ),
    )


@pytest.mark.parametrize(
    ("step", "command", "event", "fields"),
    [
        (
            "appraise",
            c.Appraise(actor=ENVIRONMENT, document="BB-1"),
            e.AppraisalRecorded,
            {"outcome": "accepted", "document": "BB-1", "to": "draft"},
        ),
        ("draft", c.Complete(actor=ENVIRONMENT), e.StepCompleted, {"to": "approve"}),
        (
            "approve",
            c.Approve(actor=ENVIRONMENT_HEAD, document="TTr-1"),
            e.ApprovalRecorded,
            {"document": "TTr-1"},
        ),
        (
            "sign",
            c.Sign(actor=CHAIRMAN, document="QĐ", certificate="5404FF"),
            e.SignatureRecorded,
            {"document": "QĐ", "certificate": "5404FF"},
        ),
        ("number", c.Number(actor=CLERK, number="12/QĐ"), e.NumberRecorded, {"number": "12/QĐ"}),
        ("issue", c.Issue(actor=CLERK, document="QĐ-12"), e.ResultIssued, {"document": "QĐ-12"}),
    ],
)
def test_each_act_leaves_its_own_evidence(
    step: str, command: c.StepAct, event: type[e.Event], fields: dict[str, Any]
) -> None:
    at = reached("t-counter", step)
    ended = at.when(command).answer
    assert not hasattr(ended, "rule"), ended
    first = ended.events[0]
    assert type(first) is event
    assert {name: getattr(first, name) for name in fields} == fields


def test_who_does_the_next_step_too_keeps_the_dossier() -> None:
    reached("t-counter", "appraise").when(c.Appraise(actor=ENVIRONMENT)).then(
        a(e.AppraisalRecorded, step="appraise", to="draft")
    )
    reached("t-counter", "number").when(c.Number(actor=CLERK, number="12")).then(e.NumberRecorded)


def test_approving_signing_and_issuing_each_go_to_who_comes_next() -> None:
    reached("t-counter", "approve").when(c.Approve(actor=ENVIRONMENT_HEAD)).then(
        e.ApprovalRecorded, e.HandoverOffered
    )
    reached("t-counter", "sign").when(c.Sign(actor=CHAIRMAN)).then(
        e.SignatureRecorded, a(e.HandoverOffered, to_role="clerk")
    )


def test_facts_choose_the_branch() -> None:
    site = c.Appraise(actor=ENVIRONMENT, facts={"site": "needed"})
    at = reached("t-counter", "appraise").when(site).then(a(e.AppraisalRecorded, to="verify"))
    at.when(c.Verify(actor=ENVIRONMENT, document="BB-2")).then(
        a(e.VerificationRecorded, document="BB-2", to="inspection"),
        a(e.ClockStopped, ground="inspection"),
    )


def test_an_outcome_may_refuse_the_whole() -> None:
    refused = c.Appraise(actor=ENVIRONMENT, outcome="refused", reason="Sai quy hoạch")
    over = (
        reached("t-counter", "appraise")
        .when(refused)
        .then(
            a(e.AppraisalRecorded, outcome="refused", to="refused"),
            a(e.ClockEnded, verdict="early"),
            e.DossierRefused,
        )
    )
    assert over.dossier.outcome == "refused"
    assert over.leg().outcome == "refused"


def test_a_fact_that_nobody_asks_about_is_refused_unless_it_names_an_agency() -> None:
    at = reached("t-counter", "appraise")
    odd = c.Appraise(actor=ENVIRONMENT, facts={"shoe-size": "42"})
    at.when(odd).refused("unknown-fact", "shoe-size")
    misspelt = c.Appraise(actor=ENVIRONMENT, outcome="rejectd")
    at.when(misspelt).refused("unknown-value", "outcome", "rejectd", "accepted")
    at.when(c.Appraise(actor=ENVIRONMENT, facts={"plot-at": "ub-quang-trung"})).then(
        a(e.AppraisalRecorded, facts={"plot-at": "ub-quang-trung", "outcome": "accepted"})
    )


def test_where_no_branch_holds_the_officer_is_told_what_to_say() -> None:
    unsure = Scenario(_law_without_a_last_branch())
    unsure.given(c.Receive(actor=DESK, procedure="t-counter", agency="ub-desk"))
    unsure.given(c.Forward(actor=DESK), c.Accept(actor=ENVIRONMENT))
    unsure.when(c.Appraise(actor=ENVIRONMENT)).refused(
        "no-branch", "appraise", "outcome=refused or site=needed"
    )


def _law_without_a_last_branch() -> Law:
    """The soundness check would not let it in; whoever skips the check still gets no crash."""
    plain = procedure("t-counter")
    steps = dict(plain.process.steps)
    guarded: tuple[Branch, ...] = steps["appraise"].then[:-1]
    steps["appraise"] = replace(steps["appraise"], then=guarded)
    process = replace(plain.process, steps=steps)
    law = catalogue()
    changed = replace(plain, process=process, digest="without a last branch")
    return Law([changed], law.calendars(), law.organisation)


def test_the_result_is_ready_when_it_is_back_at_the_desk_and_then_returned() -> None:
    issued = reached("t-counter", "issue").when(c.Issue(actor=CLERK))
    at = issued.then(
        e.ResultIssued,
        a(e.ClockEnded, verdict="early"),
        e.ResultReady,
        a(e.HandoverOffered, step="return"),
    )
    at.given(c.Accept(actor=DESK))
    over = at.when(c.Return(actor=DESK, channel="post", evidence="EMS-1")).then(
        a(e.ResultReturned, channel="post", evidence="EMS-1", to="done")
    )
    assert (over.dossier.status, over.dossier.outcome) == ("ended", "done")
    assert over.leg().verdict == "early"


def test_nothing_is_numbered_issued_or_returned_without_a_signature() -> None:
    at = reached("t-counter", "draft")
    at.when(c.Number(actor=ENVIRONMENT, number="12")).refused("result-without-signature")
    at.when(c.Issue(actor=ENVIRONMENT)).refused("result-without-signature")
    at.when(c.Return(actor=ENVIRONMENT)).refused("result-without-signature", "return")


def test_a_signature_in_a_leg_that_was_refused_leaves_nothing_to_return() -> None:
    at = reached("lt-07-project-land-list", "review", leg="decide")
    actor = at.leg("decide").holder.officer
    at.given(c.Refuse(actor=actor, leg="decide", reason="Ngoài quy hoạch"))
    at.when(c.Return(actor="qn-centre.receiver-1")).refused("result-without-signature")
    at.when(c.Refuse(actor="qn-centre.receiver-1", reason="Tỉnh không duyệt")).then(
        e.DossierRefused
    )


def test_nothing_is_returned_before_its_time() -> None:
    received("t-opinions").when(c.Return(actor=DESK)).refused("return-before-result", "receive")


def test_nothing_is_returned_while_a_leg_still_works_on_it() -> None:
    at = reached("t-opinions", "return", idle=("police",))
    open_ = [leg.path for leg in at.dossier.open_legs()]
    assert open_ == ["", "police"], "any of the two opinions was enough"
    at.when(c.Return(actor=DESK)).refused("legs-still-open", "police")


def test_another_act_than_that_of_the_step_is_not_possible() -> None:
    received("t-counter").when(c.Sign(actor=DESK)).refused(
        "act-not-possible", "'sign'", "'receive'", "forward"
    )


def test_the_holder_gives_the_step_to_a_colleague() -> None:
    at = reached("t-counter", "appraise")
    second = "ub-environment.specialist-2"
    moved = at.when(c.Assign(actor=ENVIRONMENT, officer=second)).then(
        a(e.StepAssigned, step="appraise", officer=second, from_officer=ENVIRONMENT)
    )
    moved.when(c.Appraise(actor=ENVIRONMENT)).refused("not-the-holder", ENVIRONMENT, second)
    moved.when(c.Appraise(actor=second)).then(e.AppraisalRecorded)


def test_the_head_of_the_agency_assigns_too() -> None:
    reached("t-counter", "appraise").when(
        c.Assign(actor=ENVIRONMENT_HEAD, officer="ub-environment.specialist-3")
    ).then(e.StepAssigned)


def test_a_step_is_assigned_within_the_agency_to_somebody_with_the_role() -> None:
    at = reached("t-counter", "appraise")
    elsewhere = c.Assign(actor=ENVIRONMENT, officer=DESK)
    at.when(elsewhere).refused("wrong-agency", "ub-desk", "ub-environment")
    unfit = c.Assign(actor=ENVIRONMENT, officer="ub-environment.clerk-1")
    at.when(unfit).refused("wrong-role", "specialist")
    unknown = c.Assign(actor=ENVIRONMENT, officer="nobody")
    at.when(unknown).refused("unknown-officer")
    by_clerk = c.Assign(actor="ub-environment.clerk-1", officer=ENVIRONMENT)
    at.when(by_clerk).refused("not-a-decider", "head")
    at.when(c.Assign(actor=DESK, officer=ENVIRONMENT)).refused("wrong-agency")


@pytest.mark.parametrize(
    ("procedure", "step", "mode"),
    [
        ("lt-09-land-transfer-2021", "confirm", "legs"),
        ("lt-09-land-transfer-2021", "await-payment", "paused"),
    ],
)
def test_who_leaves_gives_on_what_waits_too(procedure: str, step: str, mode: str) -> None:
    at = reached(procedure, step, mode=mode)
    holder = at.leg("").holder
    assert holder is not None
    unfit = holder.officer.replace("specialist", "head").replace("receiver", "head")
    at.when(c.Assign(actor=holder.officer, officer=unfit)).refused("wrong-role")
    colleague = holder.officer.replace("-1", "-2")
    moved = at.when(c.Assign(actor=holder.officer, officer=colleague)).then(
        a(e.StepAssigned, officer=colleague)
    )
    assert moved.leg("").mode == mode


def test_the_system_does_nobodys_work() -> None:
    received("t-counter").when(c.Forward(actor=SYSTEM)).refused("unknown-officer")


def test_a_leg_that_is_a_procedure_of_its_own_joins_when_its_result_is_returned() -> None:
    at = reached("t-within", "return", leg="part")
    holder = at.leg("part").holder
    assert holder is not None
    joined = at.when(c.Return(actor=holder.officer, leg="part")).then(
        a(e.ResultReturned, leg="part", to="done"),
        e.ClockEnded,
        a(e.LegResulted, leg="part"),
        a(e.StepCompleted, leg="", act="join", to="return"),
        e.ClockEnded,
        e.ResultReady,
    )
    assert joined.dossier.status == "open"
    assert joined.leg("part").outcome == "done"
