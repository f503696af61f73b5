"""Legs opened, resulted, refused."""

from __future__ import annotations

from typing import ClassVar

from schemas.events.base import LegEvent


class LegOpened(LegEvent, frozen=True, kw_only=True, omit_defaults=True):
    """`procedure`: id and version of the procedure the leg runs, when it is one of its own."""

    type: ClassVar[str] = "leg.opened"

    agency: str
    step: str
    opened_by: str
    procedure: str | None = None
    procedure_version: str | None = None
    papers: tuple[str, ...] = ()


class LegResulted(LegEvent, frozen=True, kw_only=True, omit_defaults=True):
    """A leg came to its end; `papers` travel back to who opened it."""

    type: ClassVar[str] = "leg.resulted"

    papers: tuple[str, ...] = ()


class LegRefused(LegEvent, frozen=True, kw_only=True, omit_defaults=True):
    """The leg's agency refused; when the leg is a `gate` this ends the dossier."""

    type: ClassVar[str] = "leg.refused"

    legal_basis: str | None = None
    gate: bool = False
