"""Sentences of the program in the reader's language: its own words, out of the catalogues."""

from __future__ import annotations

from datetime import date

from app.settings import Lang
from app.web.days import day_words
from app.web.texts import translations
from app.web.words import act_words, limit_words
from schemas.sentence import Sentence
from workflows.model import Limit


def spoken(text: str, lang: Lang) -> str:
    """A sentence in the language; a text that does not know what it was made of, as it is."""
    if not isinstance(text, Sentence) or lang == "en":
        return text
    parts = {name: _part(name, part, lang) for name, part in text.parts.items()}
    return translations(lang).gettext(text.pattern) % parts


def _part(name: str, part: object, lang: Lang) -> object:
    if isinstance(part, Limit):
        return limit_words(str(part), lang)
    if isinstance(part, date) or (name == "day" and isinstance(part, str)):
        return day_words(part, lang)
    if name == "act":
        return act_words(str(part), lang).lower()
    return spoken(part, lang) if isinstance(part, str) else part
