"""For whom the views are read while a request is answered: what the second barrier goes by.

Set by `needs`, and by whoever asks about another dossier than the path names; it lasts for the
request, also in the threads that it is answered in.
"""

from __future__ import annotations

from contextvars import ContextVar

import msgspec


class Asking(msgspec.Struct, frozen=True):
    """The agencies whose dossiers may be seen, and the dossiers that were permitted beside them."""

    agencies: frozenset[str]
    dossiers: frozenset[str] = frozenset()


_ASKING: ContextVar[Asking | None] = ContextVar("asking", default=None)


def asking() -> Asking | None:
    """None when every dossier may be seen, and outside of a request."""
    return _ASKING.get()


def ask_for(agencies: frozenset[str] | None, *dossiers: str) -> None:
    """From now on in this request; None for every agency."""
    _ASKING.set(None if agencies is None else Asking(agencies, frozenset(dossiers)))


def also(dossier: str) -> None:
    """This dossier was permitted too."""
    known = _ASKING.get()
    if known is not None:
        _ASKING.set(Asking(known.agencies, known.dossiers | {dossier}))
