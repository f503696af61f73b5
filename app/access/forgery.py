"""No other site makes a browser do something here: checked for whatever changes anything.

A browser says where a request comes from; and every form, every request that a script makes,
carries a token that only pages of the same session know. Programs come with a token of their own
in a header, which no browser adds by itself.

Who is not signed in has a token only to sign in with. Nothing else is asked for it: a citizen's
form that was open when he looked at the page for signing in is no forged one.
"""

from __future__ import annotations

import hmac
from urllib.parse import urlsplit

from fastapi import Request

from app.access.identity import session_of

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
FIELD, HEADER = "form_token", "x-form-token"
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
SIGN_IN = "session.begin"
"""The action of whatever is posted to sign in, or out."""


class Forged(Exception):
    """A request that changes something cannot have been meant by who seems to make it."""


async def refuse_forged(request: Request, action: str) -> None:
    """Raises Forged. For requests that came without a token of a program."""
    if request.method in SAFE:
        return
    site = request.headers.get("sec-fetch-site", "same-origin")
    origin = request.headers.get("origin")
    if site not in ("same-origin", "none"):
        raise Forged
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        raise Forged
    if session_of(request) is None and action != SIGN_IN:
        return
    expected: str = getattr(request.state, "form_token", "")
    if expected and not hmac.compare_digest(expected.encode(), (await _sent(request)).encode()):
        raise Forged


async def _sent(request: Request) -> str:
    found = request.headers.get(HEADER)
    if found is None and request.headers.get("content-type", "").startswith(FORMS):
        # Read already, or kept for who reads it next.
        field = (await request.form()).get(FIELD)
        found = field if isinstance(field, str) else None
    return found or ""
