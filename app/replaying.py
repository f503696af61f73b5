"""A dossier as it was: after an event, at a moment, or by what was known then."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import takewhile

from engine.core.dossier import Dossier
from engine.runtime import Folded, fold
from schemas.envelope import Recorded, to_micros


def as_it_was(
    records: Sequence[Recorded],
    version: int | None,
    at: datetime | None,
    as_known: datetime | None,
) -> tuple[Folded, Recorded | None]:
    """Its state, and the last event that counts. `at` asks what had happened by then, `as_known`
    what had been recorded. `records`: all events of one dossier, and there are some."""

    def counts(record: Recorded) -> bool:
        return (
            (version is None or record.version <= version)
            and (at is None or record.occurred_at <= to_micros(at))
            and (as_known is None or record.recorded_at <= to_micros(as_known))
        )

    # A prefix: what follows an event that does not count was decided knowing of it.
    kept = list(takewhile(counts, records))
    return fold(kept, Folded(Dossier(records[0].stream))), kept[-1] if kept else None
