"""A leg that another house's engine handed over, as this one's log holds it."""

from __future__ import annotations

from datetime import datetime, timedelta

from schemas import events as e
from workflows.machine import ORIGIN


def arrived(
    agency: str, leg: tuple[str, str], step: str, at: datetime, due: datetime
) -> tuple[e.Event, ...]:
    """What the arrival of a leg leads to. `leg`: its procedure, as "id#leg", and the version;
    `agency`: whose specialist is to do the `step`."""
    sender, officer = "elsewhere", "elsewhere.officer"
    return (
        e.DossierArrived(
            procedure=leg[0],
            procedure_version=leg[1],
            calendar="2025",
            agency=agency,
            officer=officer,
            channel="interlinked",
            step=step,
            appointment=due,
            house="province",
            code="p-1",
            of_leg=leg[0].partition("#")[2],
            handover=1,
            from_agency=sender,
            at_version=3,
            at_hash="00",
            digest="00",
        ),
        e.ClockStarted(limit="3 days", rule="day-after", due=due),
        e.HandoverOffered(
            handover=1,
            from_agency=sender,
            from_officer=officer,
            to_agency=agency,
            to_role="specialist",
            step=step,
            back=ORIGIN,
            expires=at + timedelta(days=1),
        ),
    )
