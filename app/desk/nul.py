"""Turns away addresses with the character NUL, for which no database has room."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from app.access.guard import Refused, Tell
from schemas.sentence import Sentence

REFUSED = Refused(
    422,
    "bad-input",
    "What was sent is wrong",
    Sentence("The address has the character NUL in it"),
)


class NoNul:
    """Asked before everything else: whoever looks anything up may rely on it. `tell` answers as to
    any other error: a problem to a program, a page to a person."""

    def __init__(self, app: ASGIApp, tell: Tell) -> None:
        self._app = app
        self._tell = tell

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and _has_nul(scope):
            # What the page says of where it is has no NUL either.
            told = await self._tell(_without(scope), REFUSED)
            await told(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _has_nul(scope: Scope) -> bool:
    return "\x00" in scope["path"] or b"%00" in scope["query_string"]


def _without(scope: Scope) -> Scope:
    path, query = scope["path"], scope["query_string"]
    return {**scope, "path": path.replace("\x00", ""), "query_string": query.replace(b"%00", b"")}
