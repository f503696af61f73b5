"""Text as it is looked for: without diacritics, đ as d, small, one space between words."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

_D = str.maketrans({"đ": "d", "Đ": "d"})


# The same agencies and officers come again and again.
@lru_cache(maxsize=4_096)
def folded(text: str) -> str:
    """ "Đất đai – Uông Bí" as "dat dai uong bi"; letters, digits and what codes are written with
    (`.`, `-`, `_`, `/`) stay, anything else parts words."""
    plain = unicodedata.normalize("NFD", text.translate(_D)).casefold()
    kept = (
        letter if letter.isalnum() or letter in ".-_/" else " "
        for letter in plain
        if not unicodedata.combining(letter)
    )
    return " ".join(word for word in "".join(kept).split() if word.strip(".-_/"))


def words_of(text: str) -> list[str]:
    """The words of a query, each once, in order."""
    return list(dict.fromkeys(folded(text).split()))
