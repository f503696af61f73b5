"""What a leg is called: a definition gives it an id only, which is for machines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workflows.model import Leg, Step, Text

if TYPE_CHECKING:
    from engine.core.law import Law
    from workflows.model import Procedure

WAITING = Text("Chờ ", "Wait for ")
"""How the title of a step begins that is nothing but the wait for a leg."""


def leg_title(law: Law, procedure: Procedure, path: str) -> Text:
    """By the procedure that it runs; else by the step that opens it alone, without the words of
    waiting ("Chờ cơ quan thuế" opens "Cơ quan thuế"); else by its own first step. By its id where
    none of them has a title, or the procedure has no such leg."""
    above, _, name = path.rpartition("/")
    try:
        leg = procedure.leg(path)
    except KeyError:
        return Text(name, name)
    if leg.procedure is not None:
        return law.procedure(leg.procedure).title
    opener = next(each for each in procedure.process_of(above).steps.values() if leg in each.legs)
    title = _title(opener, leg)
    return title or Text(name.replace("-", " "), name.replace("-", " "))


def _title(opener: Step, leg: Leg) -> Text | None:
    if len(opener.legs) == 1 and opener.title is not None:
        return Text(
            _begun(opener.title.vi.removeprefix(WAITING.vi)),
            _begun(opener.title.en.removeprefix(WAITING.en)),
        )
    return leg.process.steps[leg.process.start].title


def _begun(words: str) -> str:
    return words[:1].upper() + words[1:]
