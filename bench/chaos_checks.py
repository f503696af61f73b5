"""What is compared after the kills: log, topic, views and alerts; see `bench/chaos.py`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bench.lives import START
from consumers.alerts import alerts_table, sweep
from consumers.broker import Broker
from consumers.home import OwnHome
from consumers.rebuild import open_views
from consumers.subscription import Subscription
from consumers.transport import LogTransport
from consumers.views import all_views
from engine.core.deadlines import warning
from engine.core.law import Law
from engine.store import Log
from engine.verify import verify_all
from tests import topic_check

HOUSE = "chaos"
NOW = START + timedelta(minutes=30)
"""What the consumers take for now: the lives that go on have nothing overdue by then."""

SHOWN = 3
"""So many of the alerts that differ are told."""

Rows = dict[str, list[tuple[Any, ...]]]


class Looked:
    """Everything that is to be compared, read once."""

    def __init__(
        self,
        log: Log,
        views_url: str,
        address: str,
        law: Law,
        acknowledged: list[tuple[str, int, bytes]],
        place: Path,
    ) -> None:
        self.acknowledged = acknowledged
        self.sound = verify_all(log)
        self.events = topic_check.logged(log)
        self.topic = topic_check.published(Broker(address), HOUSE)
        with _home(views_url) as home:
            self.rows, self.alerts = _rows(home), _alerts(home)
        with _home(f"sqlite:///{place / 'expected.db'}") as home:
            # The fold of the log by another way: one process, no Kafka, nothing killed.
            open_views(home, log, all_views())
            Subscription(home, LogTransport(log), all_views()).catch_up()
            sweep(home, NOW, partial(warning, law))
            self.wanted_rows, self.wanted_alerts = _rows(home), _alerts(home)

    def faults(self) -> list[str]:
        return [*self._i1(), *self._i4_i5(), *self._i6(), *self._i7()]

    def _i1(self) -> Iterator[str]:
        if not self.sound.ok:
            yield f"I3: {self.sound.first_bad}"
        for code, version, seal in self.acknowledged:
            event = self.events.get((code, version))
            if event is None or event.hash != seal:
                yield f"I1: {code} version {version} was acknowledged and is not in the log"

    def _i4_i5(self) -> Iterator[str]:
        yield from topic_check.faults(self.topic, self.events)

    def _i6(self) -> Iterator[str]:
        for table, wanted in self.wanted_rows.items():
            if self.rows[table] != wanted:
                yield f"I6: {table} is not the fold of the log"

    def _i7(self) -> Iterator[str]:
        """The writers stamp a life weeks back. So a sweep may come between its receipt and its
        handing on, and names the desk, which is right by what was known then."""
        raised = {each[:-1]: each[-1] for each in self.alerts}
        due = {each[:-1]: each[-1] for each in self.wanted_alerts}
        if len(raised) != len(self.alerts) or raised.keys() != due.keys():
            yield f"I7: {len(self.alerts)} alerts, {len(self.wanted_alerts)} were due"
        wrong = raised.keys() ^ due.keys()
        for alert in raised.keys() & due.keys():
            desk = self.events[alert[1], 1].agency
            if raised[alert] not in (due[alert], desk):
                wrong.add(alert)
        for each in sorted(wrong, key=repr)[:SHOWN]:
            yield f"I7: {each}: raised {raised.get(each)}, due {due.get(each)}"

    def bites(self) -> dict[str, bool]:
        """Whether each checker sees a fault that is put into what it looks at."""
        code, version, _ = self.acknowledged[0]
        partition = next(each for each in self.topic if self.topic[each])
        changed = dict.fromkeys(["I1", "I4", "I5", "I6", "I7"], False)
        kept = self.events.pop((code, version))
        changed["I1"] = any(fault.startswith("I1") for fault in self._i1())
        self.events[code, version] = kept
        events = self.topic[partition]
        gone = events.pop()
        changed["I4"] = any(fault.startswith("I4") for fault in self._i4_i5())
        events.append(gone)
        events.reverse()
        changed["I5"] = any(fault.startswith("I5") for fault in self._i4_i5())
        events.reverse()
        row = self.rows["view_status"].pop()
        changed["I6"] = any(True for _ in self._i6())
        self.rows["view_status"].append(row)
        alert = self.alerts.pop()
        for seeded in ([], [alert, alert], [(*alert[:-1], "nobody")]):
            self.alerts += seeded
            changed["I7"] = any(True for _ in self._i7())
            del self.alerts[len(self.alerts) - len(seeded) :]
            if not changed["I7"]:
                break
        self.alerts.append(alert)
        return changed


@contextmanager
def _home(url: str) -> Iterator[OwnHome]:
    engine = sa.create_engine(url)
    yield OwnHome(engine)
    engine.dispose()


def _rows(home: OwnHome) -> Rows:
    """Of all views but the timers, which a sweep works off."""
    with home.engine.connect() as connection:
        return {
            table.name: sorted(
                (tuple(row) for row in connection.execute(sa.select(table))), key=repr
            )
            for view in all_views()
            if not view.swept
            for table in view.tables
        }


def _alerts(home: OwnHome) -> list[tuple[Any, ...]]:
    of = alerts_table.c
    query = sa.select(of.id, of.dossier, of.leg, of.kind, of.deadline, of.due_at, of.agency)
    with home.engine.connect() as connection:
        return sorted((tuple(row) for row in connection.execute(query)), key=repr)
