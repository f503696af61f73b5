"""What a clock stood still for, and how that ended; an apology for a late result."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from schemas.events.base import LegEvent


class SupplementRequested(LegEvent, frozen=True, kw_only=True, omit_defaults=True):
    """More papers were asked for (form 02). The second request counts as overdue."""

    type: ClassVar[str] = "supplement.requested"

    step: str
    ordinal: int
    answer_by: datetime | None = None
    papers: tuple[str, ...] = ()
    counts_as_overdue: bool = False


class SupplementReceived(LegEvent, frozen=True, kw_only=True, omit_defaults=True):
    """The citizen handed in what was asked for."""

    type: ClassVar[str] = "supplement.received"

    step: str
    papers: tuple[str, ...] = ()


class SupplementExpired(LegEvent, frozen=True, kw_only=True, omit_defaults=True):
    """The citizen did not answer by the last day."""

    type: ClassVar[str] = "supplement.expired"

    step: str


class PaymentConfirmed(LegEvent, frozen=True, kw_only=True, omit_defaults=True):
    """The financial duty was met; `receipt` proves it, `amount` is in đồng."""

    type: ClassVar[str] = "payment.confirmed"

    step: str
    receipt: str
    amount: int | None = None


class PostingEnded(LegEvent, frozen=True, kw_only=True, omit_defaults=True):
    """The public posting is over; `minutes` names the record of how it ended."""

    type: ClassVar[str] = "posting.ended"

    step: str
    minutes: str | None = None


class ApologyIssued(LegEvent, frozen=True, kw_only=True, omit_defaults=True):
    """The agency apologised for a late result and gave a new date (form 04)."""

    type: ClassVar[str] = "apology.issued"

    old_due: datetime
    new_due: datetime
