"""The form of a procedure as it came back: what was typed, which files, and what is wrong.

Nothing typed is lost on an error, and no file is sent twice: a file is staged when it comes, and
the form carries a signed note of it from then on.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

import msgspec
from starlette.datastructures import FormData, UploadFile

from app.citizen import typed
from app.citizen.offered import NO, choices, unclear
from app.citizen.online import Online
from app.uploads.kinds import MOST_TOGETHER, NotAccepted
from app.uploads.store import Handed
from workflows.model import Procedure

KEPT = "kept"
"""The hidden field with the note of a file that came before."""

REMOVE = "remove"
"""The button that takes a file away; its value is the note of it."""

FILES = "paper."
"""Before the id of a paper: the field of its files."""

LONGEST = 300
LONGEST_NOTE = 2000


def _(text: str) -> str:
    """Marks a text for the catalogues; it is translated where it is shown."""
    return text


class Wrong(NamedTuple):
    """What is wrong with a field: its id on the page, a text, and the words to fill in."""

    field: str
    text: str
    words: Mapping[str, str] = MappingProxyType({})


class Particular(NamedTuple):
    """Something about the applicant. `autocomplete`: how browsers know it."""

    name: str
    label: str
    hint: str
    needed: bool
    pattern: re.Pattern[str]
    wrong: str
    autocomplete: str
    type: str = "text"
    inputmode: str | None = None


PARTICULARS = (
    Particular("name", _("Full name"), _("As on the identity card"), True,
               re.compile(r"[^\d<>@]{2,120}"), _("Enter the full name, as on the identity card"),
               "name"),
    Particular("id", _("Identity number"), _("12 digits; 9 on an old card"), True,
               re.compile(r"[0-9]{9}|[0-9]{12}"), _("Enter the identity number: 12 digits, or 9"),
               "off", inputmode="numeric"),
    Particular("phone", _("Telephone"), _("So that the desk can reach you"), True,
               re.compile(r"(\+84|0)[0-9]{8,10}"),
               _("Enter a telephone number, such as 0912345678"), "tel", "tel"),
    Particular("email", _("Email (if you have one)"), "", False,
               re.compile(r"[^@\s]{1,64}@[^@\s]{1,120}\.[^@\s]{2,30}"),
               _("Enter an email address, such as ten@example.vn"), "email", "email"),
    Particular("address", _("Address"), _("House number, street, commune, province"), True,
               re.compile(r"[^<>]{3,300}"), _("Enter the address where you live"),
               "street-address"),
)  # fmt: skip

WHY: Mapping[str, str] = {
    "empty": _("%(name)s is empty"),
    "too-large": _("%(name)s is larger than 10 MB"),
    "too-much": _("With %(name)s the files are larger than 30 MB together"),
    "unknown-kind": _("%(name)s is no PDF, JPEG, PNG or Word document (DOCX)"),
    "other-kind": _("%(name)s is called otherwise than what it is (%(found)s)"),
    "two-kinds": _("%(name)s is two kinds of file at once"),
    "damaged": _("%(name)s did not come whole, or is damaged (%(found)s)"),
}
"""Why a file is not taken in, for who handed it in."""


class Filled(msgspec.Struct):
    """One form as it stands now. `typed`: every field as it was typed; `facts`, `applicant`,
    `note`: what it means; `files`: those staged; `wrong`: in the order of the page."""

    procedure: Procedure
    desk: str
    command: str
    typed: dict[str, str] = {}
    facts: dict[str, str] = {}
    applicant: dict[str, str] = {}
    note: str | None = None
    files: list[Handed] = []
    wrong: list[Wrong] = []

    def of_paper(self, paper: str) -> list[Handed]:
        return [each for each in self.files if each.paper == paper]

    @property
    def papers(self) -> tuple[str, ...]:
        """Those that at least one file is there of, in the procedure's order."""
        return tuple(each.id for each in self.procedure.papers_in if self.of_paper(each.id))


def read(online: Online, procedure: Procedure, desk: str, command: str, sent: FormData) -> Filled:
    """The form that was sent; its new files are staged."""
    filled = Filled(procedure, desk, command)
    filled.typed = {name: value.strip() for name, value in sent.items() if isinstance(value, str)}
    _applicant(filled)
    _facts(filled, online)
    refused: list[Wrong] = []
    take_files(online, sent, [each.id for each in procedure.papers_in], filled.files, refused)
    if procedure.papers_in and not filled.files and not refused:
        first = procedure.papers_in[0].id
        refused.append(Wrong(FILES + first, _("Add a file of at least one paper")))
    filled.wrong += refused
    note = typed.lines(filled.typed.get("note", ""))
    if len(note) > LONGEST_NOTE:
        filled.wrong.append(too_long("note", note))
    filled.note = note or None
    return filled


def too_long(field: str, text: str) -> Wrong:
    said = _("Say it in at most 2,000 letters: these are %(count)s")
    return Wrong(field, said, {"count": str(len(text))})


def _applicant(filled: Filled) -> None:
    for each in PARTICULARS:
        value = typed.line(filled.typed.get(each.name, ""))
        if each.name in ("id", "phone"):
            value = re.sub(r"[.()\-]", "", typed.code(value))
        fits = len(value) <= LONGEST and each.pattern.fullmatch(value)
        if not (fits if value else not each.needed):
            filled.wrong.append(Wrong(each.name, each.wrong))
        elif value:
            filled.applicant[each.name] = value


def _facts(filled: Filled, online: Online) -> None:
    law, day = online.desk.house.law, online.today
    asked = choices(filled.procedure)
    for choice in asked:
        taken = filled.typed.get(f"fact.{choice.name}") == choice.value
        filled.facts[choice.name] = choice.value if taken else NO
    if asked and all(value == NO for value in filled.facts.values()):
        filled.wrong.append(Wrong(f"fact.{asked[0].name}", _("Choose at least one")))
    for each in unclear(law, filled.procedure, filled.desk, filled.facts, day):
        named = filled.typed.get(f"fact.{each.function}", "")
        if named in {agency.id for agency in each.agencies}:
            filled.facts[each.function] = named
        else:
            filled.wrong.append(Wrong(f"fact.{each.function}", _("Choose the agency")))


def take_files(
    online: Online,
    sent: FormData,
    papers: list[str],
    files: list[Handed],
    wrong: list[Wrong],
    already: int = 0,
) -> None:
    """Adds the files of a form: those it has a note of, but for the one that is taken away, and
    those that come with it. `already`: bytes that the dossier has."""
    for text in sent.getlist(KEPT):
        handed = online.staged(text) if isinstance(text, str) else None
        if handed is None or handed.paper not in papers or text == sent.get(REMOVE):
            continue
        if online.uploads.staged(handed.digest):
            _add(files, handed)
        else:
            wrong.append(_gone(handed))
    room = MOST_TOGETHER - already - sum(each.size for each in files)
    for paper in papers:
        for part in sent.getlist(FILES + paper):
            if not isinstance(part, UploadFile) or not (part.filename or part.size):
                continue
            try:
                if (part.size or 0) > room:
                    raise NotAccepted("too-much")
                handed = online.uploads.stage(paper, part.filename or "", part.file)
            except NotAccepted as error:
                wrong.append(_not_accepted(paper, part.filename or "?", error))
                continue
            room -= handed.size
            _add(files, handed)


def _add(files: list[Handed], handed: Handed) -> None:
    """The same file twice for one paper is one file."""
    if all((each.paper, each.digest) != (handed.paper, handed.digest) for each in files):
        files.append(handed)


def _not_accepted(paper: str, name: str, error: NotAccepted) -> Wrong:
    shown = "".join(each for each in name if each.isprintable())[-80:]
    return Wrong(FILES + paper, WHY[error.why], {"name": shown, "found": error.found})


def _gone(handed: Handed) -> Wrong:
    return Wrong(FILES + handed.paper, _("Choose %(name)s again"), {"name": handed.name})


def gone_again(filled: Filled, digest: str) -> Wrong:
    """A file that was swept between the review and the submission."""
    handed = next(each for each in filled.files if each.digest == digest)
    return _gone(handed)
