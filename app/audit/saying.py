"""Values of a dossier's state as people read them, in their language."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from app.audit.differences import Change
from app.audit.labels import DOSSIER, LEG, MODES, NO, RULES, STATUSES, VERDICTS, YES
from app.times import written
from app.web.words import CHANNELS, FACTS, GROUNDS, OUTCOMES, ROLES, Said, limit_words, said
from engine.core.dossier import Elsewhere, Extension, Holder, Stop, Transit
from workflows.model import ENDS

if TYPE_CHECKING:
    from app.settings import Lang

NOTHING = "–"

AGENCIES = frozenset({"agency", "former_agency"})

WORDS = {
    "status": STATUSES,
    "mode": MODES,
    "outcome": OUTCOMES,
    "verdict": VERDICTS,
    "channel": CHANNELS,
    "rule": RULES,
}

NameOf = Callable[[str | None], str]
"""What an agency is called."""

Named = Callable[[str, str], str]
"""What a step of a leg, or a paper, is called."""


class Line(msgspec.Struct, frozen=True):
    """One change in words. `leg`: None for the dossier itself."""

    leg: str | None
    label: str
    before: str
    after: str


class Saying:
    """In one language, of one dossier."""

    def __init__(self, lang: Lang, name_of: NameOf, named: Named) -> None:
        self._lang = lang
        self._name_of = name_of
        self._named = named

    def line(self, change: Change) -> Line:
        return Line(
            change.leg,
            self.label(change.leg, change.field, change.part),
            self.value(change.leg, change.field, change.before),
            self.value(change.leg, change.field, change.after),
        )

    def label(self, leg: str | None, field: str, part: str = "") -> str:
        words = said(DOSSIER if leg is None else LEG, field, self._lang)
        if not part:
            return words
        return f"{words}: {said(FACTS, part, self._lang) if field == 'facts' else part}"

    def value(self, leg: str | None, field: str, value: Any) -> str:
        """In one line; "–" for nothing."""
        if value is None or value in ("", ()):
            return NOTHING
        if isinstance(value, bool):
            return self._word(YES if value else NO)
        if isinstance(value, datetime):
            return self._moment(value)
        if isinstance(value, str):
            return self._text(leg or "", field, value)
        if isinstance(value, tuple):
            return ", ".join(self.value(leg, field, each) for each in value)
        return self._struct(leg or "", value)

    def _text(self, leg: str, field: str, value: str) -> str:
        if field in AGENCIES or field == "facts":
            return self._name_of(value)
        if field in WORDS:
            return said(WORDS[field], value, self._lang)
        if field == "opened_by":
            # A step of the leg above.
            leg = leg.rpartition("/")[0]
        if field in ("step", "papers", "opened_by"):
            return said(OUTCOMES, value, self._lang) if value in ENDS else self._named(leg, value)
        if field == "limit":
            return limit_words(value, self._lang)
        return value

    def _struct(self, leg: str, value: Any) -> str:
        match value:
            case Holder():
                return f"{value.officer} ({self._name_of(value.agency)})"
            case Transit():
                to = value.to_officer or said(ROLES, value.to_role, self._lang)
                return f"{self._name_of(value.to_agency)}, {to}; {self._moment(value.since)}"
            case Stop():
                until = self._moment(value.until) if value.until else "…"
                ground = said(GROUNDS, value.ground, self._lang)
                return f"{ground}: {self._moment(value.since)} – {until}"
            case Extension():
                return f"{limit_words(value.by, self._lang)} ({value.legal_basis})"
            case Elsewhere():
                return str(value.house)
        if isinstance(value, msgspec.Struct):
            fields = msgspec.structs.asdict(value).values()
            return ", ".join(self.value(leg, "", each) for each in fields if each)
        return str(value)

    def _moment(self, moment: datetime | None) -> str:
        return written(self._lang, moment)

    def _word(self, word: Said) -> str:
        return word.vi if self._lang == "vi" else word.en
