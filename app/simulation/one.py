"""One dossier in full: its receipt, its history, its control sheet, its legs, its clock."""

from __future__ import annotations

from collections import Counter
from itertools import groupby

from sqlalchemy import Connection

from app.house import House
from app.output import Cell, facts, heading, line, table
from app.times import local, shown, working_time
from consumers.views.custody import custody
from consumers.views.legs import legs
from consumers.views.status import status
from engine.core.dossier import Dossier
from engine.core.explain import explain
from schemas.envelope import Recorded
from workflows.model import Procedure


def tell_one(house: House, code: str) -> None:
    """Prints the dossier. Everything comes from the log or from the views."""
    found = house.dossier(code).dossier
    procedure = house.law.procedure(found.procedure)
    line("")
    heading(f"One dossier in full: {code}, {procedure.levels} levels")
    with house.reading() as connection:
        told = status(connection, code)
    _receipt(found, procedure, told.processing_ended_at if told else None)
    line("")
    heading("History (each line is one act and what it caused)")
    _history(house.log.read_stream(code))
    with house.reading() as connection:
        _legs(connection, code)
        _control_sheet(house, connection, found)
    _clock(house, found)


def _receipt(found: Dossier, procedure: Procedure, processed: int | None) -> None:
    """`processed`: when the clock ended, which is what the verdict is about."""
    facts(
        [
            ("procedure", f"{procedure.title.vi} · {procedure.title.en}"),
            ("received", f"{shown(found.received_at)} at {found.agency}"),
            ("appointments", f"{shown(found.appointment)} for the whole, "
             f"{shown(found.unit_appointment)} for the receiving unit's own part"),
            ("processed", f"{shown(processed)}, when its clock ended"),
            ("verdict", Cell(found.root.verdict, found.root.verdict or "")),
            ("ended", f"{shown(found.ended_at)}, {found.outcome}"),
        ]
    )  # fmt: skip


def _history(records: list[Recorded]) -> None:
    rows = []
    for _, group in groupby(records, key=lambda record: record.command_id):
        acts = list(group)
        first, last = acts[0], acts[-1]
        number = str(first.version) if len(acts) == 1 else f"{first.version}-{last.version}"
        counts = Counter(record.type for record in acts)
        types = ", ".join(name if n == 1 else f"{name} x{n}" for name, n in counts.items())
        rows.append((number, f"{local(first.occurred_at):%d/%m %H:%M}", first.actor, types))
    table(["#", "when", "who", "events"], rows, right=["#"], whole=["#", "when", "who"])


def _legs(connection: Connection, code: str) -> None:
    rows = [
        (Cell(leg.leg, "bold"), leg.agency, leg.state, shown(leg.opened_at), shown(leg.ended_at),
         shown(leg.due), Cell(leg.verdict or "", leg.verdict or ""))
        for leg in legs(connection, code)
    ]  # fmt: skip
    line("")
    heading("Legs")
    headers = ["leg", "agency", "state", "opened", "ended", "due", "verdict"]
    table(headers, rows, whole=headers)


def _control_sheet(house: House, connection: Connection, found: Dossier) -> None:
    line("")
    heading("Control sheet (form 06): held, and waited to be taken over")
    rows: list[tuple[object, ...]] = []
    turns = custody(connection, found.stream)
    for turn in turns:
        if turn.since == turn.until:
            continue
        spent = working_time(house.working_minutes(found.calendar, turn.since, turn.until))
        until = "now" if turn.until is None else f"{local(turn.until):%d/%m %H:%M}"
        since = f"{local(turn.since):%d/%m %H:%M}"
        if turn.waiting_for is None:
            rows.append((turn.leg, since, until, turn.officer, spent, ""))
        else:
            who = f"→ {turn.waiting_for[0]}"
            rows.append((turn.leg, since, until, Cell(who, "dim"), "", spent))
    headers = ["leg", "from", "to", "who", "held", "waited"]
    table(headers, rows, right=headers[4:], whole=headers)


def _clock(house: House, found: Dossier) -> None:
    line("")
    heading("Its clock: why it was due then")
    for _, _, derivation in house.derivations(found)[:1]:
        for sentence in explain(derivation, house.settings.lang):
            line(sentence)
