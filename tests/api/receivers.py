"""A receiver of webhooks: a real server that takes, refuses, redirects, hangs, or is away."""

from __future__ import annotations

import base64
import hashlib
import hmac
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

from schemas.codec import loads


class Got(NamedTuple):
    """One message. `headers`: by lower-case name."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def said(self) -> Any:
        return loads(self.body)


class Receiver:
    """`answers`: the status of each message to come, the last one for ever; 0 is no answer."""

    def __init__(self, port: int = 0) -> None:
        self.got: list[Got] = []
        self.answers = [200]
        self.came = threading.Condition()
        self.let_go = threading.Event()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                with receiver.came:
                    receiver.got.append(Got(self.path, headers, body))
                    more = len(receiver.answers) > 1
                    status = receiver.answers.pop(0) if more else receiver.answers[0]
                    receiver.came.notify_all()
                if status == 0:
                    receiver.let_go.wait(30)
                    return
                self.send_response(status)
                if 300 <= status < 400:
                    self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/alerts"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def wait(self, count: int) -> list[Got]:
        """What came, when there are so many. Fails when there are not in half a minute."""
        with self.came:
            assert self.came.wait_for(lambda: len(self.got) >= count, 30), self.got
            return list(self.got)

    def close(self) -> None:
        self.let_go.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@contextmanager
def receiver(port: int = 0) -> Iterator[Receiver]:
    made = Receiver(port)
    try:
        yield made
    finally:
        made.close()


def verified(got: Got, secret: str) -> bool:
    """Whether the message is signed by the secret, worked out as the specification says."""
    key = base64.b64decode(secret.split("_", 1)[1])
    signed = ".".join([got.id, got.headers["webhook-timestamp"], got.body.decode()])
    expected = base64.b64encode(hmac.digest(key, signed.encode(), hashlib.sha256)).decode()
    return f"v1,{expected}" in got.headers["webhook-signature"].split()
