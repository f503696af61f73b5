"""What libyaml says of a file that it cannot read, in words of our own that say what to do."""

from __future__ import annotations

import re

from schemas.sentence import Sentence

FLOW_MAP = Sentence("a '{' is not closed before this, or a ',' is missing")
FLOW_LIST = Sentence("a '[' is not closed before this, or a ',' is missing")
KEY = Sentence("a key is expected here: look at the quotes and the indentation of this line")
REFERENCE = Sentence("a text that begins with * or & stands in quotes")

SAID: dict[str, Sentence] = {
    "mapping values are not allowed in this context": Sentence(
        "no second ':' may stand here: put the text in quotes, or indent the line like the others"
    ),
    "could not find expected ':'": Sentence("a ':' is missing after this"),
    "did not find expected key": KEY,
    "did not find expected '-' indicator": Sentence(
        "a line of a list begins with '-' and is indented like the others"
    ),
    "block sequence entries are not allowed in this context": Sentence(
        "a list begins in a line of its own"
    ),
    "found unexpected end of stream": Sentence("a quote that is opened here is not closed"),
    "found character that cannot start any token": Sentence(
        "a text that begins with this character stands in quotes"
    ),
    "did not find expected ',' or '}'": FLOW_MAP,
    "did not find expected ',' or ']'": FLOW_LIST,
    "did not find expected node content": Sentence("a value is expected here"),
    "did not find expected alphabetic or numeric character": REFERENCE,
    "did not find expected comment or line break": Sentence(
        "after | or > the text begins in the next line"
    ),
    "found unknown escape character": Sentence(
        "in double quotes a \\ means something else: use single quotes"
    ),
    "did not find expected <document start>": Sentence(
        "the text goes on after its end: indent this line like the first one"
    ),
}
"""What the library says -> what is said instead."""

NOTICED_LATE = frozenset({"could not find expected ':'", "found unexpected end of stream"})
"""What is noticed far behind the place where it is wrong."""

CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
"""Characters that no text has."""


def said(problem: str, context: str, line: int, column: int) -> Sentence:
    """What the library says of a place, counted from 1. What is not in the table is told as the
    library tells it."""
    words = SAID.get(problem)
    if words is not None:
        return Sentence("this is not YAML: %(problem)s", problem=words)
    return Sentence(
        "this is not YAML from line %(line)s, column %(column)s on (%(problem)s)",
        line=line, column=column, problem=f"{context} {problem}".strip(),
    )  # fmt: skip
