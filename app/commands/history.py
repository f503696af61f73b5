"""`lienthong history`: every event of a dossier."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from app.output import Cell, show, table
from app.plain.histories import event
from app.settings import Settings
from app.shell import command
from app.times import local, shown
from app.trouble import BadInput

if TYPE_CHECKING:
    from schemas.envelope import Recorded


@command("history")
@click.argument("code")
@click.option("--private", is_flag=True, help="Also reasons, notes and the applicant's"
              " particulars.")  # fmt: skip
def history(settings: Settings, code: str, private: bool) -> None:
    """Every event: what happened, when it happened and was recorded, who did it for whom.

    What was recorded more than a day after it happened says so; and a history that is not what
    was recorded, on stderr.
    """
    from app.audit.proof import warn_of
    from app.house import open_house

    with open_house(settings) as house:
        records = house.log.read_stream(code)
        if not records:
            raise BadInput(house.unknown(code))
        warn_of(house, code)
    value = [event(record, private=private) for record in records]

    def human() -> None:
        rows = [
            (
                record.version,
                shown(record.occurred_at),
                Cell(record.type, "bold"),
                plain["payload"].get("leg", ""),
                record.actor if not record.on_behalf else f"{record.actor} for {record.on_behalf}",
                record.agency,
                _late(record) + _details(plain),
            )
            for record, plain in zip(records, value, strict=True)
        ]
        headers = ["#", "when", "event", "leg", "who", "agency", "details"]
        table(headers, rows, right=["#"], whole=["#", "when", "event"])

    show(settings, value, human)


LATE = 24 * 3600 * 1_000_000
"""Microseconds after which an act that is recorded is marked as recorded late."""


def _late(record: Recorded) -> str:
    if record.recorded_at - record.occurred_at <= LATE:
        return ""
    return f"(recorded {local(record.recorded_at):%Y-%m-%d}) "


def _details(plain: dict[str, Any]) -> str:
    """What an event says that the other columns do not, in few words."""
    payload: dict[str, Any] = plain["payload"]
    told = {"leg": payload.get("leg"), "agency": plain["agency"], "officer": plain["actor"]}
    said = {
        name: value
        for name, value in payload.items()
        if name != "private" and told.get(name, ...) != value
    }
    said |= {name: value for name, value in plain.get("private", {}).items() if name != "salt"}
    words = [f"{name}={_word(value)}" for name, value in said.items() if value not in ("", [], {})]
    return " ".join(words)


def _word(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k or 'root'}: {_word(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return ",".join(_word(each) for each in value)
    if isinstance(value, str) and len(value) > 18 and value[4:5] == "-" and value[10:11] == "T":
        from datetime import datetime

        return f"{local(datetime.fromisoformat(value)):%Y-%m-%dT%H:%M}"
    return str(value)
