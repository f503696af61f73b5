"""Files handed in with a dossier, to it or as a supplement; a rating, a complaint, its answer."""

from __future__ import annotations

import re
from collections.abc import Iterable

from engine.core.acts import carries_out
from engine.core.draft import Draft
from engine.core.rules import refuse
from schemas import commands as c
from schemas import events as e
from schemas.events import ASPECTS, BEST, GROUNDS, Attached, Private
from workflows.model import Procedure

_DIGEST = re.compile(r"[0-9a-f]{64}")


@carries_out(c.Attach)
def attach_papers(draft: Draft, command: c.Attach) -> None:
    if not command.attached:
        refuse("nothing-attached")
    procedure = draft.procedure
    attach(draft, command, papers_of(procedure) + tuple(p.id for p in procedure.papers_out))


def attach(draft: Draft, command: c.Attaching, known: Iterable[str]) -> None:
    """Records the files that came with a command, if any did; they are of papers that the
    procedure or whoever asked for them knows."""
    if not command.attached:
        return
    papers = set(known)
    for each in command.attached:
        if each.paper not in papers:
            named = ", ".join(sorted(papers)) or "none"
            refuse("unknown-paper", paper=each.paper, known=named)
        if not is_content(each):
            refuse("no-content", paper=each.paper)
    called = {each.digest for each in command.attached}
    files = {digest: name for digest, name in command.files.items() if digest in called}
    draft.emit(
        e.PapersAttached(
            leg=command.leg,
            papers=command.attached,
            private=Private(files=files) if files else None,
        )
    )


def is_content(file: Attached) -> bool:
    """Whether it says what the file is: its hash, a size, a type."""
    known = _DIGEST.fullmatch(file.digest) is not None
    return known and file.size >= 1 and "/" in file.media_type


def papers_of(procedure: Procedure) -> tuple[str, ...]:
    """The papers that the citizen hands in."""
    return tuple(paper.id for paper in procedure.papers_in)


@carries_out(c.Rate)
def rate(draft: Draft, command: c.Rate) -> None:
    if not command.marks:
        refuse("nothing-rated", known=", ".join(ASPECTS))
    for aspect, mark in command.marks.items():
        if aspect not in ASPECTS:
            refuse("unknown-value", fact="aspect", value=aspect, known=", ".join(ASPECTS))
        if not 1 <= mark <= BEST:
            refuse("unknown-value", fact=aspect, value=str(mark), known=f"1 to {BEST}")
    draft.emit(e.RatingGiven(marks=command.marks))


@carries_out(c.Complain)
def complain(draft: Draft, command: c.Complain) -> None:
    if command.ground not in GROUNDS:
        refuse("unknown-value", fact="ground", value=command.ground, known=", ".join(GROUNDS))
    draft.emit(e.ComplaintFiled(complaint=draft.dossier.complaints + 1, ground=command.ground))


@carries_out(c.AnswerComplaint)
def answer_complaint(draft: Draft, command: c.AnswerComplaint) -> None:
    waiting = draft.dossier.unanswered
    if command.complaint not in waiting:
        named = ", ".join(map(str, waiting)) or "none"
        refuse("no-complaint", complaint=command.complaint, waiting=named)
    draft.emit(e.ComplaintAnswered(complaint=command.complaint, reference=command.reference))
