"""Appends for tests of the log: real, sealed events with ids that never repeat."""

from __future__ import annotations

from itertools import count

from engine.store import Append
from schemas.envelope import GENESIS, Origin, Recorded, seal
from schemas.events import ApprovalRecorded, Private

_numbers = count(1)


def new_id() -> bytes:
    return next(_numbers).to_bytes(16, "big")


def origin(command_id: bytes | None = None, **changes: object) -> Origin:
    fields: dict[str, object] = {
        "command_id": command_id or new_id(),
        "correlation": new_id(),
        "actor": "chuyên-viên-1",
        "agency": "land-office",
        "occurred_at": 1_600_000_000_000_000,
        "recorded_at": 1_600_000_000_500_000,
        **changes,
    }
    return Origin(**fields)  # type: ignore[arg-type]


def append(
    stream: str,
    events: int = 1,
    *,
    after: Append | Recorded | None = None,
    command_id: bytes | None = None,
    private: Private | None = None,
    **changes: object,
) -> Append:
    """An append of so many events that follow `after`, or begin the stream."""
    last = after.events[-1] if isinstance(after, Append) else after
    return Append(
        tuple(
            seal(
                stream,
                [
                    ApprovalRecorded(step="duyệt", to="ký", document=f"tờ {n}", private=private)
                    for n in range(events)
                ],
                origin(command_id, **changes),
                version=last.version if last else 0,
                previous=last.hash if last else GENESIS,
                new_id=new_id,
            )
        )
    )
