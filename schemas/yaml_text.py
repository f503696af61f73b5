"""Plain values as YAML, for people to read. Only written, never read: the language of the
contracts needs no library for it, and JSON is the rest of YAML."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from schemas.codec import dumps

PLAIN = re.compile(r"[A-Za-z_$][A-Za-z0-9_$./()-]*( [A-Za-z0-9_$./()-]+)*")
WORDS = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})
"""What is plain and yet would not be read as text."""


def yaml_text(value: Any) -> str:
    """A document of dicts, lists, texts, whole numbers, booleans and None."""
    return "\n".join(_lines(value)) + "\n"


def _lines(value: Any) -> Iterator[str]:
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _under(f"{_scalar(key)}:", inner)
    elif isinstance(value, list | tuple) and value:
        for inner in value:
            first, *rest = _lines(inner)
            yield f"- {first}"
            yield from (f"  {line}" if line else line for line in rest)
    else:
        yield _scalar(value)


def _under(key: str, value: Any) -> Iterator[str]:
    if isinstance(value, dict | list | tuple) and value:
        yield key
        yield from (f"  {line}" if line else line for line in _lines(value))
    elif isinstance(value, str) and _as_block(value):
        yield f"{key} |-"
        yield from (f"  {line}" if line else "" for line in value.split("\n"))
    else:
        yield f"{key} {_scalar(value)}"


def _as_block(text: str) -> bool:
    """Lines as they are; a blank at an end of them would be read as something else."""
    lines = text.split("\n")
    return (
        len(lines) > 1
        and text.strip() == text
        and all(line == line.rstrip() and line.isprintable() for line in lines)
    )


def _scalar(value: Any) -> str:
    if isinstance(value, str) and PLAIN.fullmatch(value) and value.lower() not in WORDS:
        return value
    text = dumps(value).decode()
    # JSON lets more characters stand for themselves than YAML does.
    return "".join(each if each.isprintable() else f"\\U{ord(each):08x}" for each in text)
