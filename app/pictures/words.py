"""Words of the pictures that are not the frame's, and moments and lengths for people."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

from app.settings import Lang
from app.times import local
from app.web.texts import translations
from app.web.words import GROUNDS
from app.web.words import said as word
from engine.core.derivation import ground_text
from engine.core.law import Law
from workflows.model import Text

Translate = Callable[[str], str]


def translate(lang: Lang) -> Translate:
    """`_` of a language."""
    return translations(lang).gettext


def say(text: Text, lang: Lang) -> str:
    return text.vi if lang == "vi" else text.en


def agency(law: Law, id_: str, lang: Lang) -> str:
    """An agency's name; its id when it is of another house."""
    try:
        return say(law.organisation.agency(id_).name, lang)
    except KeyError:
        return id_


def ground(name: str, lang: Lang) -> str:
    """Why a clock stands still."""
    if name in GROUNDS:
        return word(GROUNDS, name, lang)
    return say(ground_text(name), lang)


def day(at: datetime | date, lang: Lang) -> str:
    """A day where room is short: "01/03", "1 Mar"."""
    there = local(at) if isinstance(at, datetime) else at
    return f"{there:%d/%m}" if lang == "vi" else f"{there.day} {there:%b}"


def moment(at: datetime, lang: Lang) -> str:
    return f"{local(at):%H:%M} {day(at, lang)}"
