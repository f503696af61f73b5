"""What a consumer of Kafka works with: the views' database, and the store where it reaches one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from functools import cached_property

from app.house import House, open_house
from app.law import registry
from app.output import note
from app.settings import Settings
from consumers.alerts import Alert, act_on
from consumers.alerts import sweep as raise_due
from consumers.broker import Broker
from consumers.home import Home, open_home
from consumers.kafka_past import KafkaPast
from engine.core.deadlines import warning
from engine.core.law import Law
from engine.core.rules import Refusal
from engine.store import Log, StoreError
from schemas.topics import events_topic

NEEDED = {"timers", "status", "custody"}
"""The views that a sweep reads."""


class Reading:
    """`house`: None where the views have a database of their own and no store is in reach."""

    def __init__(self, settings: Settings, home: Home, house: House | None) -> None:
        self.settings = settings
        self.home = home
        self.house = house
        self._unknown: set[tuple[str, str, str]] = set()

    @property
    def log(self) -> Log | None:
        """What fills gaps."""
        return None if self.house is None else self.house.log

    def past(self, broker: Broker, group: str) -> Callable[[], KafkaPast]:
        """What the group has read, to be read again."""
        topic = events_topic(self.settings.house).name
        return lambda: KafkaPast(group, lambda each: broker.reader(topic, [each]), self.log)

    # --- alerts ---

    @cached_property
    def law(self) -> Law:
        return registry.law_of_files(self.settings) if self.house is None else self.house.law

    @property
    def now(self) -> datetime:
        if self.house is not None:
            return self.house.now
        return self.settings.now or datetime.now(UTC)

    def sweep(self, now: datetime) -> None:
        """Raises what is due, and lets handovers expire where the store is in reach."""
        raise_due(self.home, now, self._warn_at)
        if self.house is not None:
            while act_on(self.home, self._submit):
                pass

    def _warn_at(self, due: datetime, procedure: str, version: str, calendar: str) -> datetime:
        pinned = procedure, version, calendar
        for _ in range(2):
            try:
                return warning(self.law, due, *pinned)
            except Refusal:
                if pinned in self._unknown:
                    break
                # It may have been registered since the law was read, which takes a second.
                self._learn()
        # Nobody here knows how early to warn; that it is due is known.
        self._unknown.add(pinned)
        return due

    def _learn(self) -> None:
        self.__dict__.pop("law", None)
        if self.house is not None:
            self.house.learn()

    def _submit(self, waiting: Sequence[Alert]) -> list[bool]:
        assert self.house is not None, "only who reaches the store lets handovers expire"
        self.house.expire(waiting)
        return [True] * len(waiting)


@contextmanager
def open_reading(settings: Settings) -> Iterator[Reading]:
    """The database of the views, and the store if it answers. Raises StoreError: without a
    database of the views' own, there has to be a store."""
    with ExitStack() as opened:
        views = settings.views
        try:
            house = opened.enter_context(open_house(settings))
        except StoreError as error:
            if views is None or views == settings.database:
                raise
            note(f"{error} Without it gaps wait, and no handover expires here.")
            home = opened.enter_context(closing(open_home(views)))
            yield Reading(settings, home, None)
        else:
            yield Reading(settings, house.home, house)
