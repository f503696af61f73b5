"""The change feed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from time import monotonic
from typing import Annotated, Literal

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from app.access.needs import needs
from app.access.principal import Principal
from app.api.feed.cursors import cursors_of, id_of
from app.api.feed.tail import Entry, Follower
from app.desk.context import AtDesk, Desk
from app.desk.problems import Problem
from app.law.in_force import begin_anew
from schemas.envelope import SHARDS

router = APIRouter(tags=["feed"])

HEARTBEAT = 15.0
"""Seconds of silence after which a comment shows that the line is open."""

LIFE = 15 * 60.0
"""Seconds after which a stream ends and has to be asked for anew. Whoever lost his token is told
nothing more before that, and his stream ends at the next heartbeat."""

MOST = 200
"""Followers at a time; each may hold a connection open."""

RETRY = 2_000
"""Milliseconds that a client waits before it comes back."""


@router.get(
    "/feed",
    summary="Everything that happens, as server-sent events",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "Each event is a CloudEvent in JSON, with the attributes it has on "
            "Kafka; its `id` is where to go on.",
            "content": {"text/event-stream": {"schema": {"type": "string"}}},
        }
    },
)
async def follow_feed(
    request: Request,
    who: Annotated[Principal, needs("feed.read")],
    desk: AtDesk,
    begin: Annotated[
        Literal["now", "start"],
        Query(alias="from", description="Where to begin, without `Last-Event-ID`."),
    ] = "now",
    follow: Annotated[
        bool, Query(description="false: ends when everything that is there now was sent.")
    ] = True,
    last_event_id: Annotated[
        str | None,
        Header(
            description="The `id` of the last event that you have: what follows it is sent, "
            "nothing twice and nothing left out, also after a restart of the server.",
            max_length=300,
        ),
    ] = None,
) -> StreamingResponse:
    """In the order of each dossier, of what you may read. What you do not read in time waits for
    you in the log. Ends after a quarter of an hour: ask again with `Last-Event-ID`."""
    if follow and desk.tail.count() >= MOST:
        raise Problem(503, "not-ready", "Not possible just now", "Too many follow the feed",
                      headers={"Retry-After": "5"})  # fmt: skip
    if last_event_id:
        cursors = cursors_of(last_event_id)
        ends = await run_in_threadpool(desk.tail.now)
        if any(at > ends[shard] for shard, at in cursors.items()):
            # To wait there would be to miss what is written until the log has come so far again.
            said = "The log ends before it: it is another store's, or this one was restored"
            raise Problem(422, "bad-event-id", "No id of this feed", said)
    elif begin == "start":
        cursors = dict.fromkeys(range(SHARDS), 0)
    else:
        cursors = await run_in_threadpool(desk.tail.now)
    follower = Follower(desk.tail, cursors)
    return StreamingResponse(
        _stream(request, desk, who, follower, follow),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def _stream(
    request: Request, desk: Desk, who: Principal, follower: Follower, follow: bool
) -> AsyncIterator[bytes]:
    end = monotonic() + LIFE
    try:
        if follow:
            # Here, and not before: who went before his stream began would be counted for good.
            await run_in_threadpool(desk.tail.follow, follower)
        yield b"retry: %d\nid: %s\n\n" % (RETRY, id_of(follower.cursors).encode())
        while monotonic() < end and not desk.tail.over:
            found = await run_in_threadpool(_readable, request, desk, who, follower, follow)
            if found is None:
                return
            if found:
                yield b"".join(found)
            elif not follow:
                return
            elif not await follower.wait(HEARTBEAT):
                yield b": here\n\n"
    finally:
        desk.tail.leave(follower)


def _readable(
    request: Request, desk: Desk, who: Principal, follower: Follower, follow: bool
) -> list[bytes] | None:
    """Frames of what is new; of what `who` may not read only that it was passed over. None when
    he is not to be told anything any more."""
    begin_anew()
    if not desk.access.still(request, who):
        return None
    may: dict[str, bool] = {}
    frames = []
    hidden = False
    # What is kept for those who follow may be a moment behind the log.
    found = follower.read() if follow else desk.tail.read_log(follower.cursors)
    for entry in found:
        follower.moved(entry)
        if entry.dossier not in may:
            on = {"code": entry.dossier}
            may[entry.dossier] = desk.access.permits(who, "feed.read", on)
        hidden = not may[entry.dossier]
        if not hidden:
            frames.append(_frame(entry, follower))
    if hidden:
        # Without this, whoever comes back would be passed over the same events again.
        frames.append(b"id: %s\n\n" % id_of(follower.cursors).encode())
    return frames


def _frame(entry: Entry, follower: Follower) -> bytes:
    return b"id: %s\ndata: %s\n\n" % (id_of(follower.cursors).encode(), entry.text)
