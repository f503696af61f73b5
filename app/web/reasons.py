"""What an officer has to say why: which acts ask for a reason, and on what ground one stops."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.web.words import GROUNDS, Said
from engine.core.dossier import Dossier
from schemas.commands import WITHDRAWAL
from schemas.sentence import Sentence

_WRITTEN = frozenset(
    {"refuse", "refuse-handover", "refuse-receipt", "answer-complaint", "ask-supplement", "extend"}
)
"""Acts whose reason is written on what the citizen or another agency is given. The engine does
not insist on all of them, because a program may have it in a document; a form does."""

_TOLD = frozenset({"suspend", "stop", "transfer", "reopen", "recall-handover", "ask-withdrawal"})
"""Acts whose reason may be written; the others only go on, and have a note."""

ANOTHER = "ground.words"
"""Chosen instead of a ground that has a name: the field in which it is written."""

ANOTHER_GROUND = Said("Căn cứ khác", "Another ground")


def asks_reason(act: str) -> bool:
    """Whether the form of an act has room for a reason."""
    return act in _WRITTEN | _TOLD


def needs_reason(act: str, dossier: Dossier, typed: Mapping[str, Any]) -> bool:
    """Whether it may not be left empty; stopping needs none when the citizen asked for it."""
    if act == "stop":
        return not dossier.withdrawal_asked or typed.get("ground", WITHDRAWAL) != WITHDRAWAL
    return act in _WRITTEN


def stop_grounds() -> dict[str, Said]:
    """On what a dossier may be stopped that the citizen asked back."""
    return {WITHDRAWAL: GROUNDS[WITHDRAWAL], ANOTHER: ANOTHER_GROUND}


def stop_ground(typed: Mapping[str, Any]) -> tuple[str, str]:
    """Which of them was chosen, and the words of another one."""
    chosen, words = str(typed.get("ground") or WITHDRAWAL), str(typed.get(ANOTHER, ""))
    return (chosen, words) if chosen in (WITHDRAWAL, ANOTHER) else (ANOTHER, chosen)


def left_out(
    act: str, dossier: Dossier, typed: Mapping[str, Any], fields: Mapping[str, Any]
) -> list[tuple[str, Sentence]]:
    """What was not said though it has to be: of the form as it was `typed`, which became `fields`
    of a command. A command without a ground would stop at the citizen's request."""
    problems = []
    if act == "stop" and not str(fields.get("ground", "")).strip():
        problems.append(("ground", Sentence("is missing: %(act)s needs it", act=act)))
    if needs_reason(act, dossier, typed) and not str(fields.get("reason", "")).strip():
        problems.append(("reason", Sentence("is missing: %(act)s needs it in writing", act=act)))
    return problems
