"""What had been said of a dossier up to the moment at which a form is given."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import cached_property
from typing import TypeVar

from app.forms.circulars import Edition, edition_on
from app.forms.content import KINDS, Kind, NoSuchForm, Words
from app.forms.wording import Voice, agency_name
from app.law.legs import leg_title
from app.web.words import FACTS
from engine.core.calendar import local_day
from engine.core.law import Law
from schemas import events as e
from schemas.envelope import Recorded, from_micros
from schemas.sentence import Sentence
from workflows.model import Procedure, Text

MOMENTS: dict[Kind, type[e.Event]] = {
    "01": e.DossierReceived,
    "02": e.SupplementRequested,
    "03": e.DossierRefusedAtReceipt,
    "04": e.ApologyIssued,
    "05": e.DossierStopped,
    "refused": e.DossierRefused,
}
"""The event that a form is given at. The control sheet (06) has none: it grows with every one."""

MISSING: dict[Kind, str] = {
    "01": Sentence("it was never received here"),
    "02": Sentence("no supplement was asked for"),
    "03": Sentence("it was not refused at the desk"),
    "04": Sentence("nobody apologised for a late result"),
    "05": Sentence("it was not stopped"),
    "06": Sentence("it was never received here"),
    "refused": Sentence("it was not refused after its receipt"),
}

CHOSEN = "chosen"
"""What a fact says of a part of a group that the citizen wants."""

E = TypeVar("E", bound=e.Event)

Happened = tuple[Recorded, e.Event]


class Past:
    """The events of a dossier up to the command of event `version`, which the form tells of."""

    def __init__(self, records: Sequence[Recorded], version: int, law: Law, voice: Voice) -> None:
        self.law = law
        self.voice = voice
        self.moment: Happened = next((r, r.event()) for r in records if r.version == version)
        command = self.moment[0].command_id
        upto = max(r.version for r in records if r.command_id == command)
        self.events: list[Happened] = [(r, r.event()) for r in records if r.version <= upto]

    @property
    def code(self) -> str:
        return self.moment[0].stream

    @property
    def at(self) -> datetime:
        return from_micros(self.moment[0].occurred_at)

    def beside(self, type_: type[E]) -> E | None:
        """The first event of a type that the same command caused."""
        command = self.moment[0].command_id
        for record, event in self.events:
            if record.command_id == command and isinstance(event, type_):
                return event
        return None

    def last(self, type_: type[E]) -> tuple[Recorded, E] | None:
        """The newest event of a type by then."""
        found = None
        for record, event in self.events:
            if isinstance(event, type_):
                found = record, event
        return found

    @cached_property
    def reason(self) -> str | None:
        """The free text given with the command, unless it has been destroyed."""
        command = self.moment[0].command_id
        for record, event in self.events:
            if record.command_id == command and event.private and event.private.reason:
                return event.private.reason
        return None

    @cached_property
    def applicant(self) -> dict[str, str]:
        """What was kept of the applicant, by its name; without what has been destroyed."""
        found: dict[str, str] = {}
        for _, event in self.events:
            if event.private is not None:
                found |= event.private.applicant
        return found

    def particular(self, *names: str) -> Words | None:
        """The first of these particulars that there is."""
        values = (self.applicant.get(name, "").strip() for name in names)
        found = next((value for value in values if value), None)
        return Words(found) if found else None

    @cached_property
    def procedure(self) -> Procedure | None:
        """The version that was pinned; None when nothing named one."""
        found = self._begun
        return self.law.procedure((found.procedure, found.procedure_version)) if found else None

    @cached_property
    def _begun(self) -> e.DossierReceived | e.DossierRegistered | None:
        if self.received is not None:
            return self.received[1]
        registered = self.last(e.DossierRegistered)
        return registered[1] if registered else None

    @cached_property
    def received(self) -> tuple[datetime, e.DossierReceived] | None:
        found = self.last(e.DossierReceived)
        return None if found is None else (from_micros(found[0].occurred_at), found[1])

    @cached_property
    def desk(self) -> str:
        """The agency that received it, or at which it was registered."""
        return self._begun.agency if self._begun else self.moment[0].agency

    @cached_property
    def edition(self) -> Edition:
        return edition_on(local_day(self.received[0] if self.received else self.at))

    def name(self, agency: str) -> Words:
        return self.voice.text(agency_name(self.law.organisation, agency))

    @cached_property
    def asked_for(self) -> Words | None:
        """The procedure's title; of a group, with what of it was chosen."""
        if self.procedure is None:
            return None
        facts: dict[str, str] = {}
        for _, event in self.events:
            facts |= getattr(event, "facts", {})
        chosen = [FACTS[name] for name, value in facts.items() if value == CHOSEN and name in FACTS]
        title = self.procedure.title
        if not chosen:
            return self.voice.text(title)
        vi, en = (", ".join(each) for each in zip(*((c.vi, c.en) for c in chosen), strict=True))
        return self.voice(f"{title.vi} (chọn: {vi})", f"{title.en} (chosen: {en})")

    def leg(self, path: str) -> Text:
        """What a leg is called; by its id where no procedure is known."""
        if self.procedure is None:
            return Text(path, path)
        return leg_title(self.law, self.procedure, path)

    def paper(self, id_: str) -> Words:
        """A paper's title in the pinned procedure; its id when it has none there."""
        papers = (*self.procedure.papers_in, *self.procedure.papers_out) if self.procedure else ()
        title = next((each.title for each in papers if each.id == id_), Text(id_, id_))
        return self.voice.text(title)


def moments(records: Sequence[Recorded]) -> Iterator[tuple[Kind, Recorded]]:
    """Every form that these events give, oldest first; the control sheet as of the last event."""
    begun_there = any(isinstance(record.event(), e.DossierArrived) for record in records)
    for record in records:
        event = record.event()
        for kind, type_ in MOMENTS.items():
            # A leg that came from another house has its receipt there, and is answered there.
            if begun_there and kind in ("01", "refused"):
                continue
            if isinstance(event, type_):
                yield kind, record
    if any(isinstance(record.event(), e.DossierReceived) for record in records):
        yield "06", records[-1]


def moment_of(kind: str, records: Sequence[Recorded], version: int | None) -> tuple[Kind, Recorded]:
    """The event that a form is made of: that of `version`, else the newest. A control sheet may
    be asked for as of any version since the receipt. Raises NoSuchForm."""
    known = next((each for each in KINDS if each == kind), None)
    if known is None:
        forms = ", ".join(KINDS)
        raise NoSuchForm(
            Sentence("There is no form %(kind)r; the forms are %(forms)s", kind=kind, forms=forms)
        )
    code = records[0].stream if records else "?"
    found = {record.version: record for each, record in moments(records) if each == known}
    if not found:
        raise NoSuchForm(
            Sentence("%(code)s has no form %(form)s: %(why)s",
                     code=code, form=known, why=MISSING[known])
        )  # fmt: skip
    if version is None:
        return known, found[max(found)]
    if known == "06":
        begun = next(r.version for r in records if isinstance(r.event(), e.DossierReceived))
        found = {r.version: r for r in records if r.version >= begun}
    if version not in found:
        given = f"{min(found)}–{max(found)}" if known == "06" else ", ".join(map(str, found))
        raise NoSuchForm(
            Sentence("%(code)s has no form %(form)s of version %(version)s; it has %(given)s",
                     code=code, form=known, version=version, given=given)
        )  # fmt: skip
    return known, found[version]
