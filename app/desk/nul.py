"""Turns away addresses with the character NUL, for which no database has room."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from app.desk.problems import Problem, answer


class NoNul:
    """Asked before everything else: whoever looks anything up may rely on it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and _has_nul(scope):
            said = "The address has the character NUL in it"
            problem = Problem(422, "bad-input", "What was sent is wrong", said)
            await answer(problem)(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _has_nul(scope: Scope) -> bool:
    return "\x00" in scope["path"] or b"%00" in scope["query_string"]
