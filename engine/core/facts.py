"""What may be said of a dossier beside its papers: nothing personal, and no typing error.

A fact is a name that the definition asks about with one of the values it knows, "no" for none of
them, or it names an agency (the commune of the plot).
"""

from __future__ import annotations

from collections.abc import Mapping

from engine.core.draft import Draft
from engine.core.rules import refuse
from workflows.model import Procedure, holds

NO = "no"
"""The value that chooses nothing."""


def checked(draft: Draft, procedure: Procedure, facts: Mapping[str, str]) -> dict[str, str]:
    """These facts, when the procedure knows each. A misspelt one would quietly choose a way."""
    asked = draft.law.outline(procedure.key).facts
    for name, value in facts.items():
        if draft.is_agency(value):
            continue
        if name not in asked:
            refuse("unknown-fact", fact=name, known=", ".join(sorted(asked)) or "nothing")
        if value != NO and value not in asked[name]:
            known = ", ".join(sorted(asked[name])) or "the code of an agency"
            refuse("unknown-value", fact=name, value=value, known=known)
    return dict(facts)


def chosen(procedure: Procedure, facts: Mapping[str, str]) -> None:
    """Refuses a group of which nothing was chosen where something has to be."""
    if procedure.kind != "group":
        return
    for step in procedure.process.steps.values():
        whens = [leg.when for leg in step.legs]
        if not whens or not all(whens):
            continue
        if not any(holds(when, facts) for when in whens):
            choices = ", ".join(f"{n}={v}" for when in whens for n, v in when.items())
            refuse("nothing-chosen", step=step.name, choices=choices)
