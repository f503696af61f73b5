"""Connections on which nothing sensible comes are closed: uvicorn waits for ever for a head.

How long a body may take is the guard's matter, how long an idle connection is kept uvicorn's.
"""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_WITHIN = 10.0
"""Seconds in which the head of a request has to come, from its first byte or the connection's."""

LARGEST_HEAD = 64_000
"""Bytes that a head may have; some more may come with its last part."""

CONNECTIONS = 2_000
"""At once; whoever comes then is told 503."""


class Prompt(HttpToolsProtocol):
    """uvicorn's protocol with limits for the head of a request."""

    head_within = HEAD_WITHIN
    largest_head = LARGEST_HEAD

    _timer: asyncio.TimerHandle | None = None
    _came = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._await_head()

    def data_received(self, data: bytes) -> None:
        self._came += len(data)
        super().data_received(data)
        if self._timer is not None and self._came > self.largest_head:
            self._close()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        if self._timer is None:
            self._await_head()

    def on_headers_complete(self) -> None:
        self._stop()
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop()
        super().connection_lost(exc)

    def _await_head(self) -> None:
        self._came = 0
        self._timer = self.loop.call_later(self.head_within, self._close)

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _close(self) -> None:
        self._stop()
        # At once: whoever sends a byte a second would also take its time to read an answer.
        self.transport.abort()
