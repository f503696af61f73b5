"""Definitions of a store: registered for good when it is opened for writing.

A dossier is pinned to the versions it was received under, so a store decides by what it has
registered, not by the files of the day: old dossiers work on when a file is gone. The files
are read again only when their bytes have changed, which keeps starting quick.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from datetime import datetime
from functools import lru_cache
from pathlib import Path

import msgspec

from app.law import definitions, peers
from app.settings import Settings
from app.times import parse_moment
from engine.core.calendar import Calendar, build
from engine.core.law import Law
from engine.store.errors import DefinitionChanged
from engine.store.log import Definition, Log
from engine.verify import Pin
from workflows import calendar_files
from workflows.amend import Amendment, amended
from workflows.calendar_model import CalendarSource
from workflows.model import Procedure
from workflows.organisation import Agency, Officer, Organisation

PROCEDURE, CALENDAR, ORGANISATION = "procedure", "calendar", "organisation"

FILES = "files"
"""A kind of its own: for each set of files that was ever read, its digest and what was in it."""

AMENDMENT = "amendment"
"""What an administrator changed of the organisation, numbered from 1 in the order in which they
hold. Numbered, so that of two who saw the same organisation only one is next."""

SIMULATED = "simulated"
"""Kind of the mark that a store holds made-up time; see `mark_simulated`."""


class _Read(msgspec.Struct, frozen=True):
    """What one set of files held beside procedures and calendars, which are never replaced."""

    organisation: str


class _Staff(msgspec.Struct, frozen=True):
    agencies: list[Agency]
    officers: list[Officer]


def register(log: Log, settings: Settings) -> None:
    """Registers what the files hold, if they have changed since the last time.

    Raises DefinitionChanged when a registered version now has other content, BadProcedure
    and BadOrganisation for files that are not sound.
    """
    peers.register(log, settings)
    digest = _digest_of_files(settings)
    read = log.definitions(FILES)
    if read and read[-1].digest == digest:
        return
    staff = definitions.organisation(settings)
    for procedure in definitions.catalogue(settings, staff):
        content = msgspec.json.encode(procedure)
        log.register(PROCEDURE, procedure.id, procedure.version, procedure.digest, content)
    for version in calendar_files.versions():
        add_calendar(log, calendar_files.load(version))
    content = msgspec.json.encode(_Staff(list(staff.agencies()), list(staff.officers())))
    version = _sha256(content)
    log.register(ORGANISATION, "organisation", version, version, content)
    note = msgspec.json.encode(_Read(version))
    number = f"{len(read) + 1:06d}"
    try:
        log.register(FILES, "files", number, digest, note)
    except DefinitionChanged:
        # Another program registered other files at the same moment. Its note stands; ours
        # is written when this store is opened next.
        return


def law(log: Log, settings: Settings) -> Law:
    """The law by which this store decides; that of the files while it has none registered."""
    known = procedures(log)
    if not known:
        return law_of_files(settings)
    staff = organisation(log)
    return Law(
        known,
        [_calendar(each.content) for each in log.definitions(CALENDAR)],
        staff,
        peers.elsewhere(log, settings, staff),
    )


# What a definition says never changes, so that it is read once in a process, however often the law
# is asked for: a calendar has an index of every working minute of ten years.


@lru_cache(maxsize=256)
def _procedure(content: bytes) -> Procedure:
    return msgspec.json.decode(content, type=Procedure)


@lru_cache(maxsize=64)
def _calendar(content: bytes) -> Calendar:
    return build(_source(content))


@lru_cache(maxsize=64)
def _source(content: bytes) -> CalendarSource:
    return msgspec.json.decode(content, type=CalendarSource)


@lru_cache(maxsize=8)
def _staff(content: bytes) -> Organisation:
    read = msgspec.json.decode(content, type=_Staff)
    return Organisation(read.agencies, read.officers)


def procedures(log: Log) -> list[Procedure]:
    """Every registered version."""
    return [_procedure(each.content) for each in log.definitions(PROCEDURE)]


def procedure(log: Log, key: tuple[str, str]) -> Procedure | None:
    """One registered version, without making the whole law."""
    for each in log.definitions(PROCEDURE):
        if (each.id, each.version) == key:
            return _procedure(each.content)
    return None


def law_of_files(settings: Settings) -> Law:
    """The law of the files alone. Raises BadProcedure, BadOrganisation."""
    staff = definitions.organisation(settings)
    calendars = [build(calendar_files.load(each)) for each in calendar_files.versions()]
    return Law(definitions.catalogue(settings, staff), calendars, staff)


def organisation(log: Log) -> Organisation:
    """The newest that was read of files, with what was amended since the store began. Older ones
    stay registered, so that nothing is lost."""
    newest = msgspec.json.decode(log.definitions(FILES)[-1].content, type=_Read)
    kept = {each.version: each for each in log.definitions(ORGANISATION)}
    return _amended(
        kept[newest.organisation].content,
        tuple(each.content for each in log.definitions(AMENDMENT)),
    )


@lru_cache(maxsize=8)
def _amended(content: bytes, amendments: tuple[bytes, ...]) -> Organisation:
    read = (msgspec.json.decode(each, type=Amendment) for each in amendments)
    return amended(_staff(content), read) if amendments else _staff(content)


def amendments(log: Log) -> list[Amendment]:
    """In the order in which they hold; the number of the first is 1."""
    known = log.definitions(AMENDMENT)
    return [msgspec.json.decode(each.content, type=Amendment) for each in known]


def amend(log: Log, number: int, amendment: Amendment) -> None:
    """Registers an amendment for good, under the number that comes next after those its author
    has seen. Raises DefinitionChanged when that number was given to another one meanwhile."""
    content = msgspec.json.encode(amendment)
    log.register(AMENDMENT, ORGANISATION, f"{number:06d}", _sha256(content), content)


def calendars(log: Log) -> list[CalendarSource]:
    """Every registered version of the working calendar, the last known first."""
    found = [_source(each.content) for each in log.definitions(CALENDAR)]
    return sorted(found, key=lambda each: each.known_on, reverse=True)


def add_calendar(log: Log, source: CalendarSource) -> None:
    """Registers a version of the working calendar for good. Raises DefinitionChanged when it is
    registered with other content."""
    content = msgspec.json.encode(source)
    log.register(CALENDAR, "vn", source.version, _sha256(content), content)


def mark_simulated(log: Log, until: datetime) -> None:
    """Says that the store's time was made up and ended at `until`: that is "now" for whoever
    explores it and names no other moment."""
    text = until.isoformat()
    log.register(SIMULATED, "until", text, _sha256(text.encode()), text.encode())


def simulated_until(log: Log) -> datetime | None:
    """The end of the store's made-up time; None for a store that lives in real time."""
    marks: Iterable[Definition] = log.definitions(SIMULATED)
    return max((parse_moment(mark.version) for mark in marks), default=None)


def faults(log: Log, pins: Collection[Pin] = ()) -> list[str]:
    """What is wrong with the registered definitions: content that is not what its digest says,
    and what was deleted although a dossier (`pins`) or another definition needs it.

    The digest of FILES is over files that may be gone; there, the staff it names is looked up.
    """
    found: list[str] = []
    known: dict[str, list[Definition]] = {}
    for kind in (PROCEDURE, CALENDAR, ORGANISATION, AMENDMENT, SIMULATED, FILES):
        known[kind] = log.definitions(kind)
        for each in known[kind]:
            if kind != FILES and _digest_of(each) != each.digest:
                found.append(f"The {kind} {each.id} {each.version} is not what was registered:"
                             " the digest differs")  # fmt: skip
    procedures = {(each.id, each.version) for each in known[PROCEDURE]}
    needed = {(pin.procedure, pin.version) for pin in pins}
    for id_, version in sorted(needed - procedures):
        found.append(f"The procedure {id_} {version} is gone, and dossiers are pinned to it")
    calendars = {each.version for each in known[CALENDAR]}
    for calendar in sorted({pin.calendar for pin in pins} - calendars):
        found.append(f"The calendar {calendar} is gone, and dossiers are pinned to it")
    numbers = [each.version for each in known[AMENDMENT]]
    if numbers != [f"{number:06d}" for number in range(1, len(numbers) + 1)]:
        found.append("An amendment of the organisation is gone")
    return found + _notes_faults(known[FILES], {each.version for each in known[ORGANISATION]})


def _digest_of(registered: Definition) -> str | None:
    """What the digest has to be; None for content that cannot even be read."""
    if registered.kind != PROCEDURE:
        return _sha256(registered.content)
    from workflows.load import digest

    try:
        return digest(msgspec.json.decode(registered.content, type=Procedure))
    except (msgspec.MsgspecError, TypeError):
        return None


def _notes_faults(notes: list[Definition], staffs: set[str]) -> list[str]:
    """Notes are numbered from 1; each names an organisation that is registered."""
    found: list[str] = []
    for number, note in enumerate(notes, 1):
        if note.version != f"{number:06d}":
            return [*found, f"The note {number} of the files that were read is gone"]
        try:
            staff = msgspec.json.decode(note.content, type=_Read).organisation
        except (msgspec.MsgspecError, TypeError):
            found.append(f"The note {number} of the files that were read is damaged")
            continue
        if staff not in staffs:
            found.append(f"The organisation {staff[:12]}… is gone: note {number} names it")
    return found


def _digest_of_files(settings: Settings) -> str:
    folders = (
        definitions.catalogue_folder(settings),
        definitions.organisation_folder(settings),
        calendar_files.FOLDER,
    )
    digest = hashlib.sha256()
    for folder in folders:
        for file in sorted(_defining(folder)):
            digest.update(
                f"{file.name}\n{hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode()
            )
    return digest.hexdigest()


def _defining(folder: Path) -> Iterable[Path]:
    return (file for file in folder.iterdir() if file.suffix in (".yaml", ".json"))


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
