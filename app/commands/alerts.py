"""`lienthong alerts`: sweeps the timers, lets the engine act, and lists what was raised."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

import click

from app.feeding.sweeping import sweep
from app.output import Cell, note, show, table
from app.plain.tasks import alert as plain
from app.settings import Settings
from app.shell import MOMENT, command
from app.times import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Engine

    from app.house import House


@command("alerts")
@click.option("--since", type=MOMENT, help="Only those raised since then.")
@click.option("--dossier", metavar="CODE", help="Only those of one dossier.")
@click.option("--limit", type=click.IntRange(min=1), default=1000, show_default=True,
              help="At most so many.")  # fmt: skip
def alerts(settings: Settings, since: datetime | None, dossier: str | None, limit: int) -> None:
    """What is due soon, late or unanswered; the newest first.

    Raises what is due by now, each alert once, and lets handovers expire that nobody
    answered in time; where Kafka feeds the timers, `lienthong consume` does that.
    With a --now that lies ahead nothing is kept: it only shows what would be.
    """
    from app.house import open_house
    from consumers.alerts import alerts as query
    from schemas.envelope import to_micros

    micros = None if since is None else to_micros(since)
    with open_house(settings) as house:
        house.refresh()
        ahead = settings.now is not None and settings.now > house.real_now
        if not ahead and house.sweeps:
            expired = sweep(house)
            if expired:
                note(f"{expired} handover{'s' if expired > 1 else ''} expired, unanswered.")
        with _trial(house) if ahead else house.reading() as connection:
            found = query(connection, since=micros, dossier=dossier, limit=limit)
    upto = to_micros(settings.now) if settings.now else None
    found = [each for each in found if upto is None or each.raised_at <= upto]
    value = [plain(each) for each in found]

    def human() -> None:
        rows = [
            (
                shown(each.raised_at),
                Cell(each.kind, "overdue" if each.kind.endswith("overdue") else "warning"),
                Cell(each.dossier, "bold"),
                each.leg,
                shown(each.deadline),
                each.agency or "",
            )
            for each in found
        ]
        headers = ["raised", "kind", "code", "leg", "deadline", "agency"]
        whole = ["raised", "kind", "code", "deadline"]
        table(headers, rows, whole=whole, nothing="No alerts.")

    show(settings, value, human)


@contextmanager
def _trial(house: House) -> Iterator[Connection]:
    """What a sweep would raise, in a transaction that is thrown away."""
    from consumers.alerts import sweep as raise_due
    from engine.store.errors import in_plain_words

    class Enough(Exception):
        pass

    class Trial:
        def __init__(self, connection: Connection) -> None:
            self.engine: Engine = connection.engine
            self._connection = connection

        @contextmanager
        def begin(self) -> Iterator[Connection]:
            yield self._connection

    try:
        with in_plain_words(house.name), house.home.begin() as connection:
            raise_due(Trial(connection), house.now, house.warn_at)
            yield connection
            raise Enough
    except Enough:
        return
