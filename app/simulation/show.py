"""What the demo prints in the end: board, alerts, one dossier in full, shares, what next."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import Any

import msgspec

from app.house import House
from app.output import Cell, command, heading, line, table
from app.simulation.board import Row
from app.simulation.one import tell_one
from app.simulation.run import Played
from app.simulation.scenario import Part, Scenario
from app.simulation.tally import Tally
from app.times import iso, local, shown
from engine.verify import Verdict

LEVELS = {"district": "city", "commune": "commune", "province": "province"}

NAME = 22
"""Letters of an agency's name that fit on the board."""

ACCIDENTS = {
    "handover.refused": "handovers refused",
    "handover.recalled": "recalled",
    "handover.expired": "expired",
    "supplement.requested": "supplements asked",
    "supplement.received": "answered",
    "payment.confirmed": "payments",
    "posting.ended": "postings",
    "dossier.suspended": "suspended",
    "withdrawal.asked": "withdrawals asked",
    "apology.issued": "apologies",
    "step.assigned": "caseload moved",
    "dossier.refused": "refused",
    "dossier.stopped": "stopped",
}


class Shown(msgspec.Struct, frozen=True):
    """Everything that is shown. `verify_seconds` is real time."""

    scenario: Scenario
    played: Played
    total: int
    seed: int
    verdict: Verdict
    verify_seconds: float

    @property
    def main(self) -> Tally:
        return self.played.tallies[0]

    @property
    def three_levels(self) -> str:
        """The 3-level dossier that is shown in full."""
        return self.main.richest.get("lt-16-social-allowance", (0, ""))[1]

    def scale(self) -> str:
        return f"1:{max(1, round(self.scenario.dossiers / self.total))}"


def tell(house: House, it: Shown) -> None:
    """Prints it, for a person."""
    _head(it)
    _board(it)
    _alerts(it)
    if it.three_levels:
        tell_one(house, it.three_levels)
    _verify(it)
    _shares(it)
    _next(house, it)


def _head(it: Shown) -> None:
    played = it.played
    heading(f"{it.scenario.title.vi} · {it.scenario.title.en}, simulated at {it.scale()}")
    line(
        f"{played.dossiers:,} dossiers, {played.events:,} events, seed {it.seed}: "
        f"{played.seconds:.1f} s, {played.rate:,.0f} events/s with views and alerts."
    )
    line(
        "Who comes, how fast officers work and what goes wrong is drawn from the seed; whether it "
        "is early or late,",
        "dim",
    )
    line("by which calendar day, is for the engine to say. All persons are made up.", "dim")


def _board(it: Shown) -> None:
    line("")
    heading(f"Status board, {local(it.played.now):%d/%m/%Y %H:%M}")
    headers = [
        "agency", "", "level", "received", "early", "on time", "overdue",
        "to do", "waiting", "soon due", "late",
    ]  # fmt: skip
    rows = [_board_row(row) for row in it.played.board]
    whole = ["agency", *headers[2:]]
    table(headers, [*rows, _sum(it.played.board)], right=headers[3:], whole=whole)
    line(
        "received … overdue: at its desk, in the year; to do: what lies there now, of it waiting "
        "for the citizen,",
        "dim",
    )
    line(
        "due within a day, late: the step, the leg or the whole. A late step can still make a "
        "dossier in time.",
        "dim",
    )


def _board_row(row: Row) -> list[object]:
    name = row.name.removeprefix("Ủy ban nhân dân ").removesuffix(" thành phố Uông Bí")
    name = name if len(name) <= NAME else name[: NAME - 1].rstrip() + "…"
    return [
        Cell(row.agency, "bold"), name, LEVELS.get(row.level, row.level), _n(row.received),
        _n(row.early, "early"), _n(row.on_time), _n(row.overdue, "overdue"), _n(row.to_do),
        _n(row.waiting), _n(row.due_soon, "warning"), _n(row.late, "overdue"),
    ]  # fmt: skip


def _sum(rows: list[Row]) -> list[object]:
    names = ("received", "early", "on_time", "overdue", "to_do", "waiting", "due_soon", "late")
    sums = [Cell(f"{sum(getattr(row, name) for row in rows):,}", "bold") for name in names]
    return [Cell("in all", "bold"), "", "", *sums]


def _n(number: int, style: str = "") -> Cell:
    return Cell(f"{number:,}", style) if number else Cell("·", "dim")


def _alerts(it: Shown) -> None:
    alerts = it.played.alerts
    line("")
    heading(f"Alerts raised in the year: {sum(alerts.by_kind.values()):,}")
    if alerts.by_kind:
        line("   ".join(f"{kind} {number:,}" for kind, number in alerts.by_kind.items()))
    rows = [
        (shown(at), Cell(kind, "overdue" if "overdue" in kind else "warning"), code, agency)
        for at, kind, code, agency in alerts.latest
    ]
    table(["latest", "kind", "code", "agency"], rows, whole=["latest", "kind", "code"])


def _verify(it: Shown) -> None:
    line("")
    heading("Verified")
    rate = it.verdict.events / max(it.verify_seconds, 0.001)
    if it.verdict.first_bad is not None:
        bad = it.verdict.first_bad
        line(f"{bad.code}, event {bad.version} does not hold: {bad.why}.", "problem")
        return
    line(
        f"✓ the chain of all {it.verdict.events:,} events, each following from the one before "
        f"({rate:,.0f} events/s)",
        "ok",
    )


# --- published and simulated -------------------------------------------------------------


def _shares(it: Shown) -> None:
    line("")
    heading(f"Published and simulated ({it.scale()})")
    headers = ["", "figures", "received", "resolved", "", "early", "on time", "overdue"]
    rows: list[list[object]] = []
    for tally, phase in zip(it.played.tallies, it.scenario.phases, strict=True):
        for part in phase.parts:
            if part.published:
                rows.append(_published(part))
            rows.append(_simulated(part, tally, first=part.published is None))
    table(headers, rows, right=headers[2:], whole=headers[1:])
    line(f"Published: {it.scenario.source}.")
    for sentence in it.scenario.assumed:
        line(sentence, "dim")
    for told in _accidents(it):
        line(told, "dim")


def _published(part: Part) -> list[object]:
    told = part.published
    assert told is not None
    shares = [told.early, told.on_time, told.overdue]
    return [
        Cell(part.title.en, "bold"), "published", f"{told.received:,}", f"{told.resolved:,}",
        _percent(told.resolved / told.received),
        *("not said" if each is None else _percent(each) for each in shares),
    ]  # fmt: skip


def _simulated(part: Part, tally: Tally, *, first: bool) -> list[object]:
    received, resolved = tally.received[part.id], tally.resolved_in(part.id)
    verdicts = ("early", "on time", "overdue")
    return [
        Cell(part.title.en if first else "", "bold"), "simulated", f"{received:,}",
        f"{resolved:,}", _percent(resolved / received if received else 0),
        *(Cell(_percent(tally.share(part.id, each)), each) for each in verdicts),
    ]  # fmt: skip


def _percent(share: float) -> str:
    return f"{share:.2%}"


def _accidents(it: Shown) -> list[str]:
    types = it.main.types
    for tally in it.played.tallies[1:]:
        types = types + tally.types
    counted = [f"{types[name]:,} {words}" for name, words in ACCIDENTS.items() if types[name]]
    gated = sum(tally.gated for tally in it.played.tallies)
    partial = sum(tally.partial for tally in it.played.tallies)
    counted += [f"{gated:,} ended at a gate", f"{partial:,} groups with a partial result"]
    half = len(counted) // 2
    return ["What went on: " + ", ".join(counted[:half]) + ",", ", ".join(counted[half:]) + "."]


# --- what next ---------------------------------------------------------------------------


def commands(house: House, it: Shown) -> list[str]:
    """Three commands that work as they are printed."""
    busiest = max(it.played.board, key=lambda row: (row.due_soon + row.late, row.to_do))
    now = f"{local(it.played.now):%Y-%m-%dT%H:%M}"
    at = (
        ""
        if house.settings.database == "sqlite:///lienthong.db"
        else (f" --database {house.settings.database}")
    )
    code = it.three_levels or next(iter(house.log.streams(limit=1)), "")
    records = house.log.read_stream(code)
    middle = f"{local(records[len(records) // 2].occurred_at):%Y-%m-%d}"
    program = _program()
    return [
        f"{program} inbox {busiest.agency} --now {now}{at}",
        f"{program} control-sheet {code}{at}",
        f"{program} replay {code} --at {middle}{at}",
    ]


def _program() -> str:
    """How the command line is called from here: by its name where that is found."""
    called = Path(sys.argv[0])
    if called.name != "lienthong" or shutil.which("lienthong"):
        return "lienthong"
    return os.path.relpath(called)


def _next(house: House, it: Shown) -> None:
    line("")
    heading("Try next")
    for each in commands(house, it):
        command(each)
    line(f"The store's time stands at {shown(it.played.now)}; --now asks at another moment.", "dim")


def as_json(house: House, it: Shown) -> dict[str, Any]:
    """The value of `demo --json`."""
    parts = [
        {
            "part": part.id,
            "received": tally.received[part.id],
            "resolved": tally.resolved_in(part.id),
            **{
                name.replace(" ", "_"): round(tally.share(part.id, name), 6)
                for name in ("early", "on time", "overdue")
            },
            "published": part.published.model_dump() if part.published else None,
        }
        for tally, phase in zip(it.played.tallies, it.scenario.phases, strict=True)
        for part in phase.parts
    ]
    procedures: dict[str, int] = {}
    for tally in it.played.tallies:
        for id_, number in tally.procedures.items():
            procedures[id_] = procedures.get(id_, 0) + number
    return {
        "scenario": it.scenario.scenario,
        "dossiers": it.played.dossiers,
        "events": it.played.events,
        "seed": it.seed,
        "now": iso(it.played.now),
        "seconds": round(it.played.seconds, 3),
        "parts": parts,
        "procedures": procedures,
        "alerts": it.played.alerts.by_kind,
        "verify": {"ok": it.verdict.ok, "events": it.verdict.events},
        "three_level_dossier": it.three_levels,
        "try": commands(house, it),
    }
