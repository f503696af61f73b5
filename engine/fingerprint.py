"""By what a command is known again."""

from __future__ import annotations

import hashlib
from functools import cache

import msgspec
from msgspec import NODEFAULT
from msgspec.structs import fields

from engine.core.decide import SYSTEM, free_text
from schemas.codec import private_digest
from schemas.commands import Command
from schemas.envelope import Recorded
from schemas.events import Private

PRIVATE = frozenset(Private.__struct_fields__)


def fingerprint(command: Command, command_id: bytes) -> bytes:
    """8 bytes that tell a command from others with the same id: the random half of the id of
    its first event (RFC 9562, variant bits first). No two commands share an id, so it is as
    unlike any other as a drawn one. Free text and the applicant are left out: they can be
    destroyed, so nothing may be kept by which they could be guessed.
    """
    kept = {
        name: value
        for name, value in msgspec.to_builtins(command).items()
        if name not in PRIVATE and (value or _differs(command, name))
    }
    text = msgspec.json.encode([command.act, kept], order="deterministic")
    digest = hashlib.sha256(command_id + text).digest()
    return bytes([digest[0] & 0x3F | 0x80]) + digest[1:8]


def _differs(command: Command, name: str) -> bool:
    """Whether a field that is empty says something by that: no papers, where nothing said of them
    means all that were offered."""
    unsaid = _unsaid(type(command))
    return name in unsaid and getattr(command, name) != unsaid[name]


@cache
def _unsaid(kind: type[Command]) -> dict[str, object]:
    """What each field is that is empty when nothing is said of it. Of all others, what is empty is
    left out unmistakably; they stay out, so that what was stored of a command stays what it is."""
    made = {
        each.name: each.default if each.default_factory is NODEFAULT else each.default_factory()
        for each in fields(kind)
        if not each.required
    }
    return {name: value for name, value in made.items() if not value}


def is_of(first: Recorded, command: Command) -> bool:
    """Whether an event is the first one of this very command, which has the same id.

    Free text is compared with what the event holds: who sends other words under an old id is
    told, so that they are not lost. Where the words have been destroyed nobody can tell any
    more, and it is a repetition. What a rule says depends on what it is told, not on the id.
    """
    if first.event_id[8:] != fingerprint(command, first.command_id):
        return False
    if command.actor == SYSTEM or (first.private is None and private_digest(first.payload)):
        return True
    return _words(first.event().private) == _words(free_text(command))


def _words(private: Private | None) -> tuple[object, ...]:
    said = private or Private()
    return said.reason, said.note, said.applicant
