"""A real `lienthong serve` that somebody hostile comes to over a socket, while others use it.

It may have 256 open files, half of them connections, and waits a second for whoever dawdles.
"""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from resource import RLIMIT_NOFILE, prlimit
from typing import NamedTuple

import httpx2
import pytest

from tests.acceptance.conftest import run
from tests.browser.conftest import PASSWORD, Store, running

FILES = 256
PATIENCE = "1"
HOST = b"Host: localhost\r\n"
ESTABLISHED = "01"


class Answer(NamedTuple):
    """What came until the server closed; `closed`: whether it did."""

    content: bytes
    closed: bool

    @property
    def statuses(self) -> list[bytes]:
        return re.findall(rb"HTTP/1\.1 (\d\d\d) ", self.content)


class Victim(NamedTuple):
    """The server; `folder` is the one that its store lies in."""

    port: int
    pid: int
    folder: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def connect(self, taking: int | None = None) -> socket.socket:
        """`taking`: bytes that wait to be read on this side at most."""
        made = socket.socket()
        if taking is not None:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, taking)
        made.settimeout(30)
        made.connect(("127.0.0.1", self.port))
        return made

    def sends(self, content: bytes) -> Answer:
        """A connection of its own for this, and all that comes back."""
        with self.connect() as client:
            # What is not read to the end may have been answered.
            with suppress(ConnectionError):
                client.sendall(content)
            return everything(client)

    def lets_go(self, client: socket.socket) -> bool:
        """Whether the server has closed its side, though what it sent was not all read."""
        ours = client.getsockname()[1]
        for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
            ends = [int(each.rpartition(":")[2], 16) for each in line.split()[1:3]]
            if ends == [self.port, ours]:
                return line.split()[3] != ESTABLISHED
        return True

    def memory(self) -> int:
        """Bytes at the most since the last `forget_memory`."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        found = re.search(r"VmHWM:\s+(\d+) kB", status)
        assert found is not None
        return int(found[1]) * 1024

    def forget_memory(self) -> None:
        Path(f"/proc/{self.pid}/clear_refs").write_text("5")

    @contextmanager
    def stays_within(self, times: float) -> Iterator[None]:
        """Others are answered meanwhile, and the memory at the most is so many times as much."""
        self.forget_memory()
        before = self.memory()
        over = threading.Event()
        got: list[list[bytes]] = []

        def others() -> None:
            while not over.is_set():
                request = b"GET /look-up HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n"
                got.append(self.sends(request).statuses)
                over.wait(0.2)

        thread = threading.Thread(target=others)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()
        assert got == [[b"200"]] * len(got)
        assert got
        assert self.memory() <= times * before


def everything(client: socket.socket) -> Answer:
    found = b""
    try:
        while more := client.recv(65536):
            found += more
    except TimeoutError:
        return Answer(found, False)
    except ConnectionError:
        pass
    return Answer(found, True)


def request(path: str, body: bytes, kind: str) -> bytes:
    head = f"POST {path} HTTP/1.1\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + HOST + b"Connection: close\r\n\r\n" + body


@pytest.fixture(scope="session")
def victim(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Victim]:
    folder = tmp_path_factory.mktemp("victim")
    run("migrate", "--database", f"sqlite:///{folder / 'office.db'}")
    store = Store(folder / "office.db")
    store.account("administrator", "administrator")
    words = ("--port", "0", "--patience", PATIENCE, "--now", "2021-03-16T09:00+07:00")
    before = prlimit(0, RLIMIT_NOFILE)
    # What is started has the limit too, and cannot raise it.
    prlimit(0, RLIMIT_NOFILE, (FILES, before[1]))
    with running(store, *words) as (address, process):
        prlimit(0, RLIMIT_NOFILE, before)
        yield Victim(int(address.rpartition(":")[2]), process.pid, folder)


@pytest.fixture(scope="session")
def administrator(victim: Victim) -> Iterator[httpx2.Client]:
    """Signed in; a form needs its `token`, see `token_of`."""
    with httpx2.Client(base_url=victim.url, timeout=60) as client:
        found = token_of(client.get("/sign-in").text)
        fields = {"name": "administrator", "password": PASSWORD, "form_token": found}
        assert client.post("/sign-in", data=fields).status_code == 303
        yield client


def token_of(page: str) -> str:
    found = re.search(r'name="form_token" value="([^"]*)"', page)
    assert found is not None
    return found[1]
