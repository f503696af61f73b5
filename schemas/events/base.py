"""What every event has in common."""

from __future__ import annotations

from typing import ClassVar

import msgspec


class Private(msgspec.Struct, frozen=True, omit_defaults=True):
    """Free text and what describes a person, kept apart from the rest of the payload.

    Stored as bytes of its own; the payload holds only their SHA-256, so that the text can
    be destroyed while the chain still verifies. `salt` (hex) is given when the event is
    sealed; it keeps a short text from being guessed from its digest. `files`: what files were
    called by who handed them in, by the SHA-256 (hex) of their content.
    """

    salt: str = ""
    reason: str | None = None
    note: str | None = None
    applicant: dict[str, str] = {}
    files: dict[str, str] = {}


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Something that happened to a dossier."""

    type: ClassVar[str]
    schema_version: ClassVar[int] = 1

    private: Private | None = None


class LegEvent(Event, frozen=True, kw_only=True, omit_defaults=True):
    """Something that happened to one leg of a dossier."""

    leg: str = ""
