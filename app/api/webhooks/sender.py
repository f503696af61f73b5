"""One message to one address: signed, without following redirects, with an end to waiting."""

from __future__ import annotations

from typing import Any

import httpx2

from app.api.webhooks.address import BadAddress, Target, resolved
from app.api.webhooks.signing import headers
from app.api.webhooks.store import Delivery, Webhook
from consumers.publish import raised
from schemas.codec import dumps

CONNECT, ANSWER = 5.0, 10.0
"""Seconds for a connection, and for each part of an answer."""

AGENT = "lienthong-webhooks/1"


class Undelivered(Exception):
    """The receiver did not take it; the words are for an administrator."""


class NotTaken(Undelivered):
    """The receiver is there: it answered, and may take others."""


def body_of(found: Delivery) -> bytes:
    """The same bytes at every attempt."""
    said = raised(found.alert)
    value = {"type": said.type, "timestamp": said.raised_at, "data": said}
    return dumps(value)


class Sender:
    """`private`: whether private addresses are allowed; `answer`: seconds for an answer."""

    def __init__(self, *, private: bool = False, answer: float = ANSWER) -> None:
        self._private = private
        self._timeout = httpx2.Timeout(answer, connect=min(CONNECT, answer))

    def send(self, webhook: Webhook, found: Delivery, seconds: int) -> None:
        """`seconds`: since 1970, now. Raises NotTaken, and Undelivered when nobody answers."""
        try:
            target = resolved(webhook.url, private=self._private)
        except BadAddress as error:
            raise Undelivered(str(error)) from None
        body = body_of(found)
        signed = headers(webhook.secret, found.alert.id.hex(), seconds, body)
        status = self._post(target, body, signed)
        if not 200 <= status < 300:
            raise NotTaken(f"answered {status}")

    def _post(self, target: Target, body: bytes, signed: dict[str, str]) -> int:
        """The status of the answer, of which nothing else is read."""
        number = target.addresses[0]
        host = f"[{number}]" if ":" in number else number
        url = f"{target.scheme}://{host}:{target.port}{target.path}"
        extensions: dict[str, Any] = {}
        if target.scheme == "https":
            extensions["sni_hostname"] = target.host
        said = {
            "Host": _host(target),
            "Content-Type": "application/json",
            "User-Agent": AGENT,
            **signed,
        }
        # No proxy of the environment's: it would connect to addresses that were not checked.
        client = httpx2.Client(timeout=self._timeout, follow_redirects=False, trust_env=False)
        try:
            with (
                client,
                client.stream(
                    "POST", url, content=body, headers=said, extensions=extensions
                ) as answer,
            ):
                return answer.status_code
        except httpx2.TimeoutException:
            raise Undelivered("did not answer in time") from None
        except httpx2.HTTPError as error:
            raise Undelivered(f"cannot be reached ({type(error).__name__})") from None


def _host(target: Target) -> str:
    usual = {"http": 80, "https": 443}[target.scheme]
    name = f"[{target.host}]" if ":" in target.host else target.host
    return name if target.port == usual else f"{name}:{target.port}"
