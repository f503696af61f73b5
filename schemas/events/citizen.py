"""What the citizen hands in and says: papers as files, a rating, a complaint and its answer."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from schemas.events.base import Event, LegEvent

ASPECTS = ("access", "procedure", "officers", "time", "result")
"""What is rated: reaching the agency, its procedure, its people, the time it took, the result."""

BEST = 5
"""The highest mark of a rating; 1 is the lowest."""

GROUNDS = ("late", "attitude", "asked-again", "fee", "result", "other")
"""What a complaint is about. In whose words is nobody's to read but in `private`."""


class Attached(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One file of a paper. `digest`: SHA-256 (hex) of its content, under which it is kept;
    `size` in bytes; `media_type` as its content shows, whatever it was called."""

    paper: str
    digest: str
    size: int
    media_type: str


class PapersAttached(LegEvent, frozen=True, kw_only=True, omit_defaults=True):
    """Files were handed in. What each was called is in `private.files`, by its digest."""

    type: ClassVar[str] = "papers.attached"

    papers: tuple[Attached, ...]


class RatingGiven(Event, frozen=True, kw_only=True, omit_defaults=True):
    """How content the citizen is: a mark from 1 to 5 for each aspect rated, given once. What
    was said beside the marks is in `private.note`."""

    type: ClassVar[str] = "rating.given"

    marks: dict[str, int]


class ComplaintFiled(Event, frozen=True, kw_only=True, omit_defaults=True):
    """The citizen complains on a `ground`; the words are in `private.reason`. Complaints about a
    dossier are counted from 1: `complaint`."""

    type: ClassVar[str] = "complaint.filed"

    complaint: int
    ground: str


class ComplaintAnswered(Event, frozen=True, kw_only=True, omit_defaults=True):
    """The authority answered complaint number `complaint` by the document `reference`; what it
    says to the citizen is in `private.reason`."""

    type: ClassVar[str] = "complaint.answered"

    complaint: int
    reference: str
