"""The rules of the national index, from what people do to what a report counts: each dossier is
worked on through the engine, and then asked about."""

from __future__ import annotations

from datetime import date, datetime

from app.reporting.counting import counted
from app.reporting.period import Period
from app.reporting.register import Entry, Register, entries
from schemas import commands as c
from schemas.envelope import Recorded, from_micros, to_micros
from tests.core.scenario import DESK, DESK_HEAD, ENVIRONMENT, Scenario, finished, reached
from tests.reporting.lives import sealed, viewed
from tests.reporting.oracle import as_table, folded

COUNTER = "t-counter"
MARCH = Period(date(2021, 3, 1), date(2021, 3, 31))
YEAR = Period(date(2021, 1, 1), date(2021, 12, 31))
ASK = c.AskSupplement(actor=ENVIRONMENT, papers=("map",))
SUPPLY = c.Supply(actor=DESK, papers=("map",))
REFUSE = c.Refuse(actor=ENVIRONMENT, reason="Không đủ điều kiện")


def life(at: Scenario) -> list[Recorded]:
    events: list[Recorded] = []
    for event, when in at.past:
        moment = to_micros(when)
        events += sealed("d-1", [event], moment, moment, events)
    return events


def columns(at: Scenario, period: Period = YEAR) -> set[str]:
    """In which the dossier counts, as the view and the fold of the log both say."""
    with viewed([life(at)]) as connection:
        found = as_table(counted(connection, period))
    assert found == folded([life(at)], period)
    dossiers = [counts for key, counts in found.items() if key.kind == "dossiers"]
    return set(dossiers[0]) if dossiers else set()


def entry(at: Scenario) -> Entry:
    with viewed([life(at)]) as connection:
        (found,) = entries(connection, Register(YEAR))
    return found


def ended(at: Scenario) -> datetime:
    micros = entry(at).ended
    assert micros is not None
    return from_micros(micros)


def happened(at: Scenario, type_: str) -> datetime:
    """When it last did, to the minute."""
    last = [when for event, when in at.past if event.type == type_][-1]
    return last.replace(second=0, microsecond=0)


def test_the_end_is_the_ready_result() -> None:
    """Status 9, although the citizen fetches it after the date has passed."""
    at = reached(COUNTER, "return").on(2021, 11, 1)
    at.given(c.Return(actor=DESK, channel="desk"))
    assert columns(at) == {"c3", "c5", "c7", "c8"}
    assert ended(at) == happened(at, "result.ready")
    assert entry(at).returned == to_micros(happened(at, "result.returned"))


def test_else_it_is_the_refusal_or_the_stop() -> None:
    refused = reached(COUNTER, "appraise").on(2021, 3, 3).given(REFUSE)
    assert columns(refused) == {"c3", "c5", "c7", "c8"}
    assert ended(refused) == happened(refused, "dossier.refused")
    late = reached(COUNTER, "appraise").on(2021, 6, 3).given(REFUSE)
    assert columns(late) == {"c3", "c5", "c7", "c10"}
    assert columns(late, MARCH) == {"c3", "c5", "c11", "c13"}


def test_papers_asked_for_more_than_once_is_overdue_however_early_it_ends() -> None:
    again = c.AskSupplement(actor=ENVIRONMENT, counts_as_overdue=True)
    at = reached(COUNTER, "appraise").on(2021, 3, 2).given(ASK, SUPPLY)
    once = columns(_copied(at).given(REFUSE))
    assert once == {"c3", "c5", "c7", "c8"}
    at.given(again, SUPPLY, REFUSE)
    assert columns(at) == {"c3", "c5", "c7", "c10"}
    assert entry(at).supplements == 2


def _copied(at: Scenario) -> Scenario:
    other = Scenario(at.law, at.now)
    other.dossier, other.past = at.dossier, list(at.past)
    return other


def test_a_request_that_nobody_answers_ends_it_on_the_day_of_the_request() -> None:
    """It is closed months after its date, and is early all the same. It counts in the month in
    which it is closed: until then nobody can know that the papers never come."""
    at = reached(COUNTER, "appraise").on(2021, 3, 2).given(ASK)
    at.on(2021, 5, 3).given(c.ExpireSupplement(actor=ENVIRONMENT))
    assert columns(at) == {"c3", "c5", "c7", "c8"}
    assert columns(at, MARCH) == {"c3", "c5", "c11", "c12"}
    assert columns(at, Period(date(2021, 5, 1), date(2021, 5, 31))) == {"c3", "c6", "c7", "c8"}


def test_what_the_citizen_takes_back_is_on_time_however_late() -> None:
    at = reached(COUNTER, "appraise").on(2021, 9, 1)
    at.given(c.AskWithdrawal(actor=DESK, reason="Đổi ý"))
    at.given(c.Stop(actor=DESK_HEAD, ground="withdrawal", reason="Theo yêu cầu"))
    assert columns(at) == {"c3", "c5", "c7", "c9"}


def test_early_on_time_and_overdue_are_by_date() -> None:
    due = reached(COUNTER, "appraise").leg().due
    assert due is not None
    for days, hour, column in ((-1, 23, "c8"), (0, 0, "c9"), (0, 23, "c9"), (1, 0, "c10")):
        at = reached(COUNTER, "appraise")
        at.on(due.year, due.month, due.day + days, hour).given(REFUSE)
        assert column in columns(at), (days, hour)


def test_what_waits_for_papers_or_is_suspended_is_within_after_its_date() -> None:
    waits = reached(COUNTER, "appraise").on(2021, 3, 2).given(ASK)
    assert columns(waits) == {"c3", "c5", "c11", "c12"}
    halted = reached(COUNTER, "appraise").on(2021, 3, 2)
    halted.given(c.Suspend(actor=DESK_HEAD, ground="lawsuit", reason="Toà thụ lý"))
    assert columns(halted) == {"c3", "c5", "c11", "c12"}
    assert columns(reached(COUNTER, "appraise")) == {"c3", "c5", "c11", "c13"}


def test_a_straight_life_adds_up() -> None:
    assert columns(finished(COUNTER)) == {"c3", "c5", "c7", "c8"}
