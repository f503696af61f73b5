"""What differs between two versions of a definition, place by place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from workflows.model import Limit, Procedure

NOT_CONTENT = frozenset({"digest", "version"})


class Difference(msgspec.Struct, frozen=True):
    """`where`: "steps.appraise.limit"; "" stands for what is not there."""

    where: str
    before: str
    after: str


def differences(before: msgspec.Struct, after: msgspec.Struct) -> list[Difference]:
    """In the order of the new version; what is only in the old one comes last."""
    was, is_ = dict(_flat("", before)), dict(_flat("", after))
    places = [*is_, *(place for place in was if place not in is_)]
    return [
        Difference(place, was.get(place, ""), is_.get(place, ""))
        for place in places
        if was.get(place) != is_.get(place)
    ]


def _flat(place: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, Limit):
        yield place, str(value)
    elif isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            if not (isinstance(value, Procedure) and name in NOT_CONTENT):
                yield from _flat(_under(place, name), getattr(value, name))
    elif isinstance(value, Mapping):
        for name, each in value.items():
            yield from _flat(_under(place, str(name)), each)
    elif isinstance(value, tuple | list):
        yield from _of_sequence(place, value)
    elif isinstance(value, bool):
        yield place, str(value).lower()
    elif value not in (None, "", msgspec.UNSET):
        yield place, str(value)


def _of_sequence(place: str, value: tuple[Any, ...] | list[Any]) -> Iterator[tuple[str, str]]:
    """Things that have a name of their own, by it; plain ones as one text; others by number."""
    if all(isinstance(each, str) for each in value):
        if value:
            yield place, ", ".join(value)
        return
    for number, each in enumerate(value, 1):
        name = getattr(each, "name", None) or getattr(each, "id", None) or str(number)
        yield from _flat(_under(place, name), each)


def _under(place: str, name: str) -> str:
    plain = name.replace("process", "").strip(".") if name == "process" else name
    return f"{place}.{plain}".strip(".") if plain else place
