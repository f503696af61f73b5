"""The same twelve commands on `eventsourcing`, as its own documentation writes an application.

Each command triggers as many events as ours has, of the same fields, and is saved durably by
itself. It checks nothing and derives no date. Its aggregate cache is off, as it comes, or on.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event


class PeerDossier(Aggregate):
    def __init__(self) -> None:
        self.last: dict[str, Any] = {}
        self.count = 0

    @event("Happened")
    def happen(self, type: str, body: dict[str, Any]) -> None:
        self.last = body
        self.count += 1


class PeerApplication(Application):
    def open(self, bodies: list[tuple[str, dict[str, Any]]]) -> UUID:
        dossier = PeerDossier()
        for type_name, body in bodies:
            dossier.happen(type_name, body)
        self.save(dossier)
        return dossier.id

    def act(self, code: UUID, bodies: list[tuple[str, dict[str, Any]]]) -> None:
        dossier: PeerDossier = self.repository.get(code)
        for type_name, body in bodies:
            dossier.happen(type_name, body)
        self.save(dossier)


def peer(url: str, *, cached: bool) -> PeerApplication:
    """The application on the same database as ours."""
    parsed = sa.make_url(url)
    settings = {}
    if cached:
        settings = {"AGGREGATE_CACHE_MAXSIZE": "20000", "AGGREGATE_CACHE_FASTFORWARD": "n"}
    if parsed.drivername.startswith("sqlite"):
        settings |= {
            "PERSISTENCE_MODULE": "eventsourcing.sqlite",
            "SQLITE_DBNAME": f"{parsed.database}.peer",
        }
    else:
        settings |= {
            "PERSISTENCE_MODULE": "eventsourcing.postgres",
            "POSTGRES_DBNAME": str(parsed.database),
            "POSTGRES_HOST": str(parsed.host or parsed.query.get("host", "")),
            "POSTGRES_PORT": str(parsed.port or parsed.query.get("port", 5432)),
            "POSTGRES_USER": str(parsed.username),
            "POSTGRES_PASSWORD": str(parsed.password or ""),
        }
    return PeerApplication(env=settings)
