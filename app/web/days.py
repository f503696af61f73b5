"""Days and working time as people write them; files, addresses and the API have days as ISO 8601
does."""

from __future__ import annotations

from datetime import date

from app.settings import Lang
from app.times import written_day
from app.web.texts import translations
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


def span_words(lang: Lang, minutes: int, *, exact: bool = True) -> str:
    """Working minutes as people say them, in days of eight hours; not whether they are over. Where
    room is short, days without the hours beside them."""
    ngettext = translations(lang).ngettext
    days, hours, rest = abs(minutes) // 480, abs(minutes) % 480 // 60, abs(minutes) % 60
    parts = []
    if days:
        working = ngettext("%(num)s working day", "%(num)s working days", days)
        parts.append(working % {"num": days})
    if hours and (exact or not days):
        parts.append(ngettext("%(num)s hour", "%(num)s hours", hours) % {"num": hours})
    if not days and (rest or not hours):
        parts.append(ngettext("%(num)s minute", "%(num)s minutes", rest) % {"num": rest})
    return " ".join(parts)
