"""What requests say beside their bodies: pages, moments, what they have seen, what they expect."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, NamedTuple

from fastapi import Depends, Header, Path, Query

from app.desk.context import LONGEST_WAIT
from app.desk.problems import Problem
from app.times import HOW, parse_moment
from engine.ids import parse_id
from engine.runtime import Runtime

CODE = "ub-desk-210302-0002"
AGENCY = "ub-desk"
EARLIEST, LATEST = 1990, 2190
"""Years between which a moment is taken seriously; no calendar reaches further."""

Code = Annotated[str, Path(description="Code of a dossier.", examples=[CODE], max_length=200)]
AgencyId = Annotated[str, Path(description="Code of an agency.", examples=[AGENCY], max_length=200)]
OfAgency = Annotated[
    str | None,
    Query(description="Only this agency's; else all that you may see.", max_length=200),
]
After = Annotated[
    str | None,
    Query(
        description="A `position` that a write returned: the answer knows at least that.",
        examples=[f"{CODE}@5"],
        max_length=300,
    ),
]
Wait = Annotated[
    float,
    Query(
        description="Seconds to wait for `after`, at most; then the answer is 503 `behind`.",
        ge=0,
        le=LONGEST_WAIT,
    ),
]


class Fresh(NamedTuple):
    """What a read has to know at least, and how long it waits for that, in seconds."""

    after: str | None
    wait: float


async def _fresh(after: After = None, wait: Wait = 2.0) -> Fresh:
    return Fresh(after, wait)


AtLeast = Annotated[Fresh, Depends(_fresh)]
IdempotencyKey = Annotated[
    str | None,
    Header(
        description="A UUID of your own for this command. Sent again with it, the command has the "
        "first answer and no second effect; another command with it, or other words, is refused.",
        examples=["01890a5d-ac96-774b-bcce-b302099a8057"],
        max_length=100,
    ),
]
IfMatch = Annotated[
    str | None,
    Header(
        description="The `ETag` that you decided by: if the dossier has changed since, nothing is "
        "done and the answer, 412, says what has changed.",
        examples=['"7"'],
        max_length=200,
    ),
]
MOMENT_HOW = f"{HOW}."


def moment(name: str, text: str | None, *, end_of_day: bool = False) -> datetime | None:
    """The moment of a parameter. Raises Problem."""
    if text is None:
        return None
    try:
        found = parse_moment(text, end_of_day=end_of_day)
    except ValueError as error:
        raise Problem(422, "bad-moment", "No moment", f"{name}: {error}") from None
    if not EARLIEST <= found.year <= LATEST:
        raise Problem(422, "bad-moment", "No moment", f"{name}: {text!r} is too far from now")
    return found


def command_id(runtime: Runtime, key: str | None) -> bytes:
    """The id of a command: the one its sender gave it, or a new one. Raises Problem."""
    if key is None:
        return runtime.new_id()
    try:
        return parse_id(key.strip('"'))
    except ValueError:
        said = f"Idempotency-Key {key!r} is no UUID"
        raise Problem(422, "bad-idempotency-key", "No UUID", said) from None


def expected_version(if_match: str | None, latest: Callable[[], int]) -> int | None:
    """The version that `If-Match` names; of several the one that holds, if one does. None when
    any will do. `latest`: the dossier's own, asked for when it matters. Raises Problem."""
    if if_match is None or if_match.strip() == "*":
        return None
    versions = [_version(each.strip()) for each in if_match.split(",")]
    if len(versions) == 1:
        return versions[0]
    now = latest()
    return now if now in versions else versions[-1]


def _version(tag: str) -> int:
    tag = tag.removeprefix("W/")  # a proxy that compresses says so; the version is the same
    inner = tag[1:-1] if len(tag) > 2 and tag[0] == tag[-1] == '"' else ""
    if not (inner.isascii() and inner.isdigit() and len(inner) < 12):
        said = f'{tag!r} is no ETag of a dossier, such as "7"'
        raise Problem(422, "bad-etag", "No ETag of a dossier", said)
    return int(inner)
