"""Who may act, and when: what needs none of a command's details."""

from __future__ import annotations

from datetime import timedelta

from engine.core.decide import possible_acts
from schemas import commands as c
from schemas import events as e
from tests.core.scenario import (
    DESK,
    ENVIRONMENT,
    SYSTEM,
    Scenario,
    finished,
    given,
    new,
    reached,
    received,
)


def test_work_is_for_the_agency_the_role_and_the_officer_who_holds_it() -> None:
    at = reached("t-counter", "appraise")
    at.when(c.Appraise(actor=DESK)).refused("wrong-agency", "ub-desk", "ub-environment")
    at.when(c.Appraise(actor="ub-environment.head-1")).refused("wrong-role", "specialist")
    colleague = "ub-environment.specialist-2"
    at.when(c.Appraise(actor=colleague)).refused("not-the-holder", colleague, ENVIRONMENT)
    at.when(c.Appraise(actor="nobody")).refused("unknown-officer", "nobody")


def test_nobody_acts_after_leaving_office() -> None:
    at = received("t-counter").on(2025, 7, 1)
    at.when(c.Forward(actor=DESK)).refused("unknown-officer", DESK, "2025-07-01")


def test_time_does_not_run_backwards_in_a_dossier() -> None:
    at = received("t-counter")
    last = at.dossier.last_at
    assert last is not None
    at.now = last - timedelta(minutes=1)
    at.when(c.Forward(actor=DESK)).refused("time-backwards", "2021-03-01 08:59", "09:00")
    at.now = last
    at.when(c.Forward(actor=DESK)).then(e.StepCompleted, e.HandoverOffered)


def test_nothing_more_is_done_with_a_dossier_that_has_ended() -> None:
    at = finished("t-counter")
    for command in (
        c.Forward(actor=DESK),
        c.Suspend(actor=DESK, ground="…"),
        c.Resume(actor=DESK),
        c.Accept(actor=DESK),
        c.Stop(actor=DESK),
    ):
        at.when(command).refused("dossier-ended", "done")


def test_resuming_what_is_not_suspended_or_paused_is_refused() -> None:
    received("t-counter").when(c.Resume(actor=DESK)).refused("not-suspended")
    received("t-counter").when(c.Resume(actor=DESK, leg="nowhere")).refused("no-such-leg")


def test_resuming_a_leg_that_is_over_is_refused() -> None:
    tax = "ub-tax.tax-officer-1"
    at = received("t-opinions").given(c.Forward(actor=DESK), c.Accept(actor=tax, leg="tax"))
    at.given(c.Refuse(actor=tax, leg="tax", reason="Không đủ hồ sơ"))
    at.when(c.Resume(actor=tax, leg="tax")).refused("leg-ended", "refused")


def possible(at: Scenario, actor: str) -> set[tuple[str, str]]:
    acts = possible_acts(at.dossier, at.law, at.now, actor)
    return {(each.act, each.leg) for each in acts if each.rejected is None}


def test_the_possible_acts_are_those_that_are_admitted() -> None:
    at = reached("t-counter", "appraise")
    held = {"appraise", "assign", "extend", "transfer", "ask-supplement", "refuse"}
    assert possible(at, ENVIRONMENT) == {(act, "") for act in held}
    assert possible(at, DESK) == {("ask-withdrawal", "")}
    assert possible(at, "ub-environment.head-1") == {
        (act, "") for act in ("assign", "extend", "transfer", "refuse", "suspend", "stop")
    }
    assert possible(at, "nobody") == set()


def test_possible_acts_name_the_leg_and_why_others_are_not_possible() -> None:
    at = received("t-opinions").given(c.Forward(actor=DESK))
    assert ("accept", "tax") in possible(at, "ub-tax.tax-officer-1")
    acts = possible_acts(at.dossier, at.law, at.now, "ub-tax.tax-officer-1")
    why = {(each.act, each.leg): each.rejected.rule for each in acts if each.rejected}
    assert why["accept", "police"] == "wrong-agency"
    assert why["complete", "tax"] == "handover-in-transit"
    assert why["complete", ""] == "waiting-for-legs"
    assert ("receive", "") not in why


def test_what_is_possible_before_the_receipt_and_after_the_end() -> None:
    register = c.Register(actor=DESK, procedure="t-counter", agency="ub-desk")
    assert possible(given(register), DESK) == {("receive", ""), ("refuse-receipt", "")}
    assert possible(new(), DESK) == set()
    assert possible(finished("t-counter"), DESK) == {("reopen", "")}
    assert possible(finished("t-counter"), SYSTEM) == set()
