"""Which agencies have had a part in each dossier: one row for each, for good.

Lists are cut down by it to what an agency may read (I12). An offer is a part: to whom it was made
has seen the papers, whether or not he took it. Who is above an agency is not here, for that
follows from the tree; nor is who will hold the dossier, for that follows from its procedure.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, Index, select

from consumers.changes import Change, Put
from consumers.view import View, table
from schemas import events as e
from schemas.envelope import Recorded

TABLE = table("parties", ["dossier", "agency"], [])
Index("agency", TABLE.c.agency)

Named = (
    e.DossierRegistered
    | e.DossierReceived
    | e.LegOpened
    | e.HandoverOffered
    | e.HandoverAccepted
    | e.HandoverNotTaken
    | e.LegTransferred
    | e.DossierReopened
)
"""The events that give an agency a part."""


def parties(connection: Connection, dossier: str) -> set[str]:
    """The agencies that have had a part in a dossier."""
    query = select(TABLE.c.agency).where(TABLE.c.dossier == dossier)
    return set(connection.scalars(query))


def parties_of(event: e.Event) -> Iterable[str]:
    """The agencies to which an event gives a part."""
    match event:
        case e.HandoverOffered() | e.LegTransferred():
            return (event.from_agency, event.to_agency)
        case (
            e.DossierRegistered()
            | e.DossierReceived()
            | e.LegOpened()
            | e.HandoverAccepted()
            | e.HandoverNotTaken()
            | e.DossierReopened()
        ):
            return (event.agency,)
    return ()


def _part(event: Named, seen: Recorded) -> list[Change]:
    return [Put(TABLE, (seen.stream, agency), {}) for agency in parties_of(event) if agency]


VIEW = View("parties", 1, [TABLE], dict.fromkeys(Named.__args__, _part))
