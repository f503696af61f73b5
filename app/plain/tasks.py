"""What has to be done, what is close, what is late, and who held what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.times import iso

if TYPE_CHECKING:
    from app.house import House
    from consumers.alerts import Alert
    from consumers.views.custody import Turn
    from consumers.views.deadlines import Deadline
    from consumers.views.inbox import Task
    from consumers.views.status import Status


def task(found: Task) -> dict[str, Any]:
    """One line of an inbox."""
    return {
        "code": found.code,
        "leg": found.leg,
        "act": found.act,
        "officer": found.officer,
        "due": iso(found.due),
        "remaining_working_minutes": found.remaining_working_minutes,
        "role": found.role,
        "step": found.step,
        "mode": found.mode,
        "since": iso(found.since),
    }


def deadline(found: Deadline, now: int) -> dict[str, Any]:
    """An open deadline as of `now`, in microseconds since 1970."""
    return {
        "code": found.code,
        "leg": found.leg,
        "kind": found.kind,
        "step": found.step,
        "due": iso(found.due),
        "stopped": found.stopped,
        "agency": found.agency,
        "overdue": found.overdue(now),
    }


def alert(found: Alert) -> dict[str, Any]:
    """An alert that was raised. `id`: as it is published, and sent to webhooks."""
    return {
        "id": found.id.hex(),
        "code": found.dossier,
        "leg": found.leg,
        "kind": found.kind,
        "deadline": iso(found.deadline),
        "raised_at": iso(found.raised_at),
        "agency": found.agency,
    }


def control_sheet(house: House, found: Status, turns: list[Turn]) -> dict[str, Any]:
    """Form 06: the turns with their working minutes, held and waited apart."""
    minutes = [house.working_minutes(found.calendar, each.since, each.until) for each in turns]
    held = sum(m for m, turn in zip(minutes, turns, strict=True) if turn.waiting_for is None)
    return {
        "code": found.code,
        "procedure": found.procedure,
        "turns": [
            {
                "leg": turn.leg,
                "agency": turn.agency,
                "officer": turn.officer,
                "waiting_for": (
                    {"agency": turn.waiting_for[0], "who": turn.waiting_for[1]}
                    if turn.waiting_for
                    else None
                ),
                "from": iso(turn.since),
                "to": iso(turn.until),
                "working_minutes": count,
            }
            for turn, count in zip(turns, minutes, strict=True)
        ],
        "held_working_minutes": held,
        "waiting_working_minutes": sum(minutes) - held,
    }
