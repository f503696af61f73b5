"""A dossier's status and legs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.times import iso

if TYPE_CHECKING:
    from consumers.views.legs import Leg
    from consumers.views.status import Status


def status(found: Status) -> dict[str, Any]:
    """A dossier's status as the JSON that scripts rely on."""
    return {
        "code": found.code,
        "procedure": found.procedure,
        "procedure_version": found.procedure_version,
        "calendar": found.calendar,
        "version": found.version,
        "desk": found.desk,
        "state": found.state,
        "portal_code": found.portal_code,
        "step": found.step,
        "holder": holder(found.holder),
        "in_transit": (
            {
                "from": found.in_transit[0],
                "to": found.in_transit[1],
                "since": iso(found.in_transit[2]),
            }
            if found.in_transit
            else None
        ),
        "due": iso(found.due),
        "appointment": iso(found.appointment),
        "unit_appointment": iso(found.unit_appointment),
        "clock": found.clock,
        "ground": found.ground,
        "verdict": found.verdict,
        "withdrawn_result": found.withdrawn,
        "received_at": iso(found.received_at),
        "processing_ended_at": iso(found.processing_ended_at),
        "ended_at": iso(found.ended_at),
    }


def holder(who: tuple[str, str] | None) -> dict[str, str] | None:
    return {"agency": who[0], "officer": who[1]} if who else None


def leg(found: Leg) -> dict[str, Any]:
    return {
        "leg": found.leg,
        "agency": found.agency,
        "state": found.state,
        "holder": holder(found.holder),
        "due": iso(found.due),
        "step": found.step,
        "in_transit_to": found.to_agency,
        "verdict": found.verdict,
        "outcome": found.outcome,
        "opened_at": iso(found.opened_at),
        "ended_at": iso(found.ended_at),
    }
