"""Histories in the format that was asked for, piece by piece."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import msgspec
import sqlalchemy as sa

from app.audit.cases import Case, cases
from app.audit.ocel import ocel
from app.audit.proof import proven
from app.audit.xes import xes
from app.plain.histories import event
from consumers.views.status import TABLE, status
from engine.store.errors import in_plain_words
from schemas.codec import dumps
from schemas.envelope import Recorded

if TYPE_CHECKING:
    from app.house import House


EVIDENCE = "json"
"""The format that has every event as it lies in the store, be it readable or not."""


def taken(house: House, codes: Iterable[str], format_: str) -> Iterator[bytes]:
    """The bytes of a file. Nothing private is in it. Raises StoreError, and NotProven for a
    dossier that is not proven, if the format is one of what happened."""
    if format_ == "xes":
        pieces = xes(_proven(house, codes))
    elif format_ == "ocel":
        pieces = ocel(_proven(house, codes), _describer(house), _people(house))
    else:
        pieces = _histories(cases(house.log, codes))
    for piece in pieces:
        yield piece.encode()


def prove(house: House, codes: Iterable[str], format_: str) -> None:
    """Raises what `taken` would: before the first byte, where a file cannot be taken back."""
    if format_ != EVIDENCE:
        for _ in _proven(house, codes):
            pass


def _proven(house: House, codes: Iterable[str]) -> Iterator[Case]:
    """A store whose views were never made cannot tell what was cut off."""
    with in_plain_words(house.name):
        told = sa.inspect(house.home.engine).has_table(TABLE.name)
    return proven(house.log, codes, lambda code: _seen(house, code) if told else 0)


def _seen(house: House, code: str) -> int:
    """The version that the status view has seen of the dossier, be it behind the log or not."""
    with in_plain_words(house.name), house.home.engine.connect() as connection:
        found = status(connection, code)
    return found.version if found else 0


def _histories(found: Iterable[Case]) -> Iterator[str]:
    """{"dossiers": [{"code", "events": as `lienthong history` gives them}]}; of an event that says
    nothing readable, because somebody changed it, `payload` is null and `unreadable` its base64."""
    yield '{"dossiers":['
    for number, case in enumerate(found):
        value = {"code": case.code, "events": [_as_it_lies(each) for each in case.events]}
        yield (",\n" if number else "\n") + dumps(value).decode()
    yield "\n]}\n"


def _as_it_lies(record: Recorded) -> dict[str, Any]:
    try:
        return event(record)
    except ValueError:
        empty = msgspec.structs.replace(record, payload=b"null")
        return {**event(empty), "unreadable": b64encode(record.payload).decode()}


class _describer:
    """Vietnamese name and level of an agency."""

    def __init__(self, house: House) -> None:
        self._staff = house.law.organisation

    def __call__(self, id_: str) -> tuple[str, str]:
        try:
            agency = self._staff.agency(id_)
        except KeyError:
            return "", ""
        return agency.name.vi, agency.level


class _people:
    """Whether somebody is an officer; the engine itself is none."""

    def __init__(self, house: House) -> None:
        self._known = {each.id for each in house.law.organisation.officers()}

    def __call__(self, id_: str) -> bool:
        return id_ in self._known
