"""Each kind of alert at its moment, and what moves or cancels it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import text

from consumers.alerts import alerts
from engine.store import Log
from schemas import events as e
from schemas.envelope import to_micros
from tests.office import DAY, DUE, HOUR, LATER, MIDNIGHT, T0, Office, opened


@pytest.fixture
def office(log: Log) -> Office:
    return Office(log, log)


# --- each kind ---------------------------------------------------------------------------


def test_the_whole_warns_asks_for_an_apology_and_is_overdue(office: Office) -> None:
    office.received()
    office.only_at(MIDNIGHT - 2 * DAY, ("apology-due", ""))
    office.only_at(DUE - 8 * HOUR, ("due-soon", ""))
    office.only_at(MIDNIGHT, ("dossier-overdue", ""))


def test_a_dossier_is_not_overdue_on_its_day(office: Office) -> None:
    office.received()
    assert ("dossier-overdue", "") not in office.sweep(DUE + 6 * HOUR)


def test_a_warning_that_would_lie_before_the_receipt_is_none(office: Office) -> None:
    office.received(T0 + 6 * HOUR)
    assert office.sweep(T0 + 7 * HOUR) == []


def test_a_step_is_overdue_at_its_moment(office: Office) -> None:
    office.received()
    office.happens(T0 + HOUR, e.StepCompleted(step="receive", to="check", due=T0 + DAY))
    office.only_at(T0 + DAY, ("step-overdue", ""))


def test_a_step_done_in_time_is_not_overdue(office: Office) -> None:
    office.received()
    office.happens(T0 + HOUR, e.StepCompleted(step="receive", to="check", due=T0 + DAY))
    office.happens(T0 + 2 * HOUR, e.StepCompleted(step="check", to="sign"))
    assert office.sweep(T0 + 2 * DAY) == []


def test_a_handover_that_nobody_takes(office: Office) -> None:
    office.received()
    opened(office)
    office.only_at(T0 + DAY, ("handover-not-accepted", "tax"))
    with office.home.engine.connect() as connection:
        [raised] = alerts(connection, kind="handover-not-accepted")
    assert raised.agency == "tax-office"
    assert raised.deadline == to_micros(T0 + DAY)


@pytest.mark.parametrize("answer", ["accepted", "refused", "recalled"])
def test_a_handover_that_is_answered_raises_nothing(office: Office, answer: str) -> None:
    office.received()
    opened(office)
    types: dict[str, Any] = {
        "accepted": e.HandoverAccepted,
        "refused": e.HandoverRefused,
        "recalled": e.HandoverRecalled,
    }
    event = types[answer](
        leg="tax", handover=1, step="assess", agency="tax-office", officer="tax-office.s-1"
    )
    office.happens(T0 + 2 * HOUR, event)
    assert office.sweep(T0 + 2 * DAY) == []


def test_a_leg_is_overdue_on_the_day_after(office: Office) -> None:
    office.received()
    opened(office)
    accepted = e.HandoverAccepted(
        leg="tax", handover=1, step="assess", agency="tax-office", officer="tax-office.s-1"
    )
    office.happens(T0 + 2 * HOUR, accepted)
    office.only_at(datetime(2021, 3, 4, 17, tzinfo=UTC), ("leg-overdue", "tax"))


def test_a_supplement_that_does_not_come(office: Office) -> None:
    office.received()
    office.happens(
        T0 + HOUR,
        e.SupplementRequested(step="check", ordinal=1, answer_by=T0 + 20 * DAY),
        e.ClockStopped(step="check", ground="supplement"),
    )
    office.only_at(T0 + 20 * DAY, ("supplement-unanswered", ""))
    assert office.sweep(LATER) == []


def test_an_online_form_that_nobody_checks(office: Office) -> None:
    registered = e.DossierRegistered(
        procedure="1.012783",
        procedure_version="2024-08-01",
        calendar="2025",
        agency="desk",
        check_by=T0 + 8 * HOUR,
    )
    office.happens(T0, registered)
    office.only_at(T0 + 8 * HOUR, ("step-overdue", ""))


# --- what came too late ---------------------------------------------------------------


def test_what_was_done_late_is_raised_by_a_later_sweep(office: Office) -> None:
    office.received()
    office.happens(T0 + HOUR, e.StepCompleted(step="receive", to="check", due=T0 + DAY))
    office.happens(T0 + 2 * DAY, e.StepCompleted(step="check", to="sign", due=T0 + 9 * DAY))
    assert office.sweep(T0 + 3 * DAY) == [("step-overdue", "")]
    with office.home.engine.connect() as connection:
        [raised] = alerts(connection)
    assert (raised.deadline, raised.due_at) == (to_micros(T0 + DAY),) * 2
    assert (raised.raised_at, raised.to_act) == (to_micros(T0 + 3 * DAY), False)


def test_an_offer_answered_late_is_raised_with_who_it_waited_for_and_asks_for_no_act(
    office: Office,
) -> None:
    office.received()
    opened(office)
    refused = e.HandoverRefused(
        leg="tax", handover=1, step="receive", agency="desk", officer="desk.receiver-1"
    )
    office.happens(T0 + 2 * DAY, refused)
    assert office.sweep(T0 + 2 * DAY + HOUR) == [("handover-not-accepted", "tax")]
    with office.home.engine.connect() as connection:
        [raised] = alerts(connection)
    assert (raised.agency, raised.to_act) == ("tax-office", False)


def test_a_dossier_that_ended_late_was_late(office: Office) -> None:
    office.received()
    returned = e.ResultReturned(step="return", to="done", channel="desk")
    office.happens(MIDNIGHT + HOUR, e.ClockEnded(due=DUE, verdict="overdue"), returned)
    kinds = {kind for kind, _ in office.sweep(LATER)}
    assert kinds == {"apology-due", "due-soon", "dossier-overdue"}


def test_an_apology_is_not_asked_for_again_after_a_later_pause(office: Office) -> None:
    office.received()
    office.happens(T0 + DAY, e.ClockExtended(by="5 days", legal_basis="x", due=DUE + 7 * DAY))
    office.happens(T0 + 2 * DAY, e.ClockStopped(step="check", ground="financial-duty"))
    resumed = e.ClockResumed(
        step="check",
        ground="financial-duty",
        dues={"": DUE + 9 * DAY},
        running=("",),
        extended=("",),
    )
    office.happens(T0 + 4 * DAY, resumed)
    assert {kind for kind, _ in office.sweep(LATER)} == {"due-soon", "dossier-overdue"}


def test_reopening_brings_no_apology_back(office: Office) -> None:
    """Though nobody swept between the extension and the end."""
    office.received()
    office.happens(T0 + DAY, e.ClockExtended(by="5 days", legal_basis="x", due=DUE + 7 * DAY))
    office.happens(T0 + 2 * DAY, e.ClockStopped(step="check", ground="financial-duty"))
    second = DUE + 9 * DAY
    resumed = e.ClockResumed(
        step="check", ground="financial-duty", dues={"": second}, running=("",), extended=("",)
    )
    office.happens(T0 + 4 * DAY, resumed)
    ended = e.ClockEnded(due=second, verdict="on time")
    office.happens(second, ended, e.DossierRefused(leg=""))
    reopened = e.DossierReopened(
        step="check",
        agency="desk",
        officer="desk.receiver-1",
        due=second + 60 * DAY,
        withdraws="12/KQ",
        legal_basis="x",
    )
    started = e.ClockStarted(limit="40 days", rule="day-after", due=second + 60 * DAY)
    office.happens(second + DAY, reopened, started)
    assert "apology-due" not in {kind for kind, _ in office.sweep(second + DAY)}


# --- what moves and cancels --------------------------------------------------------------


def test_a_stop_cancels_and_resuming_sets_anew(office: Office) -> None:
    office.received()
    opened(office)
    assert office.sweep(T0 + DAY) == [("handover-not-accepted", "tax")]
    office.happens(T0 + 30 * HOUR, e.ClockStopped(leg="tax", step="pay", ground="financial-duty"))
    assert office.sweep(DUE + 60 * DAY) == []
    resumed = e.ClockResumed(
        leg="tax",
        step="pay",
        ground="financial-duty",
        dues={"tax": DUE + 70 * DAY, "": DUE + 80 * DAY},
        step_dues={"tax": DUE + 65 * DAY},
        running=("tax", ""),
    )
    office.happens(DUE + 61 * DAY, resumed)
    office.only_at(DUE + 65 * DAY, ("step-overdue", "tax"))
    office.only_at(MIDNIGHT + 70 * DAY, ("leg-overdue", "tax"))
    assert office.sweep(LATER) == [("due-soon", ""), ("apology-due", ""), ("dossier-overdue", "")]


def test_a_stop_of_a_leg_stops_those_above_and_no_others(office: Office) -> None:
    office.received()
    opened(office, "tax")
    opened(office, "tax/inner")
    opened(office, "other")
    office.sweep(T0 + DAY)
    stopped = e.ClockStopped(leg="tax/inner", step="pay", ground="financial-duty")
    office.happens(T0 + 25 * HOUR, stopped)
    assert office.sweep(LATER) == [("leg-overdue", "other")]


def test_suspending_the_whole_stops_every_leg(office: Office) -> None:
    office.received()
    opened(office)
    office.sweep(T0 + DAY)
    office.happens(T0 + 25 * HOUR, e.DossierSuspended(ground="lawsuit"))
    assert office.sweep(DUE + 5 * DAY) == []
    resumed = e.DossierResumed(dues={"": DUE + 10 * DAY}, running=("",))
    office.happens(DUE + 6 * DAY, resumed)
    office.only_at(MIDNIGHT + 8 * DAY, ("apology-due", ""))
    office.sweep(DUE + 10 * DAY)
    office.only_at(MIDNIGHT + 10 * DAY, ("dossier-overdue", ""))


def test_a_deadline_that_moved_and_passes_again_is_another(office: Office) -> None:
    office.received()
    assert ("dossier-overdue", "") in office.sweep(MIDNIGHT)
    extended = e.ClockExtended(by="5 working days", legal_basis="x", due=DUE + 7 * DAY)
    office.happens(MIDNIGHT + HOUR, extended)
    assert office.sweep(MIDNIGHT + 7 * DAY) == [("due-soon", ""), ("dossier-overdue", "")]
    with office.home.engine.connect() as connection:
        dates = [each.deadline for each in alerts(connection, kind="dossier-overdue")]
    assert sorted(dates) == [to_micros(DUE), to_micros(DUE + 7 * DAY)]


def test_after_an_extension_no_second_apology_is_asked_for(office: Office) -> None:
    office.received()
    office.happens(
        T0 + DAY,
        e.ApologyIssued(old_due=DUE, new_due=DUE + 7 * DAY),
        e.ClockExtended(by="5 working days", legal_basis="x", due=DUE + 7 * DAY),
    )
    assert ("apology-due", "") not in office.sweep(DUE + 7 * DAY)


@pytest.mark.parametrize(
    "end",
    [
        e.DossierStopped(ground="withdrawal"),
        e.DossierRefused(),
        e.ResultReturned(step="return", to="done", channel="desk"),
    ],
    ids=lambda event: event.type,
)
def test_the_end_cancels_everything(office: Office, end: e.Event) -> None:
    office.received()
    opened(office)
    office.happens(T0 + 2 * HOUR, end)
    assert office.sweep(LATER) == []
    with office.home.engine.connect() as connection:
        left = connection.execute(text("SELECT count(*) FROM view_timers")).scalar_one()
    assert left == 0
