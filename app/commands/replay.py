"""`lienthong replay`: a dossier as it was, by what happened or by what was known."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import click

from app.output import Cell, facts, heading, line, show, table
from app.plain.histories import state
from app.settings import Settings
from app.shell import END_MOMENT, command
from app.times import shown
from app.trouble import BadInput

if TYPE_CHECKING:
    from engine.core.dossier import Dossier
    from schemas.envelope import Recorded


@command("replay")
@click.argument("code")
@click.option("--version", type=click.IntRange(min=1), metavar="N", help="After that event.")
@click.option("--at", type=END_MOMENT, help="As things stood then; a date is its end.")
@click.option("--as-known", type=END_MOMENT, metavar="T",
              help="By what had been recorded by then; a date is its end.")  # fmt: skip
def replay(
    settings: Settings,
    code: str,
    version: int | None,
    at: datetime | None,
    as_known: datetime | None,
) -> None:
    """The state of a dossier then, from its events alone.

    --at asks what had happened by then, --as-known what had been recorded; an act that is
    recorded late is in the first and not in the second. A history that is not what was recorded
    is told on stderr.
    """
    from app.audit.proof import warn_of
    from app.house import open_house
    from app.replaying import as_it_was

    with open_house(settings) as house:
        records = house.log.read_stream(code)
        if not records:
            raise BadInput(house.unknown(code))
        warn_of(house, code)
    if version is not None and version > len(records):
        raise BadInput(f"{code} has {len(records)} events, not {version}")

    found, last = as_it_was(records, version, at, as_known)
    value = state(found.dossier, found.version, last)
    show(settings, value, lambda: _tell(found.dossier, found.version, len(records), last))


def _tell(dossier: Dossier, version: int, versions: int, last: Recorded | None) -> None:
    heading(dossier.stream)
    facts(
        [
            ("after", f"event {version} of {versions}" + (f" ({last.type})" if last else "")),
            ("happened", last and shown(last.occurred_at)),
            ("recorded", last and shown(last.recorded_at)),
            ("status", dossier.status),
            ("procedure", " ".join(dossier.procedure).strip()),
            ("calendar", dossier.calendar),
            ("appointment", dossier.appointment and shown(dossier.appointment)),
            ("facts", ", ".join(f"{k}={v}" for k, v in dossier.facts.items())),
            ("outcome", dossier.outcome),
        ]
    )
    if not dossier.legs:
        return
    line("")
    rows = [
        (
            Cell(leg.path or "(root)", "bold"),
            leg.agency,
            f"{leg.step} ({leg.mode})" if leg.mode else leg.step,
            leg.holder.officer if leg.holder else leg.transit and f"→ {leg.transit.to_agency}",
            shown(leg.due),
            shown(leg.step_due),
            leg.outcome or ("" if leg.running else Cell("clock stopped", "stopped")),
        )
        for _, leg in sorted(dossier.legs.items())
    ]
    headers = ["leg", "agency", "step", "held by", "due", "step due", ""]
    table(headers, rows, whole=["leg", "due", "step due"])
