"""What the pages say: the texts marked for the catalogues, and texts that stand bare."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser
from typing import NamedTuple

from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po
from jinja2 import nodes

from app.web.rendering import TEMPLATES, environment
from app.web.texts import FOLDER

APP = TEMPLATES.parent.parent
SPEAKING = (APP, APP.parent / "schemas", APP.parent / "workflows")
"""The packages whose words are read on pages."""

KEYWORDS = {**DEFAULT_KEYWORDS, "Sentence": None}

SPOKEN_KEYS = frozenset({"text", "label", "hint", "caption", "title", "titleText", "summaryText"})
"""Parameters of components that are read by people."""

SPOKEN_ATTRIBUTES = frozenset({"alt", "title", "aria-label", "placeholder", "summary"})

LETTERS = re.compile(r"[^\W\d_]{2,}")

OF_CODE = frozenset({"kbd", "code", "style", "script"})
"""What stands in these is no sentence."""


OF_CLASSES = frozenset({"width", "wrapper"})
"""Blocks of the frame that hold names of classes."""


class Text(NamedTuple):
    """One text marked for the catalogues, and a file that has it."""

    text: str
    file: str


def marked() -> list[Text]:
    """Every text in `_()`, of templates and of Python, and every pattern of a `Sentence`; of
    `ngettext` the singular."""
    methods = [
        ("**/templates/**.html", "jinja2"),
        ("**/templates/**.jinja", "jinja2"),
        ("**.py", "python"),
    ]
    options = {
        "**/templates/**.html": {"trim_blocks": "true", "lstrip_blocks": "true",
                                 "extensions": "jinja2.ext.do", "silent": "false"},
    }  # fmt: skip
    found = []
    for folder in SPEAKING:
        for file, _line, message, _comments, _context in extract_from_dir(
            folder, methods, options, KEYWORDS, strip_comment_tags=True
        ):
            text = message[0] if isinstance(message, tuple) else message
            if text:
                found.append(Text(text, str(file)))
    return found


def catalogue(lang: str = "vi") -> dict[str, dict[str, str]]:
    """Area -> text -> its translation; of plurals the only form Vietnamese has."""
    found: dict[str, dict[str, str]] = {}
    for file in sorted((FOLDER / lang).glob("*.po")):
        area = found.setdefault(file.stem, {})
        with file.open("rb") as source:
            for message in read_po(source, locale=lang):
                if not message.id:
                    continue
                plural = isinstance(message.id, tuple | list)
                id_ = message.id[0] if plural else message.id
                said = message.string
                area[str(id_)] = str(said[0] if isinstance(said, tuple | list) else said or "")
    return found


def bare(template: str) -> list[str]:
    """Words of a template that nobody can translate: in its HTML, or given to a component."""
    env = environment("en")
    assert env.loader is not None
    return bare_in(env.loader.get_source(env, template)[0])


def bare_in(source: str) -> list[str]:
    """As `bare`, of a template's text."""
    tree = environment("en").parse(source)
    html = "".join(_html(tree))
    reader = _Reader()
    reader.feed(html)
    return [each for each in (*reader.found, *_constants(tree)) if LETTERS.search(each)]


def _html(node: nodes.Node) -> Iterator[str]:
    """The HTML of a template with a mark of no letters for each expression."""
    for child in node.iter_child_nodes():
        if isinstance(child, nodes.Block) and child.name in OF_CLASSES:
            continue
        if isinstance(child, nodes.Output):
            for part in child.nodes:
                yield part.data if isinstance(part, nodes.TemplateData) else "0"
        else:
            yield from _html(child)


def _constants(tree: nodes.Node) -> Iterable[str]:
    for pair in tree.find_all(nodes.Pair):
        key, value = pair.key, pair.value
        if (
            isinstance(key, nodes.Const)
            and key.value in SPOKEN_KEYS
            and isinstance(value, nodes.Const)
            and isinstance(value.value, str)
        ):
            yield value.value


class _Reader(HTMLParser):
    """Collects what people read: text outside of code, and the attributes that are read out."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._in: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in OF_CODE:
            self._in.append(tag)
        self.found += [value for name, value in attrs if name in SPOKEN_ATTRIBUTES and value]

    def handle_endtag(self, tag: str) -> None:
        if self._in and self._in[-1] == tag:
            self._in.pop()

    def handle_data(self, data: str) -> None:
        if not self._in and data.strip():
            self.found.append(data.strip())


def templates() -> list[str]:
    return sorted(str(each.relative_to(TEMPLATES)) for each in TEMPLATES.rglob("*.html"))
