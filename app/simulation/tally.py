"""Counts of what the engine answered: nothing is estimated, nothing comes from the scenario."""

from __future__ import annotations

from collections import Counter

from app.simulation.case import Case
from engine.core.dossier import Dossier
from engine.runtime import Done

MOST_TOLD = 36
"""Events of a dossier that can still be shown in full on one screen."""


class Tally:
    """Of one phase, by part. `resolved`: the processing clock has ended, with a verdict.
    `richest`: for each procedure, events and code of a dossier with much to tell."""

    def __init__(self) -> None:
        self.received: Counter[str] = Counter()
        self.resolved: Counter[tuple[str, str]] = Counter()
        self.outcomes: Counter[tuple[str, str]] = Counter()
        self.procedures: Counter[str] = Counter()
        self.types: Counter[str] = Counter()
        self.rejected: Counter[str] = Counter()
        self.commands = 0
        self.partial = 0
        self.gated = 0
        self.richest: dict[str, tuple[int, str]] = {}

    @property
    def events(self) -> int:
        return self.types.total()

    @property
    def dossiers(self) -> int:
        return self.procedures.total()

    def answered(self, done: Done) -> None:
        self.commands += 1
        for event in done.events:
            self.types[event.type] += 1

    def opened(self, procedure: str) -> None:
        self.procedures[procedure] += 1

    def moved(self, case: Case, dossier: Dossier, version: int) -> None:
        """Counts the verdict of a dossier once, when the engine gives one."""
        if not case.counted and dossier.legs and dossier.root.verdict is not None:
            case.counted = True
            self.resolved[case.part, dossier.root.verdict] += 1
        if dossier.status == "ended":
            self._ended(case, dossier, version)

    def _ended(self, case: Case, dossier: Dossier, version: int) -> None:
        outcome = dossier.outcome or "refused at receipt"
        if not dossier.legs:
            outcome = "refused at receipt"
        self.outcomes[case.part, outcome] += 1
        parts = [leg for path, leg in dossier.legs.items() if path]
        if outcome == "done" and any(leg.outcome == "refused" for leg in parts):
            self.partial += 1
        if outcome == "refused" and any(leg.outcome == "refused" for leg in parts):
            self.gated += 1
        best = self.richest.get(case.procedure, (0, ""))
        if outcome == "done" and best[0] < version <= MOST_TOLD:
            self.richest[case.procedure] = (version, dossier.stream)

    def share(self, part: str, verdict: str) -> float:
        """The part of the resolved dossiers that have this verdict."""
        resolved = self.resolved_in(part)
        return self.resolved[part, verdict] / resolved if resolved else 0.0

    def resolved_in(self, part: str) -> int:
        return sum(count for (of, _), count in self.resolved.items() if of == part)
