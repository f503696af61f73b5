"""A file that does not fit its shape, mended so far that the rest of it can be examined.

A mistake of shape in one place must not hide what is wrong elsewhere. What does not fit is
taken out where the ways through the steps are the same without it; a step that cannot be
read becomes one that may lead anywhere, so that nothing is blamed on its neighbours.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any, NamedTuple

from pydantic import ValidationError

from workflows.model import DONE, ENDS
from workflows.shape import ProcedureShape
from workflows.yaml_source import Loc, Source

ASIDE = frozenset({
    "title", "limit", "lasts", "legal basis", "papers in", "papers out", "papers back", "fees",
    "gate", "wait", "supplement", "policy", "levels", "valid to", "returned by", "when", "online",
})  # fmt: skip
"""Fields that may be left out and lead nowhere."""

NEUTRAL: dict[str, Any] = {
    "procedure": "unreadable",
    "version": "unreadable",
    "source": "unreadable",
    "title": {"vi": "?", "en": "?"},
    "field": {"vi": "?", "en": "?"},
    "kind": "single",
    "desk": "unreadable",
    "limit": "1 day",
}
"""What stands for a field that every procedure has."""

ROUNDS = 4
"""How often it is looked at again: whether a step is of one kind shows when its fields fit."""

SOMEBODY = "receiver at desk"


class Mended(NamedTuple):
    """A shape to examine; `cuts`: the places where it is not what the file says."""

    shape: ProcedureShape
    cuts: frozenset[Loc]

    def hides(self, loc: Loc) -> bool:
        """Whether what is found at `loc` is about something that was put there."""
        return any(loc[: len(cut)] == cut for cut in self.cuts)


def mend(source: Source) -> Mended | None:
    """The procedure of a file that does not fit; None when it is past mending."""
    value = deepcopy(source.value)
    cuts: set[Loc] = set()
    for _ in range(ROUNDS):
        try:
            return Mended(ProcedureShape.model_validate(value), frozenset(cuts))
        except ValidationError as error:
            misfits = [_place(source, each["loc"], each["type"]) for each in error.errors()]
        fresh: set[Loc] = set()
        for loc, kind in misfits:
            if any(loc[: len(cut)] == cut for cut in fresh):
                continue
            try:
                cut = _cut(value, loc, kind)
            except (LookupError, TypeError):  # nothing like a procedure
                return None
            if cut is None:
                return None
            fresh.add(cut)
        cuts |= fresh
    return None


def _place(source: Source, loc: Loc, kind: str) -> tuple[Loc, str]:
    if kind == "missing":
        return (*source.nearest(loc[:-1])[0], loc[-1]), kind
    return source.nearest(loc)[0], kind


def _cut(value: Any, loc: Loc, kind: str) -> Loc | None:
    """Takes out what is wrong at `loc`, or puts something else there; where that was."""
    inner = _step_of(loc)
    if kind == "extra_forbidden" and not _leads(value, loc, inner):
        return _without(value, loc)
    if not inner:
        if loc and loc[0] in NEUTRAL and isinstance(value, dict):
            value[loc[0]] = NEUTRAL[str(loc[0])]
            return loc[:1]
        return _without(value, loc[:1]) if loc and loc[0] in ASIDE else None
    branch = loc[len(inner) : len(inner) + 1] == ("then",)
    for length in range(len(inner) + 1, len(loc) + 1) if not branch else ():
        if loc[length - 1] in ASIDE:
            return _without(value, loc[:length])
    steps = _at(value, inner[:-1])
    if len(loc) == len(inner) + 1 and loc[-1] in ("by", "resumed by") and kind != "missing":
        steps[inner[-1]][loc[-1]] = SOMEBODY
        return loc
    anywhere = [{"to": name} for name in (*steps, DONE)]
    steps[inner[-1]] = {"by": SOMEBODY, "then": anywhere}
    return inner


def _leads(value: Any, loc: Loc, inner: Loc) -> bool:
    """Whether an unknown field may be a misspelt one that says where the steps lead."""
    said = _at(value, loc)
    steps = _at(value, inner[:-1]) if inner else value.get("steps", {})
    names = {*steps, *ENDS} if isinstance(steps, dict) else ENDS
    return "then" in loc[len(inner) :] or (isinstance(said, str) and said in names)


def _step_of(loc: Loc) -> Loc:
    """The innermost step that a place is in; () for one that is in none."""
    for end in range(len(loc) - 1, 0, -1):
        if loc[end - 1] == "steps" and (end == 1 or loc[end - 2] != "steps"):
            return loc[: end + 1]
    return ()


def _at(value: Any, loc: Loc) -> Any:
    for part in loc:
        value = value[part]
    return value


def _without(value: Any, loc: Loc) -> Loc | None:
    holder = _at(value, loc[:-1])
    if not isinstance(holder, dict) or loc[-1] not in holder:
        return None
    del holder[loc[-1]]
    return loc
