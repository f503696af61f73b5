"""How a command ends when it cannot do what was asked: one sentence, and an exit status.

1: a rule refused. 2: the input or the usage is wrong. 3: a server cannot be reached or the
store is damaged. Nobody is shown a traceback; LIENTHONG_DEBUG=1 lets it through.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Sequence
from typing import IO, Any

import click

from schemas.codec import dumps
from schemas.rejection import Rejected

REFUSED, WRONG, BROKEN = 1, 2, 3


BUSY = frozenset({"Busy", "Fenced", "ParkedMeanwhile"})
UNREADABLE = frozenset({"UnknownEvent", "DamagedEvent", "Poison"})
UNCOUNTABLE = frozenset({"CalendarError", "ClockError"})
"""Errors of layers below that say all there is to say; by name, so that nothing is imported."""


class Trouble(click.ClickException):
    """Ends the program with `exit_code` and the message on stderr."""

    def show(self, file: IO[Any] | None = None) -> None:
        click.echo(self.message, file=file or sys.stderr)


class RefusedByRule(Trouble):
    """A rule refused a command: its code, its sentence, its ground in law."""

    exit_code = REFUSED

    def __init__(self, rejected: Rejected, *, as_json: bool) -> None:
        ground = f" ({rejected.legal_basis})" if rejected.legal_basis else ""
        self.rejected = rejected
        words = f"{rejected.rule}: {rejected.message}{ground}"
        super().__init__(dumps(rejected).decode() if as_json else words)


class BadInput(Trouble):
    exit_code = WRONG


class WrongFields(BadInput):
    """Fields that make no command: `problems` are (field, what is wrong with it), all of them."""

    def __init__(self, problems: Sequence[tuple[str, str]]) -> None:
        super().__init__("\n".join(f"--field {field}: {said}" for field, said in problems))
        self.problems = problems


class NotThere(BadInput):
    """What was named does not exist."""


class Broken(Trouble):
    exit_code = BROKEN


class Unexpected(Broken):
    """What nobody thought of: a fault of the program."""


def as_trouble(error: Exception) -> Trouble:
    """What to tell about an error that no command expected to end with."""
    for module, told in (
        ("engine.store.errors", _of_store),
        ("workflows.load", _of_definitions),
        ("consumers.broker", _of_kafka),
    ):
        # A module that nobody has imported cannot have raised; importing it would be slow.
        if module in sys.modules and (found := told(error)):
            return found
    name = type(error).__name__
    if name in BUSY:
        return Broken(f"The store is busy: {error or 'others were first'}. Try again.")
    if name in UNREADABLE:
        return Broken(f"The store holds an event that this program cannot read: {error}.")
    if name in UNCOUNTABLE:
        return BadInput(f"No deadline can be counted: {error}.")
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        where = error.filename or "where this is written"
        return Broken(f"{where}: no space left on the disk. Free some, and try again.")
    if isinstance(error, OSError) and error.filename is not None:
        return BadInput(f"{error.filename}: {(error.strerror or str(error)).lower()}")
    return Unexpected(
        f"This should not have happened ({name}: {error}). "
        "Set LIENTHONG_DEBUG=1 and try again to see where."
    )


def _of_store(error: Exception) -> Trouble | None:
    from engine.store.errors import DefinitionChanged, StoreError

    if isinstance(error, DefinitionChanged):
        return BadInput(str(error))
    return Broken(str(error)) if isinstance(error, StoreError) else None


def _of_definitions(error: Exception) -> Trouble | None:
    from workflows.load import BadProcedure
    from workflows.load_organisation import BadOrganisation

    if isinstance(error, (BadProcedure, BadOrganisation)):
        return BadInput(str(error))
    return None


def _of_kafka(error: Exception) -> Trouble | None:
    from consumers.broker import BrokerError, WrongTopic
    from consumers.ownership import Lost

    return Broken(str(error)) if isinstance(error, (BrokerError, WrongTopic, Lost)) else None


def debugging() -> bool:
    return bool(os.environ.get("LIENTHONG_DEBUG"))
