"""The acts that end a step, each with its evidence; a step given to a colleague."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from schemas.events.base import LegEvent


class StepEnded(LegEvent, frozen=True, kw_only=True, omit_defaults=True):
    """A step was ended by its act and the leg goes to step `to` ("done", "refused": ends).

    `due`: by when the next step has to be done; None when it has no limit of its own.
    """

    step: str
    to: str
    due: datetime | None = None
    facts: dict[str, str] = {}


class StepCompleted(StepEnded, frozen=True, kw_only=True, omit_defaults=True):
    """A step ended with nothing to prove but that it is done."""

    type: ClassVar[str] = "step.completed"

    act: str = "complete"


class AppraisalRecorded(StepEnded, frozen=True, kw_only=True, omit_defaults=True):
    """The dossier was appraised with this `outcome`, as `document` shows."""

    type: ClassVar[str] = "appraisal.recorded"

    outcome: str
    document: str | None = None


class VerificationRecorded(StepEnded, frozen=True, kw_only=True, omit_defaults=True):
    """Facts were checked with this `outcome`, as `document` shows."""

    type: ClassVar[str] = "verification.recorded"

    outcome: str
    document: str | None = None


class ApprovalRecorded(StepEnded, frozen=True, kw_only=True, omit_defaults=True):
    """A leader approved what was prepared; that is not yet a signature."""

    type: ClassVar[str] = "approval.recorded"

    document: str | None = None


class SignatureRecorded(StepEnded, frozen=True, kw_only=True, omit_defaults=True):
    """`document`: what was signed; `certificate`: serial of the signer's certificate."""

    type: ClassVar[str] = "signature.recorded"

    document: str | None = None
    certificate: str | None = None


class NumberRecorded(StepEnded, frozen=True, kw_only=True, omit_defaults=True):
    """The clerk entered the signed result into the register under `number`."""

    type: ClassVar[str] = "number.recorded"

    number: str


class ResultIssued(StepEnded, frozen=True, kw_only=True, omit_defaults=True):
    """The result left the issuing agency as `document`."""

    type: ClassVar[str] = "result.issued"

    document: str | None = None


class StepAssigned(LegEvent, frozen=True, kw_only=True, omit_defaults=True):
    """The holder's agency gave the step to `officer`, who holds the dossier from now on."""

    type: ClassVar[str] = "step.assigned"

    step: str
    officer: str
    from_officer: str


class ResultReturned(StepEnded, frozen=True, kw_only=True, omit_defaults=True):
    """The citizen has it. `channel`: desk, post or online; `evidence` proves delivery."""

    type: ClassVar[str] = "result.returned"

    channel: str
    evidence: str | None = None
