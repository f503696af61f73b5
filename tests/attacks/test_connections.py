"""Those who begin and do not go on, who send without end, and who are at odds with HTTP."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from socket import socket

import pytest

from tests.attacks.conftest import FILES, HOST, Answer, Victim, everything

pytestmark = pytest.mark.xdist_group("attacks")

LIVE = b"GET /livez HTTP/1.1\r\n" + HOST
LARGE = b"GET /api/v1/openapi.json HTTP/1.1\r\n" + HOST
POST = b"POST /language HTTP/1.1\r\n" + HOST
FORM = POST + b"Content-Type: application/x-www-form-urlencoded\r\n"


def answered(client: socket, content: bytes) -> None:
    client.sendall(content)
    assert client.recv(65536).startswith(b"HTTP/1.1 ")


def half_a_head(client: socket) -> None:
    client.sendall(LIVE)


def a_byte_at_a_time(client: socket) -> None:
    for each in LIVE + b"X: " + b"x" * 1000:
        client.sendall(bytes([each]))
        time.sleep(0.1)


def the_next_half_a_head(client: socket) -> None:
    answered(client, LIVE + b"\r\n")
    client.sendall(LIVE)


def an_empty_line_after_the_answer(client: socket) -> None:
    answered(client, LIVE + b"\r\n")
    client.sendall(b"\r\n")


def the_rest_of_a_body_that_nobody_wants(client: socket) -> None:
    answered(client, LIVE.replace(b"GET", b"POST") + b"Content-Length: 100\r\n\r\n")
    client.sendall(b"x")


def no_answer_taken(client: socket) -> None:
    client.sendall((LARGE + b"\r\n") * 60)


def half_a_body(client: socket) -> None:
    client.sendall(FORM + b"Content-Length: 100\r\n\r\nlang")


def a_body_a_byte_at_a_time(client: socket) -> None:
    client.sendall(FORM + b"Content-Length: 1000\r\n\r\n")
    for _ in range(1000):
        client.sendall(b"x")
        time.sleep(0.1)


DAWDLING: tuple[Callable[[socket], None], ...] = (
    lambda client: None, half_a_head, a_byte_at_a_time, the_next_half_a_head,
    an_empty_line_after_the_answer, the_rest_of_a_body_that_nobody_wants, no_answer_taken,
    half_a_body, a_body_a_byte_at_a_time,
)  # fmt: skip


def test_who_dawdles_is_cut_off_and_nobody_else_waits(victim: Victim) -> None:
    """All kinds of it at once, five of each."""
    found: list[tuple[str, Answer]] = []

    def dawdle(how: Callable[[socket], None]) -> None:
        with victim.connect(2048 if how is no_answer_taken else None) as client:
            with suppress(ConnectionError):
                how(client)
            end = time.monotonic() + 60
            while how is no_answer_taken and not victim.lets_go(client):
                # It reads nothing for as long as it is waited for.
                assert time.monotonic() < end
                time.sleep(0.2)
            found.append((how.__name__, everything(client)))

    threads = [threading.Thread(target=dawdle, args=(how,)) for how in DAWDLING * 5]
    with victim.stays_within(1.5):
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(found) == len(threads)
    assert [name for name, answer in found if not answer.closed] == []
    statuses = {name: answer.statuses for name, answer in found}
    assert statuses["half_a_body"] == statuses["a_body_a_byte_at_a_time"] == [b"408"]
    assert statuses["half_a_head"] == statuses["a_byte_at_a_time"] == []
    assert len(statuses["no_answer_taken"]) < 60


def test_more_idle_connections_than_there_is_room_for_keep_nobody_out(victim: Victim) -> None:
    with victim.stays_within(1.5), ExitStack() as stack:
        for _ in range(FILES):
            client = stack.enter_context(victim.connect())
            # Some have to make room at once.
            with suppress(ConnectionError):
                client.sendall(b"GET /livez")
        assert victim.sends(LIVE + b"Connection: close\r\n\r\n").statuses == [b"200"]


SMUGGLED = b"0\r\n\r\n" + LIVE + b"\r\n"
TWO_LENGTHS = {
    "length and chunks": b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
    "chunks and length": b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
    "two lengths": b"Content-Length: 5\r\nContent-Length: 6\r\n",
    "a signed length": b"Content-Length: +5\r\n",
    "a negative length": b"Content-Length: -5\r\n",
    "a length of no number": b"Content-Length: 0x5\r\n",
    "a length without end": b"Content-Length: " + b"9" * 400 + b"\r\n",
    "chunks that are none": b"Transfer-Encoding: xchunked\r\n",
    "chunks not last": b"Transfer-Encoding: chunked, identity\r\n",
    "a blank in the name": b"Transfer-Encoding : chunked\r\n",
    "a folded line": b"Transfer-Encoding:\r\n chunked\r\n",
    "a bare line end": b"X: y\nTransfer-Encoding: chunked\r\n",
    "a NUL": b"X: a\0b\r\n",
}


@pytest.mark.parametrize("lines", TWO_LENGTHS.values(), ids=TWO_LENGTHS)
def test_what_can_be_read_in_two_ways_is_not_read(victim: Victim, lines: bytes) -> None:
    """Else a proxy before it would see one request, and the server two."""
    found = victim.sends(POST + lines + b"\r\n" + SMUGGLED)
    assert found.statuses == [b"400"]
    assert found.closed


def test_requests_that_are_sent_at_once_are_answered_in_their_order(victim: Victim) -> None:
    ask = b"".join(
        b"GET /assets/none-%d HTTP/1.1\r\n" % each + HOST + b"\r\n" for each in range(50)
    )
    with victim.connect() as client:
        client.sendall(ask + LIVE + b"Connection: close\r\n\r\n")
        found = everything(client)
    assert found.statuses == [b"404"] * 50 + [b"200"]


def endless(victim: Victim, begins: bytes, goes_on: bytes, most: int = 50_000_000) -> int:
    """How many bytes went before it was cut off."""
    sent = 0
    with victim.connect() as client:
        try:
            client.sendall(begins)
            while sent < most:
                client.sendall(goes_on)
                sent += len(goes_on)
        except ConnectionError:
            pass
    return sent


ENDLESS = {
    "a request line": (b"GET /", b"x" * 10_000),
    "a header": (LIVE + b"X: ", b"x" * 10_000),
    "headers": (LIVE, b"x: y\r\n" * 1000),
    "empty lines": (LIVE + b"\r\n", b"\r\n" * 1000),
    "trailers": (FORM + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"x: y\r\n" * 1000),
    "what a chunk is": (FORM + b"Transfer-Encoding: chunked\r\n\r\n5;", b"x" * 10_000),
    "chunks of a byte": (FORM + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n" * 1000),
}


@pytest.mark.parametrize(("begins", "goes_on"), ENDLESS.values(), ids=ENDLESS)
def test_what_has_no_end_is_cut_off(victim: Victim, begins: bytes, goes_on: bytes) -> None:
    with victim.stays_within(1.5):
        assert endless(victim, begins, goes_on) < 20_000_000


BAD = "/x%0d%0aSet-Cookie:%20evil=1%0d%0aLocation:%20//evil.example"


@pytest.mark.parametrize("sent", [
    f"GET {BAD} HTTP/1.1\r\n", f"GET /inbox?back={BAD} HTTP/1.1\r\n",
    f"GET /sign-in?back={BAD} HTTP/1.1\r\n", f"GET /look-up/papers/{BAD[1:]} HTTP/1.1\r\n",
])  # fmt: skip
def test_no_header_of_an_answer_is_written_by_who_asks(victim: Victim, sent: str) -> None:
    found = victim.sends(sent.encode() + HOST + b"Connection: close\r\n\r\n")
    head = found.content.partition(b"\r\n\r\n")[0].lower()
    assert len(found.statuses) == 1
    assert b"evil=1" not in head.replace(b"%20evil=1", b"")
    assert b"\r\nset-cookie: evil" not in head
    assert b"\r\nlocation: //evil" not in head
