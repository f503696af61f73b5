"""A bench in a process of its own: what another leaves on its heap, and what it has taken of
memory, would be the next one's, and that of the programs which this starts."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from importlib import import_module
from multiprocessing import get_context
from typing import Any

Rows = list[dict[str, Any]]


def alone(name: str) -> Rows:
    """The rows of `bench.NAME`."""
    with ProcessPoolExecutor(1, get_context("spawn")) as fresh:
        return fresh.submit(_rows, name).result()


def _rows(name: str) -> Rows:
    rows: Rows = import_module(f"bench.{name}").run()
    return rows
