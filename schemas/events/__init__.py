"""Every event type, one class each, in the file of its subject. To add an event, add its class.

A class's `type` is a stable word that never changes; a breaking change of its fields is a
new type. Times are aware UTC datetimes. A leg is named by its path: "" is the root leg,
"confirm" a leg, "confirm/verify" a leg of a leg.

What an event makes of a dossier is in `engine/core/evolve/`, in the file of the same name.
"""

from __future__ import annotations

from schemas.events.base import *
from schemas.events.base import Event
from schemas.events.citizen import *
from schemas.events.clock import *
from schemas.events.custody import *
from schemas.events.legs import *
from schemas.events.pauses import *
from schemas.events.receipt import *
from schemas.events.remote import *
from schemas.events.whole import *
from schemas.events.work import *


def _concrete(cls: type[Event]) -> list[type[Event]]:
    found = [cls] if "type" in vars(cls) else []
    return found + [each for sub in cls.__subclasses__() for each in _concrete(sub)]


EVENT_TYPES: dict[str, type[Event]] = {cls.type: cls for cls in _concrete(Event)}
"""Every event class by its stable name."""
