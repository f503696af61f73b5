"""What stands under an agency, and what people call levels, procedures and numbers."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial
from typing import TYPE_CHECKING

from babel.numbers import format_decimal, format_percent

from app.law.legs import leg_title
from app.settings import Lang
from engine.core.rules import Refusal

if TYPE_CHECKING:
    from app.access.principal import Principal
    from app.desk.context import Desk

FIGURES = 10_000
"""As many are kept as they are written."""


def under(desk: Desk, agency: str) -> frozenset[str]:
    """The agency and every one under it, of any time; none for one that never was."""
    staff = desk.house.law.organisation
    return frozenset(each.id for each in staff.agencies() if desk.access.oversees(agency, each.id))


def agencies_of(desk: Desk, who: Principal, lang: Lang) -> list[tuple[str, str]]:
    """Ids and names of the agencies that he may ask about, in the order of the organisation."""
    mine = desk.access.agencies(who)
    return [
        (each.id, each.name.vi if lang == "vi" else each.name.en)
        for each in desk.house.law.organisation.agencies()
        if mine is None or each.id in mine
    ]


def level_of(desk: Desk) -> Callable[[str], str]:
    """The level of an agency; "" for one that never was."""
    levels = {each.id: each.level for each in desk.house.law.organisation.agencies()}
    return lambda agency: levels.get(agency, "")


def titles(desk: Desk, lang: Lang) -> dict[str, str]:
    """Procedure -> its title in the newest version."""
    newest = sorted(desk.house.law.procedures(), key=lambda each: (each.valid_from, each.version))
    return {each.id: each.title.vi if lang == "vi" else each.title.en for each in newest}


def leg_names(desk: Desk, lang: Lang) -> Callable[[str, str, str], str]:
    """What a leg is called: of a procedure, its version, and the leg's path. Its path where the
    procedure is not known here."""
    law = desk.house.law

    def name(procedure: str, version: str, path: str) -> str:
        try:
            title = leg_title(law, law.procedure((procedure, version)), path)
        except Refusal:
            return path
        return title.vi if lang == "vi" else title.en

    return name


def number(lang: Lang) -> Callable[[int], str]:
    """A whole number as it is written there: 1.234 or 1,234."""
    return partial(_number, lang)


def percent(lang: Lang) -> Callable[[float], str]:
    return partial(_percent, lang)


# A board has hundreds of figures several times a second, and most are those of before.


@lru_cache(maxsize=FIGURES)
def _number(lang: Lang, value: int) -> str:
    return str(format_decimal(value, locale=lang))


@lru_cache(maxsize=FIGURES)
def _percent(lang: Lang, value: float) -> str:
    return str(format_percent(value, locale=lang))
