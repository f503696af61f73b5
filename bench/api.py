"""Acts over HTTP: `python -m bench api`.

A process of `lienthong serve` on PostgreSQL, and fifty programs that keep their connection and live
3-level dossiers of twelve acts, each act by its officer with his token, with a key of its own and
the version that it was decided by. The server feeds its views and serves its feed meanwhile; the
load is another process on the same two cores. Beside it, what the same engine does without HTTP
and without views, for as many callers in one process.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from statistics import median, quantiles
from typing import Any, NamedTuple
from urllib.request import urlopen
from uuid import uuid4

import msgspec
import uvloop

from app.access.accounts import Accounts
from app.access.tokens import Tokens, scopes_of
from app.house import open_house
from app.settings import Settings
from bench.commands import Life, _callers, _runtime
from bench.lives import START, the_law, twelve
from bench.processors import process, servers
from bench.servers import fresh_database
from schemas.codec import dumps
from schemas.commands import Command, Opening
from tests.servers import real_postgres

CLIENTS = 50
SECONDS = 8.0
WARM = 2.0
"""Seconds that are not counted: connections, caches, tokens that are not known yet."""

ROUNDS = 3


class Step(NamedTuple):
    """A request but for what changes: `token`: whose; `body`: JSON."""

    token: str
    body: bytes


def run(rounds: int = ROUNDS, seconds: float = SECONDS) -> list[dict[str, Any]]:
    """Acts a second (median of the rounds), milliseconds of an act, and what an act costs each
    part of the processors, in microseconds."""
    law = the_law()
    life = twelve(law)
    found: dict[str, list[dict[str, Any]]] = {"over HTTP": [], "without HTTP": []}
    with ExitStack() as stack:
        server = stack.enter_context(real_postgres())
        for _ in range(rounds):
            with fresh_database(server) as url:
                found["over HTTP"].append(_over_http(url, life, seconds))
            with fresh_database(server) as url:
                runtime = _runtime(url, law)
                rate = _callers(runtime, life, seconds)
                runtime.log.close()
                found["without HTTP"].append({"acts/s": rate})
    base = median(each["acts/s"] for each in found["without HTTP"])
    rows = []
    for what, each in found.items():
        middle = sorted(each, key=lambda row: row["acts/s"])[len(each) // 2]
        named = {name: middle.get(name) for name in COLUMNS}
        rate = {"acts/s": round(middle["acts/s"]), "ratio": round(middle["acts/s"] / base, 2)}
        rows.append({"what": what, **rate, **named})
    return rows


COLUMNS = ("p50 ms", "p99 ms", "server us", "load us", "PostgreSQL us")


def _over_http(url: str, life: Life, seconds: float) -> dict[str, Any]:
    steps = _steps(url, life)
    with _serving(url) as (address, pid):
        queue = multiprocessing.get_context("spawn").Queue()
        load = multiprocessing.get_context("spawn").Process(
            target=_load, args=(address, steps, seconds, queue)
        )
        load.start()
        assert load.pid is not None
        assert queue.get(timeout=60) == "warm"
        before = process(pid), process(load.pid), servers()["PostgreSQL"]
        taken: list[float] = queue.get(timeout=seconds + 60)
        after = process(pid), process(load.pid), servers()["PostgreSQL"]
        load.join()
    spent = [round(1e6 * (b - a) / len(taken)) for a, b in zip(before, after, strict=True)]
    cuts = quantiles(taken, n=100)
    return {
        "acts/s": len(taken) / seconds,
        "p50 ms": round(cuts[49] * 1000, 1),
        "p99 ms": round(cuts[98] * 1000, 1),
        **dict(zip(COLUMNS[2:], spent, strict=True)),
    }


def _steps(url: str, life: Life) -> list[Step]:
    """Each act of the life as a request, by the token of its officer."""
    with open_house(Settings(database=url, json=True), create=True) as house:
        accounts = Accounts(house.log)
        tokens = Tokens(house.log, accounts)
        scopes, until = scopes_of("officer", ["*"]), datetime.now(UTC) + timedelta(days=1)
        secrets: dict[str, str] = {}
        for command, _ in life:
            post = command.actor
            if post not in secrets:
                agency = house.law.organisation.officer(post).agency
                accounts.add(post, "officer", officer=post, agency=agency, password="not used")
                secrets[post] = tokens.make(post, scopes, until)[1]
    return [Step(secrets[command.actor], _body(command, at)) for command, at in life]


def _body(command: Command, at: datetime) -> bytes:
    said = msgspec.to_builtins(command)
    fields = {name: said[name] for name in said if said[name] and name not in APART}
    fields |= said.get("facts", {})
    value: dict[str, Any] = {"act": command.act, "at": at.isoformat(), "fields": fields}
    if isinstance(command, Opening):
        particulars = {f"applicant.{name}": text for name, text in command.applicant.items()}
        value |= {"procedure": command.procedure, "agency": command.agency}
        value["fields"] |= particulars
    else:
        value["leg"] = command.leg
    return dumps(value)


APART = frozenset({"actor", "leg", "facts", "applicant", "procedure", "agency", "on_behalf"})


@contextmanager
def _serving(url: str) -> Iterator[tuple[tuple[str, int], int]]:
    """(address, process id) of a server that answers."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    # The time of the life, or a sweep would let its handovers expire under its hands.
    words = ["serve", "--database", url, "--port", str(port), "--now", START.isoformat()]
    server = subprocess.Popen([sys.executable, "-m", "app", *words], stderr=subprocess.DEVNULL)
    try:
        _await(f"http://127.0.0.1:{port}/readyz")
        yield ("127.0.0.1", port), server.pid
    finally:
        server.terminate()
        server.wait()


def _await(url: str) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            with urlopen(url):
                return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError(f"nothing answers at {url}")


# --- the load --------------------------------------------------------------------------------


def _load(address: tuple[str, int], steps: list[Step], seconds: float, queue: Any) -> None:
    """In a process of its own. Puts "warm", and then the seconds that each act took."""
    uvloop.run(_clients(address, steps, seconds, queue))


async def _clients(address: tuple[str, int], steps: list[Step], seconds: float, queue: Any) -> None:
    loop = asyncio.get_running_loop()
    end = loop.time() + WARM + seconds
    taken: list[tuple[float, float]] = []
    clients = [asyncio.create_task(_client(address, steps, end, taken)) for _ in range(CLIENTS)]
    await asyncio.sleep(WARM)
    begun = loop.time()
    queue.put("warm")
    await asyncio.gather(*clients)
    queue.put([took for at, took in taken if begun <= at < begun + seconds])


async def _client(
    address: tuple[str, int], steps: list[Step], end: float, taken: list[tuple[float, float]]
) -> None:
    loop = asyncio.get_running_loop()
    _, line = await loop.create_connection(Line, *address)
    while loop.time() < end:
        path, tag = "/api/v1/dossiers", b""
        for step in steps:
            begun = loop.time()
            location, tag = await line.post(path, step, tag)
            now = loop.time()
            taken.append((now, now - begun))
            if path == "/api/v1/dossiers":
                path = f"{location}/acts"


class Line(asyncio.Protocol):
    """A connection that is kept, and as much of HTTP as it takes: the load shares its processors
    with what it measures."""

    def __init__(self) -> None:
        self._transport: Any = None
        self._got = b""
        self._answer: asyncio.Future[bytes] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, part: bytes) -> None:
        self._got += part
        head = self._got.find(b"\r\n\r\n")
        if head < 0 or self._answer is None:
            return
        length = int(_header(self._got, b"content-length"))
        if len(self._got) >= head + 4 + length:
            answer, self._got = self._got, b""
            self._answer.set_result(answer)

    def connection_lost(self, error: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error or ConnectionResetError("the server hung up"))

    async def post(self, path: str, step: Step, tag: bytes) -> tuple[str, bytes]:
        """(Location, ETag) of what was made. Fails when it was not."""
        expected = b"If-Match: %s\r\n" % tag if tag else b""
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(
            b"POST %s HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n"
            b"Authorization: Bearer %s\r\nIdempotency-Key: %s\r\n%sContent-Length: %d\r\n\r\n%s"
            % (path.encode(), step.token.encode(), str(uuid4()).encode(), expected,
               len(step.body), step.body)
        )  # fmt: skip
        answer = await self._answer
        if answer[9:12] != b"201":
            raise AssertionError(answer.decode())
        return _header(answer, b"location").decode(), _header(answer, b"etag")


def _header(answer: bytes, name: bytes) -> bytes:
    begin = answer.index(b"\r\n%s: " % name) + len(name) + 4
    return answer[begin : answer.index(b"\r\n", begin)]
