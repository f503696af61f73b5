"""Case by case, what a dossier counts as: the rules of the form and of the national index."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta

from app.reporting.counting import Key, counted
from app.reporting.period import Period
from consumers.views import board
from schemas import events as e
from schemas.envelope import Recorded, to_micros
from tests.arrivals import arrived
from tests.reporting.lives import follow, sealed, viewed
from tests.reporting.oracle import Table, as_table, folded
from workflows.machine import ORIGIN

MARCH = Period(date(2021, 3, 1), date(2021, 3, 31))
APRIL = Period(date(2021, 4, 1), date(2021, 4, 30))
DESK, TAX, COMMUNE = "ub-desk", "ub-tax", "ub-quang-trung"
LAND = ("lt-01-land-transfer-tax", "2025-01-01")
HERE = Key("dossiers", DESK, *LAND)


def day(number: int, month: int = 3, hour: int = 9) -> datetime:
    """That day of 2021, at this local time."""
    return datetime(2021, month, number, hour, tzinfo=UTC) - timedelta(hours=7)


class Told:
    """One dossier's events as they are told: `on` says what happened when."""

    def __init__(self) -> None:
        self.events: list[Recorded] = []

    def on(self, at: datetime, *events: e.Event, told: datetime | None = None) -> Told:
        occurred, recorded = to_micros(at), to_micros(told or at)
        self.events += sealed("d-1", events, occurred, recorded, self.events)
        return self

    def received(self, at: datetime, due: datetime | None, channel: str = "direct") -> Told:
        receipt = e.DossierReceived(
            procedure=LAND[0],
            procedure_version=LAND[1],
            calendar="2025",
            agency=DESK,
            officer=f"{DESK}.receiver-1",
            channel=channel,
            step="receive",
            appointment=due or at,
        )
        clock = [e.ClockStarted(limit="10 days", rule="day-after", due=due)] if due else []
        return self.on(at, receipt, *clock)

    def ready(self, at: datetime, verdict: str, told: datetime | None = None) -> Told:
        return self.on(at, e.ClockEnded(verdict=verdict), e.ResultReady(), told=told)

    def counts(self, period: Period, key: Key = HERE, known: datetime | None = None) -> set[str]:
        """The columns in which the dossier (or one leg of it) counts."""
        counts = self.table(period, known).get(key, Counter())
        assert set(counts.values()) <= {1}
        return set(counts)

    def asked_on(self, today: date, period: Period = MARCH) -> set[str]:
        """The columns in which the dossier counts when it is asked about on that day."""
        with viewed([self.events]) as connection:
            return set(as_table(counted(connection, period, today=today))[HERE])

    def table(self, period: Period, known: datetime | None = None) -> Table:
        """As the view and the fold both say."""
        moment = None if known is None else to_micros(known)
        with viewed([self.events]) as connection:
            found = as_table(counted(connection, period, moment))
        assert found == folded([self.events], period, moment)
        return found


def told() -> Told:
    return Told()


def reopened(due: datetime) -> e.DossierReopened:
    return e.DossierReopened(
        step="appraise",
        agency="ub-land",
        officer="ub-land.specialist-1",
        withdraws="done",
        legal_basis="x",
        due=due,
    )


def test_received_and_finished_in_the_period() -> None:
    one = told().received(day(2), day(12)).ready(day(11), "early")
    assert one.counts(MARCH) == {"c3", "c5", "c7", "c8"}
    assert one.counts(APRIL) == set()


def test_the_way_it_came() -> None:
    for channel, column in (("online", "c4"), ("direct", "c5"), ("post", "c5")):
        assert column in told().received(day(2), day(12), channel).counts(MARCH)


def test_registered_online_but_never_received_is_none_of_the_form() -> None:
    form = e.DossierRegistered(
        procedure=LAND[0],
        procedure_version=LAND[1],
        calendar="2025",
        agency=DESK,
        check_by=day(3),
    )
    assert told().on(day(2), form).counts(MARCH) == set()
    refused = told().on(day(2), form).on(day(3), e.DossierRefusedAtReceipt())
    assert refused.counts(MARCH) == set()


def test_last_years_report_stays_what_it_was() -> None:
    one = told().received(day(25), day(7, 4))
    before = one.counts(MARCH)
    one.ready(day(6, 4), "early")
    assert one.counts(MARCH) == before == {"c3", "c5", "c11", "c12"}
    assert one.counts(APRIL) == {"c3", "c6", "c7", "c8"}


def test_what_was_told_late_changes_only_what_was_known_since() -> None:
    one = told().received(day(2), day(12))
    one.ready(day(11), "early", told=day(20, 4))
    assert one.counts(MARCH, known=day(20, 4) - timedelta(seconds=1)) == {
        "c3", "c5", "c11", "c13",
    }  # fmt: skip
    assert one.counts(MARCH, known=day(20, 4)) == {"c3", "c5", "c7", "c8"}


def test_a_receipt_that_was_told_late_was_received_when_it_happened() -> None:
    one = told()
    one.on(day(3), e.DossierRegistered(
        procedure=LAND[0], procedure_version=LAND[1], calendar="2025", agency=DESK,
        check_by=day(3),
    ), told=day(1, 4)).received(day(30), day(12, 4), "online")  # fmt: skip
    assert one.counts(MARCH, known=day(31)) == set()
    assert one.counts(MARCH) == {"c3", "c4", "c11", "c12"}
    assert "c6" in one.counts(APRIL)


def test_not_overdue_when_the_date_is_today() -> None:
    assert "c12" in told().received(day(2), day(31, hour=8)).counts(MARCH)
    assert "c13" in told().received(day(2), day(30, hour=17)).counts(MARCH)


def test_a_period_that_has_not_ended_is_as_of_the_day_it_is_asked_about_on() -> None:
    """In the middle of the month nothing is overdue that falls due at its end."""
    one = told().received(day(2), day(20))
    assert "c12" in one.asked_on(date(2021, 3, 16))
    assert "c12" in one.asked_on(date(2021, 3, 20))
    assert "c13" in one.asked_on(date(2021, 3, 21))
    assert "c13" in one.asked_on(date(2022, 1, 1))


def test_as_known_in_the_middle_of_a_period_it_is_as_of_then() -> None:
    one = told().received(day(2), day(20))
    assert "c12" in one.counts(MARCH, known=day(20, hour=23))
    assert "c13" in one.counts(MARCH, known=day(21, hour=0))
    assert "c13" in one.counts(MARCH, known=day(2, 4))


def test_an_extension_moves_the_date() -> None:
    one = told().received(day(2), day(12))
    one.on(day(9), e.ClockExtended(by="15 days", legal_basis="x", due=day(2, 4)))
    assert "c12" in one.counts(MARCH)
    assert "c13" in one.counts(APRIL)


def test_what_waits_for_papers_or_payment_or_is_suspended_is_within() -> None:
    dues = {"": day(20, 4)}
    stops: tuple[tuple[e.Event, e.Event], ...] = (
        (
            e.ClockStopped(step="x", ground="supplement"),
            e.ClockResumed(step="x", ground="supplement", dues=dues),
        ),
        (
            e.ClockStopped(step="x", ground="financial-duty"),
            e.ClockResumed(step="x", ground="financial-duty", dues=dues),
        ),
        (e.DossierSuspended(ground="lawsuit"), e.DossierResumed(dues=dues)),
    )
    for stop, go_on in stops:
        one = told().received(day(2), day(12)).on(day(5), stop)
        assert "c12" in one.counts(MARCH)
        one.on(day(2, 4), go_on)
        assert "c12" in one.counts(MARCH), "it was waiting then"
        assert "c13" in one.counts(APRIL)


def test_the_end_is_the_ready_result_not_its_collection() -> None:
    one = told().received(day(2), day(12)).ready(day(12), "on time")
    one.on(day(20, 4), e.ResultReturned(step="return", to="done", channel="post"))
    assert one.counts(MARCH) == {"c3", "c5", "c7", "c9"}
    assert one.counts(APRIL) == set()


def test_without_a_verdict_the_dates_decide_and_without_a_date_it_is_on_time() -> None:
    done = e.ResultReturned(step="return", to="done", channel="desk")
    assert "c8" in told().received(day(2), day(12)).on(day(11), done).counts(MARCH)
    assert "c9" in told().received(day(2), day(12)).on(day(12, hour=23), done).counts(MARCH)
    assert "c10" in told().received(day(2), day(12)).on(day(13, hour=0), done).counts(MARCH)
    assert "c9" in told().received(day(2), None).on(day(13), done).counts(MARCH)
    assert "c12" in told().received(day(2), None).counts(MARCH)


def test_a_reopened_dossier_is_carried_over_and_its_first_end_stays() -> None:
    one = told().received(day(2), day(12)).ready(day(11), "early")
    one.on(day(15), e.ResultReturned(step="return", to="done", channel="desk"))
    one.on(day(5, 4), reopened(day(15, 4)))
    assert one.counts(MARCH) == {"c3", "c5", "c7", "c8"}
    assert one.counts(APRIL) == {"c3", "c6", "c11", "c13"}
    one.ready(day(20, 4), "overdue")
    assert one.counts(APRIL) == {"c3", "c6", "c7", "c10"}
    assert one.counts(MARCH) == {"c3", "c5", "c7", "c8"}


def test_a_leg_counts_at_its_agency_and_the_dossier_at_its_desk() -> None:
    one = told().received(day(2), day(12), "online")
    one.on(day(3), e.LegOpened(leg="tax", agency=TAX, step="assess", opened_by="wait"),
           e.ClockStarted(leg="tax", limit="3 days", rule="day-after", due=day(6)))  # fmt: skip
    leg = Key("legs", TAX, *LAND)
    assert one.counts(MARCH, leg) == {"c3", "c4", "c11", "c13"}
    assert one.counts(MARCH) == {"c3", "c4", "c11", "c13"}
    one.on(day(6), e.ClockEnded(leg="tax", verdict="on time"), e.LegResulted(leg="tax"))
    assert one.counts(MARCH, leg) == {"c3", "c4", "c7", "c9"}


def test_a_leg_of_its_own_procedure_and_one_that_was_transferred() -> None:
    one = told().received(day(2), day(12))
    one.on(day(3), e.LegOpened(
        leg="tax", agency=TAX, step="x", opened_by="wait", procedure="p", procedure_version="1",
    ))  # fmt: skip
    assert one.counts(MARCH, Key("legs", TAX, "p", "1")) == {"c3", "c5", "c11", "c12"}
    moved = e.LegTransferred(leg="tax", from_agency=TAX, to_agency=COMMUNE, why="changed")
    one.on(day(2, 4), moved)
    assert one.counts(MARCH, Key("legs", TAX, "p", "1")), "it was there then"
    assert one.counts(APRIL, Key("legs", TAX, "p", "1")) == set()
    assert one.counts(APRIL, Key("legs", COMMUNE, "p", "1")) == {"c3", "c6", "c11", "c12"}


def test_a_leg_that_is_opened_again_counts_where_it_was_opened_last() -> None:
    """However it was handed over the first time, and whatever its procedure was then."""
    one = told().received(day(2), day(12))
    one.on(day(3), e.LegOpened(leg="tax", agency=TAX, step="x", opened_by="wait"),
           e.ClockStarted(leg="tax", limit="3 days", rule="day-after", due=day(6)))  # fmt: skip
    one.on(day(4), e.LegTransferred(leg="tax", from_agency=TAX, to_agency=COMMUNE, why="changed"))
    one.on(day(5), e.ClockEnded(leg="tax", verdict="early"), e.LegResulted(leg="tax"))
    one.ready(day(11), "early")
    one.on(day(12), e.ResultReturned(step="return", to="done", channel="desk"))
    moved, again = Key("legs", COMMUNE, *LAND), Key("legs", "hl-tax", "p", "2")
    assert one.counts(MARCH, moved) == {"c3", "c5", "c7", "c8"}
    one.on(day(5, 4), reopened(day(25, 4)))
    one.on(day(6, 4), e.LegOpened(
        leg="tax", agency="hl-tax", step="x", opened_by="wait", procedure="p",
        procedure_version="2",
    ))  # fmt: skip
    assert one.counts(MARCH, moved) == {"c3", "c5", "c7", "c8"}, "it was there then"
    assert one.counts(APRIL, moved) == set()
    # Opened without a limit it is not late by the date that it had the first time.
    assert one.counts(APRIL, again) == {"c3", "c6", "c11", "c12"}
    back = e.LegTransferred(leg="tax", from_agency="hl-tax", to_agency=TAX, why="changed")
    one.on(day(7, 4), back)
    assert one.counts(APRIL, again) == set()
    assert one.counts(APRIL, Key("legs", TAX, "p", "2")) == {"c3", "c6", "c11", "c12"}


def test_a_leg_without_a_limit_ends_when_it_is_refused_or_with_the_whole() -> None:
    leg = Key("legs", COMMUNE, *LAND)
    opened = e.LegOpened(leg="confirm", agency=COMMUNE, step="x", opened_by="wait")
    one = told().received(day(2), day(12)).on(day(3), opened)
    assert one.counts(MARCH, leg) == {"c3", "c5", "c11", "c12"}
    one.on(day(4), e.LegRefused(leg="confirm"))
    assert one.counts(MARCH, leg) == {"c3", "c5", "c7", "c9"}
    other = told().received(day(2), day(12)).on(day(3), opened)
    other.on(day(2, 4), e.ClockEnded(verdict="overdue"), e.DossierStopped(ground="withdrawal"))
    assert other.counts(MARCH, leg) == {"c3", "c5", "c11", "c12"}
    assert other.counts(APRIL, leg) == {"c3", "c6", "c7", "c9"}


def test_a_stop_in_a_leg_stops_the_whole_but_no_other_leg() -> None:
    one = told().received(day(2), day(12))
    for name in ("tax", "confirm"):
        one.on(day(3), e.LegOpened(leg=name, agency=TAX, step="x", opened_by="wait"),
               e.ClockStarted(leg=name, limit="3 days", rule="day-after", due=day(6)))  # fmt: skip
    one.on(day(4), e.ClockStopped(leg="tax", step="x", ground="financial-duty"))
    table = one.table(MARCH)
    assert table[HERE]["c12"] == 1
    legs = table[Key("legs", TAX, *LAND)]
    assert legs["c12"] == legs["c13"] == 1


LOOK = Key("legs", TAX, f"{LAND[0]}#tax", LAND[1])
"""A leg of another house's dossier, at the agency here."""


def handed_over(at: datetime) -> Told:
    leg = (LOOK.procedure, LOOK.procedure_version)
    return told().on(at, *arrived(TAX, leg, "assess", at, day(20, 4)))


TAKEN = e.HandoverAccepted(handover=1, step="assess", agency=TAX, officer=f"{TAX}.x")


def test_a_leg_of_another_engines_dossier_counts_as_a_leg() -> None:
    one = handed_over(day(2)).on(day(3), TAKEN)
    assert one.counts(MARCH, LOOK) == {"c3", "c5", "c11", "c12"}
    assert one.counts(MARCH) == set()
    one.on(day(4), e.DossierStopped(ground="inspection"))
    assert one.counts(MARCH, LOOK) == {"c3", "c5", "c7", "c8"}


def test_what_another_engine_offered_is_received_when_it_is_taken() -> None:
    """No period may carry over what the one before did not leave."""
    one = handed_over(day(31))
    assert one.table(MARCH) == {}
    one.on(day(2, 4), TAKEN, told=day(5, 4))
    assert one.table(MARCH) == {}
    assert one.counts(APRIL, LOOK) == {"c3", "c5", "c11", "c13"}
    assert one.table(APRIL, known=day(4, 4)) == {}
    # A later handover within the agency is no other receipt.
    moved = e.HandoverAccepted(handover=2, step="sign", agency=TAX, officer=f"{TAX}.y")
    one.on(day(2, 5), moved)
    assert one.counts(Period(date(2021, 5, 1), date(2021, 5, 31)), LOOK) == {
        "c3",
        "c6",
        "c11",
        "c13",
    }


def not_taken(at: datetime, verdict: str) -> Told:
    cls = e.HandoverRefused if verdict == "early" else e.HandoverRecalled
    back = cls(handover=1, step=ORIGIN, agency="elsewhere", officer="elsewhere.officer")
    return handed_over(day(2)).on(
        at, back, e.ClockEnded(verdict=verdict), e.DossierStopped(ground="not-taken")
    )


def test_what_another_engine_offered_and_nobody_took_is_none_of_the_form() -> None:
    """As what was refused at the desk; it was early there, or overdue after the date."""
    for verdict in ("early", "overdue"):
        one = not_taken(day(5), verdict)
        assert one.table(MARCH) == one.table(APRIL) == {}


def test_the_board_does_not_say_either_that_it_ended_here() -> None:
    done = handed_over(day(2)).on(day(3), TAKEN).on(day(4), e.ClockEnded(verdict="early"))
    for one, ended in ((not_taken(day(5), "overdue"), 0), (done, 1)):
        for batch in (1, 7):
            with viewed([[]], [board.VIEW]) as connection:
                follow(connection, one.events, batch, [board.VIEW])
                found = board.count_ended(connection, 0, 2**62)
                assert sum(each.count for each in found) == ended
