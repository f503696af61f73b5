"""From events to merged changes: the same for live, for a rebuild, and for the check of both."""

from __future__ import annotations

from collections.abc import Iterable

from consumers.changes import Change, Changes
from consumers.view import Handler, View
from schemas.codec import UnknownEvent, decode
from schemas.envelope import Recorded
from schemas.events import EVENT_TYPES


class Poison(Exception):
    """An event that cannot be decoded, or that a view cannot handle."""


class Fold:
    """The handlers of some views, by event type: each event is decoded once for all."""

    def __init__(self, views: Iterable[View]) -> None:
        self.views = tuple(views)
        self._handlers: dict[str, tuple[Handler, ...]] = {
            name: tuple(v.handlers[name] for v in self.views if name in v.handlers)
            for name in EVENT_TYPES
        }

    def add(self, event: Recorded, changes: Changes) -> None:
        """Adds what the event changes; all of it or, raising Poison, nothing."""
        found: list[Change] = []
        try:
            handlers = self._handlers.get(event.type)
            if handlers is None:
                raise UnknownEvent(f"event type {event.type!r} is not known here")
            if handlers:
                # Views show nothing private, so the private bytes stay where they are.
                decoded = decode(event.type, event.payload, None, event.schema_version)
                for handle in handlers:
                    found += handle(decoded, event)
        except Exception as error:
            # Whatever a view's code trips over, other dossiers must go on.
            raise Poison(f"{type(error).__name__}: {error}") from error
        changes.add(found, event.stream, event.version)
