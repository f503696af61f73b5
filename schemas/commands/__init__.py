"""Every command, one class each: what somebody asks the engine to do.

`act` is the word people use for it on the command line and in procedures. Which
commands end a step, and which events they give, is in `engine/core/`.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import ClassVar

from schemas.commands.base import Attaching as Attaching
from schemas.commands.base import Command as Command
from schemas.commands.citizen import AnswerComplaint as AnswerComplaint
from schemas.commands.citizen import Attach as Attach
from schemas.commands.citizen import Complain as Complain
from schemas.commands.citizen import Rate as Rate
from schemas.events import Attached

WITHDRAWAL = "withdrawal"
"""The ground of stopping when the citizen asked for the dossier back."""


# --- receipt -----------------------------------------------------------------------------


class Opening(Attaching, frozen=True, kw_only=True):
    """What opens a dossier. `version`: None takes the version in force on the day."""

    procedure: str
    agency: str
    version: str | None = None
    calendar: str | None = None
    facts: dict[str, str] = {}
    papers: tuple[str, ...] = ()
    applicant: dict[str, str] = {}


class Register(Opening, frozen=True, kw_only=True):
    act: ClassVar[str] = "register"


class Receive(Opening, frozen=True, kw_only=True):
    """Also receives a dossier registered online; then `procedure` must be the same.

    `appointment`: a date the desk promises, earlier than the limit allows.
    """

    act: ClassVar[str] = "receive"

    channel: str = "direct"
    appointment: date | None = None


class RefuseReceipt(Command, frozen=True, kw_only=True):
    act: ClassVar[str] = "refuse-receipt"

    legal_basis: str | None = None

    @property
    def needs_reason(self) -> bool:
        return True


# --- work: each ends a step ----------------------------------------------------------------


class StepAct(Command, frozen=True, kw_only=True):
    """Ends the step the leg is at. `facts` choose among the branches that follow;
    `to_officer` names who should take the next step; `papers` go with the handover."""

    facts: dict[str, str] = {}
    to_officer: str | None = None
    papers: tuple[str, ...] = ()


class Forward(StepAct, frozen=True, kw_only=True):
    """Hands the dossier on; also offers it again after a refused, recalled or expired offer."""

    act: ClassVar[str] = "forward"


class Complete(StepAct, frozen=True, kw_only=True):
    act: ClassVar[str] = "complete"


class Appraise(StepAct, frozen=True, kw_only=True):
    act: ClassVar[str] = "appraise"

    outcome: str = "accepted"
    document: str | None = None


class Verify(StepAct, frozen=True, kw_only=True):
    act: ClassVar[str] = "verify"

    outcome: str = "accepted"
    document: str | None = None


class Approve(StepAct, frozen=True, kw_only=True):
    act: ClassVar[str] = "approve"

    document: str | None = None


class Sign(StepAct, frozen=True, kw_only=True):
    act: ClassVar[str] = "sign"

    document: str | None = None
    certificate: str | None = None


class Number(StepAct, frozen=True, kw_only=True):
    act: ClassVar[str] = "number"

    number: str


class Issue(StepAct, frozen=True, kw_only=True):
    act: ClassVar[str] = "issue"

    document: str | None = None


class Return(StepAct, frozen=True, kw_only=True):
    """Gives the result to the citizen: `channel` is desk, post or online."""

    act: ClassVar[str] = "return"

    channel: str = "desk"
    evidence: str | None = None


class Assign(Command, frozen=True, kw_only=True):
    act: ClassVar[str] = "assign"

    officer: str


# --- custody -------------------------------------------------------------------------------


class Accept(Command, frozen=True, kw_only=True):
    """`papers`: those that really arrived; None says that all of them did."""

    act: ClassVar[str] = "accept"

    papers: tuple[str, ...] | None = None


class RefuseHandover(Command, frozen=True, kw_only=True):
    act: ClassVar[str] = "refuse-handover"

    @property
    def needs_reason(self) -> bool:
        return True


class RecallHandover(Command, frozen=True, kw_only=True):
    act: ClassVar[str] = "recall-handover"


class ExpireHandover(Command, frozen=True, kw_only=True):
    act: ClassVar[str] = "expire-handover"


# --- the clock -----------------------------------------------------------------------------


class AskSupplement(Command, frozen=True, kw_only=True):
    act: ClassVar[str] = "ask-supplement"

    papers: tuple[str, ...] = ()
    counts_as_overdue: bool = False


class Supply(Attaching, frozen=True, kw_only=True):
    """The citizen hands in what was asked for: at a desk, or as files by himself."""

    act: ClassVar[str] = "supply"

    papers: tuple[str, ...] = ()


class ExpireSupplement(Command, frozen=True, kw_only=True):
    act: ClassVar[str] = "expire-supplement"


class ConfirmPayment(Command, frozen=True, kw_only=True):
    act: ClassVar[str] = "confirm-payment"

    receipt: str
    amount: int | None = None


class EndPosting(Command, frozen=True, kw_only=True):
    act: ClassVar[str] = "end-posting"

    minutes: str | None = None


class Extend(Command, frozen=True, kw_only=True):
    """Apologises and gives a new date (form 04): `by` is a limit such as "5 working days"."""

    act: ClassVar[str] = "extend"

    by: str
    legal_basis: str


# --- the whole tree ------------------------------------------------------------------------


class Suspend(Command, frozen=True, kw_only=True):
    act: ClassVar[str] = "suspend"

    ground: str
    legal_basis: str | None = None


class Resume(Command, frozen=True, kw_only=True):
    act: ClassVar[str] = "resume"

    evidence: str | None = None


class AskWithdrawal(Command, frozen=True, kw_only=True):
    act: ClassVar[str] = "ask-withdrawal"


class Stop(Command, frozen=True, kw_only=True):
    act: ClassVar[str] = "stop"

    ground: str = WITHDRAWAL
    legal_basis: str | None = None

    @property
    def needs_reason(self) -> bool:
        return self.ground != WITHDRAWAL


class Refuse(Command, frozen=True, kw_only=True):
    """Refuses on the merits: the leg, or the whole dossier when `leg` is the root."""

    act: ClassVar[str] = "refuse"

    legal_basis: str | None = None

    @property
    def needs_reason(self) -> bool:
        return True


class Transfer(Command, frozen=True, kw_only=True):
    """Another agency is competent. `why`: changed, recorded-wrongly or out-of-boundary."""

    act: ClassVar[str] = "transfer"

    to_agency: str
    why: str = "changed"
    legal_basis: str | None = None


class Reopen(Command, frozen=True, kw_only=True):
    act: ClassVar[str] = "reopen"

    step: str
    legal_basis: str


# --- between engines: what another engine told ours, never given by hand ---------------------


class Arrive(Opening, frozen=True, kw_only=True):
    """Opens a dossier for leg `of_leg` of dossier `code` of another `house`, which offers it to
    `agency` here. `procedure` and `version` are those of the whole dossier there.

    `at_version`, `at_hash` (hex): where its history stood; `digest`: SHA-256 (hex) of that
    history. `limit`, `rule`, `since`, `whole_due`: the clock of the leg as it runs there.
    """

    act: ClassVar[str] = "arrive"
    by_hand: ClassVar[bool] = False

    house: str
    code: str
    of_leg: str
    handover: int
    at_version: int
    at_hash: str
    digest: str
    from_agency: str
    from_officer: str
    to_officer: str | None = None
    step: str
    due: datetime | None = None
    expires: datetime
    limit: str | None = None
    rule: str = ""
    since: datetime
    whole_due: datetime


class Elsewhere(Command, frozen=True, kw_only=True):
    """What became of a handover in the engine of `house`, as its dossier `there` shows at
    version `at_version` with hash `at_hash` (hex); `digest`: SHA-256 (hex) of that history."""

    by_hand: ClassVar[bool] = False

    house: str
    handover: int
    there: str = ""
    at_version: int = 0
    at_hash: str = ""
    digest: str = ""


class AnswerElsewhere(Elsewhere, frozen=True, kw_only=True):
    """`answer`: accepted (by `officer` of `agency`), refused, recalled, expired, or rejected by
    that engine itself under `rule`."""

    act: ClassVar[str] = "answer-elsewhere"

    answer: str
    agency: str = ""
    officer: str = ""
    papers: tuple[str, ...] = ()
    rule: str | None = None


class ReturnElsewhere(Elsewhere, frozen=True, kw_only=True):
    """The leg is over there. `outcome`: done, refused or stopped; `signed`: as it had to be;
    `attached`: the files that the dossier has there."""

    act: ClassVar[str] = "return-elsewhere"

    outcome: str
    facts: dict[str, str] = {}
    signed: bool = False
    attached: tuple[Attached, ...] = ()


class WithdrawElsewhere(Command, frozen=True, kw_only=True):
    """The engine that a dossier came from wants it back. `stop`: its own dossier has ended, so
    that the work here ends whoever has it; else only an offer that was not answered goes back."""

    act: ClassVar[str] = "withdraw-elsewhere"
    by_hand: ClassVar[bool] = False

    stop: bool = False


def _concrete(cls: type[Command]) -> list[type[Command]]:
    found = [cls] if "act" in vars(cls) else []
    return found + [each for sub in cls.__subclasses__() for each in _concrete(sub)]


COMMANDS: dict[str, type[Command]] = {cls.act: cls for cls in _concrete(Command) if cls.by_hand}
"""Every command class that people or the engine's own rules may give, by its act."""

BETWEEN_ENGINES: dict[str, type[Command]] = {
    cls.act: cls for cls in _concrete(Command) if not cls.by_hand
}
"""Every command class that only the messages of another engine give, by its act."""
