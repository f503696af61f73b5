"""What people read off the views: given these events, then this answer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, create_engine
from sqlalchemy.pool import StaticPool

from consumers.changes import Changes
from consumers.fold import Fold
from consumers.portal import PORTAL_CODES
from consumers.rows import write
from consumers.tables import create
from consumers.view import micros
from consumers.views import all_views
from consumers.views.custody import Turn, custody
from consumers.views.deadlines import deadlines
from consumers.views.inbox import Task, inbox
from consumers.views.legs import by_agency, legs
from consumers.views.register import register
from consumers.views.status import Status, status
from consumers.views.timers import midnight_after
from schemas import events as e
from schemas.envelope import GENESIS, Origin, Recorded, from_micros, seal, to_micros
from tests.appends import new_id

T0 = datetime(2021, 3, 1, 2, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
DESK, LAND, TAX = "desk", "land-office", "tax-office"


class Board:
    """Views in memory, fed by hand: each command an hour after the last."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.now = T0
        self.last: dict[str, Recorded] = {}

    def happens(self, *events: e.Event, code: str = "d-1", by: str = DESK) -> None:
        at, command = to_micros(self.now), new_id()
        last = self.last.get(code)
        sealed = seal(
            code,
            events,
            Origin(command, command, f"{by}.officer", by, at, at),
            version=last.version if last else 0,
            previous=last.hash if last else GENESIS,
            new_id=new_id,
        )
        changes = Changes()
        for each in sealed:
            Fold(all_views()).add(each, changes)
        write(self.connection, changes)
        self.last[code] = sealed[-1]
        self.now += HOUR

    def received(self, code: str = "d-1", days: int = 34) -> None:
        self.happens(
            e.DossierReceived(
                procedure="1.012783",
                procedure_version="2024-08-01",
                calendar="2025",
                agency=DESK,
                officer="desk.officer",
                channel="direct",
                step="receive",
                step_due=self.now + 4 * HOUR,
                appointment=self.now + days * DAY,
                unit_appointment=self.now + 3 * DAY,
            ),
            e.ClockStarted(limit="34 working days", rule="day-after", due=self.now + days * DAY),
            code=code,
        )

    def offered(self, to: str = LAND, leg: str = "", code: str = "d-1") -> None:
        self.happens(
            e.StepCompleted(leg=leg, step="receive", to="appraise", act="forward"),
            e.HandoverOffered(
                leg=leg,
                handover=1,
                from_agency=DESK,
                from_officer="desk.officer",
                to_agency=to,
                to_role="specialist",
                step="appraise",
                back="receive",
                due=self.now + 2 * DAY,
                expires=self.now + DAY,
            ),
            code=code,
        )

    def accepted(self, by: str = LAND, leg: str = "") -> None:
        officer = f"{by}.officer"
        self.happens(
            e.HandoverAccepted(leg=leg, handover=1, step="appraise", agency=by, officer=officer),
            by=by,
        )

    def opened(self, leg: str = "tax", agency: str = TAX) -> None:
        self.happens(
            e.LegOpened(leg=leg, agency=agency, step="assess", opened_by="await"),
            e.ClockStarted(leg=leg, limit="3 days", rule="day-after", due=self.now + 3 * DAY),
            by=LAND,
        )

    @property
    def status(self) -> Status:
        found = status(self.connection, "d-1")
        assert found is not None
        return found

    def inbox(self, agency: str, officer: str | None = None) -> list[Task]:
        return inbox(
            self.connection,
            agency,
            officer,
            act_of=lambda procedure, version, leg, step: f"do {step}",
            remaining=lambda calendar, due: (due - to_micros(self.now)) // 60_000_000,
        )


@pytest.fixture
def board() -> Iterator[Board]:
    engine = create_engine("sqlite://", poolclass=StaticPool)
    with engine.begin() as connection:
        for view in all_views():
            create(connection, view, {table.name: table.name for table in view.tables})
        yield Board(connection)
    engine.dispose()


def test_a_receipt_has_two_appointment_dates(board: Board) -> None:
    board.received()
    assert board.status.appointment == to_micros(T0 + 34 * DAY)
    assert board.status.unit_appointment == to_micros(T0 + 3 * DAY)


def test_nothing_is_known_of_what_is_not_there(board: Board) -> None:
    assert status(board.connection, "nowhere") is None
    assert custody(board.connection, "nowhere") == []
    assert legs(board.connection, "nowhere") == []


def test_the_list_and_the_page_agree_on_who_holds_it(board: Board) -> None:
    """At every stage of a handover, whoever's list it is on is whom the page names."""
    board.received()
    assert board.status.holder == (DESK, "desk.officer")
    [task] = board.inbox(DESK)
    assert (task.agency, task.officer, task.act) == (DESK, "desk.officer", "do receive")
    board.offered()
    since = to_micros(T0 + HOUR)
    assert (board.status.holder, board.status.in_transit) == (None, (DESK, LAND, since))
    assert board.inbox(DESK) == []
    [task] = board.inbox(LAND, "land-office.somebody")
    assert (task.officer, task.role, task.act) == (None, "specialist", "accept")
    board.accepted()
    assert (board.status.holder, board.status.in_transit) == ((LAND, "land-office.officer"), None)
    [task] = board.inbox(LAND)
    assert (task.officer, task.act, task.step) == ("land-office.officer", "do appraise", "appraise")
    assert board.inbox(LAND, "land-office.somebody") == []


def test_remaining_time_is_counted_when_it_is_asked_for(board: Board) -> None:
    board.received()
    [task] = board.inbox(DESK)
    assert task.remaining_working_minutes == 180
    board.now += 5 * HOUR
    [task] = board.inbox(DESK)
    assert task.remaining_working_minutes == -120


def test_an_inbox_has_the_most_urgent_first(board: Board) -> None:
    for code in ("d-3", "d-1", "d-2"):
        board.received(code)
    board.happens(e.StepCompleted(step="receive", to="check"), code="d-3")
    assert [task.code for task in board.inbox(DESK)] == ["d-1", "d-2", "d-3"]


def stopped(ground: str, leg: str = "") -> e.Event:
    return e.ClockStopped(leg=leg, step="appraise", ground=ground)


def resumed(ground: str, leg: str = "", running: tuple[str, ...] = ("",)) -> e.Event:
    dues = {path: T0 + 50 * DAY for path in running}
    return e.ClockResumed(leg=leg, step="appraise", ground=ground, dues=dues, running=running)


def over(board: Board) -> tuple[str, int]:
    return (board.status.state, board.status.portal_code)


def test_portal_codes_along_the_way(board: Board) -> None:
    registered = e.DossierRegistered(
        procedure="1", procedure_version="1", calendar="1", agency=DESK, check_by=T0 + DAY
    )
    board.happens(registered)
    assert over(board) == ("registered", 1)
    assert (board.status.clock, board.status.holder) == (None, None)
    assert board.inbox(DESK)[0].act == "receive"
    board.received()
    assert over(board) == ("received", 2)
    board.offered()
    assert over(board) == ("in-transit", 4)
    board.accepted()
    assert over(board) == ("at-work", 4)
    board.happens(stopped("supplement"))
    assert (*over(board), board.status.clock) == ("awaiting-supplement", 5, "stopped")
    assert [task.act for task in board.inbox(LAND)] == ["supply"]
    board.happens(e.SupplementReceived(step="appraise"), resumed("supplement"))
    assert (*over(board), board.status.clock) == ("at-work", 4, "running")
    board.happens(stopped("financial-duty"))
    assert over(board) == ("awaiting-payment", 6)
    assert [task.act for task in board.inbox(LAND)] == ["confirm-payment"]
    board.happens(resumed("financial-duty"), stopped("posting"))
    assert (*over(board), board.status.ground) == ("paused", 4, "posting")
    board.happens(resumed("posting"))
    board.happens(e.WithdrawalAsked())
    assert over(board) == ("withdrawal-asked", 7)
    board.happens(e.DossierStopped(ground="withdrawal"))
    assert (*over(board), board.status.clock) == ("stopped", 8, "ended")
    assert board.inbox(LAND) == []


def test_portal_codes_of_the_ends(board: Board) -> None:
    board.received()
    board.happens(e.ClockEnded(due=T0, verdict="early"), e.ResultReady())
    assert (*over(board), board.status.clock) == ("result-ready", 9, "ended")
    board.happens(e.ResultReturned(step="return", to="done", channel="post"))
    assert over(board) == ("returned", 10)
    assert (board.status.holder, board.status.verdict) == (None, "early")
    board.happens(
        e.DossierReopened(
            step="appraise", agency=LAND, officer="l", withdraws="done", legal_basis="x", due=T0
        )
    )
    assert over(board) == ("at-work", 4)
    assert (board.status.withdrawn, board.status.verdict) == ("done", None)
    board.happens(e.SupplementExpired(step="appraise"), e.DossierRefused())
    assert over(board) == ("supplement-expired", 3)


def test_every_state_has_a_portal_code() -> None:
    assert set(PORTAL_CODES.values()) == set(range(1, 11))


def test_two_legs_that_pause_at_once_stop_the_whole_until_both_are_over(board: Board) -> None:
    board.received()
    board.opened("tax")
    board.opened("police", "police-office")
    board.happens(stopped("financial-duty", "tax"))
    board.happens(stopped("supplement", "police"))
    assert over(board) == ("awaiting-supplement", 5)
    board.happens(resumed("supplement", "police", ("police",)))
    assert (*over(board), board.status.clock) == ("awaiting-payment", 6, "stopped")
    board.happens(resumed("financial-duty", "tax", ("tax", "")))
    assert (*over(board), board.status.clock) == ("awaiting-legs", 4, "running")


def test_a_suspension_counts_until_it_is_lifted(board: Board) -> None:
    board.received()
    board.happens(e.DossierSuspended(ground="lawsuit"))
    assert (*over(board), board.status.ground) == ("suspended", 4, "lawsuit")
    assert [each.stopped for each in deadlines(board.connection)] == [True, True]
    assert [task.remaining_working_minutes for task in board.inbox(DESK)] == [None]
    board.happens(e.DossierResumed(dues={"": T0 + 40 * DAY}, running=("",)))
    assert (board.status.clock, board.status.due) == ("running", to_micros(T0 + 40 * DAY))


def test_deadlines_nearest_first(board: Board) -> None:
    board.received()
    board.opened()
    found = [(each.kind, each.leg, each.due) for each in deadlines(board.connection)]
    assert found == [
        ("step", "", to_micros(T0 + 4 * HOUR)),
        ("leg", "tax", to_micros(T0 + HOUR + 3 * DAY)),
        ("whole", "", to_micros(T0 + 34 * DAY)),
    ]
    near = deadlines(board.connection, until=micros(T0 + 4 * DAY), agency=TAX)
    assert [(each.kind, each.agency) for each in near] == [("leg", TAX)]
    board.happens(stopped("financial-duty", "tax"))
    assert all(each.stopped for each in deadlines(board.connection))


def test_a_date_is_overdue_from_the_next_midnight_and_a_step_at_its_moment(board: Board) -> None:
    board.received()
    board.opened()
    for each in deadlines(board.connection):
        if each.kind == "step":
            late = each.due
        else:
            # All begin at 9:00 or 10:00 local time.
            late = midnight_after(each.due)
            assert timedelta(hours=13) < from_micros(late) - from_micros(each.due) < DAY
        assert not each.overdue(late - 1)
        assert each.overdue(late)
    board.happens(stopped("financial-duty", "tax"))
    assert not any(each.overdue(micros(T0 + 99 * DAY)) for each in deadlines(board.connection))


def test_one_submission_is_one_dossier_and_its_leg_counts_at_its_agency(board: Board) -> None:
    board.received()
    board.opened()
    board.happens(e.LegResulted(leg="tax"), by=TAX)
    assert [each.unit for each in register(board.connection)] == [DESK]
    assert by_agency(board.connection) == {TAX: 1}


def test_legs_keep_their_outcomes(board: Board) -> None:
    board.received()
    board.opened("tax")
    board.opened("police", "police-office")
    board.opened("late", "late-office")
    board.happens(e.LegResulted(leg="tax"))
    board.happens(e.LegRefused(leg="police"))
    assert [(leg.leg, leg.outcome) for leg in legs(board.connection, "d-1")] == [
        ("late", None),
        ("police", "refused"),
        ("tax", "done"),
    ]
    board.happens(e.DossierStopped(ground="withdrawal"))
    [late, _, tax] = legs(board.connection, "d-1")
    assert (late.outcome, late.ended_at) == ("stopped", board.last["d-1"].occurred_at)
    assert tax.outcome == "done"


def test_custody_follows_without_a_gap_and_a_waiting_handover_stands_apart(board: Board) -> None:
    board.received()
    board.offered()
    board.accepted()
    board.happens(e.StepAssigned(step="appraise", officer="land-2", from_officer="x"), by=LAND)
    board.opened()
    board.happens(e.DossierStopped(ground="withdrawal"))
    at = [to_micros(T0 + hours * HOUR) for hours in range(6)]
    assert custody(board.connection, "d-1") == [
        Turn("", DESK, "desk.officer", at[0], at[1]),
        Turn("", DESK, "desk.officer", at[1], at[2], waiting_for=(LAND, "specialist")),
        Turn("", LAND, "land-office.officer", at[2], at[3]),
        Turn("", LAND, "land-2", at[3], at[5]),
        Turn("tax", LAND, "land-2", at[4], at[5]),
    ]


def test_the_register_has_what_form_07_asks_for(board: Board) -> None:
    board.received()
    board.happens(e.SupplementRequested(step="appraise", ordinal=1))
    board.happens(e.ClockEnded(due=T0, verdict="on time"), e.ResultReady())
    board.happens(e.ResultReturned(step="return", to="done", channel="post"))
    [entry] = register(board.connection, field_of=lambda id_, version: f"field of {id_}")
    assert entry.code == "d-1"
    assert (entry.field, entry.unit, entry.channel) == ("field of 1.012783", DESK, "direct")
    assert (entry.received_at, entry.ended_at) == (to_micros(T0), to_micros(T0 + 2 * HOUR))
    assert (entry.verdict, entry.outcome, entry.supplements) == ("on time", "done", 1)
    assert (entry.returned_at, entry.returned_by) == (to_micros(T0 + 3 * HOUR), "post")


def test_the_register_of_a_period_and_a_unit(board: Board) -> None:
    board.received("d-1")
    board.received("d-2")
    middle = to_micros(T0 + HOUR)
    assert [each.code for each in register(board.connection, until=middle)] == ["d-1"]
    assert [each.code for each in register(board.connection, since=middle)] == ["d-2"]
    assert register(board.connection, unit="elsewhere") == []
