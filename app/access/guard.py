"""Around the whole application: cookies of sessions, the headers of security, limits of bodies.

Plain ASGI, so that it costs nearly nothing and holds for every answer, also one about an error.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, NamedTuple

from starlette.requests import cookie_parser
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.access.held import Held, Hold
from app.access.sessions import ABSOLUTE, Session, Sessions, names
from app.uploads.kinds import MOST_TOGETHER
from schemas.sentence import Sentence

if TYPE_CHECKING:
    from fastapi import Request

LARGEST = 1_000_000
"""Bytes of a request's body."""

LARGEST_UPLOAD = 32_000_000
"""Of one with files: what those of a dossier may have together, and what is around them."""

WITHIN = 60.0
"""Seconds in which the body of a request has to come, and some more for what has come of it."""

SLOWEST = 20_000
"""Bytes a second at which a body may come, however large it is: files by a bad line."""

POLICY = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' data:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
"""Scripts and styles are files of ours: one that is written into a page does nothing."""

HEADERS = (
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
)
"""Of every answer that does not say them itself, as ASGI has them."""

NOT_KEPT = (b"cache-control", b"no-store")
SECURE = (b"strict-transport-security", b"max-age=31536000")

LOCAL = ("localhost", "127.0.0.1", "[::1]")
"""Hosts that a browser reaches without leaving its machine."""


class Refused(NamedTuple):
    """Why a body is not read any further."""

    status: int
    code: str
    title: str
    detail: str = ""


Refusal = Callable[[int], Refused]
"""What is told of a body that has more bytes than it may."""

Tell = Callable[[Scope, Refused], Awaitable[Response]]
"""Makes the answer to a request whose body is refused."""


class _Cut(Exception):
    """The body is not read any further."""


class Guard:
    """`tell`: what is told about a body that is refused; `kept`: the beginnings of paths whose
    answers say nothing of anybody, and may be kept."""

    def __init__(
        self,
        app: ASGIApp,
        sessions: Sessions,
        tell: Tell,
        *,
        kept: tuple[str, ...] = (),
        largest: int = LARGEST,
        largest_upload: int = LARGEST_UPLOAD,
        within: float = WITHIN,
    ) -> None:
        self._held = Held()
        self._app = app
        self._sessions = sessions
        self._tell = tell
        self._kept = kept
        self._largest = largest
        self._largest_upload = largest_upload
        self._within = within

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        # The first of a name, as elsewhere.
        headers = dict(reversed(scope["headers"]))
        self._recognise(scope, headers)
        upload = headers.get(b"content-type", b"").startswith(b"multipart/form-data")
        most = self._largest_upload if upload else self._largest
        hold = self._held.hold(scope)
        body = _Body(receive, hold, most, files_too_large if upload else _too_large, self._within)
        started = False

        async def answer(message: Message) -> None:
            nonlocal started
            if body.refused is not None and not started:
                # Whatever was made of a body that was cut off.
                return
            if message["type"] == "http.response.start":
                started = True
                self._complete(scope, message)
            await send(message)

        try:
            body.announced(headers.get(b"content-length", b"").decode("latin-1"))
            await self._app(scope, body, answer)
        except Exception:
            if body.refused is None or started:
                raise
        finally:
            hold.end()
        if body.refused is not None and not started:
            refused, body.refused = body.refused, None
            told = await self._tell(scope, refused)
            # What still comes of it is not read.
            told.headers["connection"] = "close"
            await told(scope, receive, answer)

    def _recognise(self, scope: Scope, headers: dict[bytes, bytes]) -> None:
        state = scope.setdefault("state", {})
        state["secure"] = secure = not is_local(headers.get(b"host", b"").decode("latin-1"))
        state["session"], state["form_token"], state["away"], state["cookies"] = None, "", "", {}
        if b"cookie" not in headers:
            return
        cookies = cookie_parser(headers[b"cookie"].decode("latin-1"))
        of_session, of_visit, of_away = names(secure)
        state["away"] = cookies.get(of_away, "")
        session = self._sessions.read(cookies[of_session]) if of_session in cookies else None
        if session is not None:
            state["session"] = session
            state["form_token"] = self._sessions.form_token(session.id)
            if self._sessions.stale(session):
                state["cookies"][of_session] = self._sessions.cookie(session)
        elif of_visit in cookies:
            state["form_token"] = self._sessions.form_token(cookies[of_visit])

    def _complete(self, scope: Scope, start: Message) -> None:
        headers = start["headers"] = list(start.get("headers", ()))
        said = {name.lower() for name, _ in headers}
        headers += [each for each in HEADERS if each[0] not in said]
        if scope["scheme"] == "https" and SECURE[0] not in said:
            headers.append(SECURE)
        if NOT_KEPT[0] not in said and not scope["path"].startswith(self._kept):
            headers.append(NOT_KEPT)
        for name, value in scope["state"]["cookies"].items():
            cookie = _written(name, value, scope["state"]["secure"])
            headers.append((b"set-cookie", cookie.encode("latin-1")))


class _Body:
    """Receives for the application; `refused`: why nothing more is received."""

    def __init__(
        self, receive: Receive, hold: Hold, most: int, refusal: Refusal, within: float
    ) -> None:
        self._receive = receive
        self._refusal = refusal
        self._hold = hold
        self._left = self._most = most
        self._until = asyncio.get_running_loop().time() + within
        self._over = False
        self.refused: Refused | None = None

    def announced(self, length: str) -> None:
        if length.isdecimal() and int(length) > self._most:
            self._too_large()

    async def __call__(self) -> Message:
        if self._over:
            # Only the end of the connection can come now, whenever that is.
            return await self._receive()
        try:
            async with asyncio.timeout_at(self._until):
                message = await self._receive()
        except TimeoutError:
            self.refused = Refused(408, "too-slow", "What was sent came too slowly")
            raise _Cut from None
        came = len(message.get("body", b""))
        self._left -= came
        self._until += came / SLOWEST
        self._over = not message.get("more_body", False)
        if self._left < 0:
            self._too_large()
        if came and not self._hold.more(came):
            self.refused = Refused(503, "too-much-at-once", "Too much is being sent just now")
            raise _Cut
        return message

    def _too_large(self) -> None:
        self.refused = self._refusal(self._most)
        raise _Cut


def files_too_large(_most: int = LARGEST_UPLOAD) -> Refused:
    """In the words of the forms: what is around the files is nothing that anybody could count."""
    most = MOST_TOGETHER // 2**20
    said = Sentence("The files may be at most %(most)s MB together", most=most)
    return Refused(413, "too-large", "What was sent is too large", said)


def _too_large(most: int) -> Refused:
    said = Sentence("At most %(most)s MB may be sent at once", most=most // 1_000_000)
    return Refused(413, "too-large", "What was sent is too large", said)


def is_local(host: str) -> bool:
    return (host.rpartition(":")[0] if host[-1:].isdigit() and ":" in host else host) in LOCAL


def keep(request: Request, session: Session, sessions: Sessions) -> None:
    """The browser is signed in from the answer to this request on."""
    known = names(request.state.secure)
    request.state.cookies[known.session] = sessions.cookie(session)
    request.state.cookies[known.visit] = request.state.cookies[known.away] = ""


def drop(request: Request) -> None:
    """The browser is signed out."""
    request.state.cookies[names(request.state.secure).session] = ""


def visit(request: Request, sessions: Sessions, nonce: str) -> None:
    """The browser is about to sign in: its form is one that it was given here."""
    request.state.cookies[names(request.state.secure).visit] = nonce
    request.state.form_token = sessions.form_token(nonce)


def send_away(request: Request, cookie: str) -> None:
    """The browser goes to a provider, and is known by this when it comes back."""
    request.state.cookies[names(request.state.secure).away] = cookie


def _written(name: str, value: str, secure: bool) -> str:
    ends = f"Max-Age={ABSOLUTE}" if value else "Max-Age=0"
    return f"{name}={value}; Path=/; HttpOnly; SameSite=Lax; {ends}{'; Secure' if secure else ''}"
