"""A table about one field, one procedure or one level alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

from app.reporting.wording import LEVELS, in_
from app.settings import Lang
from app.trouble import BadInput
from engine.core.law import Law
from engine.core.rules import Refusal
from schemas.sentence import did_you_mean
from workflows.model import Text


class Only(msgspec.Struct, frozen=True):
    """What it is about, "" where it is about all. `field`: in either language; `procedure`: its
    id, whichever the version; `level`: of the agency that counts it."""

    field: str = ""
    procedure: str = ""
    level: str = ""


Picks = Callable[[str, str, str], bool]
"""Whether a case of this agency, procedure and version is what a table is about."""


def picking(law: Law, only: Only) -> Picks | None:
    """None when it is about all. Raises BadInput for what there is not."""
    if only == Only():
        return None
    if only.procedure:
        _one_of(only.procedure, {each.id for each in law.procedures()}, "procedure")
    if only.field:
        names = {text for each in law.procedures() for text in (each.field.vi, each.field.en)}
        _one_of(only.field, names, "field")
    if only.level:
        _one_of(only.level, LEVELS, "level")
    levels = {each.id: each.level for each in law.organisation.agencies()}

    def picks(unit: str, procedure: str, version: str) -> bool:
        return (
            only.procedure in ("", procedure)
            and only.level in ("", levels.get(unit, ""))
            and (not only.field or only.field in _field(law, procedure, version))
        )

    return picks


def _one_of(word: str, known: Iterable[str], what: str) -> None:
    if word not in known:
        raise BadInput(f"There is no {what} {word!r}{did_you_mean(word, known)}")


def _field(law: Law, procedure: str, version: str) -> tuple[str, ...]:
    try:
        field = law.procedure((procedure, version)).field
    except Refusal:
        return ()
    return field.vi, field.en


def fields(law: Law, lang: Lang) -> list[str]:
    """Those of all procedures."""
    found: set[Text] = {each.field for each in law.procedures()}
    return sorted({in_(lang, each) for each in found})
