"""Definitions from files: what is shipped, or the folders that the settings name."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from app.settings import Settings
from app.trouble import BadInput
from schemas.sentence import did_you_mean

if TYPE_CHECKING:
    from engine.core.calendar import Calendar
    from workflows.load import Catalogue
    from workflows.model import Procedure
    from workflows.organisation import Agency, Organisation


def organisation_folder(settings: Settings) -> Path:
    from workflows.load_organisation import ORGANISATION

    return _folder(settings.organisation, ORGANISATION)


def catalogue_folder(settings: Settings) -> Path:
    from workflows.load import CATALOGUE

    return _folder(settings.procedures, CATALOGUE)


def _folder(asked: Path | None, shipped: Path) -> Path:
    if asked is not None and not asked.is_dir():
        raise BadInput(f"{asked}: there is no such folder")
    return asked or shipped


def organisation(settings: Settings) -> Organisation:
    """The dated agency tree of the files. Raises BadOrganisation."""
    from workflows.load_organisation import load_organisation

    return load_organisation(organisation_folder(settings))


def catalogue(settings: Settings, staff: Organisation | None = None) -> Catalogue:
    """Every procedure of the files. Raises BadProcedure."""
    from workflows.load import load_catalogue

    return load_catalogue(catalogue_folder(settings), staff)


def procedure(found: Catalogue, id_: str, version: str | None = None) -> Procedure:
    """One version, the newest when none is named. Raises BadInput."""
    try:
        return found.get(id_, version)
    except KeyError:
        ids = {each.id for each in found}
        if id_ in ids:
            versions = {each.version for each in found if each.id == id_}
            listed = ", ".join(sorted(versions))
            raise BadInput(f"{id_} has no version {version!r}; it has: {listed}") from None
        guess = did_you_mean(id_, ids) or " (see lienthong procedures list)"
        raise BadInput(f"There is no procedure {id_!r}{guess}") from None


def calendar(version: str | None, day: date) -> Calendar:
    """A version of the working calendar, that known on `day` when none is named."""
    from engine.core.calendar import build
    from workflows import calendar_files

    if version is None:
        return build(calendar_files.known_at(day))
    try:
        return build(calendar_files.load(version))
    except calendar_files.CalendarFileError as error:
        raise BadInput(str(error)) from None


def agency_of(staff: Organisation, id_: str) -> Agency:
    """Raises BadInput for an agency that never was."""
    try:
        return staff.agency(id_)
    except KeyError:
        known = {each.id for each in staff.agencies()}
        guess = did_you_mean(id_, known) or " (see lienthong agencies list)"
        raise BadInput(f"There is no agency {id_!r}{guess}") from None


def known_officer(staff: Organisation, id_: str) -> None:
    """Raises BadInput for an officer who never was; whether he is in office, a rule says."""
    if id_ == "system":
        return
    try:
        staff.officer(id_)
    except KeyError:
        known = {each.id for each in staff.officers()}
        raise BadInput(f"There is no officer {id_!r}{did_you_mean(id_, known)}") from None
