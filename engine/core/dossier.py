"""The state of one dossier: its root leg and the legs it opened, by path.

Plain frozen values; without cycles, so that the collector need not watch them (`gc=False`).
`decide.py` says what may happen to a dossier, `evolve/` what each event makes of it; nothing
else changes it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Literal

import msgspec

from schemas.events import Attached

WHOLE = "*"
"""The leg of a stop that stands for the whole dossier."""

Outcome = Literal["done", "refused", "stopped"]
Status = Literal["new", "registered", "open", "suspended", "ended"]


class Holder(msgspec.Struct, frozen=True, gc=False):
    """Who has custody: one officer of one agency."""

    agency: str
    officer: str


class Transit(msgspec.Struct, frozen=True, gc=False):
    """One handover on its way. If it is not taken, the leg returns to the step `back` in the
    mode `back_mode`. `house`: the other engine that answers it, which was `asked` to give it back
    because it was recalled or has expired."""

    handover: int
    sender: Holder
    to_agency: str
    to_role: str
    to_officer: str | None
    back: str
    back_mode: str
    since: datetime
    expires: datetime
    papers: tuple[str, ...] = ()
    house: str | None = None
    asked: str | None = None


class Elsewhere(msgspec.Struct, frozen=True, gc=False):
    """The engine in which a leg is worked on, and the handover that brought it there."""

    house: str
    handover: int


class Arrival(msgspec.Struct, frozen=True, gc=False):
    """Whose leg a dossier is: leg `of_leg` of dossier `code` of another house, as handed over.

    `at_hash` (hex): of the last event that its history had then, `at_version`.
    """

    house: str
    code: str
    of_leg: str
    handover: int
    at_version: int
    at_hash: str


class Stop(msgspec.Struct, frozen=True, gc=False):
    """A time in which a leg's clock stands still; `until` is None while it does.

    `leg`: the leg the ground lies in (a stop also stops the legs above it);
    "*" when the whole dossier is suspended.
    """

    leg: str
    ground: str
    since: datetime
    until: datetime | None = None
    evidence: str | None = None
    restarts: bool = False


class Extension(msgspec.Struct, frozen=True, gc=False):
    by: str
    legal_basis: str


class LegState(msgspec.Struct, frozen=True, gc=False):
    """One leg. At every version it has either a `holder` or a `transit`, never both.

    `step` and `mode` are the machine's place. `visits`: for each step the times at which
    it was entered and left in turn, so that a step done twice keeps its first start.
    `former_agency`: who was competent before the last transfer; None when that was not taken.
    `limit`, `due`: the leg's own clock, if it has one. `ended_at`: when its work ended.
    `elsewhere`: the other engine that took it over; its holder is there.
    """

    path: str
    agency: str
    step: str
    mode: str
    started: datetime
    holder: Holder | None = None
    transit: Transit | None = None
    opened_by: str = ""
    former_agency: str | None = None
    limit: str | None = None
    rule: str = ""
    due: datetime | None = None
    step_due: datetime | None = None
    visits: dict[str, tuple[datetime, ...]] = {}
    stops: tuple[Stop, ...] = ()
    extension: Extension | None = None
    outcome: Outcome | None = None
    ended_at: datetime | None = None
    verdict: str | None = None
    elsewhere: Elsewhere | None = None

    @property
    def open(self) -> bool:
        return self.outcome is None

    @property
    def running(self) -> bool:
        """Whether its clock runs (no ground keeps it stopped)."""
        return all(stop.until is not None for stop in self.stops)


class Dossier(msgspec.Struct, frozen=True, gc=False):
    """One case of a procedure. `last_at`: when the last thing happened to it; `origin`: whose leg
    it is, when it came from another engine. `attached`: the files handed in, in their order;
    `complaints`: how many were filed, `unanswered` the numbers of those that wait."""

    stream: str
    status: Status = "new"
    procedure: tuple[str, str] = ("", "")
    calendar: str = ""
    agency: str = ""
    channel: str = ""
    legs: dict[str, LegState] = {}
    facts: dict[str, str] = {}
    papers: tuple[str, ...] = ()
    received_at: datetime | None = None
    appointment: datetime | None = None
    unit_appointment: datetime | None = None
    supplements: int = 0
    handovers: int = 0
    signed: bool = False
    result_ready_at: datetime | None = None
    withdrawal_asked: bool = False
    counts_as_overdue: bool = False
    withdrawn_results: tuple[str, ...] = ()
    outcome: Outcome | None = None
    ended_at: datetime | None = None
    last_at: datetime | None = None
    origin: Arrival | None = None
    attached: tuple[Attached, ...] = ()
    rated: bool = False
    complaints: int = 0
    unanswered: tuple[int, ...] = ()

    @property
    def root(self) -> LegState:
        return self.legs[""]

    def open_legs(self) -> Iterator[LegState]:
        return (leg for leg in self.legs.values() if leg.outcome is None)

    def digests(self, papers: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
        """The files of each of these papers that has any, by their digests."""
        found: dict[str, tuple[str, ...]] = {}
        for each in self.attached:
            if each.paper in papers:
                found[each.paper] = (*found.get(each.paper, ()), each.digest)
        return found

    def children(self, path: str, step: str) -> list[LegState]:
        """The legs that `step` of the leg at `path` opened."""
        depth = path.count("/") + 1 if path else 0
        inside = f"{path}/" if path else ""
        return [
            leg
            for name, leg in self.legs.items()
            if name
            and name.startswith(inside)
            and name.count("/") == depth
            and leg.opened_by == step
        ]


def upward(path: str) -> Iterator[str]:
    """The leg itself and every leg above it, up to the root: "a/b", "a", ""."""
    while path:
        yield path
        path = path.rpartition("/")[0]
    yield ""


def parent_of(path: str) -> str:
    """The path of the leg that opened this one. The root has none."""
    return path.rpartition("/")[0]
