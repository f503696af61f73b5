"""What every command has in common."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from schemas.events.citizen import Attached


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """`actor`: the officer who acts, "citizen" for whoever the dossier is about, or "system"
    where only a rule acted; `on_behalf`: whose mandate the actor uses; `leg`: path of the leg
    it is about."""

    act: ClassVar[str]
    by_hand: ClassVar[bool] = True

    actor: str
    on_behalf: str | None = None
    leg: str = ""
    reason: str | None = None
    note: str | None = None

    @property
    def needs_reason(self) -> bool:
        """Whether it may only be done with a reason in writing."""
        return False


class Attaching(Command, frozen=True, kw_only=True):
    """Hands in files: `attached`. `files`: what each was called, by its digest."""

    attached: tuple[Attached, ...] = ()
    files: dict[str, str] = {}
