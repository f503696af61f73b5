"""Opening a dossier: registered online, received at a desk, refused there."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from engine.core.deadlines import leg_deadline
from engine.core.law import Law
from schemas import commands as c
from schemas import events as e
from tests.core.scenario import (
    DESK,
    ENVIRONMENT,
    SYSTEM,
    a,
    catalogue,
    given,
    new,
    reached,
    received,
)

RECEIVE = c.Receive(actor=DESK, procedure="t-counter", agency="ub-desk")
REGISTER = c.Register(actor=DESK, procedure="t-counter", agency="ub-desk")


def receive(**fields: object) -> c.Receive:
    return c.Receive(**{"actor": DESK, "procedure": "t-counter", "agency": "ub-desk"} | fields)


def test_a_receipt_pins_procedure_and_calendar_and_starts_the_clock() -> None:
    due = datetime(2021, 3, 15, 10, 0, tzinfo=UTC)
    new().when(receive(papers=("application",), channel="post")).then(
        a(
            e.DossierReceived,
            procedure="t-counter",
            procedure_version="2021-01-01",
            calendar="vn-2020-12-09",
            agency="ub-desk",
            officer=DESK,
            channel="post",
            step="receive",
            # Half a working day from 9:00: until the break at 11:30, and on from 13:00.
            step_due=datetime(2021, 3, 1, 7, 30, tzinfo=UTC),
            appointment=due,
            unit_appointment=None,
            papers=("application",),
        ),
        a(e.ClockStarted, leg="", limit="10 working days", rule="day-after", due=due),
    )


def test_who_registers_online_gets_an_answer_within_eight_working_hours() -> None:
    new().when(c.Register(actor=DESK, procedure="t-counter", agency="ub-desk")).then(
        a(e.DossierRegistered, check_by=datetime(2021, 3, 2, 2, 0, tzinfo=UTC))
    )


def test_what_was_registered_is_received_as_online_with_its_papers_and_facts() -> None:
    registered = c.Register(
        actor=DESK,
        procedure="t-counter",
        agency="ub-desk",
        facts={"site": "needed"},
        papers=("map",),
    )
    given(registered).when(RECEIVE).then(
        a(e.DossierReceived, channel="online", papers=("map",), facts={"site": "needed"}),
        e.ClockStarted,
    )


def test_what_was_registered_may_be_refused_with_a_reason() -> None:
    refusal = c.RefuseReceipt(actor=DESK, legal_basis="Nghị định 61/2018/NĐ-CP")
    registered = given(REGISTER)
    registered.when(refusal).refused("reason-needed")
    over = registered.when(
        c.RefuseReceipt(actor=DESK, reason="Không thuộc thẩm quyền", legal_basis="NĐ 61")
    ).then(a(e.DossierRefusedAtReceipt, legal_basis="NĐ 61"))
    assert (over.dossier.status, over.dossier.outcome) == ("ended", "refused")


def test_only_the_desk_refuses_what_was_registered_there() -> None:
    refusal = c.RefuseReceipt(actor=ENVIRONMENT, reason="…")
    given(REGISTER).when(refusal).refused("wrong-agency", "ub-environment", "ub-desk")


def test_a_dossier_is_received_once() -> None:
    received("t-counter").when(RECEIVE).refused("dossier-exists")
    received("t-counter").when(REGISTER).refused("dossier-exists")
    refusal = c.RefuseReceipt(actor=DESK, reason="…")
    received("t-counter").when(refusal).refused("dossier-exists")


def test_what_was_registered_for_one_procedure_is_not_received_for_another() -> None:
    other = receive(procedure="lt-02-land-change-no-tax")
    given(REGISTER).when(other).refused("procedure-differs", "t-counter")


def test_a_desk_receives_what_was_registered_there_and_nowhere_else() -> None:
    asked = c.Register(
        actor="citizen", procedure="lt-16-social-allowance", agency="ub-quang-trung-desk"
    )
    there, elsewhere = (
        c.Receive(actor=f"{desk}.receiver-1", procedure=asked.procedure, agency=desk)
        for desk in ("ub-quang-trung-desk", "ub-nam-khe-desk")
    )
    given(asked).when(elsewhere).refused("desk-differs", "ub-quang-trung-desk", "ub-nam-khe-desk")
    given(asked).when(there).then(
        a(e.DossierReceived, agency="ub-quang-trung-desk"), e.ClockStarted
    )


def test_nothing_is_done_before_the_receipt() -> None:
    given(REGISTER).when(c.Forward(actor=DESK)).refused("not-received")
    new().when(c.RefuseReceipt(actor=DESK, reason="…")).refused("not-received")


def test_the_procedure_must_be_known_and_in_force() -> None:
    new().when(receive(procedure="t-nothing")).refused("procedure-unknown", "t-nothing.")
    new().when(receive(version="1999-01-01")).refused("procedure-unknown", "version 1999-01-01")
    new().on(2025, 7, 1).when(
        c.Receive(actor="w-uong-bi-desk.receiver-1", procedure="t-counter", agency="w-uong-bi-desk")
    ).refused("procedure-not-in-force", "2025-07-01", "2021-01-01 to 2025-06-30")
    early = c.Receive(
        actor="ub-quang-trung-desk.receiver-1",
        procedure="lt-14-birth-group",
        agency="ub-quang-trung-desk",
    )
    new().when(early).refused("procedure-not-in-force", "2024-06-10 to …")


def test_the_calendar_must_be_known() -> None:
    new().when(receive(calendar="vn-2050")).refused("unknown-calendar", "vn-2050", "vn-2020-12-09")
    new().when(receive(calendar="vn-2025-12-25")).then(
        a(e.DossierReceived, calendar="vn-2025-12-25"), e.ClockStarted
    )


def test_a_dossier_whose_version_is_not_here_is_not_guessed_at() -> None:
    at = received("t-counter")
    at.law = Law([], at.law.calendars(), at.law.organisation)
    at.when(c.Forward(actor=DESK)).refused("procedure-unknown", "t-counter version 2021-01-01")


def test_before_any_calendar_was_known_the_oldest_is_taken() -> None:
    law = catalogue()
    assert law.calendar_known_on(date(2019, 1, 1)).version == "vn-2020-12-09"
    assert law.calendar_known_on(date(2022, 1, 10)).version == "vn-2020-12-09"
    assert law.calendar_known_on(date(2024, 4, 11)).version == "vn-2023-11-03"
    assert law.calendar_known_on(date(2024, 4, 12)).version == "vn-2024-04-12"


def test_a_desk_receives_only_what_is_for_desks_of_its_kind() -> None:
    at_tax = receive(agency="ub-tax", actor="ub-tax.clerk-1")
    new().when(at_tax).refused("wrong-agency", "ub-tax", "district-one-stop")
    new().when(receive(agency="atlantis")).refused("unknown-agency", "atlantis")


def test_an_officer_of_the_desk_receives_who_has_the_role_and_is_in_office() -> None:
    new().when(receive(actor="hl-desk.receiver-1")).refused("wrong-agency", "hl-desk", "ub-desk")
    new().when(receive(actor="ub-desk.clerk-1")).refused("wrong-role", "receiver")
    new().when(receive(actor="nobody")).refused("unknown-officer", "nobody", "2021-03-01")
    new().when(receive(actor=SYSTEM)).refused("unknown-officer")
    gone = receive(actor="ub-desk.receiver-1", version="2021-01-01")
    new().on(2025, 7, 1).when(gone).refused("unknown-officer", "2025-07-01")


def test_facts_and_papers_are_those_that_the_definition_asks_for() -> None:
    new().when(receive(facts={"shoe-size": "42"})).refused("unknown-fact", "shoe-size", "site")
    new().when(receive(papers=("shoe",))).refused("unknown-paper", "shoe", "application, map")
    named = receive(facts={"plot-at": "ub-quang-trung"})
    new().when(named).then(
        a(e.DossierReceived, facts={"plot-at": "ub-quang-trung"}), e.ClockStarted
    )


def test_the_desk_may_promise_an_earlier_date_but_no_later_and_no_past_one() -> None:
    new().when(receive(appointment=date(2021, 3, 5))).then(
        a(e.DossierReceived, appointment=datetime(2021, 3, 5, 10, 0, tzinfo=UTC)),
        a(e.ClockStarted, limit="4 working days"),
    )
    new().when(receive(appointment=date(2021, 3, 1))).refused("appointment-in-past", "2021-03-01")
    late = receive(appointment=date(2021, 3, 16))
    new().when(late).refused("appointment-too-late", "2021-03-16", "2021-03-15")


def test_a_promise_for_a_day_off_is_kept_on_the_working_day_before() -> None:
    new().when(receive(appointment=date(2021, 3, 7))).then(
        a(e.DossierReceived, appointment=datetime(2021, 3, 5, 10, 0, tzinfo=UTC)), e.ClockStarted
    )


def test_the_particulars_of_the_applicant_are_kept_apart() -> None:
    scenario = (
        new()
        .when(receive(applicant={"name": "Nguyễn Văn A"}, note="gọi trước"))
        .then(e.DossierReceived, e.ClockStarted)
    )
    event, _ = scenario.past[0]
    assert event.private is not None
    assert event.private.applicant == {"name": "Nguyễn Văn A"}
    assert event.private.note == "gọi trước"
    assert scenario.past[1][0].private is None


COMMUNE = {"actor": "ub-quang-trung-desk.receiver-1", "agency": "ub-quang-trung-desk"}


@pytest.mark.parametrize(
    ("received_at", "promised"),
    [
        ((2025, 3, 5, 9, 0), "2025-03-05"),
        ((2025, 3, 5, 14, 59), "2025-03-05"),
        ((2025, 3, 5, 15, 0), "2025-03-05"),  # after 15:00, not at it
        ((2025, 3, 5, 15, 1), "2025-03-06"),
        ((2025, 3, 7, 15, 30), "2025-03-10"),  # a Friday
        ((2025, 3, 9, 10, 0), "2025-03-10"),  # a Sunday
        ((2025, 3, 9, 16, 0), "2025-03-10"),  # late on a Sunday is still before Monday
        ((2025, 1, 24, 14, 0), "2025-01-24"),  # the last day before Tết
        ((2025, 1, 24, 15, 30), "2025-02-03"),
    ],
)
def test_what_is_due_the_same_day_is_due_at_the_end_of_its_office_hours(
    received_at: tuple[int, int, int, int, int], promised: str
) -> None:
    year, month, day, hour, minute = received_at
    copy = c.Receive(procedure="2.000908", **COMMUNE)
    due = datetime.fromisoformat(f"{promised}T17:00+07:00").astimezone(UTC)
    scenario = new().on(year, month, day, hour, minute).when(copy).then(
        a(e.DossierReceived, appointment=due, unit_appointment=None),
        a(e.ClockStarted, limit="same day", rule="same-day", due=due),
    )  # fmt: skip
    assert scenario.dossier.appointment == due
    # The words in the event are all that the deadline is worked out from later.
    deadline = leg_deadline(scenario.law, scenario.dossier, scenario.leg())
    assert deadline is not None
    assert (deadline.due, deadline.cutoff, deadline.limit.same_day) == (due, "15:00", True)


def test_the_cutoff_is_for_the_same_day_alone() -> None:
    """Two hours of a step received after 15:00 count from then, not from the next day."""
    late = new().on(2025, 3, 5, 15, 30).given(c.Receive(procedure="2.000908", **COMMUNE))
    received, _ = late.past[0]
    assert isinstance(received, e.DossierReceived)
    assert received.step_due == datetime(2025, 3, 6, 1, 0, tzinfo=UTC)  # 08:00


def test_the_same_day_may_be_promised_in_so_many_words() -> None:
    copy = c.Receive(procedure="2.000908", appointment=date(2025, 3, 5), **COMMUNE)
    today = datetime(2025, 3, 5, 10, 0, tzinfo=UTC)
    new().on(2025, 3, 5).when(copy).then(
        a(e.DossierReceived, appointment=today), a(e.ClockStarted, limit="same day")
    )
    new().on(2025, 3, 5, 15, 30).when(copy).refused("appointment-in-past", "2025-03-05")


def test_the_gate_of_the_birth_group_is_due_the_same_day() -> None:
    at = reached("lt-14-birth-group", "register", leg="birth")
    birth = at.leg("birth")
    deadline = leg_deadline(at.law, at.dossier, birth)
    assert deadline is not None
    assert deadline.due is not None
    assert birth.limit == "same day"
    assert deadline.due.date() == birth.started.date()


def test_a_group_promises_the_units_own_date_for_what_it_does_first() -> None:
    """The desk's committee registers the birth the same day; the whole takes three."""
    birth = c.Receive(procedure="lt-14-birth-group", **COMMUNE)
    new().on(2025, 3, 5).when(birth).then(
        a(
            e.DossierReceived,
            unit_appointment=datetime(2025, 3, 5, 10, 0, tzinfo=UTC),
            appointment=datetime(2025, 3, 10, 10, 0, tzinfo=UTC),
        ),
        e.ClockStarted,
    )


def test_where_no_limit_was_published_for_the_unit_no_date_is_promised() -> None:
    death = received("lt-15-death-group").past[0][0]
    assert isinstance(death, e.DossierReceived)
    assert death.unit_appointment is None
