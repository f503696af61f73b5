"""What somebody typed or pasted, without what he cannot see.

Telephones, documents and messages put in characters that look like others, or like nothing:
digits of full width, spaces that do not break, marks of no width, dashes of their own.
"""

from __future__ import annotations

from unicodedata import category, normalize

_MINUS = "\N{MINUS SIGN}"


def code(text: str) -> str:
    """A code as codes are written: plain letters and digits, one kind of dash, no spaces."""
    return "".join(
        "-" if category(each) == "Pd" or each == _MINUS else each
        for each in normalize("NFKC", text)
        if each.isprintable() and not each.isspace()
    )


def line(text: str) -> str:
    """One line, its letters and their diacritics put together, its words a space apart."""
    composed = normalize("NFC", text)
    return " ".join("".join(each for each in composed if _shows(each)).split())


def lines(text: str) -> str:
    """The same of each line; the lines stay, however the browser ended them."""
    return "\n".join(line(each) for each in text.splitlines()).strip()


def _shows(letter: str) -> bool:
    return letter.isprintable() or letter.isspace()
