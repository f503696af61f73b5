"""What happens to the whole tree: suspended, stopped, refused, ready, reopened."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from schemas.events.base import Event, LegEvent


class DossierSuspended(Event, frozen=True, kw_only=True, omit_defaults=True):
    """Every open leg stands still, on a legal ground."""

    type: ClassVar[str] = "dossier.suspended"

    ground: str
    legal_basis: str | None = None


class DossierResumed(Event, frozen=True, kw_only=True, omit_defaults=True):
    """The suspension is over. `dues`, `step_dues`, `running` and `extended` are as in
    `clock.resumed`."""

    type: ClassVar[str] = "dossier.resumed"

    evidence: str | None = None
    dues: dict[str, datetime] = {}
    step_dues: dict[str, datetime] = {}
    running: tuple[str, ...] = ()
    extended: tuple[str, ...] = ()


class WithdrawalAsked(Event, frozen=True, kw_only=True, omit_defaults=True):
    """The citizen asked for the dossier back; the authority has to decide."""

    type: ClassVar[str] = "withdrawal.asked"


class DossierStopped(Event, frozen=True, kw_only=True, omit_defaults=True):
    """Processing stopped for good (form 05); `ground` is withdrawal or another."""

    type: ClassVar[str] = "dossier.stopped"

    ground: str
    legal_basis: str | None = None


class DossierRefused(Event, frozen=True, kw_only=True, omit_defaults=True):
    """The authority cannot resolve it and says so in writing. `leg`: where it was refused."""

    type: ClassVar[str] = "dossier.refused"

    leg: str = ""
    legal_basis: str | None = None


class LegTransferred(LegEvent, frozen=True, kw_only=True, omit_defaults=True):
    """Another agency became competent; both are kept.

    `why`: changed, recorded-wrongly, out-of-boundary, or not-taken: the agency to which it
    was transferred did not take it, and it is again where it was.
    """

    type: ClassVar[str] = "leg.transferred"

    from_agency: str
    to_agency: str
    why: str
    legal_basis: str | None = None


class ResultReady(Event, frozen=True, kw_only=True, omit_defaults=True):
    """The result lies ready for the citizen: `papers`, without those of legs that were refused."""

    type: ClassVar[str] = "result.ready"

    papers: tuple[str, ...] = ()


class DossierReopened(Event, frozen=True, kw_only=True, omit_defaults=True):
    """An ended dossier is worked on again; the withdrawn result stays visible."""

    type: ClassVar[str] = "dossier.reopened"

    step: str
    agency: str
    officer: str
    withdraws: str
    legal_basis: str
    due: datetime
    step_due: datetime | None = None
