"""What plays the desk's clients: acts as requests, and as much of HTTP as they take."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import uuid4

import msgspec

from app.access.accounts import Accounts
from app.access.tokens import Tokens, scopes_of
from app.house import open_house
from app.settings import Settings
from bench.lives import Life
from schemas.codec import dumps
from schemas.commands import Command, Opening


class Step(NamedTuple):
    """A request but for what changes: `token`: whose; `body`: JSON."""

    token: str
    body: bytes


def steps_of(url: str, life: Life) -> list[Step]:
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
