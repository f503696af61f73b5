"""What the parts of a dossier are called in the reader's language: its legs, steps and papers,
and the agencies. An id stands on a page only where nothing else is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.law.legs import leg_title
from app.web.words import Said
from workflows.machine import ORIGIN

if TYPE_CHECKING:
    from app.settings import Lang
    from engine.core.law import Law
    from workflows.model import Procedure, Text

NOT_BEGUN = Said("bàn giao phần việc", "handing the leg over")
"""The step of a leg that nobody has taken yet."""


class Names:
    """Of one version of a procedure: `names("tax", "assess")` is a step of a leg, or a paper."""

    def __init__(self, law: Law, procedure: Procedure, lang: Lang) -> None:
        self._law = law
        self._procedure = procedure
        self._vi = lang == "vi"

    def __call__(self, leg: str, id_: str) -> str:
        if (paper := self.paper(id_)) != id_:
            return paper
        if id_ == ORIGIN:
            return NOT_BEGUN.vi if self._vi else NOT_BEGUN.en
        process = self._law.outline(self._procedure.key).processes.get(leg)
        step = process.steps.get(id_) if process else None
        return self._of(step.title) if step and step.title else id_.replace("-", " ")

    def leg(self, path: str) -> str:
        """ "" for the root."""
        return self._of(leg_title(self._law, self._procedure, path)) if path else ""

    def paper(self, id_: str) -> str:
        """The id of what is no paper of the procedure, as it is."""
        papers = (*self._procedure.papers_in, *self._procedure.papers_out)
        return next((self._of(each.title) for each in papers if each.id == id_), id_)

    def agency(self, id_: str) -> str:
        """By its id, which is shown when there is no such agency here."""
        try:
            return self._of(self._law.organisation.agency(id_).name)
        except KeyError:
            return id_

    def _of(self, text: Text) -> str:
        return text.vi if self._vi else text.en
