"""Between two engines: a leg arrives, is answered, is given back; each with what proves it.

`house` is the other engine. `at_version` and `at_hash` (hex) say where the history of the dossier
there stood, `digest` is the SHA-256 (hex) of that history as it came, which is kept beside the log.
"""

from __future__ import annotations

from typing import ClassVar

from schemas.events.base import LegEvent
from schemas.events.receipt import DossierReceived


class DossierArrived(DossierReceived, frozen=True, kw_only=True, omit_defaults=True):
    """Leg `of_leg` of dossier `code` of another house, offered by `officer` of `from_agency`.

    `procedure` is the whole one there and the leg of it, as "id#leg".
    """

    type: ClassVar[str] = "dossier.arrived"

    house: str
    code: str
    of_leg: str
    handover: int
    from_agency: str
    at_version: int
    at_hash: str
    digest: str


class AnsweredElsewhere(LegEvent, frozen=True, kw_only=True, omit_defaults=True):
    """The other engine answered an offer; what that means here follows in the same command.

    `answer`: accepted, refused, recalled, expired, or rejected under `rule`; `there`: the code
    that the dossier has there, "" when it was rejected.
    """

    type: ClassVar[str] = "handover.answered_elsewhere"

    handover: int
    house: str
    answer: str
    there: str = ""
    at_version: int = 0
    at_hash: str = ""
    digest: str = ""
    rule: str | None = None


class LegReturned(LegEvent, frozen=True, kw_only=True, omit_defaults=True):
    """The other engine gave the leg back: `outcome` is done, refused or stopped.

    `facts`: what was found there and is asked about here; `signed`: a result was signed there.
    """

    type: ClassVar[str] = "leg.returned"

    handover: int
    house: str
    outcome: str
    there: str
    at_version: int
    at_hash: str
    digest: str
    facts: dict[str, str] = {}
    signed: bool = False
