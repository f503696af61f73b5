"""What each command does, once it is admitted. One function per command, by subject.

To add a command: its class in `schemas/commands/`, its function here, and in
`engine/core/admission.py` the line that says who may do it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.core.draft import Draft
from schemas.commands import Command

Act = Callable[[Draft, Any], None]

ACTS: dict[type[Command], Act] = {}
"""What carries out each command; the modules beside this one fill it in."""


def carries_out(*types: type[Command]) -> Callable[[Act], Act]:
    """Registers the function that carries out these commands."""

    def add(act: Act) -> Act:
        for each in types:
            ACTS[each] = act
        return act

    return add
