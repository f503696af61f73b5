"""What somebody types made into what the search view is asked: names become ids here."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from consumers.folding import folded, words_of
from consumers.views.search import Word

if TYPE_CHECKING:
    from engine.core.law import Law

MOST_WORDS = 12
"""Of a query that are looked for; whoever writes more has pasted something else."""

Names = Mapping[str, frozenset[str]]
"""Id -> every word that it is called by, folded."""


def meant(law: Law, text: str) -> list[Word]:
    """The words of a query, each with the procedures and agencies that are called by it; without
    those that most agencies are called by, like "ward", which tell nothing."""
    procedures, agencies = _known(law)
    found = [
        Word(word, called(procedures, word), called(agencies, word))
        for word in words_of(text)[:MOST_WORDS]
    ]
    telling = [word for word in found if len(word.agencies) * 2 <= len(agencies)]
    return telling or found


def called(names: Names, word: str) -> frozenset[str]:
    """The ids that have a word which begins so."""
    return frozenset(
        id_ for id_, words in names.items() if any(each.startswith(word) for each in words)
    )


@lru_cache(maxsize=4)
def _known(law: Law) -> tuple[Names, Names]:
    procedures: dict[str, frozenset[str]] = {}
    for each in law.procedures():
        words = _words(each.id, each.title.vi, each.title.en, each.field.vi, each.field.en)
        procedures[each.id] = procedures.get(each.id, frozenset()) | words
    agencies = {
        each.id: _words(each.id, each.name.vi, each.name.en) for each in law.organisation.agencies()
    }
    return procedures, agencies


def _words(*texts: str) -> frozenset[str]:
    return frozenset(folded(" ".join(texts)).split())
