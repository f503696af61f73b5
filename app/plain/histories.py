"""Events of a dossier, and its state after some of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.times import iso

if TYPE_CHECKING:
    from engine.core.dossier import Dossier, LegState
    from schemas.envelope import Recorded


def event(record: Recorded, *, private: bool = False) -> dict[str, Any]:
    from engine.ids import id_text
    from schemas.codec import loads

    plain = {
        "version": record.version,
        "position": record.position,
        "type": record.type,
        "occurred_at": iso(record.occurred_at),
        "recorded_at": iso(record.recorded_at),
        "actor": record.actor,
        "agency": record.agency,
        "payload": loads(record.payload),
        "hash": record.hash.hex(),
        "on_behalf": record.on_behalf,
        "event_id": id_text(record.event_id),
        "command_id": id_text(record.command_id),
        "correlation": id_text(record.correlation),
        "schema_version": record.schema_version,
        "previous": record.previous.hex(),
    }
    if private and record.private is not None:
        plain["private"] = loads(record.private)
    return plain


def state(dossier: Dossier, version: int, last: Recorded | None) -> dict[str, Any]:
    return {
        "code": dossier.stream,
        "version": version,
        "last_event": last.type if last else None,
        "occurred_at": iso(last.occurred_at) if last else None,
        "recorded_at": iso(last.recorded_at) if last else None,
        "status": dossier.status,
        "procedure": dossier.procedure[0] or None,
        "procedure_version": dossier.procedure[1] or None,
        "calendar": dossier.calendar or None,
        "agency": dossier.agency or None,
        "appointment": iso(dossier.appointment),
        "unit_appointment": iso(dossier.unit_appointment),
        "facts": dossier.facts,
        "papers": dossier.papers,
        "signed": dossier.signed,
        "outcome": dossier.outcome,
        "legs": [leg_state(leg) for _, leg in sorted(dossier.legs.items())],
    }


def leg_state(leg: LegState) -> dict[str, Any]:
    transit = leg.transit
    return {
        "leg": leg.path,
        "agency": leg.agency,
        "step": leg.step,
        "mode": leg.mode,
        "holder": (
            {"agency": leg.holder.agency, "officer": leg.holder.officer} if leg.holder else None
        ),
        "in_transit": (
            {
                "from": transit.sender.agency,
                "to": transit.to_agency,
                "since": iso(transit.since),
                "expires": iso(transit.expires),
            }
            if transit
            else None
        ),
        "due": iso(leg.due),
        "step_due": iso(leg.step_due),
        "clock": "ended" if leg.verdict else "running" if leg.running else "stopped",
        "outcome": leg.outcome,
        "verdict": leg.verdict,
    }
