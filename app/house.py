"""The composition root: one store with its law, its runtime, its views and its alerts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from functools import cached_property

from sqlalchemy import Connection

from app.law import registry
from app.law.in_force import InForce
from app.output import note
from app.settings import Settings
from app.times import shown
from app.trouble import NotThere
from consumers import checkpoints
from consumers.alerts import Alert
from consumers.checkpoints import Fenced
from consumers.home import Home, OwnHome, open_home
from consumers.rebuild import open_views
from consumers.subscription import LIVE, NotFed, Subscription
from consumers.tables import own_are_there
from consumers.transport import LogTransport
from consumers.view import View
from consumers.views import all_views
from engine.core import clock
from engine.core.admission import SYSTEM
from engine.core.calendar import local_day
from engine.core.deadlines import leg_deadline, step_deadline, warning
from engine.core.derivation import Derivation
from engine.core.dossier import Dossier
from engine.core.law import Law
from engine.ids import Ids, wall_clock
from engine.runtime import Call, Done, Folded, Runtime
from engine.store import Log, StoreReadOnly, StoreTooOld, open_log
from engine.store.errors import in_plain_words
from schemas.commands import ExpireHandover
from schemas.envelope import from_micros
from schemas.sentence import Sentence, did_you_mean
from workflows.model import Procedure

FENCED = 5
"""How often another program may be first to feed the views before we give up."""


class House:
    """What a command works with. Parts are made when they are first asked for."""

    def __init__(self, settings: Settings, log: Log) -> None:
        self.settings = settings
        self.log = log
        self.name = log.engine.url.render_as_string(hide_password=True)
        self.in_force = InForce(log, settings)

    @cached_property
    def home(self) -> Home:
        """The database of the views. Raises StoreUnreachable."""
        views = self.settings.views
        if views is None or views == self.settings.database:
            return self.log
        return open_home(views)

    @property
    def law(self) -> Law:
        """The law in force; for the whole of a request the same."""
        return self.in_force.law

    def learn(self) -> None:
        """Reads the law anew, if something was registered since. Whoever asks meanwhile has the
        one before; nobody gets that afterwards. Raises StoreError."""
        self.in_force.learn()

    def procedure(self, key: tuple[str, str]) -> Procedure:
        """The version a dossier is pinned to; quicker than the whole law."""
        return registry.procedure(self.log, key) or self.law.procedure(key)

    @cached_property
    def runtime(self) -> Runtime:
        return Runtime(self.log, self.in_force, wall_clock, Ids(wall_clock))

    @cached_property
    def made_up_now(self) -> datetime | None:
        """The end of made-up time in a store that was simulated; None in any other."""
        found = registry.simulated_until(self.log)
        if found is not None and self.settings.now is None and not self.settings.json:
            note(f"The store's time stands at {shown(found)}; --now asks at another moment.")
        return found

    @property
    def real_now(self) -> datetime:
        """The wall clock, or the end of made-up time."""
        return self.made_up_now or datetime.now(UTC)

    def happened(self, at: datetime | None) -> datetime | None:
        """When an act happened: as said, else as `--now` says, else now in the store's made-up
        time; None lets the runtime look at its clock."""
        return at or self.settings.now or self.made_up_now

    @property
    def now(self) -> datetime:
        """The moment that counts as now: the one asked for, else `real_now`."""
        return self.settings.now or self.real_now

    @property
    def today(self) -> date:
        """The local day that counts as today."""
        return local_day(self.now)

    # --- dossiers ---

    def dossier(self, code: str) -> Folded:
        """A dossier as the log has it. Raises NotThere when there is none."""
        found = self.runtime.latest(code)
        if found.version == 0:
            raise NotThere(self.unknown(code))
        return found

    def unknown(self, code: str) -> str:
        """What to say when there is no such dossier."""
        near = self.log.streams(code[:-2], limit=200) if len(code) > 2 else []
        near += self.log.streams(code.partition("-")[0], limit=200)
        guess = did_you_mean(code, near)
        return Sentence("There is no dossier %(code)r%(guess)s", code=code, guess=guess)

    def derivations(self, dossier: Dossier) -> list[tuple[str, str | None, Derivation]]:
        """(leg, step or None, derivation) of each deadline: the whole's, those of the legs,
        and of the step that each open leg is at."""
        found: list[tuple[str, str | None, Derivation]] = []
        steps: list[tuple[str, str | None, Derivation]] = []
        if not dossier.legs:
            return found
        processes = self.law.outline(dossier.procedure).processes
        for path, leg in sorted(dossier.legs.items()):
            whole = leg_deadline(self.law, dossier, leg)
            if whole is not None:
                found.append((path, None, whole))
            step = processes[path].steps.get(leg.step) if leg.open else None
            if step is not None and leg.visits.get(step.name):
                own = step_deadline(self.law, dossier, leg, step)
                if own is not None:
                    steps.append((path, step.name, own))
        return found + steps

    # --- views ---

    def refresh(self) -> None:
        """Brings the views up to the log, those that Kafka does not feed. On a store that cannot
        be written to, says that what follows may be behind."""
        try:
            with in_plain_words(self.name):
                self._catch_up()
        except StoreReadOnly:
            note("The store can only be read: what follows is as the views were last written.")

    def fed_from_log(self) -> list[View]:
        """The views that whoever asks brings up to date; Kafka feeds the others."""
        if not own_are_there(self.home.engine):
            return list(all_views())
        with self.home.engine.connect() as connection:
            known = checkpoints.views(connection)
        elsewhere = {name for name, info in known.items() if info.subscription != LIVE}
        return [view for view in all_views() if view.name not in elsewhere]

    @property
    def sweeps(self) -> bool:
        """Whether whoever asks for alerts raises them; where Kafka feeds the timers, the consumer
        does, who knows how far they are."""
        return "timers" in {view.name for view in self.fed_from_log()}

    def _catch_up(self) -> None:
        for _ in range(FENCED):
            views = self.fed_from_log()
            if not views:
                return
            open_views(self.home, self.log, views)
            try:
                # `fed`: one that Kafka took over this moment would have its events counted twice.
                Subscription(self.home, LogTransport(self.log), views, fed=True).catch_up()
                return
            except (Fenced, NotFed):
                continue
        raise Fenced("other programs feed the views of this store all the time")

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection for the queries of views, brought up to the log before."""
        self.refresh()
        with in_plain_words(self.name), self.home.engine.connect() as connection:
            yield connection

    def expire(self, alerts: Sequence[Alert]) -> int:
        """Lets the handovers that alerts are about expire, in one commit; how many did, the
        others were answered meanwhile. Repeated, it has no second effect."""
        calls = []
        for alert in alerts:
            last = self.runtime.current(alert.dossier).dossier.last_at
            # Not before what happened last: a store may be looked at as of an earlier moment.
            at = self.now if last is None else max(self.now, last)
            command = ExpireHandover(actor=SYSTEM, leg=alert.leg)
            calls.append(Call(command, alert.id, alert.dossier, at))
        answers = self.runtime.handle_many(calls)
        return sum(isinstance(each, Done) and not each.repeated for each in answers)

    # --- what views ask about the law ---

    def act_of(self, procedure: str, version: str, leg: str, step: str) -> str:
        """The act that ends a step; "" for one that is nobody's work."""
        found = self.law.outline((procedure, version)).processes[leg].steps.get(step)
        return found.act if found is not None and found.by is not None else ""

    def gone(self, agencies: Iterable[str]) -> set[str]:
        """Those that have ended, and whose dossiers others have."""
        day, staff = local_day(self.now), self.law.organisation
        return {each for each in agencies if staff.in_charge(each, day).id != each}

    def remaining(self, calendar: str, due: int) -> int:
        """Working minutes from now to `due` (microseconds since 1970)."""
        return clock.remaining(self.law.calendar(calendar), self.now, from_micros(due))

    def warn_at(self, due: datetime, procedure: str, version: str, calendar: str) -> datetime:
        """When the procedure's policy wants a warning before `due`; `due` where nobody can tell."""
        return warning(self.law, due, procedure, version, calendar)

    def working_minutes(self, calendar: str, since: int, until: int | None) -> int:
        """Working minutes between two moments; until now when `until` is None."""
        end = from_micros(until) if until is not None else max(self.now, from_micros(since))
        return clock.working_minutes(self.law.calendar(calendar), from_micros(since), end)

    def close(self) -> None:
        own = self.__dict__.get("home")
        if isinstance(own, OwnHome):
            own.close()
        self.log.close()


@contextmanager
def open_house(settings: Settings, *, create: bool = False, write: bool = False) -> Iterator[House]:
    """The house of the store that the settings name.

    `write`: definitions that are new are registered first. `create`: makes a store where
    there is none. Raises StoreError, BadProcedure, BadOrganisation.
    """
    log = _open(settings.database, create=create, write=write or create)
    try:
        if write or create:
            registry.register(log, settings)
        house = House(settings, log)
    except BaseException:
        log.close()
        raise
    try:
        yield house
    finally:
        house.close()


def _open(url: str, *, create: bool, write: bool) -> Log:
    try:
        return open_log(url, create=create)
    except StoreTooOld:
        if not write:
            raise
        return open_log(url, create=True)
