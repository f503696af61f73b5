"""Acts on the whole tree, each in one append: suspend, resume, stop, refuse, withdraw, reopen."""

from __future__ import annotations

from datetime import UTC, datetime

from schemas import commands as c
from schemas import events as e
from tests.core.scenario import (
    DESK,
    DESK_HEAD,
    ENVIRONMENT,
    ENVIRONMENT_HEAD,
    Scenario,
    a,
    finished,
    given,
    reached,
    received,
)

SUSPEND = c.Suspend(actor=ENVIRONMENT_HEAD, ground="court-order", legal_basis="QĐ 01/2021")
BASIS = "Nghị định 61/2018/NĐ-CP"


def parallel() -> Scenario:
    """The third level of 16: root, district and chairman's leg are all open."""
    return reached("lt-16-social-allowance", "sign", leg="district/chairman")


def test_suspending_stops_every_open_leg_in_one_append() -> None:
    at = parallel()
    chairman = at.leg("district/chairman").holder.officer
    at.when(c.Suspend(actor=chairman, ground="court-order", legal_basis="QĐ 01")).then(
        a(e.DossierSuspended, ground="court-order", legal_basis="QĐ 01")
    )
    assert [leg.running for leg in at.dossier.open_legs()] == [False, False, False]
    sign = c.Sign(actor=chairman, leg="district/chairman")
    at.when(sign).refused("dossier-suspended")
    at.when(c.Suspend(actor=chairman, ground="again")).refused("dossier-suspended")


def test_resuming_gives_every_leg_its_days_back() -> None:
    at = parallel()
    chairman = at.leg("district/chairman").holder.officer
    dues = {leg.path: leg.due for leg in at.dossier.open_legs()}
    at.on(2021, 3, 2).given(c.Suspend(actor=chairman, ground="court-order"))
    at.on(2021, 3, 9).when(c.Resume(actor=chairman, evidence="QĐ 02")).then(
        a(e.DossierResumed, evidence="QĐ 02", running=("", "district", "district/chairman"))
    )
    assert {path: (at.leg(path).due - due).days for path, due in dues.items()} == {
        "": 7,
        "district": 7,
        "district/chairman": 7,
    }
    assert at.leg("district/chairman").step_due is not None
    at.when(c.Resume(actor=chairman)).refused("not-suspended")


def test_a_leg_that_another_ground_stops_stands_still_after_the_suspension() -> None:
    at = reached("t-counter", "appraise")
    at.given(c.AskSupplement(actor=ENVIRONMENT), SUSPEND)
    at.later(days=1).when(c.Resume(actor=ENVIRONMENT_HEAD)).then(
        a(e.DossierResumed, running=(), dues={})
    )
    assert not at.leg().running
    at.when(c.Supply(actor=DESK)).then(e.SupplementReceived, a(e.ClockResumed, running=("",)))


def test_the_citizen_answers_even_while_the_dossier_is_suspended() -> None:
    """He was told by when, and nobody tells him otherwise: so he can."""
    at = reached("t-counter", "appraise").on(2021, 3, 2)
    at.given(c.AskSupplement(actor=ENVIRONMENT, papers=("map",)), SUSPEND)
    expire = c.ExpireSupplement(actor=ENVIRONMENT)
    at.on(2021, 3, 8).when(expire).refused("dossier-suspended")
    at.when(c.Supply(actor=DESK, papers=("map",))).then(
        a(e.SupplementReceived, papers=("map",)),
        # What suspends the whole still does.
        a(e.ClockResumed, ground="supplement", running=(), dues={}, step_dues={}),
    )
    at.when(c.Appraise(actor=ENVIRONMENT)).refused("dossier-suspended")
    at.on(2021, 5, 4).when(c.Resume(actor=ENVIRONMENT_HEAD)).then(
        # This procedure restarts: ten working days, none of them before the fifth of May.
        a(e.DossierResumed, running=("",), dues={"": datetime(2021, 5, 18, 10, tzinfo=UTC)})
    )
    at.when(expire).refused("act-not-possible")
    at.when(c.Appraise(actor=ENVIRONMENT)).then(e.AppraisalRecorded)


def test_an_offer_is_answered_even_while_the_dossier_is_suspended() -> None:
    at = received("t-counter").given(c.Forward(actor=DESK))
    at.given(c.Suspend(actor=DESK_HEAD, ground="court-order"))
    at.when(c.Accept(actor=ENVIRONMENT)).then(e.HandoverAccepted)
    at.when(c.Appraise(actor=ENVIRONMENT)).refused("dossier-suspended")


def test_the_citizen_asks_at_the_desk_and_the_authority_decides() -> None:
    at = reached("t-counter", "appraise")
    ask = c.AskWithdrawal(actor=ENVIRONMENT, reason="…")
    at.when(ask).refused("wrong-agency", "ub-desk")
    stop = c.Stop(actor=ENVIRONMENT_HEAD)
    at.when(stop).refused("withdrawal-not-asked")
    at.when(c.AskWithdrawal(actor=DESK, reason="Đổi ý")).then(e.WithdrawalAsked)
    assert at.dossier.status == "open", "only the authority ends it"
    at.when(stop).then(a(e.ClockEnded, verdict="on time"), a(e.DossierStopped, ground="withdrawal"))
    assert at.dossier.outcome == "stopped"


def test_on_its_own_ground_the_authority_stops_with_a_reason() -> None:
    at = reached("t-counter", "appraise")
    at.when(c.Stop(actor=ENVIRONMENT_HEAD, ground="dispute")).refused("reason-needed")
    stop = c.Stop(actor=ENVIRONMENT_HEAD, ground="dispute", reason="Tranh chấp", legal_basis=BASIS)
    at.when(stop).then(e.ClockEnded, a(e.DossierStopped, ground="dispute", legal_basis=BASIS))


def test_stopping_ends_every_leg_and_what_was_in_transit_is_with_its_sender() -> None:
    at = received("t-opinions").given(c.Forward(actor=DESK))
    at.given(c.Accept(actor="ub-tax.tax-officer-1", leg="tax"))
    at.given(c.AskWithdrawal(actor=DESK))
    at.when(c.Stop(actor=DESK_HEAD)).then(
        a(e.ClockEnded, leg="tax"),
        a(e.ClockEnded, leg="police"),
        a(e.ClockEnded, leg=""),
        e.DossierStopped,
    )
    assert {leg.outcome for leg in at.dossier.legs.values()} == {"stopped"}
    assert at.leg("police").holder.officer == DESK
    assert at.leg("police").transit is None


def test_legs_that_ended_before_keep_their_own_outcome() -> None:
    at = reached("t-opinions", "check", leg="confirm")
    at.given(c.Stop(actor=DESK_HEAD, ground="dispute", reason="Tranh chấp"))
    assert at.leg("tax").outcome == "done"
    assert at.leg("confirm").outcome == "stopped"


def test_a_refusal_on_the_merits_needs_its_reason_in_writing() -> None:
    at = reached("t-counter", "appraise")
    at.when(c.Refuse(actor=ENVIRONMENT)).refused("reason-needed")
    refuse = c.Refuse(actor=ENVIRONMENT, reason="Sai quy hoạch", legal_basis=BASIS)
    at.when(refuse).then(e.ClockEnded, a(e.DossierRefused, leg="", legal_basis=BASIS))
    at.when(c.Appraise(actor=ENVIRONMENT)).refused("dossier-ended", "refused")
    at.when(c.AskWithdrawal(actor=DESK)).refused("dossier-ended")


def test_who_decides_about_the_whole_leads_its_desk_or_works_in_its_root() -> None:
    at = reached("t-counter", "appraise")
    strangers = ("ub-tax.head-1", "ub-environment.clerk-1", "hl-environment.head-1")
    for stranger in (*strangers, DESK, ENVIRONMENT):
        suspend = c.Suspend(actor=stranger, ground="court-order")
        at.when(suspend).refused("not-the-authority", stranger)
    at.when(c.Suspend(actor=DESK_HEAD, ground="court-order")).then(e.DossierSuspended)


def test_an_agency_with_a_leg_of_a_group_decides_nothing_about_the_whole() -> None:
    at = reached("lt-15-death-group", "remove", leg="residence")
    police = at.leg("residence").holder
    assert police is not None
    head = f"{police.agency}.head-1"
    for actor in (police.officer, head):
        stop = c.Stop(actor=actor, ground="dispute", reason="Tranh chấp")
        at.when(stop).refused("not-the-authority", actor, at.dossier.agency)
    chairman = f"{at.dossier.agency.removesuffix('-desk')}.chairman-1"
    suspend = c.Suspend(actor=chairman, ground="court-order")
    at.when(suspend).then(e.DossierSuspended)
    at.when(c.Resume(actor=head)).refused("not-the-authority")
    at.when(c.Resume(actor=chairman)).then(e.DossierResumed)


def test_who_held_a_leg_that_is_over_decides_nothing_more() -> None:
    at = reached("t-opinions", "check", leg="confirm")
    former = at.leg("tax").holder.officer
    at.when(c.Stop(actor=former, ground="dispute", reason="…")).refused("not-the-authority", former)


def test_an_ended_dossier_is_reopened_under_a_new_clock() -> None:
    at = finished("t-counter").on(2021, 6, 1)
    due = datetime(2021, 6, 15, 10, 0, tzinfo=UTC)
    reopen = c.Reopen(actor=DESK, step="receive", legal_basis="Bản án 01/2021")
    at.when(reopen).then(
        a(e.DossierReopened, step="receive", officer=DESK, withdraws="done", due=due),
        a(e.ClockStarted, limit="10 working days", due=due),
    )
    assert (at.dossier.status, at.leg().due) == ("open", due)
    assert at.leg().verdict is None
    at.when(c.Forward(actor=DESK)).then(e.StepCompleted, e.HandoverOffered)


def test_the_signature_of_a_withdrawn_result_does_not_stand_for_a_new_one() -> None:
    at = finished("t-counter")
    for step, actor in (("return", DESK), ("issue", "ub.clerk-1")):
        reopen = c.Reopen(actor=actor, step=step, legal_basis="Bản án 01/2021")
        at.when(reopen).refused(
            "not-the-authority" if step == "issue" else "result-without-signature"
        )


def test_a_reopening_names_a_step_of_work_and_somebody_who_does_it() -> None:
    at = finished("lt-10-building-permit")

    def reopen(step: str, actor: str = DESK) -> c.Reopen:
        return c.Reopen(actor=actor, step=step, legal_basis="Bản án 01/2021")

    at.when(reopen("nowhere")).refused("no-such-step", "nowhere", "receive, appraise, sign, return")
    at.when(reopen("await-fee")).refused("no-such-step", "await-fee")
    at.when(reopen("appraise")).refused("wrong-agency", "ub-desk", "ub-construction")
    at.when(reopen("receive", DESK_HEAD)).refused("wrong-role", "receiver")
    at.when(reopen("receive", "hl-desk.receiver-1")).refused("not-the-authority")


def test_only_an_ended_dossier_that_was_received_is_reopened() -> None:
    reopen = c.Reopen(actor=DESK, step="receive", legal_basis="Bản án")
    received("t-counter").when(reopen).refused("dossier-open")
    register = c.Register(actor=DESK, procedure="t-counter", agency="ub-desk")
    refused = given(register, c.RefuseReceipt(actor=DESK, reason="Sai cơ quan"))
    by_head = c.Reopen(actor=DESK_HEAD, step="receive", legal_basis="Bản án")
    refused.when(by_head).refused("not-received")
