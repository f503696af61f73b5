"""What is in force where a command runs: in its store, where there is one, else in the files."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from app.law import definitions
from app.settings import Settings

if TYPE_CHECKING:
    from engine.core.law import Law
    from engine.store import Log
    from workflows.calendar_model import CalendarSource
    from workflows.load import Catalogue
    from workflows.organisation import Organisation


def organisation(settings: Settings) -> Organisation:
    """Agencies with what was amended; of the folder, when the settings name one. Raises
    StoreError, BadOrganisation."""
    from app.law import registry

    log = None if settings.organisation else _store(settings)
    if log is None:
        return definitions.organisation(settings)
    with closing(log):
        return registry.law(log, settings).organisation


def catalogue(settings: Settings) -> Catalogue:
    """Procedures with those that were activated; of the folder, when the settings name one.
    Raises StoreError, BadProcedure."""
    log = None if settings.procedures else _store(settings)
    if log is not None:
        from app.law import registry
        from workflows.load import Catalogue

        with closing(log):
            if known := registry.procedures(log):
                return Catalogue(known)
    return definitions.catalogue(settings)


def law(settings: Settings) -> Law | None:
    """The law of the store, with every calendar that was activated; None without a store. Raises
    StoreError."""
    log = _store(settings)
    if log is None:
        return None
    from app.law import registry

    with closing(log):
        return registry.law(log, settings)


def calendars(settings: Settings) -> list[CalendarSource]:
    """The last known first. Raises StoreError."""
    from app.law import registry

    log = _store(settings)
    if log is not None:
        with closing(log):
            if known := registry.calendars(log):
                return known
    return calendars_of_files()


def calendars_of_files() -> list[CalendarSource]:
    """The last known first."""
    from workflows import calendar_files

    return [calendar_files.load(each) for each in reversed(calendar_files.versions())]


def _store(settings: Settings) -> Log | None:
    from engine.store import StoreMissing, open_log

    try:
        return open_log(settings.database, create=False)
    except StoreMissing:
        return None
