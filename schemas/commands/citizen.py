"""Files added to a dossier, and what the citizen says when it is done."""

from __future__ import annotations

from typing import ClassVar

from schemas.commands.base import Attaching, Command


class Attach(Attaching, frozen=True, kw_only=True):
    """Adds files to a dossier that is worked on: a scan made at the desk, a result."""

    act: ClassVar[str] = "attach"


class Rate(Command, frozen=True, kw_only=True):
    """`marks`: from 1 to 5, for one aspect of `schemas.events.citizen.ASPECTS` at least."""

    act: ClassVar[str] = "rate"

    marks: dict[str, int]


class Complain(Command, frozen=True, kw_only=True):
    """`ground`: one of `schemas.events.citizen.GROUNDS`; the words are the reason."""

    act: ClassVar[str] = "complain"

    ground: str

    @property
    def needs_reason(self) -> bool:
        return True


class AnswerComplaint(Command, frozen=True, kw_only=True):
    """Answers complaint number `complaint` by the document `reference`."""

    act: ClassVar[str] = "answer-complaint"

    complaint: int
    reference: str

    @property
    def needs_reason(self) -> bool:
        return True
