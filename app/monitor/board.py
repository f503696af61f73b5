"""Counts of a board from what the view has, as values: by agency, by procedure, in all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec

from consumers.views.board import OVERDUE, SOON, STOPPED, WITHIN, Counted

EARLY, ON_TIME, LATE = "early", "on time", "ended-overdue"
"""Verdicts of what ended; the last is apart from what is open and overdue."""

LEVELS = ("central", "province", "district", "region", "commune")
"""From above to below; a level that is none of these comes last."""

HEAT = (0.0, 0.05, 0.10, 0.20, 0.40)
"""Shares of overdue from which the next of five colours begins."""


class Counts(msgspec.Struct, frozen=True):
    """So many open (by how near their date is) and so many ended this month (by verdict)."""

    within: int = 0
    soon: int = 0
    overdue: int = 0
    stopped: int = 0
    early: int = 0
    on_time: int = 0
    late: int = 0

    @property
    def open(self) -> int:
        return self.within + self.soon + self.overdue + self.stopped

    @property
    def ended(self) -> int:
        return self.early + self.on_time + self.late

    @property
    def share(self) -> float:
        """Of what is open, the part that is overdue; 0 where nothing is."""
        return self.overdue / self.open if self.open else 0.0

    @property
    def heat(self) -> int:
        """0 where nothing is overdue, else 1 to 5 by the share."""
        if not self.overdue:
            return 0
        return sum(self.share >= each for each in HEAT)


class Row(msgspec.Struct, frozen=True):
    """An agency and what it has."""

    agency: str
    counts: Counts


class Level(msgspec.Struct, frozen=True):
    """The agencies of one level, and what they have together."""

    level: str
    rows: Sequence[Row]
    counts: Counts


class Heat(msgspec.Struct, frozen=True):
    """Agencies by procedures; a cell is what the agency has open of the procedure."""

    procedures: Sequence[str]
    agencies: Sequence[str]
    cells: Mapping[tuple[str, str], Counts]


class Board(msgspec.Struct, frozen=True):
    """`total` counts each dossier once; a row counts the legs that its agency has too."""

    total: Counts
    levels: Sequence[Level]
    heat: Heat


Sees = Callable[[str], bool]
"""Whether somebody may see an agency."""

_NAMES = {WITHIN: "within", SOON: "soon", OVERDUE: "overdue", STOPPED: "stopped"}
_VERDICTS = {EARLY: "early", ON_TIME: "on_time", "overdue": "late"}


def board(
    open_: Iterable[Counted],
    ended: Iterable[Counted],
    level_of: Callable[[str], str],
    sees: Sees = lambda agency: True,
) -> Board:
    """What is shown of the counts: the agencies that `sees` lets through."""
    total: Counter[str] = Counter()
    by_agency: dict[str, Counter[str]] = {}
    cells: dict[tuple[str, str], Counter[str]] = {}
    for counted, names in ((open_, _NAMES), (ended, _VERDICTS)):
        for each in counted:
            if not sees(each.agency):
                continue
            name = names[each.state]
            by_agency.setdefault(each.agency, Counter())[name] += each.count
            if each.whole:
                total[name] += each.count
            if names is _NAMES:
                cells.setdefault((each.agency, each.procedure), Counter())[name] += each.count
    rows = {agency: Counts(**found) for agency, found in by_agency.items()}
    return Board(Counts(**total), _levels(rows, level_of), _heat(cells))


def _levels(rows: Mapping[str, Counts], level_of: Callable[[str], str]) -> list[Level]:
    """Within a level, those with most overdue first: they are what a monitor looks for."""
    by_level: dict[str, list[Row]] = {}
    for agency, counts in rows.items():
        by_level.setdefault(level_of(agency), []).append(Row(agency, counts))
    found = []
    for level in sorted(by_level, key=_rank):
        of_level = sorted(by_level[level], key=_urgency)
        found.append(Level(level, of_level, summed(row.counts for row in of_level)))
    return found


def _rank(level: str) -> tuple[int, str]:
    return (LEVELS.index(level) if level in LEVELS else len(LEVELS), level)


def _urgency(row: Row) -> tuple[int, int, int, str]:
    return (-row.counts.overdue, -row.counts.soon, -row.counts.open, row.agency)


def _heat(cells: Mapping[tuple[str, str], Counter[str]]) -> Heat:
    found = {key: Counts(**counts) for key, counts in cells.items()}
    late: Counter[str] = Counter()
    for (agency, procedure), counts in found.items():
        late[agency] += counts.overdue
        late[procedure] += counts.overdue
    agencies = sorted({agency for agency, _ in found}, key=lambda each: (-late[each], each))
    procedures = sorted({each for _, each in found}, key=lambda each: (-late[each], each))
    return Heat(procedures, agencies, found)


def summed(parts: Iterable[Counts]) -> Counts:
    total: Counter[str] = Counter()
    for each in parts:
        total.update(msgspec.structs.asdict(each))
    return Counts(**total)
