"""What a procedure is: frozen values, no behaviour beyond looking things up.

A procedure is a process (steps in order) with facts around it. A step may open
legs; a leg is a process at another agency, and may itself open legs. So a
3-level procedure is a 2-level one whose leg is 2-level.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from functools import lru_cache
from typing import Literal

import msgspec

DONE = "done"
REFUSED = "refused"
ENDS = frozenset({DONE, REFUSED})
"""The two names a `then` may use that are not steps: the process ends there."""


SAME_DAY = "same day"
"""How a limit is written that ends on the working day of the receipt."""

MOST = 99_999
"""The most of its unit that a limit may be: more than any law gives, and any calendar has."""

_PLAIN = re.compile(r"\d{0,30}(\.\d{0,30})?", re.ASCII)
"""An amount as people write it. No exponent: a few letters of it stand for more digits than
anybody could count out."""


class Unit(StrEnum):
    WORKING_HOUR = "working hour"
    WORKING_DAY = "working day"
    CALENDAR_DAY = "calendar day"
    MONTH = "month"


class Limit(msgspec.Struct, frozen=True):
    """A length of statutory time, such as 34 working days or 2 working hours.

    `same_day`: one working day of which the day of receipt is the first, so that it ends with
    that day's office hours; received after the policy's cut-off, with the next working day's.
    """

    amount: Decimal
    unit: Unit
    same_day: bool = False

    def __str__(self) -> str:
        if self.same_day:
            return SAME_DAY
        amount = f"{self.amount.normalize():f}"
        return f"{amount} {self.unit.value}" + ("" if self.amount == 1 else "s")

    @staticmethod
    def parse(text: str) -> Limit:
        """The limit in words: "34 working days", "0.5 day", "2 hours", "1 month", "same day".

        A plain "day" is a working day, a plain "hour" a working hour. Raises ValueError, also
        for more than MOST of a unit.
        """
        return _parse_limit(text)


_UNITS = {
    "hour": Unit.WORKING_HOUR,
    "day": Unit.WORKING_DAY,
    **{unit.value: unit for unit in Unit},
}


@lru_cache(maxsize=1024)
def _parse_limit(text: str) -> Limit:
    if text.strip() == SAME_DAY:
        return Limit(Decimal(1), Unit.WORKING_DAY, same_day=True)
    amount, _, unit = text.strip().partition(" ")
    found = _UNITS.get(unit.strip().removesuffix("s"))
    number = _amount(amount)
    if found is None or number <= 0:
        raise ValueError(f"{text!r} is not a limit such as '34 working days' or '0.5 day'")
    if number > MOST:
        raise ValueError(f"{text!r} is too long: a limit is at most {MOST} days, hours or months")
    return Limit(number, found)


def _amount(text: str) -> Decimal:
    """The number in a text; 0 when it is none. Its form is looked at before it is one."""
    try:
        return Decimal(text) if _PLAIN.fullmatch(text) else Decimal(0)
    except InvalidOperation:
        return Decimal(0)


class Text(msgspec.Struct, frozen=True):
    """The same words in both languages."""

    vi: str
    en: str


class Who(msgspec.Struct, frozen=True):
    """A role at an agency function; `at=None` is the agency that runs the leg."""

    role: str
    at: str | None = None


def holds(when: Mapping[str, str], facts: Mapping[str, str]) -> bool:
    """Whether every fact that a guard names has its value; an empty guard always holds."""
    return all(facts.get(name) == value for name, value in when.items())


class Branch(msgspec.Struct, frozen=True):
    """Where a step leads when every fact in `when` has the given value."""

    to: str
    when: dict[str, str] = {}


class Pause(msgspec.Struct, frozen=True):
    """A step that stops the clock on a ground, until somebody shows why it may go on."""

    ground: str
    resumed_by: Who
    lasts: Limit | None = None
    legal_basis: str | None = None


class Leg(msgspec.Struct, frozen=True):
    """A process at another agency, opened by a step of the parent.

    `gate`: its refusal ends the whole dossier. `procedure`: the id and version of the
    procedure whose process it runs, or None when its steps are written inline.
    """

    name: str
    at: str
    process: Process
    limit: Limit | None = None
    gate: bool = False
    when: dict[str, str] = {}
    procedure: tuple[str, str] | None = None
    papers_out: tuple[str, ...] = ()
    papers_back: tuple[str, ...] = ()


class Step(msgspec.Struct, frozen=True):
    """One thing to do, by one role, ended by one act.

    A step is work (`by` and `act`), a pause (`pause`), or a wait for legs (`legs`).
    `refused`: the step to go to when an awaited leg was refused (a wait only);
    without it the dossier goes on with the outcome kept per leg.
    """

    name: str
    then: tuple[Branch, ...]
    title: Text | None = None
    by: Who | None = None
    act: str = "complete"
    limit: Limit | None = None
    pause: Pause | None = None
    legs: tuple[Leg, ...] = ()
    wait: Literal["all", "any"] = "all"
    refused: str | None = None


class Process(msgspec.Struct, frozen=True):
    start: str
    steps: dict[str, Step]


class Supplement(msgspec.Struct, frozen=True):
    """What a request for more papers does to the clock, and how long the citizen has."""

    rule: Literal["shift", "restart"] = "shift"
    answer_within: Limit | None = None


class Policy(msgspec.Struct, frozen=True):
    """Local policy of this version: numbers that are not in the law's text.

    `cutoff`: receipts of a same-day procedure after this local time ("HH:MM") count
    from the next working day. `handover_within`: an offer unanswered for so long
    expires. `due_soon`: warn so long before a deadline. `online_check`: how long the
    desk may take to check an online registration. `deciders`: the roles that may decide
    for their agency (stop, suspend, refuse, extend, assign) without holding the dossier.
    `record_within`: how long after it happened an officer may still record an act; without
    it, however late. Unset rather than None, so that the digests of versions that were
    registered before there was such a policy stay what they are.
    """

    cutoff: str = "15:00"
    handover_within: Limit = Limit(Decimal(8), Unit.WORKING_HOUR)
    due_soon: Limit = Limit(Decimal(8), Unit.WORKING_HOUR)
    online_check: Limit = Limit(Decimal(8), Unit.WORKING_HOUR)
    deciders: tuple[str, ...] = ("head", "leader", "director", "chairman")
    record_within: Limit | msgspec.UnsetType = msgspec.UNSET


class Paper(msgspec.Struct, frozen=True):
    id: str
    title: Text


class Fee(msgspec.Struct, frozen=True):
    """`amount` in Vietnamese đồng; None when the source gives none."""

    title: Text
    amount: int | None = None


Online = Literal["full", "partial", "none"]
"""The level of online public service (mức độ dịch vụ công trực tuyến, Decree 42/2022/NĐ-CP): all of
it online (toàn trình), a part of it (một phần), none."""


class Procedure(msgspec.Struct, frozen=True):
    """One version of one procedure. `digest` is over its whole content.

    `source`: where code, title and limits were published, or "unknown" when the id is
    our own. `contradiction`: the published total and the sum of the published steps
    disagree, and it is kept as published. `online`: unset where nobody has said it, so that
    the digests of versions that were registered before it could be said stay what they are.
    """

    id: str
    version: str
    source: str
    title: Text
    field: Text
    kind: Literal["single", "interlinked", "group"]
    desk: str
    limit: Limit
    process: Process
    valid_from: str
    valid_to: str | None = None
    legal_basis: tuple[str, ...] = ()
    levels: int = 1
    supplement: Supplement = Supplement()
    policy: Policy = Policy()
    returned_by: Who = Who("receiver")
    papers_in: tuple[Paper, ...] = ()
    papers_out: tuple[Paper, ...] = ()
    fees: tuple[Fee, ...] = ()
    online: Online | msgspec.UnsetType = msgspec.UNSET
    digest: str = ""

    def __hash__(self) -> int:
        """Cheap, so that what is derived from a procedure can be cached by it."""
        return hash((self.id, self.version, self.digest))

    @property
    def key(self) -> tuple[str, str]:
        return (self.id, self.version)

    @property
    def taken_online(self) -> bool:
        """Whether a dossier may be handed in online: unless it is said that it may not."""
        return self.online != "none"

    def process_of(self, path: str) -> Process:
        """The process that the leg at `path` runs ("" is the root, "a/b" a leg of a leg)."""
        return self.leg(path).process if path else self.process

    def leg(self, path: str) -> Leg:
        """The definition of the leg at `path`. Raises KeyError when there is none."""
        for found, leg in self.legs():
            if found == path:
                return leg
        raise KeyError(path)

    def legs(self) -> Iterator[tuple[str, Leg]]:
        """Every leg with its path, parents before children."""
        yield from _legs("", self.process)


def _legs(path: str, process: Process) -> Iterator[tuple[str, Leg]]:
    for step in process.steps.values():
        for leg in step.legs:
            inner = f"{path}/{leg.name}" if path else leg.name
            yield inner, leg
            yield from _legs(inner, leg.process)
