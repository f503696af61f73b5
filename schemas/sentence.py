"""What is said to people in English, kept so that it can be said in their language too."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class Sentence(str):
    """An English sentence, or a part of one, that still knows what it was made of.

    `pattern` has the blanks, `%(name)s`, or `%(name)r` for what English puts into quotes; a
    percent sign is `%%`. `parts` is what was filled in, be it sentences again. Whoever knows
    nothing of this has a text; who speaks another language fills in that language's pattern.
    """

    __slots__ = ("parts", "pattern")
    pattern: str
    parts: dict[str, object]

    def __new__(cls, pattern: str, /, **parts: object) -> Sentence:
        made = super().__new__(cls, pattern % parts)
        made.pattern, made.parts = pattern, parts
        return made

    def __getnewargs_ex__(self) -> tuple[tuple[str], dict[str, object]]:
        """By which it is copied: its own text is no pattern."""
        return (self.pattern,), self.parts


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A closing question, or "" when nothing is near."""
    near = get_close_matches(word, sorted(known), n=1, cutoff=0.6)
    return Sentence("; did you mean %(near)r?", near=near[0]) if near else ""
