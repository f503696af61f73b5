"""One dossier by hand on a log, with the views that follow it: for tests of alerts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from consumers.alerts import sweep
from consumers.home import Home
from consumers.rebuild import open_views
from consumers.subscription import Subscription
from consumers.transport import LogTransport
from consumers.views import all_views
from engine.store import Append, Log
from schemas import events as e
from schemas.envelope import GENESIS, Origin, Recorded, seal, to_micros
from tests.appends import new_id

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
