"""The golden histories by name, and a dossier of our own with particulars, for forms."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from engine.core.law import Law
from schemas import commands as c
from schemas.envelope import Recorded
from tests.core import walker
from tests.core.scenario import catalogue, procedure
from tests.golden.files import read_history
from tests.golden.lives import Life

HISTORIES = Path(__file__).parents[1] / "golden" / "histories"

NAMES = sorted(p.stem for p in HISTORIES.glob("*.jsonl") if not p.stem.startswith("t-"))

APPLICANT = {
    "name": "Nguyễn Thị Phượng Ưu",
    "address": "Tổ 5, khu Bí Giàng, phường Thanh Sơn",
    "phone": "0900 000 000",
    "email": "phuong@example.org",
}


def law() -> Law:
    return catalogue()


@cache
def history(name: str) -> tuple[Recorded, ...]:
    return tuple(read_history(HISTORIES / f"{name}.jsonl").records)


def with_applicant(id_: str = "lt-09-land-transfer-2021", **more: str) -> Sequence[Recorded]:
    """A dossier that was just received, of somebody who said who he is."""
    life = Life(id_, 77)
    form = life.form
    life.give(
        c.Receive(
            actor=form.actor,
            procedure=form.procedure,
            agency=form.agency,
            facts=form.facts,
            papers=("application",),
            applicant={**APPLICANT, **more},
        )
    )
    return life.records


def received_on(day: datetime, id_: str = "2.000908") -> Sequence[Recorded]:
    """A dossier received at that moment and at once stopped by the desk's head."""
    life = Life(id_, 78)
    life.at.now = day
    life.give(walker.receipt(life.at.law, procedure(id_), day))
    desk = life.at.dossier.agency
    life.give(
        c.Stop(actor=f"{desk}.head-1", ground="court-order", reason="Theo quyết định của tòa")
    )
    return life.records


def utc(year: int, month: int, day: int, hour: int = 2) -> datetime:
    return datetime(year, month, day, hour, tzinfo=UTC)
