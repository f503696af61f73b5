"""The dossiers that an agency has a part in, as the views know them."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, or_, select

from consumers.views.inbox import TABLE as TASKS
from consumers.views.status import TABLE


def has_part(*agencies: str) -> ColumnElement[bool]:
    """Of a row of the status view: one of them received it, holds it, or has a leg of it."""
    has_leg = select(TASKS.c.dossier).where(TASKS.c.agency.in_(agencies))
    return or_(
        TABLE.c.desk.in_(agencies),
        TABLE.c.agency.in_(agencies),
        TABLE.c.to_agency.in_(agencies),
        TABLE.c.dossier.in_(has_leg),
    )


def open_at(connection: Connection, agency: str, limit: int) -> list[str]:
    """Its open dossiers; the nearest due date first."""
    query = (
        select(TABLE.c.dossier)
        .where(has_part(agency), TABLE.c.ended_at.is_(None))
        .order_by(TABLE.c.due.is_(None), TABLE.c.due, TABLE.c.dossier)
        .limit(limit)
    )
    return list(connection.scalars(query))
