"""Who holds a leg: a handover offered, accepted, refused, recalled, expired."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from schemas.events.base import LegEvent


class HandoverOffered(LegEvent, frozen=True, kw_only=True, omit_defaults=True):
    """Custody of a leg is on its way to a role at another desk or agency.

    `step` is what the receiver has to do, by `due`; unanswered by `expires`, the offer
    escalates. `back` is the step the leg returns to when the offer comes to nothing.
    `house`: the engine that `to_agency` works in, when that is another one. `digests`: of those
    of `papers` that were handed in as files, the SHA-256 (hex) of each file.
    """

    type: ClassVar[str] = "handover.offered"

    handover: int
    from_agency: str
    from_officer: str
    to_agency: str
    to_role: str
    to_officer: str | None = None
    step: str
    back: str
    due: datetime | None = None
    expires: datetime
    papers: tuple[str, ...] = ()
    house: str | None = None
    digests: dict[str, tuple[str, ...]] = {}


class HandoverRecallAsked(LegEvent, frozen=True, kw_only=True, omit_defaults=True):
    """Another engine was asked to give an offer back, for it may have been accepted there.

    `why`: recalled by its sender, or expired: then the matter goes up to `escalated_to`. Until
    the answer comes the leg stays in transit.
    """

    type: ClassVar[str] = "handover.recall_asked"

    handover: int
    why: str
    escalated_to: str | None = None


class HandoverAccepted(LegEvent, frozen=True, kw_only=True, omit_defaults=True):
    """The receiver took the leg over, and holds it; `papers` are those that really arrived."""

    type: ClassVar[str] = "handover.accepted"

    handover: int
    step: str
    agency: str
    officer: str
    due: datetime | None = None
    papers: tuple[str, ...] = ()


class HandoverNotTaken(LegEvent, frozen=True, kw_only=True, omit_defaults=True):
    """Custody is with the sender again, at step `step`, which is due by `due`."""

    handover: int
    step: str
    agency: str
    officer: str
    due: datetime | None = None


class HandoverRefused(HandoverNotTaken, frozen=True, kw_only=True, omit_defaults=True):
    """The receiver declined; the reason is in `private`."""

    type: ClassVar[str] = "handover.refused"


class HandoverRecalled(HandoverNotTaken, frozen=True, kw_only=True, omit_defaults=True):
    """The sender took the offer back before it was answered."""

    type: ClassVar[str] = "handover.recalled"


class HandoverExpired(HandoverNotTaken, frozen=True, kw_only=True, omit_defaults=True):
    """Nobody answered in time; the matter goes up to `escalated_to`, an agency."""

    type: ClassVar[str] = "handover.expired"

    escalated_to: str
