"""A dossier's events made into one of its forms."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from app.forms import written
from app.forms.content import Block, FormContent, Kind, NoSuchForm, Printable, Signature, Words
from app.forms.control import control_sheet
from app.forms.past import Past, moment_of, moments
from app.forms.wording import Voice, day_text, place_of, superior_name
from app.settings import Lang
from app.times import local
from engine.core.law import Law
from schemas.envelope import Recorded, from_micros

BLOCKS: dict[Kind, Callable[[Past], tuple[Block, ...]]] = {
    "01": written.receipt,
    "02": written.supplement,
    "03": written.refusal,
    "04": written.apology,
    "05": written.stop,
    "06": control_sheet,
    "refused": written.refused,
}

FROM_THE_DESK = frozenset({"01", "03", "06"})
"""Forms with the letterhead of the desk; the others have that of whoever acted."""


def form_of(
    kind: str, records: Sequence[Recorded], law: Law, lang: Lang = "vi", version: int | None = None
) -> FormContent:
    """A form as it was given. `kind` as in KINDS; `version`: of the event it was given at, the
    newest without it. `lang`: "en" adds a reading aid. Raises NoSuchForm.

    It depends on nothing that happened afterwards.
    """
    known, moment = moment_of(kind, records, version)
    past = Past(records, moment.version, law, Voice(lang))
    voice, organisation = past.voice, law.organisation
    agency = past.desk if known in FROM_THE_DESK else moment.agency
    number, title = past.edition.forms[known]
    issued = past.edition.issued
    there = local(past.at)
    place = place_of(organisation, agency) or "………………"
    quoted = f"{issued.day:02}/{issued.month:02}/{issued.year}"
    return FormContent(
        kind=known,
        number=number,
        circular=f"{past.edition.name} ngày {quoted}" if number else "",
        code=past.code,
        version=moment.version,
        at=past.at,
        superior=Words(superior_name(organisation, agency).vi),
        agency=past.name(agency),
        dated=voice(f"{place}, {day_text(there)}", f"{there:%Y-%m-%d}"),
        title=voice.text(title),
        subtitle=_copies(voice, known),
        blocks=BLOCKS[known](past),
        signatures=_signatures(past, known, moment.actor),
        recipients=_recipients(past, known, agency),
        lang=lang,
    )


def printable(records: Sequence[Recorded], law: Law, lang: Lang = "vi") -> list[Printable]:
    """The forms that a dossier has, in the order of their numbers and then of time."""
    found = []
    for kind, record in moments(records):
        past = Past(records, record.version, law, Voice(lang))
        number, title = past.edition.forms[kind]
        at = from_micros(record.occurred_at)
        found.append(Printable(kind, number, past.voice.text(title), record.version, at))
    return sorted(found, key=lambda each: (each.kind, each.version))


def _copies(v: Voice, kind: Kind) -> Words:
    if kind != "01":
        return Words("")
    return v("(Liên: Lưu / Giao cho người nộp hồ sơ)", "(copy: kept / given to who handed it in)")


def _signatures(past: Past, kind: Kind, actor: str) -> tuple[Signature, ...]:
    """Officers stand here by their posts: no person's name is known."""
    v = past.voice
    if kind in ("01", "03"):
        return written.both_sign(past, actor)
    if kind == "02":
        how = v("(Ký và ghi rõ họ tên)", "(signature and full name)")
        return (Signature(v("NGƯỜI HƯỚNG DẪN", "Who guides you"), how, actor),)
    if kind == "06":
        return ()
    how = v("(Chữ ký, dấu)", "(signature, seal)")
    return (Signature(v("THỦ TRƯỞNG CƠ QUAN", "Head of the agency"), how),)


def _recipients(past: Past, kind: Kind, agency: str) -> tuple[Words, ...]:
    """Nơi nhận, on what is a letter."""
    if kind not in ("02", "04", "05", "refused"):
        return ()
    v = past.voice
    name = past.name(past.desk)
    desk = [v(f"- {name.text};", f"- {name.gloss or name.text};")] if past.desk != agency else []
    return (
        v("- Như trên;", "- as above;"),
        *desk,
        v("- Lưu: VT, hồ sơ.", "- file."),
    )


__all__ = ["FormContent", "NoSuchForm", "form_of", "printable"]
