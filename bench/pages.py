"""How long the server takes for an officer's pages, with years of dossiers in the store:
`python -m bench pages`.

One request after the other, through the whole application, from the request to the last byte of
the answer; each officer asks for his own agency's inbox and for dossiers that he may act on or
read, closed ones among them. The store is copies of the fifty samples (`bench/office.py`);
LIENTHONG_BENCH_STORE names a folder in which that on SQLite is kept for the next run.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Any

from fastapi import Request
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from app.access.principal import STRANGER, Principal
from app.desk.application import application
from app.house import House
from bench.office import filled, office
from bench.servers import fresh_database
from consumers.views.inbox import TABLE as TASKS
from consumers.views.status import TABLE as STATUS
from tests.servers import real_postgres

DOSSIERS = 200_000
ASKED = 400
"""Requests of each kind that are measured, after a tenth as many that are not."""

TARGET = 50
WHO = "x-bench-who"


def run(dossiers: int = DOSSIERS) -> list[dict[str, Any]]:
    """Milliseconds of each page: the median, and what 19 of 20 stay under."""
    with office(dossiers) as house:
        rows = _measure("sqlite", house, dossiers)
    # Here the database itself keeps rows from who may not see them.
    with real_postgres() as server, fresh_database(server) as url, filled(url, dossiers) as house:
        return rows + _measure("postgresql", house, dossiers)


def _measure(store: str, house: House, dossiers: int) -> list[dict[str, Any]]:
    officers = _busy_officers(house)
    codes = _codes(house)
    chance = random.Random(1)
    with TestClient(application(house.settings, house, _identify)) as client:

        def ask(address: str, officer: str) -> int:
            answer = client.get(address, headers={WHO: officer})
            assert answer.status_code == 200, (address, officer, answer.status_code)
            return len(answer.content)

        def inbox() -> int:
            return ask("/inbox", chance.choice(officers))

        def narrowed() -> int:
            query = "procedure=lt-11-household-business&act=forward&urgency=overdue&whose=all"
            return ask(f"/inbox?{query}", chance.choice(officers))

        def dossier() -> int:
            code, officer = chance.choice(codes)
            return ask(f"/dossiers/{code}", officer)

        pages = {"inbox": inbox, "inbox, filtered": narrowed, "dossier": dossier}
        return [{"store": store, **_row(name, each, dossiers)} for name, each in pages.items()]


def _row(name: str, ask: Callable[[], int], dossiers: int) -> dict[str, Any]:
    for _ in range(ASKED // 10):
        ask()
    times, sizes = [], []
    for _ in range(ASKED):
        begin = time.perf_counter()
        sizes.append(ask())
        times.append((time.perf_counter() - begin) * 1000)
    times.sort()
    return {
        "page": name,
        "dossiers": dossiers,
        "p50, ms": round(times[len(times) // 2], 1),
        "p95, ms": round(times[int(len(times) * 0.95)], 1),
        "target, p95": TARGET,
        "KB": round(max(sizes) / 1000),
    }


def _identify(request: Request) -> Principal:
    officer = request.headers.get(WHO, "")
    if not officer:
        return STRANGER
    return Principal(officer, "officer", officer, officer.partition(".")[0], token=True)


def _busy_officers(house: House) -> list[str]:
    """An officer of each agency that has something to do; most requests to the busiest."""
    query = select(TASKS.c.agency, func.count()).group_by(TASKS.c.agency)
    with house.home.engine.connect() as connection:
        counts: dict[str, int] = {row[0]: row[1] for row in connection.execute(query)}
    found: list[str] = []
    for agency, count in counts.items():
        staff = house.law.organisation.officers_in(agency)
        found += [staff[0].id] * max(1, round(20 * count / max(counts.values())))
    return found


def _codes(house: House) -> list[tuple[str, str]]:
    """Dossiers from all over the store with an officer of their desk; half of them open."""
    desks = {}
    query = select(STATUS.c.dossier, STATUS.c.desk).order_by(STATUS.c.dossier)
    found = []
    with house.home.engine.connect() as connection:
        for open_ in (True, False):
            ended = STATUS.c.ended_at.is_(None) if open_ else STATUS.c.ended_at.is_not(None)
            rows = connection.execute(query.where(ended)).tuples().all()
            found += random.Random(2).sample(rows, min(1_000, len(rows)))
    for _, desk in found:
        desks[desk] = house.law.organisation.officers_in(desk, "receiver")[0].id
    return [(code, desks[desk]) for code, desk in found]
