"""Times, lengths, places and names as a Vietnamese document writes them."""

from __future__ import annotations

import re
from datetime import date, datetime

from app.forms.content import Words
from app.settings import Lang
from app.times import local
from engine.core.explain import limit_text
from workflows.model import Limit, Text
from workflows.organisation import Agency, Organisation

AREAS = frozenset({"province", "district", "commune"})
"""Functions of the bodies that stand for a territory, which gives a document its place."""

_BODY = re.compile(r"^(Ủy ban nhân dân|UBND)\s+")
_TERRITORY = re.compile(r"^(tỉnh|thành phố|thị xã|quận|huyện|đặc khu|phường|xã|thị trấn)\s+", re.I)
_ASIDE = re.compile(r"\s*\(.*\)$")


class Voice:
    """Says a text with or without its reading aid."""

    def __init__(self, lang: Lang) -> None:
        self.lang: Lang = lang

    def __call__(self, vi: str, en: str) -> Words:
        return Words(vi, en if self.lang == "en" and en != vi else "")

    def text(self, text: Text) -> Words:
        return self(text.vi, text.en)

    def moment(self, at: datetime) -> Words:
        """ "09 giờ 00 phút, ngày 01 tháng 3 năm 2021"."""
        there = local(at)
        return self(f"{there:%H} giờ {there:%M} phút, {day_text(there)}", f"{there:%Y-%m-%d %H:%M}")

    def day(self, at: datetime) -> Words:
        return self(day_text(local(at)), f"{local(at):%Y-%m-%d}")

    def limit(self, limit: str) -> Words:
        """A limit in the words that an event has it in."""
        parsed = Limit.parse(limit)
        return self(limit_text(parsed, "vi"), limit_text(parsed, "en"))


def day_text(day: date) -> str:
    """ "ngày 01 tháng 3 năm 2021": a nought before days under 10 and the first two months, as
    Decree 30/2020/NĐ-CP has it."""
    month = f"{day.month:02}" if day.month <= 2 else str(day.month)
    return f"ngày {day.day:02} tháng {month} năm {day.year}"


def agency_or_none(organisation: Organisation, id_: str) -> Agency | None:
    try:
        return organisation.agency(id_)
    except KeyError:
        return None


def agency_name(organisation: Organisation, id_: str) -> Text:
    """An agency's name; its id when it is of another house and not known here."""
    found = agency_or_none(organisation, id_)
    return found.name if found else Text(id_, id_)


def superior_name(organisation: Organisation, id_: str) -> Text:
    """Whom the agency stands under, for the line above its name; empty when under nobody."""
    found = agency_or_none(organisation, id_)
    above = agency_or_none(organisation, found.parent) if found and found.parent else None
    return above.name if above else Text("", "")


def place_of(organisation: Organisation, id_: str) -> str:
    """Where a document is dated: the territory of the nearest body above that has one, without
    the word for its level ("Uông Bí"). Places named by a number or after a person keep that
    word by Decree 30/2020/NĐ-CP: a number is seen here, a person's name is not (check).
    "" when there is none."""
    found = agency_or_none(organisation, id_)
    seen: set[str] = set()
    while found is not None and found.function not in AREAS and found.id not in seen:
        seen.add(found.id)
        found = agency_or_none(organisation, found.parent) if found.parent else None
    if found is None or found.function not in AREAS:
        return ""
    territory = _ASIDE.sub("", _BODY.sub("", found.name.vi))
    plain = _TERRITORY.sub("", territory)
    kept = territory if plain[:1].isdigit() else plain
    return kept[:1].upper() + kept[1:]
