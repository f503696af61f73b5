"""Forms II.06a and II.06b: the counts put into rows, each checked to add up."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import date, datetime
from typing import Any, Literal

import msgspec
from sqlalchemy import Connection

from app.reporting.counting import COLUMNS, Counts, Kind, as_of, counted
from app.reporting.period import Period, known_at
from app.reporting.picking import Only, picking
from app.reporting.wording import LEVELS, SAID, in_
from app.settings import Lang
from app.times import iso
from app.trouble import BadInput, Broken
from engine.core.law import Law
from engine.core.rules import Refusal
from schemas.envelope import to_micros
from schemas.sentence import did_you_mean
from workflows.organisation import Organisation

Form = Literal["06a", "06b"]

BY: dict[str, tuple[str, ...]] = {"06a": ("unit", "field"), "06b": ("procedure",)}
"""What each form is ordered by unless somebody says otherwise."""

GROUPINGS = ("unit", "field", "procedure", "level")

IDENTITIES = (
    ("c3", ("c4", "c5", "c6")),
    ("c7", ("c8", "c9", "c10")),
    ("c3", ("c7", "c11")),
    ("c11", ("c12", "c13")),
)


class DoesNotAddUp(Broken):
    """A report would break one of the form's identities: it is not shown to anybody."""


class Asked(msgspec.Struct, frozen=True):
    """What is asked for. `known`: None, or a moment to come, is all that is recorded now;
    `by`: of GROUPINGS, in order; `units`: the agencies that it is about, None for all, and `only`
    what of them. `today`: the local day on which it is asked."""

    form: Form
    period: Period
    known: datetime | None = None
    by: tuple[str, ...] = ()
    units: frozenset[str] | None = None
    lang: Lang = "vi"
    only: Only = Only()
    today: date | None = None


class Row(msgspec.Struct, frozen=True):
    """`labels`: by what it is grouped, ids or fields; `names`: what people call these."""

    labels: dict[str, str]
    names: dict[str, str]
    numbers: dict[str, int]

    def plain(self) -> dict[str, Any]:
        named = {f"{by}_name": self.names[by] for by in self.labels if by in ("unit", "procedure")}
        return {**self.labels, **named, **self.numbers}


class Report(msgspec.Struct, frozen=True):
    """As of the end of the day `as_of`, the period's last unless that is still to come. `rows`
    count dossiers, each once however many agencies handle it; `legs` count parts of dossiers at
    the agencies that these were handed over to. They are never added up."""

    asked: Asked
    as_known: datetime
    as_of: date
    by: tuple[str, ...]
    rows: list[Row]
    total: dict[str, int]
    legs: list[Row]
    legs_total: dict[str, int]

    def plain(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "form": self.asked.form,
            "from": self.asked.period.first.isoformat(),
            "to": self.asked.period.last.isoformat(),
            "as_of": self.as_of.isoformat(),
            "as_known": iso(self.as_known),
            "by": list(self.by),
            "rows": [row.plain() for row in self.rows],
            "total": self.total,
            "legs": [row.plain() for row in self.legs],
            "legs_total": self.legs_total,
        }


def report(connection: Connection, law: Law, asked: Asked) -> Report:
    """Raises DoesNotAddUp; BadInput for a grouping, field, procedure or level that there is not."""
    by = groupings(asked.by) or BY[asked.form]
    picks = picking(law, asked.only)
    # Taken first: what is recorded while it is counted may be missing.
    as_known = known_at(asked.known)
    known = None if asked.known is None else to_micros(as_known)
    counts = counted(connection, asked.period, known, asked.units, asked.today)
    if picks is not None:
        counts = [
            each
            for each in counts
            if picks(each.key.unit, each.key.procedure, each.key.procedure_version)
        ]
    rows = {kind: _rows(law, asked.lang, by, counts, kind) for kind in ("dossiers", "legs")}
    return Report(
        asked,
        as_known,
        as_of(asked.period, known, asked.today),
        by,
        rows["dossiers"],
        total(rows["dossiers"]),
        rows["legs"],
        total(rows["legs"]),
    )


def groupings(by: Sequence[str]) -> tuple[str, ...]:
    """Raises BadInput."""
    for each in by:
        if each not in GROUPINGS:
            guess = did_you_mean(each, GROUPINGS) or f"; there are: {', '.join(GROUPINGS)}"
            raise BadInput(f"A report is not grouped by {each!r}{guess}")
    if len(set(by)) < len(by):
        raise BadInput(f"A report is grouped by each thing once, not by {','.join(by)}")
    return tuple(by)


def total(rows: Iterable[Row]) -> dict[str, int]:
    """The sum of the rows. Raises DoesNotAddUp."""
    return adds_up({column: sum(row.numbers[column] for row in rows) for column in COLUMNS})


def adds_up(numbers: dict[str, int], of: str = "") -> dict[str, int]:
    """The numbers, if the form's identities hold. Raises DoesNotAddUp."""
    for whole, parts in IDENTITIES:
        found = sum(numbers[part] for part in parts)
        if numbers[whole] != found:
            said = f"column {whole[1:]} is {numbers[whole]}"
            added = " + ".join(part[1:] for part in parts)
            raise DoesNotAddUp(f"The report does not add up{of}: {said}, but {added} is {found}")
    return numbers


def under(staff: Organisation, agency: str) -> frozenset[str]:
    """The agency and every one that stands under it, of any time."""
    parents = {each.id: each.parent for each in staff.agencies()}

    def leads_there(at: str | None) -> bool:
        seen: set[str] = set()
        while at is not None and at not in seen:
            if at == agency:
                return True
            seen.add(at)
            at = parents.get(at)
        return False

    return frozenset(id_ for id_ in parents if leads_there(id_))


# --- rows ---

Labelled = tuple[tuple[int, str], str, str]
"""Where it comes in the table, its id, and what people call it."""


def _rows(
    law: Law, lang: Lang, by: tuple[str, ...], counts: Collection[Counts], kind: Kind
) -> list[Row]:
    label = _labeller(law, lang)
    numbers: dict[tuple[Labelled, ...], Counter[str]] = {}
    for each in counts:
        if each.key.kind != kind:
            continue
        place = tuple(label(name, each) for name in by)
        found = numbers.setdefault(place, Counter(dict.fromkeys(COLUMNS, 0)))
        found.update(dict(zip(COLUMNS, each.numbers, strict=True)))
    return [
        Row(
            {name: id_ for name, (_, id_, _) in zip(by, place, strict=True)},
            {name: called for name, (_, _, called) in zip(by, place, strict=True)},
            adds_up(dict(found), f" ({', '.join(called for _, _, called in place)})"),
        )
        for place, found in sorted(numbers.items())
    ]


def _labeller(law: Law, lang: Lang) -> Callable[[str, Counts], Labelled]:
    """How a count is labelled. Agencies come in the order of the organisation, levels from above,
    fields and procedures by name; what nobody knows here comes last."""
    staff = {each.id: (place, each) for place, each in enumerate(law.organisation.agencies())}
    levels = list(LEVELS)
    newest = titles(law, lang)
    unknown = in_(lang, SAID["unknown"])
    last = len(staff)

    def labelled(name: str, counts: Counts) -> Labelled:
        key = counts.key
        place, agency = staff.get(key.unit, (last, None))
        if name == "unit":
            return (place, key.unit), key.unit, in_(lang, agency.name) if agency else key.unit
        if name == "level":
            level = agency.level if agency else ""
            rank = levels.index(level) if level in levels else last
            return (rank, level), level, in_(lang, LEVELS[level]) if level in LEVELS else unknown
        try:
            procedure = law.procedure((key.procedure, key.procedure_version))
        except Refusal:
            id_ = key.procedure if name == "procedure" else ""
            return (last, id_), id_, id_ or unknown
        if name == "field":
            field = in_(lang, procedure.field)
            return (0, _folded(field)), field, field
        # Versions of a procedure are one row, called as the newest of them.
        title = newest.get(key.procedure) or in_(lang, procedure.title)
        return (0, _folded(title)), key.procedure, title

    return labelled


def _folded(text: str) -> str:
    """Without marks, so that Đ comes with D and not behind Z."""
    plain = unicodedata.normalize("NFD", text.lower().replace("đ", "d"))
    return "".join(each for each in plain if not unicodedata.combining(each))


def titles(law: Law, lang: Lang) -> dict[str, str]:
    """Procedure -> its title in the newest version."""
    versions = sorted(law.procedures(), key=lambda each: (each.valid_from, each.version))
    return {each.id: in_(lang, each.title) for each in versions}
