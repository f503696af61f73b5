"""How a dossier begins: registered online, received, refused at the desk."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from schemas.events.base import Event


class DossierRegistered(Event, frozen=True, kw_only=True, omit_defaults=True):
    """The citizen filled in the online form; the desk has to answer by `check_by`."""

    type: ClassVar[str] = "dossier.registered"

    procedure: str
    procedure_version: str
    calendar: str
    agency: str
    check_by: datetime
    facts: dict[str, str] = {}
    papers: tuple[str, ...] = ()


class DossierReceived(Event, frozen=True, kw_only=True, omit_defaults=True):
    """The desk gave a receipt (form 01), which pins procedure and calendar version.

    `appointment` is the date promised for the whole, `unit_appointment` the date by which
    the receiving unit has to have done its own part of an interlinked procedure.
    """

    type: ClassVar[str] = "dossier.received"

    procedure: str
    procedure_version: str
    calendar: str
    agency: str
    officer: str
    channel: str
    step: str
    step_due: datetime | None = None
    appointment: datetime
    unit_appointment: datetime | None = None
    facts: dict[str, str] = {}
    papers: tuple[str, ...] = ()


class DossierRefusedAtReceipt(Event, frozen=True, kw_only=True, omit_defaults=True):
    """The desk refused to receive the dossier, with a written reason (form 03)."""

    type: ClassVar[str] = "dossier.refused_at_receipt"

    legal_basis: str | None = None
