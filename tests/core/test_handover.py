"""Custody on its way: offered, accepted, refused, recalled, expired; another agency competent."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from engine.core.decide import possible_acts
from engine.core.dossier import Holder
from schemas import commands as c
from schemas import events as e
from tests.core import walker
from tests.core.scenario import (
    DESK,
    DESK_HEAD,
    ENVIRONMENT,
    SYSTEM,
    Scenario,
    a,
    procedure,
    reached,
    received,
)
from workflows.machine import AT_WORK, BACK, OFFERED, ORIGIN

OTHER = "ub-environment.specialist-2"


def offered() -> Scenario:
    """Forwarded by the desk at 9:10 on Monday, not answered yet."""
    return received("t-counter").given(c.Forward(actor=DESK, papers=("application", "map")))


def in_commune() -> Scenario:
    """The opening offer of a leg, to the commune."""
    return reached("lt-09-land-transfer-2021", "check", leg="confirm", mode=OFFERED)


def test_accepting_moves_custody_and_the_papers_arrive() -> None:
    taken = (
        offered()
        .when(c.Accept(actor=OTHER))
        .then(
            a(
                e.HandoverAccepted,
                handover=1,
                step="appraise",
                agency="ub-environment",
                officer=OTHER,
                papers=("application", "map"),
            )
        )
    )
    assert taken.leg().holder == Holder("ub-environment", OTHER)
    assert taken.leg().transit is None


def test_who_takes_it_has_the_steps_date_and_the_sender_gets_his_own_back() -> None:
    at = offered()
    # Two working days from 9:10 on Monday; the desk had until 14:30 that day.
    at.when(c.Accept(actor=OTHER)).then(
        a(e.HandoverAccepted, due=datetime(2021, 3, 3, 2, 10, tzinfo=UTC))
    )
    back = offered().on(2021, 3, 1, 11, 10)
    back.when(c.RecallHandover(actor=DESK)).then(
        # Ten minutes of its half day were used, and two hours it was not at the desk.
        a(e.HandoverRecalled, due=datetime(2021, 3, 1, 9, 30, tzinfo=UTC))
    )
    assert back.leg().step_due == datetime(2021, 3, 1, 9, 30, tzinfo=UTC)


def test_the_receiver_says_which_papers_really_came() -> None:
    offered().when(c.Accept(actor=OTHER, papers=("map",))).then(
        a(e.HandoverAccepted, papers=("map",))
    )
    ghost = c.Accept(actor=OTHER, papers=("contract",))
    offered().when(ghost).refused("paper-not-offered", "contract", "application, map")
    bare = received("t-counter").given(c.Forward(actor=DESK))
    bare.when(ghost).refused("paper-not-offered", "with it came: none")


def test_refusing_with_a_reason_sends_it_back() -> None:
    offered().when(c.RefuseHandover(actor=OTHER)).refused("reason-needed")
    back = (
        offered()
        .when(c.RefuseHandover(actor=OTHER, reason="Thiếu bản đồ"))
        .then(a(e.HandoverRefused, handover=1, step="receive", agency="ub-desk", officer=DESK))
    )
    assert (back.leg().step, back.leg().mode) == ("receive", BACK)
    assert back.past[-1][0].private.reason == "Thiếu bản đồ"
    back.when(c.Forward(actor=DESK)).then(
        e.StepCompleted, a(e.HandoverOffered, handover=2, to_agency="ub-environment")
    )


def test_the_sender_or_the_head_of_his_agency_recalls() -> None:
    offered().when(c.RecallHandover(actor=DESK)).then(a(e.HandoverRecalled, officer=DESK))
    offered().when(c.RecallHandover(actor=DESK_HEAD)).then(a(e.HandoverRecalled, officer=DESK))
    offered().when(c.RecallHandover(actor="ub-desk.receiver-2")).refused("not-the-sender", DESK)
    offered().when(c.RecallHandover(actor=OTHER)).refused("wrong-agency", "ub-desk")


@pytest.mark.parametrize(
    "answer",
    [
        (c.Accept(actor=OTHER), e.HandoverAccepted),
        (c.RefuseHandover(actor=OTHER, reason="not ours"), e.HandoverRefused),
        (c.RecallHandover(actor=DESK), e.HandoverRecalled),
    ],
    ids=lambda each: each[0].act,
)
def test_an_offer_that_expired_is_answered_by_the_rule_alone(
    answer: tuple[c.Command, type[e.Event]],
) -> None:
    command, event = answer
    offered().on(2021, 3, 2, 9, 9).when(command).then(event)
    late = offered().on(2021, 3, 2, 9, 10)
    late.when(command).refused("handover-has-expired", "2021-03-02 09:10", "ub-desk")
    late.when(c.ExpireHandover(actor=SYSTEM)).then(a(e.HandoverExpired))


def test_an_offer_expires_after_its_limit_by_rule_only_and_goes_up() -> None:
    expires = datetime(2021, 3, 2, 2, 10, tzinfo=UTC)
    expire = c.ExpireHandover(actor=SYSTEM)
    offered().when(c.ExpireHandover(actor=DESK)).refused("only-a-rule")
    early = offered().on(2021, 3, 2, 9, 9)
    early.when(expire).refused("handover-not-expired", "2021-03-02 09:10")
    late = offered()
    assert late.leg().transit.expires == expires
    late.on(2021, 3, 2, 9, 10).when(expire).then(
        a(e.HandoverExpired, escalated_to="ub", agency="ub-desk", officer=DESK, step="receive")
    )
    late.when(c.Accept(actor=OTHER)).refused("no-handover")


def test_an_offer_to_a_body_above_which_there_is_none_escalates_to_itself() -> None:
    at = reached("lt-08-provincial-land-allocation", "sign", mode=OFFERED)
    at.later(days=10).when(c.ExpireHandover(actor=SYSTEM)).then(
        a(e.HandoverExpired, escalated_to="qn")
    )


def test_only_the_role_at_the_agency_it_is_addressed_to_answers() -> None:
    for command in (c.Accept, c.RefuseHandover):
        offered().when(command(actor=DESK)).refused("wrong-agency", "ub-environment")
        clerk = command(actor="ub-environment.clerk-1")
        offered().when(clerk).refused("wrong-role", "specialist")


def test_who_is_named_answers_and_nobody_else() -> None:
    named = received("t-counter").given(c.Forward(actor=DESK, to_officer=OTHER))
    named.when(c.Accept(actor=ENVIRONMENT)).refused("not-the-addressee", OTHER, ENVIRONMENT)
    named.when(c.Accept(actor=OTHER)).then(e.HandoverAccepted)


def test_nobody_is_named_who_could_not_take_it() -> None:
    at_desk = received("t-counter")
    strange = c.Forward(actor=DESK, to_officer="ub-tax.tax-officer-1")
    at_desk.when(strange).refused("wrong-agency", "ub-tax", "ub-environment")
    unfit = c.Forward(actor=DESK, to_officer="ub-environment.head-1")
    at_desk.when(unfit).refused("wrong-role", "specialist")
    at_desk.when(c.Forward(actor=DESK, to_officer="nobody")).refused("unknown-officer")


def test_nothing_else_happens_while_it_is_in_transit() -> None:
    for command in (
        c.Forward(actor=DESK),
        c.Appraise(actor=OTHER),
        c.AskSupplement(actor=OTHER),
        c.Extend(actor=DESK_HEAD, by="2 days", legal_basis="…"),
        c.Refuse(actor=DESK, reason="…"),
    ):
        offered().when(command).refused("handover-in-transit", "ub-environment")


def test_without_an_offer_there_is_nothing_to_answer() -> None:
    received("t-counter").when(c.Accept(actor=DESK)).refused("no-handover")
    received("t-counter").when(c.RecallHandover(actor=DESK)).refused("no-handover")
    reached("lt-09-land-transfer-2021", "check", leg="confirm").when(
        c.Accept(actor="ub-desk.receiver-1")
    ).refused("no-handover")


def test_after_a_refusal_the_step_may_be_done_again_instead_of_only_sent_again() -> None:
    at = reached("t-counter", "draft").given(c.Complete(actor=ENVIRONMENT))
    at.given(c.RefuseHandover(actor="ub-environment.head-1", reason="Sửa lại dự thảo"))
    at.when(c.Complete(actor=ENVIRONMENT, facts={"draft": "again"})).then(
        a(e.StepCompleted, step="draft", to="appraise")
    )


def test_an_opening_offer_that_is_refused_lies_with_the_parents_holder() -> None:
    at = in_commune()
    sender = at.leg("confirm").transit.sender
    land_officer = "ub-bac-son.land-officer-1"
    at.when(c.RefuseHandover(actor=land_officer, leg="confirm", reason="Sai địa bàn")).then(
        a(e.HandoverRefused, leg="confirm", step=ORIGIN, officer=sender.officer)
    )
    assert (at.leg("confirm").mode, at.leg("confirm").holder) == (BACK, sender)
    again = at.when(c.Forward(actor=sender.officer, leg="confirm"))
    again.then(e.StepCompleted, a(e.HandoverOffered, step="check", back=ORIGIN))


def came_back() -> Scenario:
    """The commune did not take the leg: it lies with who sent it."""
    at = in_commune()
    land_officer = "ub-bac-son.land-officer-1"
    return at.given(c.RefuseHandover(actor=land_officer, leg="confirm", reason="Sai địa bàn"))


def test_the_head_sends_on_a_leg_that_came_back_to_somebody_who_is_away() -> None:
    """Else nobody could while its holder is ill, and refusing it would end the whole."""
    at = came_back()
    again = c.Forward(actor="ub-land.head-1", leg="confirm")
    at.when(replace(again, actor="ub-land.specialist-2")).refused("not-a-decider")
    at.when(replace(again, actor=DESK_HEAD)).refused("wrong-agency", "ub-land")
    at.when(again).then(
        a(e.StepCompleted, leg="confirm", step=ORIGIN),
        # Who sends it is who answers for it, and has it again if it comes back.
        a(e.HandoverOffered, leg="confirm", from_agency="ub-land", from_officer="ub-land.head-1"),
    )


def test_a_leg_that_came_back_is_given_to_a_colleague_who_sends_it_on() -> None:
    at = came_back()
    colleague = "ub-land.specialist-2"
    at.when(c.Assign(actor="ub-land.head-1", leg="confirm", officer=colleague)).then(
        a(e.StepAssigned, leg="confirm", step=ORIGIN, officer=colleague)
    )
    at.when(c.Forward(actor=colleague, leg="confirm")).then(
        e.StepCompleted, a(e.HandoverOffered, from_officer=colleague)
    )


def test_a_root_that_came_back_after_its_legs_is_sent_on_by_the_head_too() -> None:
    at = reached("lt-06-lost-certificate-branch", "draft", mode=OFFERED)
    sender = at.leg().transit.sender
    at.given(c.RecallHandover(actor=sender.officer))
    assert (at.leg().step, at.leg().mode) == ("commune", BACK)
    head = next(
        each.id
        for each in at.law.organisation.officers_in(sender.agency, "head", at.now.date())
        if each.id != sender.officer
    )
    at.when(c.Forward(actor=head)).then(e.StepCompleted, a(e.HandoverOffered, from_officer=head))


AFTER_THE_REFORM = {
    "lt-01-land-transfer-tax": ("tax", "r2-land.head-1"),
    "lt-04-lost-certificate-posting": ("post", "r2-land.head-1"),
    "lt-06-lost-certificate-branch": ("commune", "r2-land.head-1"),
    "lt-15-death-group": ("death", "w-uong-bi-desk.head-1"),
}
"""The leg that nobody answered before 1 July 2025, and who has it from then on."""


@pytest.mark.parametrize(("id_", "leg", "head"), [(k, *v) for k, v in AFTER_THE_REFORM.items()])
def test_a_leg_of_an_agency_that_is_no_more_is_sent_on_by_its_successor(
    id_: str, leg: str, head: str
) -> None:
    """The old unit hands over to its successor, and the clock goes on."""
    at = Scenario().on(2025, 6, 30)
    at.given(walker.receipt(at.law, procedure(id_), at.now))
    while leg not in at.dossier.legs:
        at.given(next(walker.sensible(at.dossier, at.law, at.now)))
    before = at.leg().due
    at.on(2025, 7, 2).given(c.ExpireHandover(actor=SYSTEM, leg=leg))
    assert (at.leg(leg).step, at.leg(leg).mode) == (ORIGIN, BACK)
    forward = c.Forward(actor=head, leg=leg)
    shown = possible_acts(at.dossier, at.law, at.now, head)
    assert ("forward", leg, None) in shown
    agency = head.partition(".")[0]
    colleague = next(
        each.id
        for each in at.law.organisation.officers_in(agency, None, at.now.date())
        if not set(each.roles) & set(procedure(id_).policy.deciders)
    )
    at.when(replace(forward, actor=colleague)).refused("not-a-decider")
    at.when(forward).then(
        e.StepCompleted, a(e.HandoverOffered, leg=leg, from_agency=agency, from_officer=head)
    )
    taker = at.leg(leg).transit
    assert at.law.organisation.agency(taker.to_agency).valid_on(at.now.date())
    # And it is theirs, like any other, when it comes back once more.
    at.given(c.RecallHandover(actor=head, leg=leg))
    assert at.leg(leg).holder == Holder(agency, head)
    assert at.leg().due == before
    at.given(c.Assign(actor=head, leg=leg, officer=colleague))
    at.given(c.Forward(actor=colleague, leg=leg))


def test_nobody_is_told_he_may_assign_what_he_has_to_take_over_first() -> None:
    """What an agency that is no more still holds is transferred to its successor."""
    at = Scenario().on(2025, 6, 30)
    at.given(walker.receipt(at.law, procedure("t-counter"), at.now)).on(2025, 7, 2)
    head = "w-uong-bi-desk.head-1"
    shown = {each.act: each.rejected for each in possible_acts(at.dossier, at.law, at.now, head)}
    assert shown["transfer"] is None
    assert shown["assign"] is not None
    assert shown["assign"].rule == "wrong-agency"


def test_a_leg_sent_to_the_wrong_commune_is_transferred_and_offered_there() -> None:
    at = in_commune()
    sender = at.leg("confirm").transit.sender.officer
    at.given(c.RecallHandover(actor=sender, leg="confirm"))
    right = c.Transfer(
        actor=sender, leg="confirm", to_agency="ub-thanh-son", why="recorded-wrongly"
    )
    at.when(right).then(
        a(
            e.LegTransferred,
            leg="confirm",
            from_agency="ub-bac-son",
            to_agency="ub-thanh-son",
            why="recorded-wrongly",
        )
    )
    at.given(c.Forward(actor=sender, leg="confirm"))
    assert at.leg("confirm").transit.to_agency == "ub-thanh-son"


def test_a_transfer_offers_the_step_to_the_agency_that_is_competent_now() -> None:
    at = reached("t-counter", "appraise")
    at.when(c.Transfer(actor=ENVIRONMENT, to_agency="hl-environment", legal_basis="NĐ 63")).then(
        a(e.LegTransferred, to_agency="hl-environment", why="changed", legal_basis="NĐ 63"),
        a(e.HandoverOffered, to_agency="hl-environment", to_role="specialist", step="appraise"),
    )
    at.when(c.Accept(actor="hl-environment.specialist-1")).then(e.HandoverAccepted)


def test_a_transfer_at_a_wait_offers_nothing_for_there_is_no_work() -> None:
    at = reached("lt-06-lost-certificate-branch", "draft", mode=OFFERED)
    sender = at.leg().transit.sender.officer
    at.given(c.RecallHandover(actor=sender))
    assert (at.leg().step, at.leg().mode) == ("commune", BACK)
    at.when(c.Transfer(actor=sender, to_agency="hl-land")).then(e.LegTransferred)


def test_a_transfer_that_nobody_takes_skips_no_work() -> None:
    at = reached("t-counter", "appraise")
    at.given(c.Transfer(actor=ENVIRONMENT, to_agency="hl-environment"))
    at.when(c.RecallHandover(actor=ENVIRONMENT)).then(
        a(e.HandoverRecalled, step="appraise"),
        # Who was competent before still is; both stay known.
        a(
            e.LegTransferred,
            from_agency="hl-environment",
            to_agency="ub-desk",
            why="not-taken",
        ),
    )
    assert (at.leg().step, at.leg().mode) == ("appraise", AT_WORK)
    at.when(c.Forward(actor=ENVIRONMENT)).refused("act-not-possible", "forward", "appraise")
    at.when(c.Appraise(actor=ENVIRONMENT)).then(e.AppraisalRecorded)


def test_a_transfer_that_was_taken_stays_when_a_later_offer_comes_back() -> None:
    at = reached("t-counter", "approve")
    at.given(c.Transfer(actor="ub-environment.head-1", to_agency="hl-environment"))
    at.given(c.Accept(actor="hl-environment.head-1"), c.Approve(actor="hl-environment.head-1"))
    at.when(c.RecallHandover(actor="hl-environment.head-1")).then(
        a(e.HandoverRecalled, step="approve", agency="hl-environment")
    )
    assert at.leg().agency == "hl-environment"


def test_a_leg_whose_transfer_came_back_goes_on_at_its_own_agency() -> None:
    at = reached("lt-09-land-transfer-2021", "check", leg="confirm")
    officer = at.leg("confirm").holder.officer
    at.given(c.Transfer(actor=officer, leg="confirm", to_agency="ub-thanh-son"))
    refusal = c.RefuseHandover(
        actor="ub-thanh-son.land-officer-1", leg="confirm", reason="Không phải địa bàn"
    )
    at.given(refusal, c.Complete(actor=officer, leg="confirm"))
    assert at.leg("confirm").transit.to_agency == "ub-bac-son"


def test_a_transfer_needs_an_agency_that_exists_and_is_another_one() -> None:
    at = reached("lt-09-land-transfer-2021", "check", leg="confirm")
    actor = at.leg("confirm").holder.officer
    nowhere = c.Transfer(actor=actor, leg="confirm", to_agency="atlantis")
    at.when(nowhere).refused("unknown-agency", "atlantis", "2021-03-01")
    same = c.Transfer(actor=actor, leg="confirm", to_agency="ub-bac-son")
    at.when(same).refused("wrong-agency", "ub-bac-son", "is for another agency")
    unfit = c.Transfer(actor=actor, leg="confirm", to_agency="ub-tax")
    at.when(unfit).refused("nobody-with-role", "ub-tax", "land-officer")
    gone = c.Transfer(actor=actor, leg="confirm", to_agency="w-uong-bi")
    at.when(gone).refused("unknown-agency", "w-uong-bi")
