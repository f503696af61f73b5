"""What users of such systems ask for, in public threads: one test for each line of the domain
notes that the core answers for. Each of these hurt somebody."""

from __future__ import annotations

from datetime import UTC, date, datetime

from msgspec.structs import replace

from engine.core.calendar import build
from engine.core.clock import derive, verdict
from engine.core.deadlines import leg_deadline
from schemas import commands as c
from schemas import events as e
from tests.core import walker
from tests.core.scenario import (
    DESK,
    DESK_HEAD,
    ENVIRONMENT,
    ENVIRONMENT_HEAD,
    SYSTEM,
    Scenario,
    a,
    catalogue,
    finished,
    new,
    reached,
    received,
)
from workflows import calendar_files
from workflows.machine import OFFERED
from workflows.model import Limit


def types(scenario: Scenario, leg: str | None = None) -> list[str]:
    return [
        event.type
        for event, _ in scenario.past
        if leg is None or getattr(event, "leg", None) == leg
    ]


def test_a_handover_is_answered_with_a_reason_recalled_or_expires() -> None:
    """The receiver accepts or declines a handover with a reason, the sender hears which and
    may recall it before that; it expires (SORMAS-Project#4423, #9945)."""
    answers: list[tuple[c.Command, str]] = [
        (c.Accept(actor=ENVIRONMENT), "handover.accepted"),
        (c.RefuseHandover(actor=ENVIRONMENT, reason="Thiếu bản đồ"), "handover.refused"),
        (c.RecallHandover(actor=DESK), "handover.recalled"),
        (c.ExpireHandover(actor=SYSTEM), "handover.expired"),
    ]
    for answer, heard in answers:
        at = received("t-counter").given(c.Forward(actor=DESK))
        if heard == "handover.expired":
            at.later(days=1)
        at.given(answer)
        assert types(at)[-1] == heard
        told = at.past[-1][0]
        assert isinstance(told, e.HandoverAccepted | e.HandoverNotTaken)
        assert told.handover == 1, "the answer names the offer that it answers"
        at.when(c.RecallHandover(actor=DESK)).refused("no-handover")


def test_a_dossier_in_transit_is_not_handed_over_a_second_time() -> None:
    """No second handover of a dossier whose first is unanswered: two offices worked on it
    at once (SORMAS-Project#8576)."""
    at = received("t-counter").given(c.Forward(actor=DESK))
    at.when(c.Forward(actor=DESK)).refused("handover-in-transit")
    elsewhere = c.Transfer(actor=DESK, to_agency="hl-environment")
    at.when(elsewhere).refused("handover-in-transit")


def test_an_interlinked_receipt_has_two_dates_and_two_completions() -> None:
    """An interlinked dossier's receipt shows two appointment dates, the whole and the
    receiving unit's; there are two completion dates too (linhtranvu/motcua#3, #44: "stop
    all work")."""
    at = finished("lt-09-land-transfer-2021")
    receipt, _ = at.past[0]
    assert isinstance(receipt, e.DossierReceived)
    assert receipt.unit_appointment is not None
    assert receipt.unit_appointment < receipt.appointment
    assert at.dossier.result_ready_at is not None
    assert at.dossier.ended_at is not None
    assert at.dossier.result_ready_at < at.dossier.ended_at
    single, _ = finished("lt-02-land-change-no-tax").past[0]
    assert isinstance(single, e.DossierReceived)
    assert single.unit_appointment is None


def test_one_submission_is_received_once_and_each_leg_is_opened_for_its_agency() -> None:
    """One submission is one dossier in statistics, though two agencies handle it; the agency
    of a leg still counts its leg (opencps-v2#1434, motcua#2)."""
    at = finished("lt-09-land-transfer-2021")
    assert types(at).count("dossier.received") == 1
    opened = [event for event, _ in at.past if isinstance(event, e.LegOpened)]
    assert {event.leg: event.agency for event in opened} == {
        "confirm": "ub-bac-son",
        "tax": "ub-tax",
    }


def test_papers_travel_with_the_leg_and_arrive() -> None:
    """Papers travel with the leg and arrive; officer and citizen see one line of circulation
    even through another system (motcua#10, #36)."""
    at = reached("lt-09-land-transfer-2021", "check", leg="confirm", mode=OFFERED)
    transit = at.leg("confirm").transit
    assert transit is not None
    assert transit.papers == ("application",)
    at.given(c.Accept(actor="ub-bac-son.land-officer-1", leg="confirm"))
    arrived = at.past[-1][0]
    assert isinstance(arrived, e.HandoverAccepted)
    assert arrived.papers == ("application",)
    at.given(c.Complete(actor="ub-bac-son.land-officer-1", leg="confirm"))
    line = [t for t in types(at, "confirm") if t.startswith("handover")]
    assert line == ["handover.offered", "handover.accepted", "handover.offered"]


def test_system_acts_only_where_a_rule_did() -> None:
    """The history names the natural person behind a machine's call, and "system" only
    where a rule acted (open-zaak#1334, gemma-zaken#722)."""
    at = reached("t-counter", "appraise")
    for command in (c.Appraise(actor=SYSTEM), c.Stop(actor=SYSTEM, ground="x", reason="y")):
        at.when(command).refused("unknown-officer")
    offered = received("t-counter").given(c.Forward(actor=DESK)).later(days=1)
    offered.when(c.ExpireHandover(actor=DESK)).refused("only-a-rule")
    offered.when(c.ExpireHandover(actor=SYSTEM)).then(e.HandoverExpired)


def test_a_step_done_twice_keeps_its_first_start_and_adds_the_waiting() -> None:
    """A step done twice keeps its first start and adds the waiting (opencps-v2#1112)."""
    at = reached("t-counter", "appraise").on(2021, 3, 2)
    first = at.leg().visits["appraise"][0]
    at.given(c.Appraise(actor=ENVIRONMENT))
    at.on(2021, 3, 4).given(c.Complete(actor=ENVIRONMENT, facts={"draft": "again"}))
    visits = at.leg().visits["appraise"]
    assert (visits[0], len(visits)) == (first, 3)
    # Two working days from Monday 9:10, and the two working days it lay elsewhere.
    assert at.leg().step_due == datetime(2021, 3, 5, 2, 10, tzinfo=UTC)


def test_a_supplement_may_not_be_declared_expired_after_a_minute() -> None:
    """A supplement deadline fired after a minute instead of a day (opencps#1178)."""
    at = reached("t-counter", "appraise").given(c.AskSupplement(actor=ENVIRONMENT))
    expire = c.ExpireSupplement(actor=ENVIRONMENT)
    at.later(minutes=-9).when(expire).refused("supplement-not-expired")
    at.later(days=4).when(expire).refused("supplement-not-expired")
    at.later(days=1).when(expire).then(e.SupplementExpired, e.ClockEnded, e.DossierRefused)


def test_what_ends_on_its_date_is_on_time_to_the_last_minute() -> None:
    """Not overdue when the date is today."""
    for day, minute, words in ((14, 59, "early"), (15, 59, "on time"), (16, 0, "overdue")):
        at = reached("t-counter", "issue").on(2021, 3, day, 0 if words == "overdue" else 23, minute)
        at.given(c.Issue(actor="ub.clerk-1"))
        assert at.leg().verdict == words
    calendar = build(calendar_files.load("vn-2020-12-09"))
    due = datetime(2021, 3, 15, 10, 0, tzinfo=UTC)
    assert verdict(calendar, due.replace(hour=16, minute=59), due) == "on time"


def test_a_reopened_case_still_shows_the_result_that_was_withdrawn() -> None:
    """Reopening a closed case: the withdrawn result stays visible (gemma-zaken#442)."""
    at = finished("t-counter")
    reopen = c.Reopen(actor=DESK, step="receive", legal_basis="Bản án 01/2021")
    at.given(reopen)
    assert at.dossier.withdrawn_results == ("done",)
    assert "result.returned" in types(at)


def test_the_work_of_who_leaves_is_given_on_by_the_head() -> None:
    """A person's whole caseload moves when he leaves, and what could not move is named."""
    at = reached("t-counter", "appraise")
    colleague = "ub-environment.specialist-2"
    at.when(c.Assign(actor=ENVIRONMENT_HEAD, officer=colleague)).then(e.StepAssigned)
    waiting = reached("lt-09-land-transfer-2021", "check", leg="confirm")
    give = c.Assign(actor="ub-land.head-1", officer="ub-land.specialist-2")
    waiting.when(give).then(a(e.StepAssigned, leg="", officer="ub-land.specialist-2"))
    # What is on its way to somebody else is no longer his to give on.
    offered = reached("t-counter", "appraise", mode="offered")
    forced = c.Assign(actor=DESK_HEAD, officer="ub-desk.receiver-2")
    offered.when(forced).refused("handover-in-transit", "ub-environment")


def test_a_change_of_competence_keeps_both_agencies_and_the_clock_goes_on() -> None:
    """The competent authority changes in mid-case, or was recorded wrongly; both are kept."""
    at = reached("t-counter", "appraise")
    due = at.leg().due
    changed = c.Transfer(actor=ENVIRONMENT, to_agency="hl-environment", legal_basis="NĐ 131")
    at.given(changed)
    transfer = at.past[-2][0]
    assert isinstance(transfer, e.LegTransferred)
    assert (transfer.why, transfer.legal_basis) == ("changed", "NĐ 131")
    assert transfer.from_agency != transfer.to_agency
    assert at.leg().due == due
    at.given(c.Accept(actor="hl-environment.specialist-1"))
    back = c.Transfer(
        actor="hl-environment.specialist-1", to_agency="ub-environment", why="recorded-wrongly"
    )
    at.given(back)
    assert [t for t in types(at) if t == "leg.transferred"] == ["leg.transferred"] * 2


def straight_to(at: Scenario, step: str) -> Scenario:
    """On, by whoever has to, until the root stands at the step, offered."""
    while (at.leg().step, at.leg().mode) != (step, OFFERED):
        at.given(next(walker.sensible(at.dossier, at.law, at.now)))
    return at


def test_received_in_one_place_and_resolved_in_another_it_is_returned_where_received() -> None:
    """Out of boundary (domain.md, "A dossier's life"): the desk stays the desk."""
    at = reached("t-counter", "appraise")
    away = c.Transfer(actor=ENVIRONMENT, to_agency="hl-environment", why="out-of-boundary")
    at.given(away, c.Accept(actor="hl-environment.specialist-1"))
    at.when(c.AskWithdrawal(actor="hl-desk.receiver-1")).refused("wrong-agency", "ub-desk")
    straight_to(at, "return")
    assert at.leg().transit.sender.agency == "hl", "the next steps followed the transfer"
    assert at.leg().transit.to_agency == "ub-desk"
    at.given(c.Accept(actor=DESK), c.Return(actor=DESK))
    assert at.dossier.outcome == "done"


def test_a_desk_that_takes_the_root_over_is_the_desk_from_then_on() -> None:
    """Some cities moved reception to a centre while dossiers went on."""
    at = received("t-counter")
    moved = c.Transfer(actor=DESK, to_agency="hl-desk", why="recorded-wrongly")
    at.given(moved, c.Accept(actor="hl-desk.receiver-1"))
    straight_to(at, "return")
    assert at.leg().transit.to_agency == "hl-desk"
    at.when(c.AskWithdrawal(actor="hl-desk.receiver-2")).then(e.WithdrawalAsked)


def test_a_dossier_in_flight_goes_on_at_the_successors_after_the_reform() -> None:
    """1 July 2025: the old unit hands over to its successor, and the clock goes on."""
    at = new().on(2025, 6, 23).given(c.Receive(actor=DESK, procedure="t-counter", agency="ub-desk"))
    straight_to(at, "sign")
    at.given(c.Accept(actor="ub.chairman-1"))
    due = at.leg().due
    at.on(2025, 7, 1)
    take = c.Transfer(actor="w-uong-bi.chairman-1", to_agency="w-uong-bi", legal_basis="NQ 202")
    at.when(replace(take, actor="w-vang-danh.chairman-1")).refused("wrong-agency", "w-uong-bi")
    at.given(take, c.Accept(actor="w-uong-bi.chairman-1"))
    at.when(c.Suspend(actor="w-uong-bi-desk.head-1", ground="court-order")).then(e.DossierSuspended)
    at.given(c.Resume(actor="w-uong-bi-desk.head-1"))
    straight_to(at, "return")
    assert at.leg().transit.to_agency == "w-uong-bi-desk", "ub-desk is no more"
    receiver = "w-uong-bi-desk.receiver-1"
    at.given(c.Accept(actor=receiver), c.Return(actor=receiver))
    assert (at.dossier.outcome, at.leg().due) == ("done", due)


def test_what_an_agency_offered_before_the_reform_its_successor_recalls() -> None:
    at = new().on(2025, 6, 30).given(c.Receive(actor=DESK, procedure="t-counter", agency="ub-desk"))
    straight_to(at, "sign")
    assert at.leg().transit.sender.agency == "ub-environment"
    at.on(2025, 7, 1)
    recall = c.RecallHandover(actor="w-uong-bi.head-1")
    at.when(replace(recall, actor="w-vang-danh.chairman-1")).refused("wrong-agency", "w-uong-bi")
    # It is the same agency's by now; whom it asks answers it.
    at.when(replace(recall, actor="w-uong-bi.chairman-1")).refused("not-the-sender")
    at.when(recall).then(e.HandoverRecalled)


def test_a_transfer_that_was_not_taken_names_no_successor_after_the_reform() -> None:
    """It stays in its own district's line: the other one never was competent."""
    at = new().on(2025, 6, 23).given(c.Receive(actor=DESK, procedure="t-counter", agency="ub-desk"))
    straight_to(at, "appraise")
    at.given(c.Accept(actor=ENVIRONMENT), c.Transfer(actor=ENVIRONMENT, to_agency="hl-environment"))
    at.given(c.RecallHandover(actor=ENVIRONMENT))
    inspect = c.Appraise(actor=ENVIRONMENT, facts={"site": "needed"})
    at.given(inspect, c.Verify(actor=ENVIRONMENT)).on(2025, 7, 2)
    at.when(c.Resume(actor="w-hong-gai.chairman-1")).refused("wrong-agency", "is for w-uong-bi")


def test_a_make_up_saturday_counts_and_the_past_is_counted_as_it_was_known() -> None:
    """Real code bases take every Saturday as off (wrong in 2024-2026 on make-up Saturdays),
    read holidays only from now on (so a past deadline cannot be recomputed), or reset
    late dossiers by overwriting the finish date."""
    # 2 January 2026 is off for Saturday 10 January: known since a decree of December 2025.
    law = catalogue()
    friday = datetime(2026, 1, 9, 2, 0, tzinfo=UTC)
    one_day = Limit.parse("1 working day")
    before = derive(law.calendar("vn-2025-10-17"), one_day, friday)
    after = derive(law.calendar("vn-2026-01-13"), one_day, friday)
    assert before.due is not None
    assert after.due is not None
    assert (before.due.date(), after.due.date()) == (date(2026, 1, 12), date(2026, 1, 10))
    # A dossier keeps the calendar of its receipt, so its date comes out the same years later.
    at = reached("t-counter", "appraise")
    derived = leg_deadline(law, at.dossier, at.leg())
    assert derived is not None
    assert derived.due == at.leg().due
    # A late dossier stays late: no command writes over the date that it ended on.
    late = reached("t-counter", "issue").on(2021, 6, 1).given(c.Issue(actor="ub.clerk-1"))
    ready = late.dossier.result_ready_at
    late.given(c.Accept(actor=DESK), c.Return(actor=DESK))
    assert (late.leg().verdict, late.dossier.result_ready_at) == ("overdue", ready)
    reopened = late.given(c.Reopen(actor=DESK, step="receive", legal_basis="Bản án"))
    verdicts = [event.verdict for event, _ in reopened.past if isinstance(event, e.ClockEnded)]
    assert verdicts == ["overdue"]
