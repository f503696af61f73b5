"""By what a command is known again."""

from __future__ import annotations

import hashlib

import msgspec

from schemas.commands import Command
from schemas.events import Private

PRIVATE = frozenset(Private.__struct_fields__)


def fingerprint(command: Command, command_id: bytes) -> bytes:
    """8 bytes that tell a command from others with the same id: the random half of the id of
    its first event (RFC 9562, variant bits first). No two commands share an id, so it is as
    unlike any other as a drawn one. Free text and the applicant are left out: they can be
    destroyed, so nothing may be kept by which they could be guessed.
    """
    said = msgspec.to_builtins(command)
    kept = {name: value for name, value in said.items() if value and name not in PRIVATE}
    text = msgspec.json.encode([command.act, kept], order="deterministic")
    digest = hashlib.sha256(command_id + text).digest()
    return bytes([digest[0] & 0x3F | 0x80]) + digest[1:8]
