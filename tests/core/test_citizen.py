"""The citizen himself: registers and supplies files online; rates, complains, is answered."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from engine.core.decide import possible_acts
from schemas import commands as c
from schemas import events as e
from schemas.commands import Command
from tests.core.scenario import (
    DESK,
    DESK_HEAD,
    ENVIRONMENT,
    SYSTEM,
    Scenario,
    a,
    finished,
    given,
    new,
    reached,
    received,
)
from tests.core.test_remote import arrival
from tests.core.walker import FILES
from tests.interlink.law import MINISTRY, law

CITIZEN = "citizen"
APPLICATION, MAP = FILES
CALLED = {APPLICATION.digest: "Đơn của tôi.pdf"}
REGISTER = c.Register(
    actor=CITIZEN,
    procedure="t-counter",
    agency="ub-desk",
    papers=("application",),
    attached=(APPLICATION,),
    files=CALLED,
    applicant={"name": "Nguyễn Văn A"},
)
RECEIVE = c.Receive(actor=DESK, procedure="t-counter", agency="ub-desk")
RATE = c.Rate(actor=CITIZEN, marks={"time": 4, "officers": 5})
COMPLAIN = c.Complain(actor=CITIZEN, ground="late", reason="Quá hạn mười ngày")
ANSWER = c.AnswerComplaint(
    actor=DESK_HEAD, complaint=1, reference="15/UBND-VP", reason="Đã nhắc nhở, xin lỗi"
)


# --- handing in ---------------------------------------------------------------------------


def test_the_citizen_registers_with_files_and_the_desk_receives_them() -> None:
    at = (
        new()
        .when(REGISTER)
        .then(
            a(e.DossierRegistered, agency="ub-desk", papers=("application",)),
            a(e.PapersAttached, leg="", papers=(APPLICATION,)),
        )
    )
    (registered, _), (attached, _) = at.past
    assert registered.private is not None
    assert registered.private.applicant == {"name": "Nguyễn Văn A"}
    assert attached.private is not None
    assert attached.private.files == CALLED
    at.when(RECEIVE).then(a(e.DossierReceived, channel="online"), e.ClockStarted)
    assert at.dossier.attached == (APPLICATION,)


def test_the_citizen_registers_only_at_a_desk_for_the_procedure_of_this_engine() -> None:
    new().when(replace(REGISTER, agency="ub-tax")).refused("wrong-agency", "district-one-stop")
    new().when(replace(REGISTER, agency="atlantis")).refused("unknown-agency", "atlantis")
    elsewhere = new()
    elsewhere.law = _with_desk_elsewhere(elsewhere)
    elsewhere.when(REGISTER).refused("not-our-agency", "ub-desk")


def _with_desk_elsewhere(at: Scenario):  # type: ignore[no-untyped-def]
    from engine.core.law import Law

    known = at.law
    return Law(known.procedures(), known.calendars(), known.organisation, {"ub-desk": "other"})


@pytest.mark.parametrize(
    "command",
    [
        replace(RECEIVE, actor=CITIZEN),
        c.Forward(actor=CITIZEN),
        c.Attach(actor=CITIZEN, attached=FILES),
        c.AskWithdrawal(actor=CITIZEN),
        c.Suspend(actor=CITIZEN, ground="…"),
    ],
    ids=lambda command: command.act,
)
def test_the_citizen_does_nothing_that_is_an_officers(command: Command) -> None:
    at = given(REGISTER) if command.act == "receive" else received("t-counter")
    at.when(command).refused("unknown-officer", "citizen")


def test_files_come_with_a_receipt_too() -> None:
    new().when(replace(RECEIVE, papers=("map",), attached=(MAP,))).then(
        e.DossierReceived, a(e.PapersAttached, papers=(MAP,)), e.ClockStarted
    )


@pytest.mark.parametrize(
    ("file", "rule"),
    [
        (replace(MAP, paper="shoe"), "unknown-paper"),
        (replace(MAP, digest="../../etc/passwd"), "no-content"),
        (replace(MAP, digest="B2" * 32), "no-content"),
        (replace(MAP, size=0), "no-content"),
        (replace(MAP, media_type="pdf"), "no-content"),
    ],
)
def test_a_file_is_told_by_its_digest_and_is_of_a_known_paper(file: e.Attached, rule: str) -> None:
    new().when(replace(REGISTER, attached=(APPLICATION, file))).refused(rule, file.paper)


def test_a_file_that_does_not_even_have_a_digest_is_refused() -> None:
    new().when(replace(REGISTER, attached=(replace(MAP, digest=""),))).refused("no-content")


def test_names_are_kept_of_files_that_came_and_of_no_other() -> None:
    at = new().when(replace(REGISTER, files={"00" * 32: "khác.pdf"})).then(
        e.DossierRegistered, e.PapersAttached
    )  # fmt: skip
    assert at.past[1][0].private is None


def test_who_holds_a_dossier_and_its_desk_add_files() -> None:
    at = reached("t-counter", "appraise")
    scan = c.Attach(actor=ENVIRONMENT, attached=(MAP,), files={MAP.digest: "quét.png"}, note="rõ")
    at.when(scan).then(a(e.PapersAttached, papers=(MAP,)))
    event, _ = at.past[-1]
    assert event.private is not None
    assert (event.private.files, event.private.note) == ({MAP.digest: "quét.png"}, "rõ")
    result = replace(MAP, paper="decision")
    at.when(c.Attach(actor=DESK, attached=(result,))).then(e.PapersAttached)
    at.when(c.Attach(actor=DESK)).refused("nothing-attached")
    at.when(c.Attach(actor="ub-tax.clerk-1", attached=(MAP,))).refused("wrong-agency", "ub-desk")
    at.when(c.Attach(actor=DESK, leg="nowhere", attached=(MAP,))).refused("no-such-leg")
    finished("t-counter").when(c.Attach(actor=DESK, attached=(MAP,))).refused("dossier-ended")


def test_in_transit_only_the_desk_adds_files() -> None:
    at = received("t-counter").given(c.Forward(actor=DESK))
    at.when(c.Attach(actor=ENVIRONMENT, attached=(MAP,))).refused("wrong-agency", "ub-desk")
    at.when(c.Attach(actor=DESK, attached=(MAP,))).then(e.PapersAttached)


def test_a_handover_says_which_files_it_is_made_with() -> None:
    at = given(replace(RECEIVE, attached=FILES, papers=("application", "map")))
    at.given(c.Attach(actor=DESK, attached=(replace(MAP, digest="c3" * 32),)))
    at.when(c.Forward(actor=DESK, papers=("map",))).then(
        e.StepCompleted,
        a(e.HandoverOffered, papers=("map",), digests={"map": (MAP.digest, "c3" * 32)}),
    )


def test_files_arrive_in_the_other_engine_with_the_leg() -> None:
    at = Scenario(law(MINISTRY)).when(arrival(attached=(APPLICATION,))).then(
        e.DossierArrived,
        a(e.PapersAttached, papers=(APPLICATION,)),
        e.ClockStarted,
        a(e.HandoverOffered, digests={"application": (APPLICATION.digest,)}),
    )  # fmt: skip
    assert at.dossier.attached == (APPLICATION,)


# --- a supplement online ------------------------------------------------------------------


def asked() -> Scenario:
    ask = c.AskSupplement(actor=ENVIRONMENT, papers=("map",))
    return reached("t-counter", "appraise").on(2021, 3, 2).given(ask)


def test_the_citizen_supplies_files_and_the_clock_runs_at_once() -> None:
    at = asked().on(2021, 3, 3)
    supply = c.Supply(actor=CITIZEN, papers=("map",), attached=(MAP,))
    at.when(supply).then(
        a(e.SupplementReceived, papers=("map",)),
        a(e.PapersAttached, papers=(MAP,)),
        a(e.ClockResumed, ground="supplement"),
    )
    assert at.leg().running


def test_a_paper_that_was_asked_for_may_be_none_of_the_procedures() -> None:
    consent = replace(MAP, paper="consent")
    supply = c.Supply(actor=CITIZEN, papers=("consent",), attached=(consent,))
    asked().when(supply).then(e.SupplementReceived, e.PapersAttached, e.ClockResumed)
    asked().when(replace(supply, papers=("map",))).refused("unknown-paper", "consent")


def test_the_citizen_supplies_nothing_without_a_file_or_unasked() -> None:
    asked().when(c.Supply(actor=CITIZEN, papers=("map",))).refused("nothing-attached")
    unasked = c.Supply(actor=CITIZEN, attached=(MAP,))
    reached("t-counter", "appraise").when(unasked).refused("act-not-possible")


# --- when it is done ------------------------------------------------------------------------


def test_a_rating_is_given_once() -> None:
    at = finished("t-counter").when(replace(RATE, note="Rất nhanh")).then(
        a(e.RatingGiven, marks={"time": 4, "officers": 5})
    )  # fmt: skip
    event, _ = at.past[-1]
    assert event.private is not None
    assert event.private.note == "Rất nhanh"
    assert at.dossier.rated
    at.when(replace(RATE, marks={"time": 1})).refused("rated-before")


def test_a_rating_is_of_known_aspects_from_one_to_five() -> None:
    at = finished("t-counter")
    at.when(replace(RATE, marks={})).refused("nothing-rated", "officers")
    at.when(replace(RATE, marks={"weather": 3})).refused("unknown-value", "weather", "access")
    for mark in (0, 6, -1):
        at.when(replace(RATE, marks={"time": mark})).refused("unknown-value", f"'{mark}'")


def test_complaints_are_counted_and_each_is_answered_once() -> None:
    at = finished("t-counter")
    at.when(COMPLAIN).then(a(e.ComplaintFiled, complaint=1, ground="late"))
    at.when(replace(COMPLAIN, ground="fee")).then(a(e.ComplaintFiled, complaint=2, ground="fee"))
    assert (at.dossier.complaints, at.dossier.unanswered) == (2, (1, 2))
    at.when(ANSWER).then(a(e.ComplaintAnswered, complaint=1, reference="15/UBND-VP"))
    assert at.dossier.unanswered == (2,)
    at.when(ANSWER).refused("no-complaint", "waiting: 2")
    filed, _ = at.past[-3]
    assert filed.private is not None
    assert filed.private.reason == "Quá hạn mười ngày"


def test_a_complaint_needs_words_and_a_known_ground_and_an_answer_too() -> None:
    at = finished("t-counter")
    at.when(replace(COMPLAIN, reason=" ")).refused("reason-needed")
    at.when(replace(COMPLAIN, ground="weather")).refused("unknown-value", "weather", "attitude")
    at.when(ANSWER).refused("no-complaint", "1", "waiting: none")
    new().when(ANSWER).refused("not-received")
    at.given(COMPLAIN).when(replace(ANSWER, reason=None)).refused("reason-needed")


@pytest.mark.parametrize("command", [RATE, COMPLAIN], ids=lambda command: command.act)
def test_only_the_citizen_rates_and_complains_and_only_when_it_is_over(command: Command) -> None:
    for actor in (DESK, SYSTEM, "nobody"):
        finished("t-counter").when(replace(command, actor=actor)).refused("only-the-citizen")
    given(REGISTER).when(command).refused("not-over")
    received("t-counter").when(command).refused("not-over")
    new().when(command).refused("not-over")


def test_the_authority_answers_a_complaint_and_nobody_else() -> None:
    at = finished("t-counter").given(COMPLAIN)
    for actor, rule in (
        (CITIZEN, "unknown-officer"),
        (DESK, "not-the-authority"),
        ("ub-tax.head-1", "not-the-authority"),
        ("ub.chairman-1", None),
    ):
        answer = at.when(replace(ANSWER, actor=actor))
        assert (answer.refused(rule) if rule else answer.then(e.ComplaintAnswered)) is at


def test_what_was_refused_at_the_desk_may_be_rated_and_complained_about() -> None:
    refusal = c.RefuseReceipt(actor=DESK, reason="Không thuộc thẩm quyền")
    at = given(REGISTER, refusal)
    at.when(RATE).then(e.RatingGiven)
    at.when(COMPLAIN).then(e.ComplaintFiled)
    at.when(ANSWER).then(e.ComplaintAnswered)


def test_a_rating_stays_when_the_dossier_is_worked_on_again() -> None:
    at = finished("t-counter").given(RATE, COMPLAIN)
    again = c.Reopen(actor=DESK, step="receive", legal_basis="Bản án 01/2021/HC-ST")
    at.when(again).then(e.DossierReopened, e.ClockStarted)
    assert (at.dossier.rated, at.dossier.unanswered) == (True, (1,))
    at.when(replace(RATE, marks={"time": 1})).refused("not-over")
    at.when(ANSWER).then(e.ComplaintAnswered)


def test_a_leg_of_another_engine_is_rated_where_the_citizen_was_served() -> None:
    at = Scenario(law(MINISTRY)).given(arrival(), c.WithdrawElsewhere(actor=SYSTEM))
    assert at.dossier.status == "ended"
    at.when(RATE).refused("said-elsewhere", "quang-ninh")


def test_the_possible_acts_of_the_citizen() -> None:
    def possible(at: Scenario, actor: str) -> set[tuple[str, str]]:
        acts = possible_acts(at.dossier, at.law, at.now, actor)
        return {(each.act, each.leg) for each in acts if each.rejected is None}

    assert possible(asked(), CITIZEN) == {("supply", "")}
    at = finished("t-counter")
    assert possible(at, CITIZEN) == {("rate", ""), ("complain", "")}
    assert ("answer-complaint", "") not in possible(at, DESK_HEAD)
    at.given(RATE, COMPLAIN)
    assert possible(at, CITIZEN) == {("complain", "")}
    assert ("answer-complaint", "") in possible(at, DESK_HEAD)
