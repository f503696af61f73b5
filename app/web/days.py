"""Days as people write them; files, addresses and the API have them as ISO 8601 does."""

from __future__ import annotations

from datetime import date

from app.settings import Lang
from app.times import written_day
from app.web.words import limit_words


def day_words(day: date | str | None, lang: Lang) -> str:
    """A day as people write it, "…" for an end that is open. A text that is no day stays as it
    is."""
    if day is None:
        return "…"
    if isinstance(day, str):
        try:
            day = date.fromisoformat(day)
        except ValueError:
            return str(day)
    return written_day(lang, day)


def value_words(value: str, lang: Lang) -> str:
    """What stands in a definition: days and limits as people write them, the rest as it is."""
    return limit_words(day_words(value, lang), lang)
