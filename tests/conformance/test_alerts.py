"""I7: each (dossier, leg, kind, deadline) is raised exactly once, never early."""

from __future__ import annotations

import random
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from consumers import alerts as raising
from consumers.alerts import Alert, act_on, alerts, sweep
from consumers.home import Home
from consumers.rebuild import open_views, rebuild
from consumers.subscription import Subscription
from consumers.transport import LogTransport
from consumers.views import all_views, view
from engine.store import Append, Log
from schemas import events as e
from schemas.envelope import GENESIS, Origin, Recorded, from_micros, seal, to_micros
from tests.alerts_check import i7
from tests.appends import new_id
from tests.streams import appends, walks

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
MOMENT = timedelta(microseconds=1)
T0 = datetime(2021, 3, 1, 2, 0, tzinfo=UTC)
DUE = datetime(2021, 3, 10, 10, 0, tzinfo=UTC)
MIDNIGHT = datetime(2021, 3, 10, 17, 0, tzinfo=UTC)
"""The local day after DUE begins: 11 March, 0:00 in Asia/Ho_Chi_Minh."""
LATER = datetime(2021, 12, 31, tzinfo=UTC)


def warn_at(due: datetime, procedure: str, version: str, calendar: str) -> datetime:
    assert (procedure, version, calendar) == ("1.012783", "2024-08-01", "2025")
    return due - 8 * HOUR


@pytest.fixture
def home(log: Log) -> Home:
    return log


class Office:
    """One dossier on a log, the views that follow it, and the alerts raised so far."""

    def __init__(self, home: Home, log: Log, stream: str = "d-1") -> None:
        self.home, self.log, self.stream = home, log, stream
        open_views(home, log, all_views())
        self.follower = Subscription(home, LogTransport(log), all_views())
        self.last: Recorded | None = None

    def happens(self, at: datetime, *events: e.Event) -> None:
        micros = to_micros(at)
        command = new_id()
        sealed = seal(
            self.stream,
            events,
            Origin(command, command, "desk.receiver-1", "desk", micros, micros),
            version=self.last.version if self.last else 0,
            previous=self.last.hash if self.last else GENESIS,
            new_id=new_id,
        )
        self.log.append([Append(tuple(sealed))])
        self.last = sealed[-1]
        self.follower.catch_up()

    def received(self, due: datetime = DUE) -> None:
        self.happens(
            T0,
            e.DossierReceived(
                procedure="1.012783",
                procedure_version="2024-08-01",
                calendar="2025",
                agency="desk",
                officer="desk.receiver-1",
                channel="direct",
                step="receive",
                appointment=due,
            ),
            e.ClockStarted(limit="7 working days", rule="day-after", due=due),
        )

    def sweep(self, at: datetime) -> list[tuple[str, str]]:
        return [(each.kind, each.leg) for each in sweep(self.home, at, warn_at)]

    def only_at(self, at: datetime, *expected: tuple[str, str]) -> None:
        """Not a microsecond before, at that moment, and never again."""
        assert self.sweep(at - MOMENT) == []
        assert sorted(self.sweep(at)) == sorted(expected)
        assert self.sweep(at) == []
        assert self.sweep(at + HOUR) == []


@pytest.fixture
def office(home: Home, log: Log) -> Office:
    return Office(home, log)


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


def opened(office: Office, leg: str = "tax", due: datetime = T0 + 3 * DAY) -> None:
    office.happens(
        T0 + HOUR,
        e.LegOpened(leg=leg, agency="tax-office", step="assess", opened_by="await"),
        e.ClockStarted(leg=leg, limit="3 working days", rule="day-after", due=due),
        offer(leg),
    )


def offer(leg: str = "", expires: datetime = T0 + DAY) -> e.HandoverOffered:
    return e.HandoverOffered(
        leg=leg,
        handover=1,
        from_agency="desk",
        from_officer="desk.receiver-1",
        to_agency="tax-office",
        to_role="specialist",
        step="assess",
        back="receive",
        expires=expires,
    )


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


# --- exactly once ------------------------------------------------------------------------


def test_timers_that_are_rebuilt_raise_nothing_twice(office: Office) -> None:
    office.received()
    opened(office)
    first = office.sweep(LATER)
    assert len(first) == 5
    rebuild(office.home, office.log, [view("timers")])
    assert office.sweep(LATER) == []


def test_sweeps_at_the_same_time_raise_each_once(home: Home, log: Log) -> None:
    log.append([Append(tuple(events)) for events in _cut(60)])
    open_views(home, log, all_views())
    Subscription(home, LogTransport(log), all_views()).catch_up()
    found: list[Alert] = []

    def work() -> None:
        found.extend(sweep(home, LATER, lambda due, *_: due - 8 * HOUR, batch=7))

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(found) > 60
    assert len({each.id for each in found}) == len(found)
    with home.engine.connect() as connection:
        assert {each.id for each in alerts(connection)} == {each.id for each in found}


def _cut(count: int, seed: int = 3) -> list[list[Recorded]]:
    """Dossiers that are left lying somewhere on their way."""
    rng = random.Random(seed)
    made = []
    for walk in walks(count, seed):
        del walk.commands[rng.randrange(1, len(walk.commands)) :]
        made.append(walk)
    return list(appends(made, spread=10))


# --- the checker ------------------------------------------------------------------------


def simulate(home: Home, log: Log, seed: int) -> tuple[list[Recorded], list[Any]]:
    """Events in the order of time, with a sweep every now and then."""
    batches = sorted(_cut(40, seed), key=lambda batch: batch[0].occurred_at)
    open_views(home, log, all_views())
    follower = Subscription(home, LogTransport(log), all_views())
    rng, swept = random.Random(seed), []
    for index, batch in enumerate(batches):
        log.append([Append(tuple(batch))])
        later = batches[index + 1][0].occurred_at if index + 1 < len(batches) else None
        if later is None or rng.random() < 0.15:
            follower.catch_up()
            at = batch[0].occurred_at if later else to_micros(LATER)
            swept.append((at, sweep(home, from_micros(at), lambda due, *_: due - 8 * HOUR)))
    return [event for batch in batches for event in batch], swept


@pytest.mark.parametrize("seed", [1, 2])
def test_i7_holds(log: Log, seed: int) -> None:
    events, swept = simulate(log, log, seed)
    assert i7(events, swept) == []
    assert sum(len(found) for _, found in swept) > 60


NOTHING = "UPDATE view_timers SET agency = agency WHERE dossier = :of || '?' AND leg = :in_leg"


@pytest.mark.parametrize("bug", ["early", "twice", "never"])
def test_the_checker_bites(log: Log, bug: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if bug == "early":
        monkeypatch.setattr("consumers.views.timers.midnight_after", lambda due: due)
    elif bug == "twice":
        monkeypatch.setattr(raising, "alert_id", lambda *_: new_id())
        monkeypatch.setattr(raising, "_CLEAR", text(NOTHING))
        monkeypatch.setattr(raising, "_due", _only_once_a_sweep(raising._due))
    else:
        wrong = {k: v for k, v in raising.KINDS.items() if k != "step_due"}
        monkeypatch.setattr(raising, "KINDS", wrong)
    events, swept = simulate(log, log, 1)
    assert i7(events, swept) != []


def _only_once_a_sweep(due: Any) -> Any:
    """A sweep that clears nothing would go on for ever; this one takes one batch."""

    def limited(connection: Any, at: int, batch: int) -> Any:
        return due(connection, at, batch)[: batch - 1]

    return limited


# --- acting on them ----------------------------------------------------------------------


def test_the_engine_is_asked_until_it_is_settled(office: Office) -> None:
    office.received()
    opened(office)
    office.sweep(T0 + DAY)
    asked: list[Alert] = []

    def submit(alert: Alert) -> bool:
        asked.append(alert)
        return len(asked) > 1

    assert act_on(office.home, submit) == 0
    assert act_on(office.home, submit) == 1
    assert act_on(office.home, submit) == 0
    assert [each.kind for each in asked] == ["handover-not-accepted"] * 2
    assert asked[0].leg == "tax"


def test_a_crash_while_acting_loses_nothing(office: Office) -> None:
    office.received()
    opened(office)
    office.sweep(T0 + DAY)

    def crash(alert: Alert) -> bool:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        act_on(office.home, crash)
    assert act_on(office.home, lambda alert: True) == 1
