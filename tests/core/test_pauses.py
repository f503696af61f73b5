"""What stops the clock and what lets it run again: supplements, payment, posting, extension."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from engine.core import moves
from schemas import commands as c
from schemas import events as e
from tests.core.scenario import (
    DESK,
    DESK_HEAD,
    ENVIRONMENT,
    ENVIRONMENT_HEAD,
    Scenario,
    a,
    reached,
    received,
)
from tests.core.walk import Broken, clocks
from workflows.machine import PAUSED, SUPPLEMENT

ASK = c.AskSupplement(actor=ENVIRONMENT, papers=("map",))
SUPPLY = c.Supply(actor=DESK, papers=("map",))


def asked() -> Scenario:
    """More papers were asked for on Tuesday 2 March at 9:00."""
    return reached("t-counter", "appraise").on(2021, 3, 2).given(ASK)


def test_a_request_for_papers_stops_the_clock_until_they_come() -> None:
    at = reached("t-counter", "appraise").on(2021, 3, 2)
    at.when(ASK).then(
        a(
            e.SupplementRequested,
            step="appraise",
            ordinal=1,
            papers=("map",),
            counts_as_overdue=False,
            answer_by=datetime(2021, 3, 7, 2, 0, tzinfo=UTC),
        ),
        a(e.ClockStopped, ground="supplement", step="appraise", restarts=True),
    )
    at.when(c.Appraise(actor=ENVIRONMENT)).refused("clock-stopped", "supplement", "appraise")
    due = datetime(2021, 3, 18, 10, 0, tzinfo=UTC)
    at.on(2021, 3, 4).when(SUPPLY).then(
        a(e.SupplementReceived, papers=("map",)),
        # This procedure restarts: ten working days from 4 March.
        a(e.ClockResumed, ground="supplement", dues={"": due}, running=("",)),
    )
    assert at.leg().due == due
    assert at.dossier.papers == ("map",)
    at.when(c.Appraise(actor=ENVIRONMENT)).then(e.AppraisalRecorded)


def test_where_the_rule_is_to_shift_the_days_of_the_pause_are_added() -> None:
    at = reached("lt-02-land-change-no-tax", "appraise").on(2021, 3, 2)
    assert at.leg().due == datetime(2021, 3, 10, 10, 0, tzinfo=UTC)
    at.given(c.AskSupplement(actor="ub-land.specialist-1")).on(2021, 3, 4).given(SUPPLY)
    assert at.leg().due == datetime(2021, 3, 12, 10, 0, tzinfo=UTC)


def test_a_second_request_has_to_say_that_it_counts_as_overdue() -> None:
    at = asked().given(SUPPLY)
    at.when(ASK).refused("second-supplement", "counts as overdue")
    again = c.AskSupplement(actor=ENVIRONMENT, counts_as_overdue=True)
    at.when(again).then(a(e.SupplementRequested, ordinal=2, counts_as_overdue=True), e.ClockStopped)
    at.given(SUPPLY, c.Refuse(actor=ENVIRONMENT, reason="Sai quy hoạch"))
    assert at.leg().verdict == "overdue", "although it ended early"


def test_an_unanswered_request_may_be_declared_expired_only_after_its_last_day() -> None:
    expire = c.ExpireSupplement(actor=ENVIRONMENT)
    at = asked()
    at.on(2021, 3, 2, 9, 1).when(expire).refused("supplement-not-expired", "2021-03-07 09:00")
    at.on(2021, 3, 7, 8, 59).when(expire).refused("supplement-not-expired")
    at.on(2021, 3, 7).when(expire).then(
        a(e.SupplementExpired, step="appraise"),
        # It waited for the citizen since the second of March.
        a(e.ClockEnded, verdict="early"),
        e.DossierRefused,
    )
    assert at.dossier.outcome == "refused"


def test_a_procedure_without_a_last_day_for_answers_lets_none_expire() -> None:
    at = reached("lt-02-land-change-no-tax", "appraise")
    at.given(c.AskSupplement(actor="ub-land.specialist-1")).later(days=300)
    at.when(c.ExpireSupplement(actor="ub-land.specialist-1")).refused("no-answer-limit")
    at.when(c.Refuse(actor="ub-land.specialist-1", reason="Không bổ sung")).then(
        e.ClockEnded, e.DossierRefused
    )


def test_papers_are_taken_at_the_desk_or_by_who_asked() -> None:
    asked().when(c.Supply(actor=ENVIRONMENT)).then(e.SupplementReceived, e.ClockResumed)
    asked().when(c.Supply(actor="ub-tax.clerk-1")).refused("wrong-agency", "ub-desk")


def test_only_the_holder_asks_for_papers() -> None:
    at = reached("t-counter", "appraise")
    at.when(c.AskSupplement(actor="ub-environment.specialist-2")).refused("not-the-holder")
    at.when(c.AskSupplement(actor=DESK)).refused("wrong-agency")


def test_once_the_result_is_ready_nothing_more_is_asked_for_or_moved() -> None:
    at = reached("t-counter", "return")
    at.when(c.AskSupplement(actor=DESK)).refused("clock-ended", "early")
    late = c.Extend(actor=DESK, by="2 days", legal_basis="NĐ 61")
    at.when(late).refused("clock-ended")


def test_a_refusal_while_waiting_ends_the_clock_where_the_waiting_began() -> None:
    at = asked().on(2021, 5, 3)
    at.when(c.Refuse(actor=ENVIRONMENT, reason="Không bổ sung")).then(
        a(e.ClockEnded, verdict="early"), e.DossierRefused
    )


@pytest.mark.parametrize("amount", [-75_000, 0])
def test_what_was_paid_is_more_than_nothing(amount: int) -> None:
    at = reached("lt-10-building-permit", "await-fee", mode=PAUSED)
    paid = c.ConfirmPayment(actor="ub-desk.cashier-1", receipt="BL-1", amount=amount)
    at.when(paid).refused("bad-amount", str(amount))


def test_a_financial_duty_stops_the_clock_until_the_payment_is_proved() -> None:
    at = reached("lt-10-building-permit", "await-fee", mode=PAUSED)
    assert not at.leg().running
    cashier = "ub-desk.cashier-1"
    at.when(c.ConfirmPayment(actor=DESK, receipt="BL-1")).refused("wrong-role", "cashier")
    stranger = c.ConfirmPayment(actor="hl-desk.cashier-1", receipt="BL-1")
    at.when(stranger).refused("wrong-agency", "ub-desk")
    at.when(c.EndPosting(actor=cashier)).refused("clock-stopped", "financial-duty")
    at.on(2021, 4, 1).when(c.ConfirmPayment(actor=cashier, receipt="BL-1", amount=75_000)).then(
        a(e.PaymentConfirmed, step="await-fee", receipt="BL-1", amount=75_000),
        a(e.ClockResumed, ground="financial-duty", evidence="BL-1"),
        a(e.StepCompleted, act="confirm-payment", to="return"),
        a(e.ClockEnded, verdict="early"),
        e.ResultReady,
        e.HandoverOffered,
    )


def test_a_posting_runs_its_thirty_days_outside_of_every_clock() -> None:
    at = reached("lt-04-lost-certificate-posting", "posted", leg="post", mode=PAUSED)
    began = at.past[-1][1]
    assert not at.leg().running
    assert not at.leg("post").running
    officer = at.leg("post").holder.officer
    end = c.EndPosting(actor=officer, leg="post", minutes="BB-7")
    at.on(2021, 3, 30).when(end).refused("posting-not-over", "2021-03-31 09:")
    assert at.leg().due == datetime(2021, 3, 15, 10, 0, tzinfo=UTC)
    at.now = began.replace(month=4)
    at.when(end).then(
        a(e.PostingEnded, leg="post", minutes="BB-7"),
        a(
            e.ClockResumed,
            leg="post",
            ground="posting",
            running=("post", ""),
            dues={"": datetime(2021, 4, 15, 10, 0, tzinfo=UTC)},
        ),
        a(e.StepCompleted, leg="post", act="end-posting", to="done"),
        e.LegResulted,
        a(e.StepCompleted, leg="", act="join"),
    )


def test_a_posting_whose_length_nobody_set_ends_when_its_officer_says() -> None:
    at = reached("t-nested", "post", mode=PAUSED)
    at.when(c.EndPosting(actor=DESK, minutes="BB-8")).then(
        e.PostingEnded, e.ClockResumed, e.StepCompleted, e.ClockEnded, e.ResultReady
    )


def test_a_pause_on_another_ground_is_ended_by_resume() -> None:
    at = reached("t-counter", "appraise")
    at.given(c.Appraise(actor=ENVIRONMENT, facts={"site": "needed"}), c.Verify(actor=ENVIRONMENT))
    at.when(c.Complete(actor=ENVIRONMENT)).refused("clock-stopped", "inspection")
    at.when(c.Resume(actor=ENVIRONMENT)).refused("wrong-role", "head")
    at.when(c.Resume(actor=ENVIRONMENT_HEAD, evidence="BB-3")).then(
        a(e.ClockResumed, ground="inspection", evidence="BB-3"),
        a(e.StepCompleted, act="resume", step="inspection", to="draft"),
    )


def test_two_legs_may_stop_the_whole_and_it_runs_again_after_both() -> None:
    at = received("t-opinions").given(c.Forward(actor=DESK))
    tax, police = "ub-tax.tax-officer-1", "ub-police.police-officer-1"
    at.given(c.Accept(actor=tax, leg="tax"), c.Accept(actor=police, leg="police"))
    at.on(2021, 3, 2).given(c.AskSupplement(actor=tax, leg="tax"))
    again = c.AskSupplement(actor=police, leg="police", counts_as_overdue=True)
    at.on(2021, 3, 3).given(again)
    at.on(2021, 3, 4).when(c.Supply(actor=DESK, leg="tax")).then(
        e.SupplementReceived, a(e.ClockResumed, leg="tax", running=("tax",))
    )
    assert not at.leg().running
    at.on(2021, 3, 8).when(c.Supply(actor=DESK, leg="police")).then(
        e.SupplementReceived, a(e.ClockResumed, leg="police", running=("police", ""))
    )
    # Twelve working days from 1 March, and the four that 2 to 8 March took.
    assert at.leg().due == datetime(2021, 3, 23, 10, 0, tzinfo=UTC)


def test_a_leg_refused_while_it_waits_lets_the_whole_run_on() -> None:
    at = received("t-opinions").given(c.Forward(actor=DESK))
    tax, police = "ub-tax.tax-officer-1", "ub-police.police-officer-1"
    at.given(c.Accept(actor=tax, leg="tax"), c.Accept(actor=police, leg="police"))
    at.on(2021, 3, 2).given(c.AskSupplement(actor=tax, leg="tax"))
    refusal = c.Refuse(actor=tax, leg="tax", reason="Không bổ sung")
    # Twelve working days from 1 March, and the two that 2 to 4 March took.
    due = datetime(2021, 3, 19, 10, 0, tzinfo=UTC)
    at.on(2021, 3, 4).when(refusal).then(
        # It waited since the second, and was refused in time.
        a(e.ClockEnded, leg="tax", verdict="early"),
        a(e.ClockResumed, leg="tax", ground="supplement", running=("tax", ""), dues={"": due}),
        a(e.LegRefused, leg="tax"),
        a(e.StepCompleted, step="opinions", act="join"),
        e.LegOpened,
        e.ClockStarted,
        e.HandoverOffered,
    )
    assert at.leg().running
    assert at.leg().due == due


def test_a_whole_that_stands_still_for_nobody_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moves, "give_up", lambda draft, path: None)
    tax = "ub-tax.tax-officer-1"
    at = received("t-opinions").given(c.Forward(actor=DESK), c.Accept(actor=tax, leg="tax"))
    at.given(c.AskSupplement(actor=tax, leg="tax"))
    clocks(at.dossier)
    at.given(c.Refuse(actor=tax, leg="tax", reason="Không bổ sung"))
    with pytest.raises(Broken, match="stands still"):
        clocks(at.dossier)


def test_a_leg_refused_above_one_that_waits_lets_the_whole_run_on() -> None:
    at = received("t-nested").given(c.Forward(actor=DESK))
    commune, tax = "ub-bac-son.land-officer-1", "ub-tax.tax-officer-1"
    police = "ub-police.police-officer-1"
    at.given(c.Accept(actor=commune, leg="commune"), c.Complete(actor=commune, leg="commune"))
    at.given(c.Accept(actor=tax, leg="commune/tax"))
    at.given(c.Accept(actor=police, leg="commune/police"))
    at.on(2021, 3, 2).given(c.AskSupplement(actor=tax, leg="commune/tax"))
    # One answer is enough: the commune goes on while the other leg waits for papers.
    at.on(2021, 3, 3).given(c.Complete(actor=police, leg="commune/police"))
    assert [at.leg(path).running for path in ("", "commune", "commune/tax")] == [False] * 3
    at.on(2021, 3, 4).given(c.Refuse(actor=commune, leg="commune", reason="Sai thẩm quyền"))
    assert not at.leg("commune").open
    assert at.leg().due == datetime(2021, 3, 19, 10, 0, tzinfo=UTC)
    # The posting that follows stops it on a ground of its own.
    assert [stop.ground for stop in at.leg().stops if stop.until is None] == ["posting"]


def test_an_apology_gives_one_new_date_in_time() -> None:
    at = reached("t-counter", "appraise")
    old = at.leg().due
    new = datetime(2021, 3, 22, 10, 0, tzinfo=UTC)
    extend = c.Extend(actor=ENVIRONMENT, by="5 working days", legal_basis="NĐ 61, Điều 19")
    at.when(extend).then(
        a(e.ApologyIssued, old_due=old, new_due=new),
        a(e.ClockExtended, by="5 working days", legal_basis="NĐ 61, Điều 19", due=new),
    )
    assert at.leg().due == new
    assert at.dossier.appointment == old, "what was promised first stays known"
    at.when(extend).refused("second-extension")


def test_an_extension_comes_at_least_a_day_before_the_date() -> None:
    extend = c.Extend(actor=ENVIRONMENT_HEAD, by="2 days", legal_basis="NĐ 61")
    reached("t-counter", "appraise").on(2021, 3, 14, 23, 59).when(extend).then(
        e.ApologyIssued, e.ClockExtended
    )
    at = reached("t-counter", "appraise").on(2021, 3, 15, 0, 0)
    at.when(extend).refused("extension-too-late", "2021-03-15")


def test_an_extension_needs_a_time_that_can_be_counted() -> None:
    at = reached("t-counter", "appraise")
    beyond = ("9999999 days", "1e9999999 days", "1e30 months", "99999 months", "99999 hours")
    for by in ("soon", "-2 days", "1.5 months", "same day", *beyond):
        extend = c.Extend(actor=ENVIRONMENT, by=by, legal_basis="NĐ 61")
        at.when(extend).refused("bad-limit")


def test_a_leg_extends_its_own_limit_without_an_apology_to_the_citizen() -> None:
    at = reached("lt-09-land-transfer-2021", "check", leg="confirm")
    actor = at.leg("confirm").holder.officer
    at.when(c.Extend(actor=actor, leg="confirm", by="1 day", legal_basis="NĐ 61")).then(
        a(e.ClockExtended, leg="confirm")
    )


def test_what_has_no_limit_or_stands_still_is_not_extended() -> None:
    at = reached("lt-01-land-transfer-tax", "assess", leg="tax")
    tax = c.Extend(actor=at.leg("tax").holder.officer, leg="tax", by="1 day", legal_basis="…")
    at.when(tax).refused("no-clock", "'tax'")
    at = reached("lt-01-land-transfer-tax", "await-payment", leg="tax", mode=PAUSED)
    # The root waits for its leg, which stopped both clocks.
    whole = c.Extend(actor=at.leg().holder.officer, by="1 day", legal_basis="…")
    at.when(whole).refused("clock-stopped", "financial-duty")


def test_a_stopped_step_gets_its_days_back() -> None:
    at = asked()
    step_due = at.leg().step_due
    at.on(2021, 3, 4).given(SUPPLY)
    assert at.leg().mode != SUPPLEMENT
    assert at.leg().step_due > step_due


def test_the_desk_head_extends_only_what_lies_at_the_desk() -> None:
    at = reached("t-counter", "appraise")
    extend = c.Extend(actor=DESK_HEAD, by="1 day", legal_basis="NĐ 61")
    at.when(extend).refused("wrong-agency", "ub-environment")
