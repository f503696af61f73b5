"""Procedures, agencies, and how a deadline comes about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.times import iso

if TYPE_CHECKING:
    from datetime import date

    from app.settings import Lang
    from engine.core.derivation import Derivation
    from workflows.model import Procedure
    from workflows.organisation import Agency, Organisation

UNITS = ("working-hour", "working-day", "calendar-day", "month")
"""Of limits, as people write them."""


def procedure(found: Procedure) -> dict[str, Any]:
    """A version of a procedure in a list of them."""
    return {
        "id": found.id,
        "version": found.version,
        "title": {"vi": found.title.vi, "en": found.title.en},
        "field": {"vi": found.field.vi, "en": found.field.en},
        "kind": found.kind,
        "levels": found.levels,
        "desk": found.desk,
        "limit": str(found.limit),
        "online": found.online or None,
        "valid_from": found.valid_from,
        "valid_to": found.valid_to,
        "source": found.source,
    }


def agency(found: Agency, staff: Organisation, day: date) -> dict[str, Any]:
    """An agency with its officers of a day."""
    return {
        "id": found.id,
        "name": {"vi": found.name.vi, "en": found.name.en},
        "level": found.level,
        "function": found.function,
        "parent": found.parent,
        "from": found.valid_from.isoformat(),
        "to": found.valid_to.isoformat() if found.valid_to else None,
        "successor": found.successor,
        "officers": [each.id for each in staff.officers_in(found.id, day=day)],
    }


def derivation(found: Derivation, lang: Lang) -> dict[str, Any]:
    """A date with each day that counted and each that did not, and why."""
    from engine.core.explain import explain

    return {
        "due": iso(found.due),
        "counted": [entry.day.isoformat() for entry in found.counted],
        "not_counted": [
            {
                "date": entry.day.isoformat(),
                "reason": entry.reason.text.vi if lang == "vi" else entry.reason.text.en,
                "kind": entry.reason.kind,
                "source": entry.reason.source or None,
            }
            for entry in found.not_counted
        ],
        "from": iso(found.start),
        "limit": str(found.limit),
        "rule": found.rule,
        "calendar": found.calendar_version,
        "source": found.source or None,
        "explanation": explain(found, lang),
    }
