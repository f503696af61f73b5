"""No rule without a test that it refuses, no event and no command that no scenario has.

Read from the tests' own text: what stands in `.refused("…")`, `.then(…)` and `.when(…)` was
checked there, and those tests have to pass.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from engine.core.rules import RULES
from schemas import commands, events
from schemas.commands import BETWEEN_ENGINES, COMMANDS
from schemas.events import EVENT_TYPES

HERE = Path(__file__).parent
ELSEWHERE = {"unknown-dossier", "command-id-reused", "not-yet", "stale"}
"""Refused by the runtime, which alone knows what dossiers and commands there are, and the time."""


@lru_cache(maxsize=1)
def trees() -> list[ast.Module]:
    return [ast.parse(path.read_text(encoding="utf-8")) for path in sorted(HERE.glob("test_*.py"))]


def calls(method: str) -> Iterator[ast.Call]:
    for tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                yield from [node] if node.func.attr == method else []


def refused() -> set[str]:
    return {
        call.args[0].value
        for call in calls("refused")
        if call.args and isinstance(call.args[0], ast.Constant)
    }


def named(module: str) -> set[str]:
    """The `module.Name`s that stand anywhere in the tests."""
    return {
        node.attr
        for tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == module
    }


def expected() -> set[str]:
    """The events that stand in a `.then(…)`, or in the table of a test with one."""
    return {
        node.attr
        for call in calls("then")
        for part in call.args
        for node in ast.walk(part)
        if isinstance(node, ast.Attribute)
    }


def test_each_rule_is_seen_to_refuse() -> None:
    assert set(RULES) - ELSEWHERE - refused() == set()
    assert refused() - set(RULES) == set(), "a rule that does not exist"


def test_each_event_is_seen_to_happen() -> None:
    missing = {cls.__name__ for cls in EVENT_TYPES.values()} - expected()
    assert missing == set()
    assert all(hasattr(events, name) for name in named("e"))


def test_each_command_is_given() -> None:
    assert {cls.__name__ for cls in (*COMMANDS.values(), *BETWEEN_ENGINES.values())} - named(
        "c"
    ) == (set())
    assert all(hasattr(commands, name) for name in named("c"))
