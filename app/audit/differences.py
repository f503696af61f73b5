"""What changed between two states of a dossier, field by field, in the order of its fields."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from app.audit.labels import DOSSIER_LEFT_OUT, LEG_LEFT_OUT
from engine.core.dossier import Dossier, Holder, LegState, Stop, Transit
from engine.core.evolve import evolve
from schemas.envelope import Recorded, from_micros

Value = str | int | bool | datetime | Holder | Transit | Stop | None | tuple[Any, ...] | Any
Key = tuple[str | None, str, str]
"""Leg (None: the dossier itself), field, and the part of it where it has several."""


class Change(msgspec.Struct, frozen=True):
    """One value that is another one, is new (`before` is None), or is gone (`after` is)."""

    leg: str | None
    field: str
    part: str
    before: Value
    after: Value


class Seen(msgspec.Struct, frozen=True):
    """An event, the state after it, and what it changed."""

    event: Recorded
    dossier: Dossier
    changes: Sequence[Change]


def history(records: Iterable[Recorded]) -> Iterator[Seen]:
    """Each event of a stream, from its first, with what it made of the dossier."""
    dossier: Dossier | None = None
    for record in records:
        before = dossier if dossier is not None else Dossier(record.stream)
        dossier = evolve(before, record.event(), from_micros(record.occurred_at))
        yield Seen(record, dossier, differences(before, dossier))


def differences(before: Dossier, after: Dossier) -> list[Change]:
    was, is_ = values(before), values(after)
    keys = [*is_, *(key for key in was if key not in is_)]
    return [
        Change(*key, was.get(key), is_.get(key)) for key in keys if was.get(key) != is_.get(key)
    ]


def values(dossier: Dossier) -> dict[Key, Value]:
    """Everything that a dossier says of itself; what is empty is left out."""
    found: dict[Key, Value] = {}
    for name in dossier.__struct_fields__:
        if name not in DOSSIER_LEFT_OUT:
            _put(found, None, name, getattr(dossier, name))
    for path, leg in sorted(dossier.legs.items()):
        for name, value in _of_leg(leg):
            _put(found, path, name, value)
    return found


def _of_leg(leg: LegState) -> Iterator[tuple[str, Any]]:
    for name in leg.__struct_fields__:
        if name not in LEG_LEFT_OUT:
            yield name, getattr(leg, name)


def _put(found: dict[Key, Value], leg: str | None, name: str, value: Any) -> None:
    """A mapping and the stops of a clock one by one, anything else as one value."""
    if isinstance(value, Mapping):
        for part, each in value.items():
            found[leg, name, str(part)] = each
    elif name == "stops":
        for number, stop in enumerate(value, 1):
            found[leg, name, str(number)] = stop
    elif value not in (None, "", (), False, 0, ("", "")):
        found[leg, name, ""] = value
