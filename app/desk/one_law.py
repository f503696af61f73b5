"""Answers each request by one law, whatever is activated meanwhile."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from app.law.in_force import one_law


class OneLaw:
    """Around whatever asks the house for its law."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with one_law():
            await self._app(scope, receive, send)
