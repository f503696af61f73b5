"""Connections on which nothing sensible comes, or from which no answer is taken, are closed.

uvicorn waits for ever: for a head, for what still comes of a request that is answered already, for
somebody who does not read. How long a body may take is the guard's matter, how long an idle
connection is kept is uvicorn's.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

PATIENCE = 10.0
"""Seconds in which a head has to come, from its first byte or the connection's."""

TAKING = 6
"""Times as long nothing of an answer may be taken: a telephone in a tunnel comes out again."""

LARGEST_HEAD = 64_000
"""Bytes that a request may have beside its body, and some more: twice as many as the body, for the
lengths of its pieces."""

CONNECTIONS = 2_000
"""At once; for one more, whoever is longest waited for is cut off."""


class Prompt(HttpToolsProtocol):
    """uvicorn's protocol with limits for what comes and how fast. Use `prompt` to make the class of
    a server: `waited` are its connections from which something has to come, longest first."""

    patience = PATIENCE
    largest_head = LARGEST_HEAD
    connections_at_most = CONNECTIONS
    waited: dict[HttpToolsProtocol, None] = {}  # noqa: RUF012

    _came = 0
    _begun = 0
    _before: tuple[int, int] | None = None
    _since = 0.0
    _look: asyncio.TimerHandle | None = None
    _running: RequestResponseCycle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) >= self.connections_at_most and self.waited:
            longest = next(iter(self.waited))
            del self.waited[longest]
            longest.transport.abort()
        self.waited[self] = None
        self._cut_off()

    def connection_lost(self, exc: Exception | None) -> None:
        self.waited.pop(self, None)
        if self._look is not None:
            self._look.cancel()
        if self._running is not None:
            # Of requests that were sent at once, uvicorn tells only the last one.
            self._running.disconnected = True
            self._running.message_event.set()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._came += len(data)
        super().data_received(data)
        if self._came > self.largest_head:
            self.transport.abort()
        # What a body allows holds for its own pieces, not for what is sent behind it.
        self._came = max(self._came, 0)

    def on_message_begin(self) -> None:
        self._came = 0
        self._begun += 1
        super().on_message_begin()

    def on_body(self, body: bytes) -> None:
        self._came -= 3 * len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        super().on_message_complete()
        if not self.cycle.response_complete:
            self.waited.pop(self, None)

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.cycle.response_complete or self.cycle.more_body:
            self.waited[self] = None

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._running = cycle
        super()._start_asgi_task(cycle, app)

    def _cut_off(self) -> None:
        """Again and again. Who was waited for too long goes at once: who sends a byte a second
        would also take his time to read an answer."""
        awaited, now = self._awaited(), self.loop.time()
        if awaited is None or awaited != self._before:
            self._before, self._since = awaited, now
        elif now - self._since >= self.patience * (TAKING if awaited[0] < 0 else 1):
            self.transport.abort()
            return
        self._look = self.loop.call_later(self.patience / 2, self._cut_off)

    def _awaited(self) -> tuple[int, int] | None:
        """What has to come from the other side, as what is the same as long as nothing came of it;
        None when it is for us to go on, and while a body comes."""
        unsent = self.transport.get_write_buffer_size()
        if unsent:
            return -1, unsent
        at_work = self.cycle is not None and not self.cycle.response_complete
        return None if at_work else (self._begun, 0)


def prompt(patience: float, connections: int) -> type[Prompt]:
    """The protocol of one server."""
    of_one = {"patience": patience, "connections_at_most": connections, "waited": {}}
    return type("Prompt", (Prompt,), of_one)
