"""Every event type, one class each. To add an event, add its class here.

A class's `type` is a stable word that never changes; a breaking change of its
fields is a new type. Times are aware UTC datetimes. A leg is named by its path:
"" is the root leg, "confirm" a leg, "confirm/verify" a leg of a leg.

What evolves a dossier is in `engine/core/evolve.py`, one clause per class.
"""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

import msgspec


class Private(msgspec.Struct, frozen=True, omit_defaults=True):
    """Free text and what describes a person, kept apart from the rest of the payload.

    Stored as bytes of its own; the payload holds only their SHA-256, so that the text can
    be destroyed while the chain still verifies. `salt` (hex) is given when the event is
    sealed; it keeps a short text from being guessed from its digest.
    """

    salt: str = ""
    reason: str | None = None
    note: str | None = None
    applicant: dict[str, str] = {}


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something that happened to a dossier."""

    type: ClassVar[str]
    schema_version: ClassVar[int] = 1

    private: Private | None = None


class LegEvent(Event, frozen=True, kw_only=True, omit_defaults=True):
    """Something that happened to one leg of a dossier."""

    leg: str = ""


# --- receipt -----------------------------------------------------------------------------


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


# --- work: each ends a step ----------------------------------------------------------------


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
    type: ClassVar[str] = "appraisal.recorded"

    outcome: str
    document: str | None = None


class VerificationRecorded(StepEnded, frozen=True, kw_only=True, omit_defaults=True):
    type: ClassVar[str] = "verification.recorded"

    outcome: str
    document: str | None = None


class ApprovalRecorded(StepEnded, frozen=True, kw_only=True, omit_defaults=True):
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


# --- custody -------------------------------------------------------------------------------


class HandoverOffered(LegEvent, frozen=True, kw_only=True, omit_defaults=True):
    """Custody of a leg is on its way to a role at another desk or agency.

    `step` is what the receiver has to do, by `due`; unanswered by `expires`, the offer
    escalates. `back` is the step the leg returns to when the offer comes to nothing.
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


class HandoverAccepted(LegEvent, frozen=True, kw_only=True, omit_defaults=True):
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


# --- the clock -----------------------------------------------------------------------------


class ClockStarted(LegEvent, frozen=True, kw_only=True, omit_defaults=True):
    """`limit` as words ("34 working days"), `rule`: how counting starts, `due`: its end."""

    type: ClassVar[str] = "clock.started"

    limit: str
    rule: str
    due: datetime


class ClockStopped(LegEvent, frozen=True, kw_only=True, omit_defaults=True):
    """The clock of this leg and of every leg above it stands still on a ground.

    `restarts`: the whole limit begins anew when the clock resumes (supplement rule).
    """

    type: ClassVar[str] = "clock.stopped"

    step: str
    ground: str
    evidence: str | None = None
    legal_basis: str | None = None
    restarts: bool = False


class ClockResumed(LegEvent, frozen=True, kw_only=True, omit_defaults=True):
    """The ground is gone. `dues` and `step_dues` hold the new dates by leg path, for each
    leg whose clock runs again; a leg that another ground still stops is not among them."""

    type: ClassVar[str] = "clock.resumed"

    step: str
    ground: str
    evidence: str | None = None
    dues: dict[str, datetime] = {}
    step_dues: dict[str, datetime] = {}
    running: tuple[str, ...] = ()


class ClockExtended(LegEvent, frozen=True, kw_only=True, omit_defaults=True):
    type: ClassVar[str] = "clock.extended"

    by: str
    legal_basis: str
    due: datetime


class ClockEnded(LegEvent, frozen=True, kw_only=True, omit_defaults=True):
    """The processing clock ended; `verdict` is early, on time or overdue."""

    type: ClassVar[str] = "clock.ended"

    due: datetime | None = None
    verdict: str


# --- legs ----------------------------------------------------------------------------------


class LegOpened(LegEvent, frozen=True, kw_only=True, omit_defaults=True):
    """`procedure`: id and version of the procedure the leg runs, when it is one of its own."""

    type: ClassVar[str] = "leg.opened"

    agency: str
    step: str
    opened_by: str
    procedure: str | None = None
    procedure_version: str | None = None
    papers: tuple[str, ...] = ()


class LegResulted(LegEvent, frozen=True, kw_only=True, omit_defaults=True):
    type: ClassVar[str] = "leg.resulted"

    papers: tuple[str, ...] = ()


class LegRefused(LegEvent, frozen=True, kw_only=True, omit_defaults=True):
    """The leg's agency refused; when the leg is a `gate` this ends the dossier."""

    type: ClassVar[str] = "leg.refused"

    legal_basis: str | None = None
    gate: bool = False


# --- pauses --------------------------------------------------------------------------------


class SupplementRequested(LegEvent, frozen=True, kw_only=True, omit_defaults=True):
    """More papers were asked for (form 02). The second request counts as overdue."""

    type: ClassVar[str] = "supplement.requested"

    step: str
    ordinal: int
    answer_by: datetime | None = None
    papers: tuple[str, ...] = ()
    counts_as_overdue: bool = False


class SupplementReceived(LegEvent, frozen=True, kw_only=True, omit_defaults=True):
    type: ClassVar[str] = "supplement.received"

    step: str
    papers: tuple[str, ...] = ()


class SupplementExpired(LegEvent, frozen=True, kw_only=True, omit_defaults=True):
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


# --- the whole tree ------------------------------------------------------------------------


class DossierSuspended(Event, frozen=True, kw_only=True, omit_defaults=True):
    """Every open leg stands still, on a legal ground."""

    type: ClassVar[str] = "dossier.suspended"

    ground: str
    legal_basis: str | None = None


class DossierResumed(Event, frozen=True, kw_only=True, omit_defaults=True):
    type: ClassVar[str] = "dossier.resumed"

    evidence: str | None = None
    dues: dict[str, datetime] = {}
    step_dues: dict[str, datetime] = {}
    running: tuple[str, ...] = ()


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

    `why`: changed, recorded-wrongly or out-of-boundary.
    """

    type: ClassVar[str] = "leg.transferred"

    from_agency: str
    to_agency: str
    why: str
    legal_basis: str | None = None


# --- the result ----------------------------------------------------------------------------


class ResultReady(Event, frozen=True, kw_only=True, omit_defaults=True):
    type: ClassVar[str] = "result.ready"

    papers: tuple[str, ...] = ()


class ResultReturned(StepEnded, frozen=True, kw_only=True, omit_defaults=True):
    """The citizen has it. `channel`: desk, post or online; `evidence` proves delivery."""

    type: ClassVar[str] = "result.returned"

    channel: str
    evidence: str | None = None


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


def _concrete(cls: type[Event]) -> list[type[Event]]:
    found = [cls] if "type" in vars(cls) else []
    return found + [each for sub in cls.__subclasses__() for each in _concrete(sub)]


EVENT_TYPES: dict[str, type[Event]] = {cls.type: cls for cls in _concrete(Event)}
"""Every event class by its stable name."""
