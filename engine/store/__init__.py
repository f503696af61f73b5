"""The log: events on SQLite or PostgreSQL, behind one interface."""

from engine.store.errors import (
    ChangeRefused,
    DefinitionChanged,
    DiskFull,
    StoreBusy,
    StoreDamaged,
    StoreError,
    StoreMissing,
    StoreReadOnly,
    StoreTooNew,
    StoreTooOld,
    StoreUnreachable,
)
from engine.store.log import Append, Conflict, Definition, Log, Outcome, Repeated, Stored
from engine.store.opening import open_log

__all__ = [
    "Append",
    "ChangeRefused",
    "Conflict",
    "Definition",
    "DefinitionChanged",
    "DiskFull",
    "Log",
    "Outcome",
    "Repeated",
    "StoreBusy",
    "StoreDamaged",
    "StoreError",
    "StoreMissing",
    "StoreReadOnly",
    "StoreTooNew",
    "StoreTooOld",
    "StoreUnreachable",
    "Stored",
    "open_log",
]
