"""The rules of the house that a machine can check: sizes, names, absolute imports."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("app", "bench", "consumers", "engine", "schemas", "tests", "workflows")
FILE_LINES = 400
FUNCTION_LINES = 70
BANNED = frozenset({"manager", "helper", "util", "service", "data"})
GIVEN = frozenset({"data_received", "handle_data"})
"""Names that the standard library calls (asyncio.Protocol, html.parser) and nobody can choose."""

WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
Definition = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def faults(source: str, stem: str) -> Iterator[str]:
    """What the house objects to in one module, a sentence each."""
    lines = source.count("\n")
    if lines > FILE_LINES:
        yield f"{lines} lines, at most {FILE_LINES}"
    yield from _banned("module", stem)
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.level:
            yield f"line {node.lineno}: a relative import"
        if isinstance(node, Definition):
            yield from _banned(f"line {node.lineno}:", node.name)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > FUNCTION_LINES:
                yield f"line {node.lineno}: {node.name} has {length} lines, over {FUNCTION_LINES}"


def _banned(where: str, name: str) -> Iterator[str]:
    for word in () if name in GIVEN else WORD.findall(name):
        if word.lower() in BANNED or word.lower().removesuffix("s") in BANNED:
            yield f"{where} {name} uses the banned word {word.lower()}"


def modules() -> list[Path]:
    return sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_keeps_the_rules_of_the_house(path: Path) -> None:
    assert list(faults(path.read_text(encoding="utf-8"), path.stem)) == []


@pytest.mark.parametrize(
    ("source", "stem", "fault"),
    [
        ("x = 1\n" * 401, "m", "401 lines"),
        ("def f():\n" + "    x = 1\n" * 70, "m", "f has 71 lines"),
        ("from . import x\n", "m", "relative import"),
        ("from ..engine import x\n", "m", "relative import"),
        ("class OfficerManager: ...\n", "m", "banned word manager"),
        ("class A:\n    def load_data(self): ...\n", "m", "banned word data"),
        ("async def helpers(): ...\n", "m", "banned word helpers"),
        ("", "date_utils", "banned word utils"),
    ],
)
def test_each_rule_bites(source: str, stem: str, fault: str) -> None:
    assert [fault in found for found in faults(source, stem)] == [True]


@pytest.mark.parametrize("name", ["metadata", "DatabaseURL", "utility", "served", "dated_tree"])
def test_a_banned_word_inside_another_word_is_no_fault(name: str) -> None:
    assert list(faults(f"def {name}(): ...\n", name)) == []
